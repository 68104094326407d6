"""The opening (开标) computed again: the trustees' batches, what was settled, what the parts read aloud hold.

A batch is signed by a trustee over the box he was shown, so the batches alone tell which bids were in it, whatever the
platform says later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedReader

from cryptography import x509

from bidding.proof import Mismatch
from bidding.proof.revealed import Result, reveal_again, valid_identities
from bidding.proof.settled import READ_ALOUD, Received, Resettled, digest_of, settle_again, signed_batch
from bidding.sealing.batch import Batch
from bidding.sealing.box import Box
from bidding.sealing.content import IDENTITY_PART
from bidding.sealing.envelope import Envelope
from portal.evidence.layout import SETTLED, SHARES, PlatformKeys, object_path
from portal.verify.announced import Announced
from portal.verify.folder import Folder
from portal.verify.journal import Found, Journal
from portal.verify.report import Report

RECEIVED = "lot:batch:received"
SETTLED_ACTION = "lot:phase:settled"
REVEALED = "lot:phase:revealed"
CANCELLED = "lot:opening:cancelled"
DAMAGED = "sealing.object.root"
"""The platform's own store is at fault: no bid may be void for it."""


@dataclass
class Opening:
    """How far it went, and everything found in every phase."""

    results: list[Result] = field(default_factory=list)
    settled: dict[int, str] = field(default_factory=dict)
    """Phase → digest of its settled document."""
    last_leaf: int = -1
    complete: bool = True
    """Whether every phase that was to be opened could be computed again."""


def read_opening(
    folder: Folder,
    announced: Announced,
    journal: Journal,
    *,
    box: Box,
    closed: Found | None,
    keys: PlatformKeys,
    report: Report,
) -> Opening:
    """Every phase in its order, as far as the minimum of bidders let it go."""
    opening = Opening(last_leaf=closed.index if closed else -1)
    cancelled = journal.find(CANCELLED, announced.subject)

    minimum, count = announced.newest.body.min_envelopes, box.count
    reason, identity_phase = "too_few_envelopes", announced.newest.part(IDENTITY_PART).phase
    batches = _read_batches(folder, announced, box, report)
    for phase in announced.newest.phases:
        if count < minimum:
            break
        done = _Phase(folder, announced, journal, box, phase)
        results = done.check(batches.get(phase, ()), opening, keys, report)
        if results is None:
            opening.complete = False
            return opening
        opening.results += results
        if phase == identity_phase:
            reason, count = "too_few_valid", valid_identities(results)
    with report.check("minimum", otherwise="minimum.ignored", count=count, minimum=minimum):
        opened = {found.entry.payload["phase"] for found in journal.find(SETTLED_ACTION, announced.subject)}
        if count < minimum:
            told = [found.entry.payload for found in cancelled]
            if told != [{"reason": reason, "count": count}] or opened != opening.settled.keys():
                report.failed("minimum.ignored", count=count, minimum=minimum)
        elif cancelled or opened != opening.settled.keys():
            report.failed("minimum.false", count=count, minimum=minimum)
    return opening


def _read_batches(folder: Folder, announced: Announced, box: Box, report: Report) -> dict[int, list[bytes]]:
    """The trustees' batches by phase; which bids they name is compared with the box."""
    batches: dict[int, list[bytes]] = {}
    paths = folder.below(SHARES)
    if not paths:
        return batches
    with report.check("shares", otherwise="shares.false", count=len(paths)):
        for path in paths:
            raw = folder.read(path)
            batch = signed_batch(raw, announced.newest)
            _compare(batch, announced, box, report)
            batches.setdefault(batch.phase, []).append(raw)
    return batches


def _compare(batch: Batch, announced: Announced, box: Box, report: Report) -> None:
    if batch.part not in READ_ALOUD:
        report.failed("shares.false", detail=batch.part)
    if (batch.subject, batch.ann) != (announced.subject, announced.newest.ann):
        report.failed("shares.false", detail=batch.subject)
        return
    answered = {item.env for item in batch.shares}
    boxed = {envelope.env for envelope in box.envelopes if batch.part in envelope.entries}
    for env in sorted(answered - boxed):
        report.failed("bid.dropped", env=env, trustee=batch.x)
    for env in sorted(boxed - answered):
        report.failed("bid.added_late", env=env, trustee=batch.x)
    if batch.box != box.root:
        report.failed("shares.box", trustee=batch.x, part=batch.part)


