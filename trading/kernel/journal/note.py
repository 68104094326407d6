"""Signed notes (C2SP signed-note): a text, and lines of signatures by named Ed25519 keys.

A verifier is written `<name>+<key id>+<base64(type ‖ public key)>`; the key id is the start of a hash over
name, type and key, so one key used for two purposes has two ids. Signatures by unknown keys are ignored;
a line that claims a known key and fails condemns the whole note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE_V1 = 0x04

_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+=*)")
_MOST_SIGNATURES = 64


class NoteError(ValueError):
    """Not a signed note, or not signed by the key it names."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A named public key and what it signs: notes (1) or cosignatures (4)."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.kind not in {ED25519, COSIGNATURE_V1}:
            raise NoteError("not a verifier")
        if len(self.public) != 32:
            raise NoteError("an Ed25519 public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        material = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(material).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """What a person compares: the whole hash of the public key."""
        return hashlib.sha256(self.public).hexdigest()

    def __str__(self) -> str:
        key = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    def check(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; `value` is without the key id."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"

    def by(self, verifier: Verifier) -> bool:
        return self.name == verifier.name and self.key_id == verifier.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends in a newline; the signatures are as written, not yet believed."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(str(signature) for signature in self.signatures)

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


def parse_verifier(text: str) -> Verifier:
    try:
        name, key_id, key = text.split("+", 2)
        material = base64.b64decode(key, validate=True)
        verifier = Verifier(name, material[0], material[1:])
    except (ValueError, IndexError) as error:
        raise NoteError("not a verifier") from error
    if str(verifier) != f"{name}+{key_id}+{key}":
        raise NoteError("the verifier's key id is not that of its key")
    return verifier


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Signature lines, as a note ends with and as a witness answers with."""
    if not lines.endswith("\n"):
        raise NoteError("a signature line ends in a newline")
    signatures = []
    for line in lines[:-1].split("\n"):
        match = _LINE.fullmatch(line)
        if not match:
            raise NoteError("not a signature line")
        try:
            value = base64.b64decode(match[2], validate=True)
        except binascii.Error as error:
            raise NoteError("not a signature line") from error
        signature = Signature(match[1], value[:4], value[4:])
        if len(value) < 5 or str(signature) != line + "\n":
            raise NoteError("not a signature line")
        signatures.append(signature)
    if len(signatures) > _MOST_SIGNATURES:
        raise NoteError("too many signatures")
    return tuple(signatures)


def parse_note(data: str | bytes) -> Note:
    try:
        whole = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise NoteError("a note is UTF-8") from error
    if any(ord(character) < 0x20 and character != "\n" for character in whole):
        raise NoteError("control characters in a note")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not text:
        raise NoteError("a note has a text, a blank line and signatures")
    return Note(text + "\n", parse_signatures(lines))


def sign_note(text: str, verifier: Verifier, sign: Callable[[bytes], bytes]) -> Signature:
    """The line by which the holder of `verifier`'s private key signs the text."""
    if verifier.kind != ED25519:
        raise NoteError("cosignatures are made over a time as well")
    return Signature(verifier.name, verifier.key_id, sign(text.encode()))


def verify_note(note: Note, verifier: Verifier) -> None:
    """Raise unless this very key signed this text."""
    found = [signature for signature in note.signatures if signature.by(verifier)]
    if not found:
        raise NoteError(f"not signed by {verifier.name}")
    if not all(verifier.check(signature.value, note.text.encode()) for signature in found):
        raise NoteError(f"the signature of {verifier.name} is false")
