"""a: sealing and opening a big file beside libsodium's secretstream over the same file; memory; opening many bids.

Secretstream neither pads nor hashes. A sealed part carries the hash of every file (one pass more, for it stands before
the content) and the root of its ciphertext's blocks, and the file is checked again while it is read the second time.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

from cryptography.cobblestone import Cobblestone256Decryptor
from nacl import bindings as sodium

from benchmarks.measuring import interleaved, median_ratio, medians, timed
from benchmarks.report import Goal, Line, cores
from benchmarks.running import Run
from bidding.sealing.batch import verify_batch
from bidding.sealing.box import Box
from bidding.sealing.content import PRICE_FILE
from bidding.sealing.envelope import Envelope
from bidding.sealing.objects import BLOCK, SealedObject, Source, context, decrypt_part, encrypt_part
from bidding.sealing.reveal import reveal_part
from bidding.sealing.settle import settle
from tests.factories.sealing import Sealed, World, make_world, price_json, seal_bid

MB = 1024 * 1024
SEAL = Goal("a", "seal-big-file", 1.0, at_least=True)
OPEN = Goal("a", "open-big-file", 1.0, at_least=True)
MEMORY = Goal("a", "memory-2gb-mb", 64)
OPENING = Goal("a", "opening-n-bids", 1.3)
KEY = b"\x05" * 32
BOUND = b"bench"


def measure(run: Run) -> Iterator[Line]:
    """The four goals."""
    folder = run.folder()
    yield from _one_file(run, folder)
    yield _memory(folder, 8 if run.quick else 2048)
    yield _many_bids(run, count=run.size(8, 2), size=run.size(48, 1) * MB)


def seal(plain: Path, sealed: Path) -> SealedObject:
    """As a bidder's machine does it."""
    with sealed.open("wb") as out:
        return encrypt_part([Source.of_path(plain)], out, ck=KEY, bound_to=BOUND, pad="padme")


def unseal(sealed: Path, made: SealedObject, out: Path) -> None:
    """As the platform does it."""
    with sealed.open("rb") as source, out.open("wb") as sink:
        decrypt_part(
            source, ck=KEY, bound_to=BOUND, pad="padme", root=made.root, size=made.size, sink=lambda _entry: sink
        )


def push(plain: Path, sealed: Path) -> None:
    """Secretstream, in pieces as large as ours."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    with plain.open("rb") as source, sealed.open("wb") as out:
        out.write(sodium.crypto_secretstream_xchacha20poly1305_init_push(state, KEY))
        while piece := source.read(BLOCK):
            out.write(sodium.crypto_secretstream_xchacha20poly1305_push(state, piece, None, 0))


def pull(sealed: Path, out: Path) -> None:
    """And back."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    with sealed.open("rb") as source, out.open("wb") as sink:
        header = source.read(sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES)
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, header, KEY)
        while piece := source.read(BLOCK + sodium.crypto_secretstream_xchacha20poly1305_ABYTES):
            plain, _tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, piece, None)
            sink.write(plain)


def _one_file(run: Run, folder: Path) -> Iterator[Line]:
    plain, ours, theirs, back = (folder / name for name in ("plain", "ours", "theirs", "back"))
    size = run.size(256, 2) * MB
    with plain.open("wb") as out:
        for _ in range(size // MB):
            out.write(os.urandom(MB))
    made = seal(plain, ours)
    found = interleaved({"ours": lambda: timed(lambda: seal(plain, ours)), "secretstream": lambda: timed(
        lambda: push(plain, theirs))}, run.rounds)  # fmt: skip
    told = {"size": f"{size // MB} MB", "openssl": _openssl(run)}
    yield Line(SEAL, median_ratio(found, "secretstream", "ours"), {**medians(found), **told})
    made = seal(plain, ours)
    found = interleaved({"ours": lambda: timed(lambda: unseal(ours, made, back)), "secretstream": lambda: timed(
        lambda: pull(theirs, back))}, run.rounds)  # fmt: skip
    yield Line(OPEN, median_ratio(found, "secretstream", "ours"), {**medians(found), "size": told["size"]})


def _openssl(run: Run) -> str:
    """What the primitives do alone, as `openssl speed` says it."""
    shown = []
    for name in ("aes-256-gcm", "sha256"):
        argv = ["openssl", "speed", "-seconds", "1", "-bytes", str(MB), "-evp", name]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False) if not run.quick else None
        except OSError:
            return "not installed"
        lines = done.stdout.splitlines() if done else []
        shown += [f"{name} {line.split()[-1]}B/s" for line in lines if line.lower().startswith(name)]
    return "; ".join(shown) or "not asked"


