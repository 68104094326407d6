"""What a package holds beside the evidence of its lots: catalogue, project, filed documents, bids, deposits.

Everything is in the object store under its digest, so that sealing reads exactly what was composed. Files are named for
what they are, not as their authors called them: a name in a path would be public with the path. The names as given lie
in a restricted file.
"""

import re
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from archive.catalogue_reads import catalogue
from archive.proof.layout import CATALOGUE, DATA, NAMES, PROJECT, RECORDS, RESTRICTED, FiledRecord
from archive.services.bagging import Part
from archive.types import Item, Package
from bidding.opening import reads as openings
from bidding.opening.types import OpenedFile
from experts import reads as experts
from trading.funds import reads as funds
from trading.funds.reads import refunds
from trading.kernel.canonical import canonical
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.objects import ObjectStore
from trading.projects import reads as projects
from trading.projects.types import LotView, ProjectView
from trading.records import reads as records
from trading.records.types import Record
from trading.web.answers import plain

_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,5})$")
_UNCLOSED = frozenset({"registered", "published"})


async def contents(session: AsyncSession, objects: ObjectStore, package: Package) -> list[Part]:
    """Every part, its bytes in the object store."""
    project = await projects.project(session, package.project_id)
    now = await platform_now(session)
    parts: list[Part] = []
    filed: list[FiledRecord] = []
    names: dict[str, str] = {}
    for record, path in await _placed(session, project, now):
        restricted = path.startswith(RESTRICTED)
        parts.append(Part(path, record.size, partial(objects.stream, record.digest), restricted))
        filed.append(
            FiledRecord(str(record.id), record.subject, record.kind, record.digest, rfc3339(record.filed_at), path)
        )
        names[path] = record.name
    made: dict[str, Any] = {
        CATALOGUE: await _catalogue(session, package, {item.record: item.path for item in filed}),
        PROJECT: await _project(session, project),
        RECORDS: msgspec.to_builtins(filed),
        NAMES: names,
    }
    for lot in project.lots:
        for file, path in await _opened(session, lot):
            parts.append(Part(path, file.size, partial(objects.stream, file.sha256), restricted=True))
            names[path] = file.name
        if lot.deposit_fen and lot.state not in _UNCLOSED:
            made[f"{RESTRICTED}lots/{lot.number}/deposits.json"] = await _deposits(session, lot.id)
    for path, value in made.items():
        data = canonical(value)
        digest = await objects.put(data, "application/json")
        parts.append(Part(path, len(data), partial(objects.stream, digest), path.startswith(RESTRICTED)))
    return sorted(parts, key=lambda part: part.path)


def stored(objects: ObjectStore, path: str, size: int, sha256: str, *, restricted: bool) -> Part:
    """A composed part again."""
    return Part(path, size, partial(objects.stream, sha256), restricted)


async def _placed(session: AsyncSession, project: ProjectView, now: datetime) -> list[tuple[Record, str]]:
    """Every filed document of the project, its lots and their draws, with its path."""
    placed = []
    for subject, folder in await _subjects(session, project):
        counted: dict[str, int] = {}
        for record in await records.records_of(session, subject):
            number = counted[record.kind] = counted.get(record.kind, 0) + 1
            top = f"{DATA}/" if record.is_public(now) else RESTRICTED
            path = f"{top}{folder}records/{record.kind}-{number:02d}.{_suffix(record.name)}"
            placed.append((record, path))
    return placed


async def _subjects(session: AsyncSession, project: ProjectView) -> list[tuple[str, str]]:
    found = [(f"project:{project.id}", "")]
    for lot in project.lots:
        found.append((f"lot:{lot.id}", f"lots/{lot.number}/"))
        draws = await experts.draws_of_lot(session, lot.id)
        found += [(f"draw:{draw}", f"lots/{lot.number}/draws/{n}/") for n, draw in enumerate(draws, 1)]
    return found


async def _opened(session: AsyncSession, lot: LotView) -> list[tuple[OpenedFile, str]]:
    """Every file of every bid of a lot as it was opened, technical parts too; what stayed sealed stays out."""
    placed: list[tuple[OpenedFile, str]] = []
    counted: dict[tuple[str, str], int] = {}
    for file in await openings.revealed_files(session, f"lot:{lot.id}"):
        number = counted[file.env, file.part] = counted.get((file.env, file.part), 0) + 1
        folder = f"{RESTRICTED}lots/{lot.number}/bids/{file.env}"
        placed.append((file, f"{folder}/{file.part}-{number:02d}.{_suffix(file.name)}"))
    return placed


def _suffix(name: str) -> str:
    found = _SUFFIX.search(name)
    return found[1].lower() if found else "bin"


async def _catalogue(session: AsyncSession, package: Package, paths: dict[str, str]) -> dict[str, Any]:
    """The list of required records, what is there, and why something is not."""
    found = await catalogue(session, package.project_id)

    def line(item: Item) -> dict[str, Any]:
        return {
            "id": item.id,
            "title": msgspec.to_builtins(item.title),
            "lot": item.lot,
            "state": item.state,
            "role": item.role,
            "due_at": rfc3339(item.due_at) if item.due_at else "",
            "source": item.source,
            "made": item.made,
            "files": [paths[str(record.id)] for record in item.records],
        }

    return {
        "items": [line(item) for item in found.items],
        "gaps": msgspec.to_builtins(package.gaps),
        "reason": package.reason,
        "proposed_at": rfc3339(package.proposed_at),
        "retention": msgspec.to_builtins(found.retention),
    }


async def _project(session: AsyncSession, project: ProjectView) -> dict[str, Any]:
    """Registration as it stands, with the rules it was registered under."""
    profile = await projects.profile(session, project.profile_digest)
    return {"project": plain(project), "profile": profile.body()}


async def _deposits(session: AsyncSession, lot_id: UUID) -> dict[str, Any]:
    """The ledger of a lot's deposits: who paid what, from where, how it was judged, and how it went back."""
    return {
        "paid": plain(await funds.lot_deposits(session, lot_id)),
        "returned": plain(await refunds.refunds_of_lot(session, lot_id)),
    }
