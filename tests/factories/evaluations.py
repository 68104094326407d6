"""An evaluation played in memory: terms in the tender documents, sheets, the report, five signatures."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.framing import format_instant, sha256
from experts.proof import facts, scoring
from experts.proof.documents import (
    EVALUATION_FORMAT,
    Deviation,
    EvaluationDocument,
    Item,
    ItemScore,
    Line,
    MemberSignature,
    Noted,
    Report,
    Terms,
    member_message,
)
from experts.proof.evaluation import report_digest
from tests.factories.draws import MINUTE, Put, numbered, pinned
from trading.kernel import merkle
from trading.kernel.canonical import canonical
from trading.parties.certificates import read_certificate

TERMS = Terms(
    v="LBVT1",
    price=Deviation(full=6000, above=90, below=45, k=200, drop_from=5),
    items=(Item("design", "施工组织设计", 2500), Item("team", "项目管理机构", 1500)),
)
OTHER_DOCUMENT = sha256(b"tender document").hex()
Certify = Callable[[str, bytes], str]


def text_of(struct: msgspec.Struct) -> str:
    return canonical(msgspec.to_builtins(struct)).decode()


def documents_of(terms: Terms = TERMS) -> tuple[str, ...]:
    """Digests of the tender documents, the terms among them."""
    return tuple(sorted((OTHER_DOCUMENT, sha256(text_of(terms).encode()).hex())))


def documents_root(terms: Terms = TERMS) -> str:
    """What the lot's announcement carries."""
    return merkle.root([merkle.leaf_hash(bytes.fromhex(digest)) for digest in documents_of(terms)]).hex()


def scored(terms: Terms, lines: Sequence[Line]) -> tuple[tuple[Line, ...], tuple[int, int] | None]:
    """Everything that follows from prices and means put in, and the benchmark."""
    prices = {line.env: line.price_fen or 0 for line in lines if line.passed}
    base = scoring.benchmark(terms.price, list(prices.values()))
    if base is None:
        return tuple(lines), None
    made = []
    for line in lines:
        if line.passed:
            own = scoring.price_score(terms.price, base, prices[line.env])
            total = own + sum(item.mean for item in line.items)
            made.append(msgspec.structs.replace(line, price_score=own, total=total))
        else:
            made.append(line)
    ranks = scoring.ranking({line.env: (line.total or 0, prices[line.env]) for line in made if line.passed})
    ranked = tuple(msgspec.structs.replace(line, rank=ranks.get(line.env)) for line in made)
    return ranked, (base.numerator, base.denominator)


@dataclass
class EvaluationStory:
    """`bids` are (env, price, passed) in box order; members sign with keys certified under their pseudonyms."""

    subject: str
    ann: str
    bids: Sequence[tuple[str, int | None, bool]]
    certify: Certify
    at: datetime
    put: Put = field(default_factory=numbered)
    terms: Terms = TERMS
    members: int = 5
    keys: list[Ed25519PrivateKey] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    sheets: tuple[str, ...] = ()

    def play(self) -> EvaluationDocument:
        self.keys = [Ed25519PrivateKey.generate() for _ in range(self.members)]
        self.certificates = [
            self.certify(f"评委{number}号", key.public_key().public_bytes_raw())
            for number, key in enumerate(self.keys, 1)
        ]
        self.sheets = tuple(sorted(pinned(f"sheet/{number}").hex() for number in range(2 * self.members)))
        for sheet in self.sheets:
            self.put(facts.SHEET_SUBMITTED, self.subject, self.at, facts.sheet_submitted(sheet))
        return self.report(self.lines())

    def lines(self) -> list[Line]:
        rng = random.Random(4)
        lines = []
        for env, price, passed in self.bids:
            scores = [
                (item, [item.full * rng.randrange(60, 100) // 100 for _ in range(5)]) for item in self.terms.items
            ]
            means = tuple(ItemScore(item.id, scoring.mean(given)) for item, given in scores)
            line = Line(
                env=env, deposit="matched", passed=passed, codes=() if passed else ("no_seal",), price_fen=price
            )
            lines.append(msgspec.structs.replace(line, items=means) if passed else line)
        return lines

    def report(self, lines: Sequence[Line], **change: Any) -> EvaluationDocument:
        """The report over these lines, journalled and signed by everybody."""
        at = self.at + 30 * MINUTE
        final, base = scored(self.terms, lines)
        told = Report(
            v="LBVR1",
            subject=self.subject,
            ann=self.ann,
            terms=sha256(text_of(self.terms).encode()).hex(),
            members=self.members,
            sheets=self.sheets,
            benchmark=base,
            lines=final,
            made_at=format_instant(at),
            salt=pinned("report").hex(),
        )
        text = text_of(msgspec.structs.replace(told, **change))
        made = Noted(self.put(facts.REPORT_MADE, self.subject, at, facts.report_made(text)), format_instant(at))
        document = EvaluationDocument(
            format=EVALUATION_FORMAT,
            terms=text_of(self.terms),
            documents=documents_of(self.terms),
            report=text,
            made=made,
            signatures=(),
        )
        return self.sign(document, at)

    def sign(self, document: EvaluationDocument, at: datetime) -> EvaluationDocument:
        signatures = []
        digest = report_digest(document)
        for number, (key, pem) in enumerate(zip(self.keys, self.certificates, strict=True), 1):
            signed_at = at + timedelta(minutes=number)
            dissent = "工期评分偏高" if number == 3 else None
            signature = key.sign(member_message(digest, dissent)).hex()
            fingerprint = read_certificate(pem).fingerprint
            payload = facts.report_signed(document.report, fingerprint, signature)
            self.put(facts.REPORT_SIGNED, self.subject, signed_at, payload)
            signatures.append(
                MemberSignature(f"评委{number}号", fingerprint, pem, signature, format_instant(signed_at), dissent)
            )
        return msgspec.structs.replace(document, signatures=tuple(signatures))