def _memory(folder: Path, megabytes: int) -> Line:
    """A process of its own seals and opens a file with holes; what it held beyond the interpreter and its modules."""
    plain = folder / "sparse"
    with plain.open("wb") as out:
        out.truncate(megabytes * MB)
    argv = [sys.executable, "-m", "benchmarks.a_memory", str(plain), str(folder / "sparse.sealed")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    own, most = (int(word) / 1024 for word in done.stdout.split())
    detail = {"file": f"{megabytes} MB", "interpreter": f"{own:.0f} MB", "peak": f"{most:.0f} MB"}
    return Line(MEMORY, most - own, detail)


@dataclass
class Opened:
    """A box after its deadline, the trustees' batches there."""

    world: World
    box: Box
    batches: list[bytes]
    sealed: dict[str, Sealed]

    @classmethod
    def make(cls, count: int, size: int) -> "Opened":
        """With so many bids of about this size."""
        world = make_world()
        price = [Source.of_bytes(PRICE_FILE, price_json())]
        bids = [
            seal_bid(world, files={"technical": [Source.of_bytes("a.pdf", os.urandom(size))], "price": price})
            for _ in range(count)
        ]
        box = world.box(*(bid.raw for bid in bids))
        batches = [world.batch(x, part, box) for part in ("technical", "price") for x in (1, 2)]
        return cls(world, box, batches, {world.envelope(bid.raw).env: bid for bid in bids})

    def open(self) -> None:
        """What the platform does between store and table: settle, decrypt, write the files."""
        settled = settle(self.world.announcement, self.box, 2, self.batches)
        for (env, part), ck in settled.keys.items():
            envelope = next(item for item in self.box.envelopes if item.env == env)
            with TemporaryFile() as sink:
                reveal_part(
                    self.world.announcement,
                    envelope,
                    part,
                    ck=ck,
                    ciphertext=BytesIO(self.sealed[env].ciphertexts[part]),
                    sink=lambda _entry, out=sink: out,  # type: ignore[misc]
                )

    def primitives(self, keys: Mapping[tuple[str, str], bytes]) -> None:
        """The same data through the ciphers and hashes alone: both hashes are in the specification."""
        for batch in self.batches:
            verify_batch(batch, self.world.announcement, self.box.root, self.box.envelopes)
        for (env, part), ck in keys.items():
            envelope: Envelope = next(item for item in self.box.envelopes if item.env == env)
            bound = context(envelope.core.ann, env, part)
            _raw(self.sealed[env].ciphertexts[part], ck, bound)


def _raw(ciphertext: bytes, ck: bytes, bound: bytes) -> None:
    decryptor, outer, inner = Cobblestone256Decryptor(ck, bound), hashlib.sha256(), hashlib.sha256()
    buffer = bytearray(2 * BLOCK)
    view = memoryview(buffer)
    for at in range(0, len(ciphertext), BLOCK):
        block = ciphertext[at : at + BLOCK]
        outer.update(block)
        inner.update(view[: decryptor.update_into(block, buffer)])
    decryptor.finalize()


def _many_bids(run: Run, *, count: int, size: int) -> Line:
    stage = Opened.make(count, size)
    keys = settle(stage.world.announcement, stage.box, 2, stage.batches).keys
    found = interleaved(
        {"ours": lambda: timed(stage.open), "primitives": lambda: timed(lambda: stage.primitives(keys))}, run.rounds
    )
    detail = {**medians(found), "bids": count, "each": f"{size // MB} MB", "cores": cores()}
    return Line(OPENING, median_ratio(found, "ours", "primitives") * cores(), detail)
