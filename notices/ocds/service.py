"""Publishing a fragment as a release: numbered, dated, journalled by its digest, never changed.

A module hands over what its own act has made public. The tender's own release always stands first, made from the
published notice if nobody has made it yet; before there is a published notice nothing is released at all. Statuses,
timeline and the documents that everyone may read by now are added here, the same for every act.
"""

import hashlib
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from notices import entries
from notices import reads as notices
from notices.ocds import building, reads
from notices.ocds.models import ReleaseRow
from notices.ocds.parameters import parameter
from notices.ocds.types import Document, Fragment, Lot, Milestone, OpenedBid, Release, StoredRelease, Tag, Tender
from notices.ocds.writing import instant, read, written
from notices.results.reads import result_notice
from notices.types import NoticeView
from trading.awards import reads as awards
from trading.kernel.clock import parse_rfc3339, platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.reads import DOCUMENT
from trading.projects.types import ProjectView
from trading.records import reads as records
from trading.web.i18n import Words

FEED_LOCK = "ocds-feed"
_PATIENCE_MS = 30_000


async def release(
    session: AsyncSession, actor: Actor, *, project_id: UUID, key: str, tag: Tag, fragment: Fragment, base_url: str
) -> str | None:
    """Publish a fragment once; `key` names the act. None where there is nothing public to add it to, or it is out.

    The lock is held to the end of the transaction: what is committed later is dated later.
    """
    await lock(session, FEED_LOCK, timeout_ms=_PATIENCE_MS)
    if await _first(session, actor, project_id, base_url=base_url) is None:
        return None
    return await _add(session, actor, project_id, key=key, tag=tag, fragment=fragment, base_url=base_url)


async def release_tender(session: AsyncSession, actor: Actor, *, project_id: UUID, base_url: str) -> str | None:
    """招标公告 as open data; doing it again changes nothing."""
    await lock(session, FEED_LOCK, timeout_ms=_PATIENCE_MS)
    return await _first(session, actor, project_id, base_url=base_url)


async def release_opening(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, bids: tuple[OpenedBid, ...], made_at: str, base_url: str
) -> str | None:
    """开标 as open data: bidders and prices, handed over once the record stands."""
    lot = await projects.lot(session, lot_id)
    printed = await records.records_of(session, f"lot:{lot_id}", ("opening-record",))
    fragment = building.opened(lot, bids, made_at=parse_rfc3339(made_at), record=printed[0] if printed else None)
    key = f"opening:{lot_id}"
    return await release(
        session, actor, project_id=lot.project_id, key=key, tag="tenderUpdate", fragment=fragment, base_url=base_url
    )


async def release_failure(session: AsyncSession, actor: Actor, *, lot_id: UUID, base_url: str) -> str | None:
    """流标 as open data; nothing for a lot that has not failed."""
    lot = await projects.lot(session, lot_id)
    if lot.state != "failed":
        return None
    fragment, key = building.unopened(lot), f"failed:{lot_id}"
    return await release(
        session, actor, project_id=lot.project_id, key=key, tag="tenderUpdate", fragment=fragment, base_url=base_url
    )


async def release_result(session: AsyncSession, actor: Actor, *, notice_id: UUID, base_url: str) -> str | None:
    """A result notice as open data, once its PDF is there to be linked."""
    notice = await result_notice(session, notice_id)
    lot = await projects.lot(session, notice.lot_id)
    found = await awards.outcome(session, notice.lot_id)
    tag: Tag
    if notice.kind == "candidates":
        tag, fragment = "tenderUpdate", building.candidates(notice, found.bidders)
    elif notice.kind == "award":
        made = [item for item in (*found.annulled, found.award) if item is not None and item.id == notice.subject_id]
        tag, fragment = "award", building.awarded(notice, made[0])
    else:
        assert found.award is not None  # a contract stands on one
        tag = "contract"
        fragment = building.contracted(notice, contract_id=notice.subject_id, award_id=found.award.id)
    key = f"{notice.kind}:{notice.subject_id}"
    made_id = await release(
        session, actor, project_id=lot.project_id, key=key, tag=tag, fragment=fragment, base_url=base_url
    )
    await release_annulments(session, actor, lot_id=lot.id, base_url=base_url)  # one that fell before it was printed
    return made_id


async def release_annulments(session: AsyncSession, actor: Actor, *, lot_id: UUID, base_url: str) -> None:
    """Awards that were out and fell."""
    lot = await projects.lot(session, lot_id)
    for decision in (await awards.outcome(session, lot_id)).annulled:
        if await reads.is_out(session, lot.project_id, f"award:{decision.id}"):
            fragment, key = building.annulled(lot, decision), f"annulled:{decision.id}"
            await release(
                session,
                actor,
                project_id=lot.project_id,
                key=key,
                tag="awardCancellation",
                fragment=fragment,
                base_url=base_url,
            )


