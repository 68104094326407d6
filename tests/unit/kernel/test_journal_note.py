"""Signed notes and checkpoints: known answers of the Go checksum database, and what must not parse."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.kernel.journal_logs import LOG, LOG_KEY, NOW, ORIGIN, WITNESS_KEYS, WITNESSES, signed
from trading.kernel.journal.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from trading.kernel.journal.cosignature import cosign, cosigned_at
from trading.kernel.journal.note import (
    Note,
    NoteError,
    Signature,
    parse_note,
    parse_verifier,
    sign_note,
    verify_note,
)

# The key and two checkpoints of the public Go checksum database, a log that runs since 2019.
SUMDB = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB_NOTES = [
    (
        "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n"
        "— sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+"
        "o3GeoWwOoAw=\n"
    ),
    (
        "go.sum database tree\n15067302\ngJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=\n\n"
        "— sum.golang.org Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3Tp"
        "B7OeKn4E2ww=\n"
        "— test.example.com qTGhC/xIPQ0AXKHK6Y+9ypRfuvMZWPjRXM8NiOg5M1WREn07VQXyuIXM3NRNav3ieVFLUqDRK77PWDm"
        "L6w8w84UqeAw=\n"
    ),
]
ROOT = bytes(range(32))


@pytest.mark.parametrize("text", SUMDB_NOTES)
def test_a_public_logs_checkpoint_verifies(text: str):
    verifier = parse_verifier(SUMDB)
    note = parse_note(text)
    verify_note(note, verifier)
    assert str(verifier) == SUMDB
    assert str(note) == text
    assert parse_checkpoint(note.text).text == note.text


def test_a_public_logs_altered_checkpoint_does_not():
    note = parse_note(SUMDB_NOTES[0].replace("6476701", "6476702"))
    with pytest.raises(NoteError, match="false"):
        verify_note(note, parse_verifier(SUMDB))


def test_a_public_logs_checkpoint_is_not_another_logs():
    with pytest.raises(NoteError, match=r"not of sum\.golang\.org"):
        open_checkpoint(SUMDB_NOTES[0], parse_verifier(SUMDB))


def test_unknown_keys_are_ignored_and_a_known_one_must_be_true():
    note = parse_note(str(signed(Checkpoint(ORIGIN, 7, ROOT, NOW))))
    other = Signature("example.org/stranger", b"abcd", b"x" * 64)
    verify_note(note.with_signatures([other]), LOG)
    with pytest.raises(NoteError, match="not signed by"):
        verify_note(Note(note.text, note.signatures[1:]), LOG)
    false = Signature(LOG.name, LOG.key_id, b"x" * 64)
    with pytest.raises(NoteError, match="false"):
        verify_note(note.with_signatures([false]), LOG)


def test_a_cosignature_is_over_its_time():
    checkpoint = Checkpoint(ORIGIN, 7, ROOT, NOW)
    line = cosign(checkpoint.text, WITNESSES[0], WITNESS_KEYS[0].sign, 1_763_884_800)
    note = Note(checkpoint.text, (line,))
    assert cosigned_at(note, WITNESSES[0]) == 1_763_884_800
    assert cosigned_at(note, WITNESSES[1]) is None
    later = Signature(line.name, line.key_id, (1_763_884_801).to_bytes(8, "big") + line.value[8:])
    with pytest.raises(NoteError, match="false"):
        cosigned_at(Note(checkpoint.text, (later,)), WITNESSES[0])
    with pytest.raises(NoteError, match="malformed"):
        cosigned_at(Note(checkpoint.text, (Signature(line.name, line.key_id, line.value[:-1]),)), WITNESSES[0])


def test_a_witness_key_does_not_sign_notes():
    with pytest.raises(NoteError):
        sign_note("text\n", WITNESSES[0], WITNESS_KEYS[0].sign)


def test_checkpoint_text_with_our_lines():
    text = Checkpoint("demo/x", 3, ROOT, datetime(2026, 11, 23, 8, tzinfo=UTC), 60_000).text
    assert text == (
        "demo/x\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\ntime 2026-11-23T08:00:00.000Z\noffset 60000\n"
    )
    assert parse_checkpoint(text) == Checkpoint("demo/x", 3, ROOT, datetime(2026, 11, 23, 8, tzinfo=UTC), 60_000)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("demo/x", "example.org/x"),  # an offset outside a demonstration
        ("\n3\n", "\n03\n"),
        ("\n3\n", "\n-3\n"),
        ("\n3\n", "\n٣\n"),
        ("8=\n", "8\n"),
        ("AAEC", "AAE"),
        (".000Z", "Z"),
        (".000Z", ".000+00:00"),
        ("-23T", "-31T"),
        ("offset 60000", "offset +60000"),
        ("time ", "tide "),
        ("time 2026-11-23T08:00:00.000Z\n", ""),  # an offset without a time
        ("offset 60000\n", "offset 60000\nanything\n"),
        ("offset 60000\n", "offset 60000"),
    ],
)
def test_other_checkpoint_texts_are_refused(old: str, new: str):
    text = Checkpoint("demo/x", 3, ROOT, datetime(2026, 11, 23, 8, tzinfo=UTC), 60_000).text
    assert old in text
    with pytest.raises(NoteError):
        parse_checkpoint(text.replace(old, new))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\n\n",
        b"text\n\n- name AAAAAAAA\n",
        "text\n\n— name AAAAAAAA".encode(),
        "text\n\n— na me AAAAAAAA\n".encode(),
        "text\n\n— na+me AAAAAAAA\n".encode(),
        "text\n\n— name AAAA\n".encode(),
        "text\n\n— name AAAAAAAA\r\n".encode(),
        "text\n\n— name AAAAAAB=\n".encode(),  # bits that base64 would drop
        "te\x00xt\n\n— name AAAAAAAA\n".encode(),
        b"text\n\n\xff name AAAAAAAA\n",
    ],
)
def test_what_is_not_a_note(data: bytes):
    with pytest.raises(NoteError):
        parse_note(data)


@pytest.mark.parametrize("text", ["", "a+b", "name+00000000+AQ==", SUMDB.replace("033", "034"), str(LOG)[:-4]])
def test_what_is_not_a_verifier(text: str):
    with pytest.raises(NoteError):
        parse_verifier(text)


def test_the_log_key_is_named_by_its_origin():
    note = Note("text\n", (sign_note("text\n", LOG, LOG_KEY.sign),))
    verify_note(parse_note(str(note).encode()), LOG)
    assert parse_verifier(str(LOG)) == LOG
    assert LOG.name == ORIGIN
