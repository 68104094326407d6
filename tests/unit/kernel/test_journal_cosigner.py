"""What a witness cosigns, and what it never does: a fork, a truncation, another clock (R35)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.unit.kernel.journal_logs import LOG, LOG_KEY, NOW, ORIGIN, WITNESS_KEYS
from trading.kernel import merkle
from trading.kernel.journal.add_checkpoint import format_request, parse_request
from trading.kernel.journal.checkpoint import Checkpoint, log_verifier
from trading.kernel.journal.cosignature import cosigned_at
from trading.kernel.journal.cosigner import Cosigner, PinnedOtherwise, prepare
from trading.kernel.journal.note import Note, NoteError, Verifier, parse_note, parse_signatures, sign_note

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]
LOG_HEX = LOG.public.hex()
DEMO = log_verifier("demo/x", LOG.public)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cosigner(tmp_path: Path, clock: Clock) -> Iterator[Cosigner]:
    prepare(tmp_path / "w", origin=ORIGIN, log_key=LOG_HEX)
    with Cosigner(tmp_path / "w", clock=clock) as opened:
        yield opened


def request(
    old: int,
    leaves: Sequence[bytes],
    *,
    time: datetime | None = NOW,
    offset: int | None = None,
    proof: Sequence[bytes] | None = None,
    log: Verifier = LOG,
    sign: Callable[[bytes], bytes] = LOG_KEY.sign,
) -> bytes:
    text = Checkpoint(log.name, len(leaves), merkle.root(leaves), time, offset).text
    path = proof if proof is not None else merkle.consistency_proof(leaves, min(old, len(leaves)))
    return format_request(old, path, str(Note(text, (sign_note(text, log, sign),))))


def test_growth_is_cosigned_and_remembered(cosigner: Cosigner):
    assert cosigner.latest(ORIGIN) is None
    for old, new in ((0, 7), (7, 7), (7, 40)):
        answer = cosigner.add_checkpoint(request(old, LEAVES[:new]))
        assert answer.status == HTTPStatus.OK
        (line,) = parse_signatures(answer.body)
        latest = cosigner.latest(ORIGIN)
        assert latest is not None
        assert latest.text.split("\n")[1] == str(new)
        assert line in latest.signatures
        assert cosigned_at(latest, cosigner.verifier) == int(NOW.timestamp())


def test_a_restart_forgets_nothing(tmp_path: Path, clock: Clock):
    prepare(tmp_path, origin=ORIGIN, log_key=LOG_HEX)
    with Cosigner(tmp_path, clock=clock) as first:
        first.add_checkpoint(request(0, LEAVES))
        kept, verifier = first.latest(ORIGIN), first.verifier
    with Cosigner(tmp_path, clock=clock) as again:
        assert (again.latest(ORIGIN), again.verifier) == (kept, verifier)
        assert again.add_checkpoint(request(7, LEAVES[:20])).status == HTTPStatus.CONFLICT


def test_the_size_it_knows_is_told(cosigner: Cosigner):
    cosigner.add_checkpoint(request(0, LEAVES[:7]))
    for old in (0, 6, 8):
        answer = cosigner.add_checkpoint(request(old, LEAVES[:9]))
        assert answer == (HTTPStatus.CONFLICT, "7\n", "text/x.tlog.size")


def test_r35_no_second_history_is_cosigned(cosigner: Cosigner, tmp_path: Path):
    cosigner.add_checkpoint(request(0, LEAVES[:7]))
    kept = cosigner.latest(ORIGIN)
    other = [merkle.leaf_hash(b"x%d" % number) for number in range(40)]
    attempts = [
        (request(7, other[:7]), HTTPStatus.CONFLICT),  # the same size, another root
        (request(7, other[:20]), HTTPStatus.UNPROCESSABLE_ENTITY),  # a fork, with its own true proof
        (request(7, [*LEAVES[:6], *other[6:20]]), HTTPStatus.UNPROCESSABLE_ENTITY),
        (request(7, LEAVES[:20], proof=[]), HTTPStatus.UNPROCESSABLE_ENTITY),
        (request(7, LEAVES[:5], proof=[]), HTTPStatus.BAD_REQUEST),  # a truncation
        (request(5, LEAVES[:5]), HTTPStatus.CONFLICT),
        (request(0, other[:20]), HTTPStatus.CONFLICT),
    ]
    for body, status in attempts:
        assert cosigner.add_checkpoint(body).status == status
    assert cosigner.latest(ORIGIN) == kept
    evidence = list((tmp_path / "w" / "evidence").glob("*.note"))
    assert len(evidence) == 4
    assert all(parse_note(path.read_bytes()).text.startswith(ORIGIN) for path in evidence)


def test_only_its_own_log_is_cosigned(cosigner: Cosigner):
    unknown = log_verifier("example.org/other", LOG.public)
    assert cosigner.add_checkpoint(request(0, LEAVES[:7], log=unknown)).status == HTTPStatus.NOT_FOUND
    forged = request(0, LEAVES[:7], sign=WITNESS_KEYS[0].sign)
    assert cosigner.add_checkpoint(forged).status == HTTPStatus.FORBIDDEN
    assert cosigner.latest(ORIGIN) is None


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (0, HTTPStatus.OK),
        (5, HTTPStatus.OK),
        (-5, HTTPStatus.OK),
        (5.001, HTTPStatus.UNPROCESSABLE_ENTITY),
        (-5.001, HTTPStatus.UNPROCESSABLE_ENTITY),
        (86400, HTTPStatus.UNPROCESSABLE_ENTITY),
    ],
)
def test_a_witness_keeps_its_own_clock(cosigner: Cosigner, seconds: float, status: HTTPStatus):
    body = request(0, LEAVES[:7], time=NOW + timedelta(seconds=seconds))
    assert cosigner.add_checkpoint(body).status == status


def test_a_checkpoint_without_time_is_refused(cosigner: Cosigner):
    assert cosigner.add_checkpoint(request(0, LEAVES, time=None)).status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_demonstrations_clock_moves_by_its_signed_offset_and_only_forward(tmp_path: Path, clock: Clock):
    prepare(tmp_path, origin="demo/x", log_key=LOG_HEX)
    day = 86_400_000
    tomorrow = NOW + timedelta(days=1)
    with Cosigner(tmp_path, clock=clock) as cosigner:
        moved = request(0, LEAVES[:2], log=DEMO, time=tomorrow, offset=day)
        assert cosigner.add_checkpoint(moved).status == HTTPStatus.OK
        for time, offset in ((tomorrow, 0), (NOW, 0), (NOW, None), (NOW, day)):
            body = request(2, LEAVES[:3], log=DEMO, time=time, offset=offset)
            assert cosigner.add_checkpoint(body).status == HTTPStatus.UNPROCESSABLE_ENTITY
        later = request(2, LEAVES[:3], log=DEMO, time=tomorrow + timedelta(days=1), offset=2 * day)
        assert cosigner.add_checkpoint(later).status == HTTPStatus.OK


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 1\n",
        b"old 01\n\nx",
        b"new 1\n\nx",
        b"old 1\n!\n\nx",
        b"old 1\n" + b"AAAA\n" * 64 + b"\nx",
        b"\xff",
        b"old 0\n\ntext\n\nno signature\n",
        request(0, LEAVES).replace(b"\n40\n", b"\n040\n"),
    ],
)
def test_what_is_not_a_request(cosigner: Cosigner, body: bytes):
    assert cosigner.add_checkpoint(body).status == HTTPStatus.BAD_REQUEST


def test_a_request_reads_as_written():
    body = format_request(3, LEAVES[:2], "text\n\n— a AAAAAAAA\n")
    assert parse_request(body) == (3, LEAVES[:2], "text\n\n— a AAAAAAAA\n")


def test_the_log_is_pinned_at_the_first_start(tmp_path: Path):
    prepare(tmp_path, origin=ORIGIN, log_key=LOG_HEX, name="witness.example.org")
    prepare(tmp_path, origin=ORIGIN, log_key=LOG_HEX)
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    with Cosigner(tmp_path) as first:
        assert first.verifier.name == "witness.example.org"
        with pytest.raises(PinnedOtherwise, match="another witness"):
            Cosigner(tmp_path)
    other_key = WITNESS_KEYS[0].public_key().public_bytes_raw().hex()
    for origin, key in ((ORIGIN, other_key), ("example.org/other", LOG_HEX)):
        with pytest.raises(PinnedOtherwise, match="pinned"):
            prepare(tmp_path, origin=origin, log_key=key)
    with pytest.raises(NoteError):
        prepare(tmp_path / "new", origin=ORIGIN, log_key=LOG_HEX, name="two words")


def test_the_clock_is_the_systems(tmp_path: Path):
    prepare(tmp_path, origin=ORIGIN, log_key=LOG_HEX)
    fresh = request(0, LEAVES[:2], time=datetime.now(UTC).replace(microsecond=0))
    with Cosigner(tmp_path) as cosigner:
        assert cosigner.add_checkpoint(fresh).status == HTTPStatus.OK