async def _first(session: AsyncSession, actor: Actor, project_id: UUID, *, base_url: str) -> str | None:
    """The tender's release, made where it is missing; None while no notice is out."""
    out = await reads.releases_of(session, project_id)
    if out:
        return out[0].id
    notice = await notices.tender_notice_of(session, project_id)
    if notice is None or notice.published_at is None:
        return None
    fragment = await _tender(session, notice)
    return await _add(
        session, actor, project_id, key=f"tender:{notice.id}", tag="tender", fragment=fragment, base_url=base_url
    )


async def _tender(session: AsyncSession, notice: NoticeView) -> Fragment:
    project = await projects.project(session, notice.project_id)
    profile = await projects.profile(session, project.profile_digest)
    tenderer = await parties.organisation(session, project.tenderer_org_id)
    agency = await parties.organisation(session, project.agency_org_id) if project.agency_org_id else None
    return building.tender(
        notice,
        buyer=(tenderer.name, tenderer.uscc),
        agency=(agency.name, agency.uscc) if agency else None,
        method=profile.title.zh,
        category="works" if project.category.startswith("A") else "services",
    )


async def _add(
    session: AsyncSession,
    actor: Actor,
    project_id: UUID,
    *,
    key: str,
    tag: Tag,
    fragment: Fragment,
    base_url: str,
) -> str | None:
    out = await reads.releases_of(session, project_id)
    if await reads.is_out(session, project_id, key):
        return None
    now = await platform_now(session)
    project = await projects.project(session, project_id)
    ocid = out[0].ocid if out else f"{parameter('ocid_prefix', now.date())}-{project.unified_code}"
    whole = Release(
        ocid=ocid,
        id=f"{ocid}-{len(out) + 1:03d}-{tag}",
        date=instant(now),
        tag=(tag,),
        initiation_type="tender",
        language=building.LANGUAGE,
        parties=fragment.parties,
        buyer=fragment.buyer,
        tender=await _whole_tender(session, project, fragment, out),
        bids=fragment.bids,
        awards=fragment.awards,
        contracts=fragment.contracts,
    )
    body = written(_addressed(whole, base_url))
    digest = hashlib.sha256(body).hexdigest()
    told = {"release": whole.id, "tag": tag, "digest": digest}
    entry = await append(session, actor, entries.RELEASED, subject=f"project:{project_id}", payload=told, at=now)
    session.add(
        ReleaseRow(
            id=whole.id,
            project_id=project_id,
            ocid=ocid,
            key=key,
            tag=tag,
            released_at=now,
            body=body,
            digest=digest,
            entry_id=entry,
        )
    )
    await session.flush()
    return whole.id


async def _whole_tender(
    session: AsyncSession, project: ProjectView, fragment: Fragment, out: tuple[StoredRelease, ...]
) -> Tender:
    """The fragment's tender with every lot's status, the timeline, and the documents everyone may read by now."""
    now = await platform_now(session)
    given = fragment.tender or Tender(id=project.unified_code)
    lots = {lot.id: lot for lot in given.lots}
    milestones: list[Milestone] = []
    documents, statuses = list(given.documents), []
    for lot in project.lots:
        known = lots.get(str(lot.id), Lot(id=str(lot.id)))
        statuses.append(msgspec.structs.replace(known, status=building.lot_status(lot.state)))
        milestones += building.steps(await projects.timeline(session, f"lot:{lot.id}"), lot, _steps())
        papers = await records.records_of(session, f"lot:{lot.id}", (DOCUMENT,))
        documents += building.filed([record for record in papers if record.is_public(now)], lot)
    told = {item["id"] for before in out for item in read(before.body).get("tender", {}).get("tenderers", ())}
    count = len(told | {item.id for item in given.tenderers})
    return msgspec.structs.replace(
        given,
        status=building.tender_status([lot.state for lot in project.lots]),
        number_of_tenderers=count if given.tenderers else None,
        documents=tuple(documents),
        milestones=tuple(milestones),
        lots=tuple(statuses),
    )


@cache
def _steps() -> dict[str, str]:
    """Names of the timeline's steps, in Chinese as the rest of a release."""
    words, prefix = Words(strict=False)["zh-CN"], "projects.milestone."
    return {key.removeprefix(prefix): words(key) for key in words.keys() if key.startswith(prefix)}  # noqa: SIM118


def _addressed(value: Any, base_url: str) -> Any:
    """Whole addresses for the documents."""
    if isinstance(value, Document):
        return msgspec.structs.replace(value, url=f"{base_url}{value.url}")
    if isinstance(value, msgspec.Struct):
        parts = {name: _addressed(getattr(value, name), base_url) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **parts)
    if isinstance(value, tuple):
        return tuple(_addressed(item, base_url) for item in value)
    return value
