"""Revealing computed again: the parts read aloud are decrypted from what was published, and give the table's lines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO

import msgspec
from cryptography import x509

from bidding.proof.settled import PRICE_PART, READ_ALOUD, Resettled
from bidding.sealing.announcement import Announcement
from bidding.sealing.box import Box, Live
from bidding.sealing.content import (
    IDENTITY_FILE,
    IDENTITY_PART,
    LARGEST_READ_ALOUD,
    PRICE_FILE,
    Identity,
    read_price,
    verify_identity,
)
from bidding.sealing.envelope import Envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.layout import FileEntry
from bidding.sealing.reveal import duplicate_bidders, reveal_part
from trading.kernel.canonical import canonical, digest

DUPLICATE = "sealing.identity.duplicate"
FACTS = ("organisation", "uscc", "deposit_reference", "price_fen", "duration_days", "quality", "manager")
_FILES = {IDENTITY_PART: IDENTITY_FILE, PRICE_PART: PRICE_FILE}
_MOST_IN_ENTRY = 48_000
"""Bytes of results in one journal entry, well below what an entry may hold."""

Ciphertext = Callable[[Envelope, str], BinaryIO]
Result = dict[str, Any]
"""What the journal says of an opened part: env, part, code, facts, files."""


def files_digest(files: Iterable[tuple[str, str]]) -> str:
    """What the journal says of a part's files: names may be long, personal, and as many as the bidder likes."""
    return digest([{"name": name, "sha256": sha256} for name, sha256 in files]).hex()


NO_FILES = files_digest(())


def in_entries(results: Sequence[Result]) -> list[list[Result]]:
    """A phase's results as the journal's entries hold them, in order: one entry unless there are very many bids."""
    groups: list[list[Result]] = [[]]
    room = _MOST_IN_ENTRY
    for result in results:
        size = len(canonical(result))
        if size > room and groups[-1]:
            groups.append([])
            room = _MOST_IN_ENTRY
        groups[-1].append(result)
        room -= size
    return groups


def reveal_again(
    announcement: Announcement,
    box: Box,
    resettled: Resettled,
    *,
    ciphertext: Ciphertext,
    roots: Sequence[x509.Certificate],
) -> list[Result]:
    """What each part read aloud in a phase holds, as the journal must say it."""
    live = {item.envelope.env: item for item in box.live}
    results: list[Result] = []
    identities: dict[str, Identity] = {}
    for decision in resettled.decisions:
        if decision.part not in READ_ALOUD:
            continue
        result: Result = {"env": decision.env, "part": decision.part, "code": decision.code, "facts": {}}
        result["files"] = NO_FILES
        results.append(result)
        ck = resettled.keys.get((decision.env, decision.part))
        if ck is None:
            continue
        envelope = live[decision.env].envelope
        text = _open(announcement, envelope, result, ck, ciphertext)
        if text is not None:
            _read(result, text, live[decision.env], roots, identities)
    for env in duplicate_bidders(identities):
        for result in results:
            if (result["env"], result["part"]) == (env, IDENTITY_PART):
                result["code"] = DUPLICATE
    return results


def rows_of(box: Box, results: Sequence[Result]) -> list[Result]:
    """The opening table's lines from every result of every phase."""
    rows = []
    for position, envelope in enumerate(box.envelopes):
        row: Result = {"position": position, "env": envelope.env, **dict.fromkeys(FACTS), "codes": {}}
        for result in results:
            if result["env"] != envelope.env:
                continue
            if result["code"]:
                row["codes"][result["part"]] = result["code"]
            else:
                row.update({name: value for name, value in result["facts"].items() if name in FACTS})
        rows.append(row)
    return rows


def valid_identities(results: Sequence[Result]) -> int:
    """How many bidders are known and distinct: what the minimum is tested on again."""
    return sum(result["code"] is None for result in results if result["part"] == IDENTITY_PART)


def _open(
    announcement: Announcement, envelope: Envelope, result: Result, ck: bytes, ciphertext: Ciphertext
) -> bytes | None:
    """The file that is read aloud; None where the part is void, and why is in the result."""
    part, kept = result["part"], BytesIO()

    def wanted(entry: FileEntry) -> bool:
        return entry.name == _FILES[part] and entry.size <= LARGEST_READ_ALOUD

    def sink(entry: FileEntry) -> BinaryIO | None:
        return kept if wanted(entry) else None

    with ciphertext(envelope, part) as source:
        try:
            index = reveal_part(announcement, envelope, part, ck=ck, ciphertext=source, sink=sink)
        except SealingError as error:
            if error.code == "sealing.object.root":
                raise  # what was published is not what the bidder signed: nobody's bid is void for that
            result["code"] = error.code
            return None
    result["files"] = files_digest((entry.name, entry.sha256) for entry in index.files)
    if not any(map(wanted, index.files)):
        result["code"] = f"sealing.{part}"
        return None
    return kept.getvalue()


def _read(
    result: Result,
    text: bytes,
    live: Live,
    roots: Sequence[x509.Certificate],
    identities: dict[str, Identity],
) -> None:
    try:
        if result["part"] == PRICE_PART:
            result["facts"] = msgspec.to_builtins(read_price(text))
            return
        # The instant of receipt is the last at which it can have been signed, and the one that is proved.
        identity = verify_identity(text, live.envelope.core, roots=roots, at=live.at)
    except SealingError as error:
        result["code"] = error.code
        return
    identities[result["env"]] = identity
    named: Mapping[str, str | None] = {
        "organisation": identity.organisation,
        "uscc": identity.uscc,
        "deposit_reference": identity.deposit_reference,
    }
    result["facts"] = dict(named)
