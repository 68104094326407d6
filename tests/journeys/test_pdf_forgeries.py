"""The PDFs of the evidence: changed, unsealed, sealed by another, carrying another text; each is named.

The forger has the platform's keys. What he cannot do is have the journal that names his file witnessed.
"""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.verify.record import RECORD_SOURCE
from tests.factories.evidence import FIRST, Lot
from tests.factories.evidence_story import open_tender
from tests.factories.forger import forger_of
from tests.factories.papers import paper, sealed_paper
from tests.factories.sealing import DEADLINE
from tests.journeys.verdicts import named
from trading.kernel.signing import SealSigner
from trading.parties.certificates import make_authority
from trading.parties.seals import issue_seal

AT = DEADLINE + timedelta(minutes=43)


@pytest.fixture(scope="module")
def lot() -> Lot:
    return open_tender()


@pytest.fixture
def forged(lot: Lot) -> Lot:
    return forger_of(lot)


def filed(lot: Lot, pdf: bytes) -> None:
    """The forged print in the place of the true one, and the journal made to name it."""
    lot.opening_record = pdf
    (index,) = lot.log.find("lot:record:printed")
    lot.log.rewrite(index, pdf=sha256(pdf).hexdigest())
    lot.log.rebuild()


def record_text(lot: Lot) -> bytes:
    assert lot.opening is not None
    return lot.opening.record.encode()


@pytest.mark.parametrize("path", ["opening-record.pdf", "notice.pdf"])
def test_another_file(forged: Lot, tmp_path: Path, path: str) -> None:
    assert named(forged, tmp_path, forged.files() | {path: b"%PDF-1.7 forged"}) == {"pdf.changed", "pdf.seal"}


def test_one_byte_of_what_is_sealed(forged: Lot, tmp_path: Path) -> None:
    whole = bytearray(forged.notice)
    whole[whole.index(b"/MediaBox") + 12] ^= 1
    assert named(forged, tmp_path, forged.files() | {"notice.pdf": bytes(whole)}) == {"pdf.changed"}


def test_something_added_behind_the_seal_and_journalled_so(forged: Lot, tmp_path: Path) -> None:
    assert forged.opening_record is not None
    filed(forged, forged.opening_record + b"\n% and more\n")
    assert {"pdf.changed", "witness.cosignature"} <= named(forged, tmp_path)


def test_the_seal_left_off(forged: Lot, tmp_path: Path) -> None:
    filed(forged, paper(RECORD_SOURCE, record_text(forged)))
    assert {"pdf.seal", "witness.cosignature"} <= named(forged, tmp_path)


def test_the_seal_left_off_though_nobody_had_certified_one(forged: Lot, tmp_path: Path) -> None:
    """A platform older than its seal has such prints; only a witnessed journal says that it was one."""
    (index,) = forged.log.find("parties:seal:certified")
    forged.log.rewrite(index, fingerprint="00" * 32)
    filed(forged, paper(RECORD_SOURCE, record_text(forged)))
    assert {"pdf.seal", "witness.cosignature"} <= named(forged, tmp_path)


def test_a_seal_that_the_journal_does_not_know(forged: Lot, tmp_path: Path) -> None:
    key = SealSigner(ec.generate_private_key(ec.SECP256R1()))
    pem = issue_seal(
        forged.ca_key, forged.authority, public_key=key.public_key, organisation="某单位", uscc="1", at=FIRST
    )
    print_ = sealed_paper(
        RECORD_SOURCE, record_text(forged), key=key, certificate=pem, authority=forged.authority, at=AT
    )
    filed(forged, print_)
    assert {"pdf.seal", "witness.cosignature"} <= named(forged, tmp_path)


def test_a_seal_of_another_authority(forged: Lot, tmp_path: Path) -> None:
    ca = Ed25519PrivateKey.generate()
    authority = make_authority(ca, at=FIRST)
    public = forged.seal_key.public_key
    pem = issue_seal(ca, authority, public_key=public, organisation="某单位", uscc="1", at=FIRST)
    stranger = replace(forged, ca_key=ca, authority=authority, seal=pem)
    filed(forged, stranger.sealed(RECORD_SOURCE, record_text(forged), AT))
    assert {"pdf.seal", "witness.cosignature"} <= named(forged, tmp_path)


def test_a_true_seal_on_another_text(forged: Lot, tmp_path: Path) -> None:
    filed(forged, forged.sealed(RECORD_SOURCE, record_text(forged).replace(b"9700000", b"9600000"), AT))
    assert {"pdf.source", "witness.cosignature"} <= named(forged, tmp_path)


def test_a_true_seal_of_a_later_hour(forged: Lot, tmp_path: Path) -> None:
    filed(forged, forged.sealed(RECORD_SOURCE, record_text(forged), AT + timedelta(hours=1)))
    assert {"pdf.seal", "witness.cosignature"} <= named(forged, tmp_path)