@dataclass(frozen=True)
class _Phase:
    """One phase of the opening."""

    folder: Folder
    announced: Announced
    journal: Journal
    box: Box
    number: int

    def check(
        self, batches: Sequence[bytes], opening: Opening, keys: PlatformKeys, report: Report
    ) -> list[Result] | None:
        """What every part of the phase held; None where it could not be computed again."""
        settled: tuple[Found, Resettled] | None = None
        with report.check("settled", otherwise="settled.false", phase=self.number) as facts:
            settled = self._settle(batches, opening.last_leaf)
            opening.settled[self.number] = digest_of(settled[1].document)
            facts["openable"] = settled[0].entry.payload["openable"]
        if settled is None:
            return None
        results: list[Result] | None = None
        with report.check("revealed", otherwise="reveal.false", phase=self.number) as facts:
            revealed = self._revealed()
            if not revealed or revealed[0].index < settled[0].index:
                raise Mismatch("reveal.unjournalled", phase=self.number)
            opening.last_leaf = revealed[-1].index
            if not self.journal.witnessed_between(settled[0].index, revealed[0].index):
                report.failed("settled.unwitnessed", phase=self.number)
            results = self._reveal(settled[1], revealed, keys, report)
            facts["count"] = sum(result["part"] in READ_ALOUD for result in results)
        return results

    def _revealed(self) -> list[Found]:
        """The entries of the reveal: one, or several where there are very many bids."""
        found = self.journal.find(REVEALED, self.announced.subject)
        return [item for item in found if item.entry.payload.get("phase") == self.number]

    def _settle(self, batches: Sequence[bytes], after: int) -> tuple[Found, Resettled]:
        subject = self.announced.subject
        found = self.journal.one(SETTLED_ACTION, subject, phase=self.number)
        if found is None or found.index < after:
            raise Mismatch("settled.unjournalled", phase=self.number)
        received = [
            Received(item.entry.payload["part"], item.entry.payload["x"], item.entry.payload["digest"])
            for item in self.journal.find(RECEIVED, subject)
            if item.entry.payload["phase"] == self.number and after < item.index < found.index
        ]
        if len({(item.part, item.x) for item in received}) != len(received):
            raise Mismatch("journal.twice", action=RECEIVED)
        claimed = self.folder.read(f"{SETTLED}/phase-{self.number}.json")
        again = settle_again(
            self.announced.newest, self.box, self.number, batches=batches, received=received, claimed=claimed
        )
        openable = sum(decision.outcome == "openable" for decision in again.decisions)
        told = {
            "phase": self.number,
            "digest": digest_of(again.document),
            "openable": openable,
            "void": len(again.decisions) - openable,
        }
        if found.entry.payload != told:
            raise Mismatch("settled.unjournalled", phase=self.number)
        return found, again

    def _reveal(self, again: Resettled, revealed: Sequence[Found], keys: PlatformKeys, report: Report) -> list[Result]:
        """Computed where it is published, taken from the journal where it is not; the two never differ."""

        def ciphertext(envelope: Envelope, part: str) -> BufferedReader:
            return self.folder.open(object_path(envelope.digest, part))

        roots = [x509.load_pem_x509_certificate(keys.authority.encode())]
        computed = reveal_again(self.announced.newest, self.box, again, ciphertext=ciphertext, roots=roots)
        parts = [part for item in revealed for part in item.entry.payload["parts"]]
        told: Mapping[tuple[str, str], Result] = {(item["env"], item["part"]): item for item in parts}
        results = {(item["env"], item["part"]): item for item in computed}
        for key, result in results.items():
            if told.get(key) != result:
                report.failed("reveal.false", env=key[0], part=key[1])
        decided = {(item.env, item.part): item.code for item in again.decisions}
        for key, code in decided.items():
            if key not in results:
                if key not in told or told[key]["code"] == DAMAGED or (code is not None and told[key]["code"] != code):
                    raise Mismatch("reveal.false", env=key[0], part=key[1])
                results[key] = told[key]
        if told.keys() - decided.keys() or len(told) != len(parts):
            report.failed("reveal.false", phase=self.number)
        return [results[key] for key in decided]
