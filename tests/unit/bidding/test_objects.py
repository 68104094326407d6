"""Objects: streamed, bounded, and refused when cut, extended, reordered, or sealed wrongly."""

import hashlib
import os
import resource
from io import BytesIO, RawIOBase

import pytest
from cryptography.cobblestone import Cobblestone256Encryptor
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.sealing.errors import SealingError
from bidding.sealing.framing import lp
from bidding.sealing.layout import FileEntry, Index, check_index, padded_length, plausible_size
from bidding.sealing.objects import (
    BLOCK,
    BlockHasher,
    SealedObject,
    Source,
    block_root,
    context,
    decrypt_part,
    encrypt_part,
    looks_unencrypted,
)
from tests.vectors import oracle
from trading.kernel.canonical import canonical

CK = bytes(range(32))
BOUND = context("ab" * 32, "cd" * 16, "technical")


def seal(files, pad="padme"):
    out = BytesIO()
    sources = [Source.of_bytes(name, data) for name, data in files]
    return encrypt_part(sources, out, ck=CK, bound_to=BOUND, pad=pad), out.getvalue()


def unseal(data, sealed, pad="padme", ck=CK, bound=BOUND):
    got = {}

    def sink(entry):
        got[entry.name] = BytesIO()
        return got[entry.name]

    decrypt_part(BytesIO(data), ck=ck, bound_to=bound, pad=pad, root=sealed.root, size=sealed.size, sink=sink)
    return {name: stream.getvalue() for name, stream in got.items()}


def code_of(data, sealed, **more):
    with pytest.raises(SealingError) as caught:
        unseal(data, sealed, **more)
    return caught.value.code


def described(data):
    """The root and size an envelope would have committed to, had the bidder sealed these bytes."""
    hasher = BlockHasher()
    hasher.update(data)
    return hasher.finish()


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.text("abc标.", min_size=3, max_size=9), st.integers(0, 70_000), max_size=4),
    st.sampled_from(["step", "padme"]),
)
def test_what_goes_in_comes_out(sizes, pad):
    files = [(name, os.urandom(size)) for name, size in sizes.items()]
    sealed, data = seal(files, pad)
    assert (sealed.size, sealed.root) == (len(data), oracle.block_root(data))
    assert plausible_size(sealed.size, pad)
    assert unseal(data, sealed, pad) == dict(files)


@given(st.integers(4, 2**33))
def test_padding_hides_most_of_a_length(length):
    for pad in ("step", "padme"):
        padded = padded_length(length, pad)
        assert padded >= length
        assert padded_length(padded, pad) == padded
    assert padded_length(length, "padme") <= length * 1.12 + 1


def test_a_size_no_sealer_makes_is_implausible():
    sealed, _ = seal([("a", b"x" * 100_000)])
    assert plausible_size(sealed.size, "padme")
    assert not plausible_size(sealed.size + 1, "padme")
    assert not any(plausible_size(size, "step") for size in (-5, 0, 55, 56, 71, 72, 262_455, 262_457))


def test_damage_in_storage_is_told_apart():
    sealed, data = seal([("a", os.urandom(2_500_000))])
    chunk = 16_400
    swapped = data[:56] + data[56 + chunk : 56 + 2 * chunk] + data[56 : 56 + chunk] + data[56 + 2 * chunk :]
    for changed in (data[:-1], data + b"\x00", swapped, data[:70] + b"\x00" + data[71:], b"", data + data):
        assert code_of(changed, sealed) == "sealing.object.root"


def test_cut_extended_or_reordered_ciphertext_is_refused_even_if_committed_to():
    _, data = seal([("a", os.urandom(100_000))])
    chunk = 16_400
    swapped = data[:56] + data[56 + chunk : 56 + 2 * chunk] + data[56 : 56 + chunk] + data[56 + 2 * chunk :]
    cut_at_a_chunk = data[: 56 + 3 * chunk]
    for changed in (data[:-1], data + b"\x00" * 16, swapped, cut_at_a_chunk, data[:30], b"", data + data):
        assert code_of(changed, described(changed)) == "sealing.object.decrypt"


def test_another_key_part_lot_or_announcement_does_not_open_it():
    sealed, data = seal([("a", b"x")])
    others = [context("ab" * 32, "cd" * 16, "price"), context("ac" * 32, "cd" * 16, "technical")]
    for bound in [*others, context("ab" * 32, "ce" * 16, "technical")]:
        assert code_of(data, sealed, bound=bound) == "sealing.object.decrypt"
    assert code_of(data, sealed, ck=bytes(32)) == "sealing.object.decrypt"


def encrypt_raw(plain):
    encryptor = Cobblestone256Encryptor(CK, BOUND)
    return encryptor.update(plain) + encryptor.finalize()


def entry(name="a", data=b"xyz", **changes):
    return {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **changes}


@pytest.mark.parametrize(
    ("index", "content", "code"),
    [
        ({"v": "LBF1", "files": [entry()]}, b"xyZ", "sealing.object.file"),
        ({"v": "LBF1", "files": [entry(size=2)]}, b"xyz", "sealing.object.file"),
        ({"v": "LBF1", "files": [entry(size=10**9)]}, b"xyz", "sealing.object.index"),
        ({"v": "LBF1", "files": [entry(), entry()]}, b"xyzxyz", "sealing.object.index"),
        ({"v": "LBF1", "files": [entry("../a")]}, b"xyz", "sealing.object.index"),
        ({"v": "LBF1", "files": [entry("..")]}, b"xyz", "sealing.object.index"),
        ({"v": "LBF1", "files": [entry("a\x00")]}, b"xyz", "sealing.object.index"),
        ({"v": "LBF1", "files": [entry("标" * 86)]}, b"xyz", "sealing.object.index"),
        ({"v": "LBF2", "files": []}, b"", "sealing.object.index"),
        ({"v": "LBF1", "files": []}, b"\x00\x01", "sealing.object.padding"),
        ({"v": "LBF1", "files": [entry()]}, b"xyz" + b"\x00" * 300_000, "sealing.object.padding"),
    ],
)
def test_what_a_bidder_sealed_wrongly(index, content, code):
    data = encrypt_raw(oracle.plaintext(lp(canonical(index)), [content], "padme"))
    assert code_of(data, described(data)) == code


@pytest.mark.parametrize("plain", [b"", b"\x00", b"\xff\xff\xff\xff", b"\x00\x00\x00\x09{}"])
def test_a_plaintext_without_an_index(plain):
    data = encrypt_raw(plain)
    assert code_of(data, described(data)) == "sealing.object.index"


def test_an_index_has_room_for_thousands_of_files_but_an_end():
    files = tuple(FileEntry(name=f"{n}.pdf", size=0, sha256="ab" * 32) for n in range(9000))
    assert check_index(Index(v="LBF1", files=files)).length() > 900_000
    with pytest.raises(SealingError, match=r"sealing\.object\.index"):
        check_index(
            Index(v="LBF1", files=tuple(FileEntry(name=f"x{n}", size=0, sha256="ab" * 32) for n in range(12_000)))
        )


def test_a_file_that_changes_while_it_is_sealed():
    contents = iter([b"first", b"other"])
    source = Source("a", lambda: BytesIO(next(contents)))
    with pytest.raises(SealingError, match=r"sealing\.object\.changed"):
        encrypt_part([source], BytesIO(), ck=CK, bound_to=BOUND, pad="step")


def test_leaves_stored_block_by_block_give_the_same_root():
    sealed, data = seal([("a", os.urandom(3_200_000))])
    hasher = BlockHasher()
    for at in range(0, len(data), 777_777):
        hasher.update(data[at : at + 777_777])
    assert hasher.finish() == sealed == SealedObject(block_root(sealed.leaves), len(data), sealed.leaves)
    assert len(sealed.leaves) == -(-len(data) // BLOCK)


def test_forgotten_sealing_is_noticed():
    assert looks_unencrypted(b"%PDF-1.7\n")
    assert looks_unencrypted(b"PK\x03\x04rest of a docx")
    assert not looks_unencrypted(seal([("a", b"%PDF-1.7")])[1])


class Zeros(RawIOBase):
    """A large file that takes no room."""

    def __init__(self, size):
        self.left = size

    def read(self, size=-1):
        taken = min(self.left, size)
        self.left -= taken
        return bytes(taken)


class Nowhere(RawIOBase):
    """Where its ciphertext goes."""

    def write(self, data):
        return len(data)


def test_a_large_part_needs_little_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = 256 * BLOCK
    sealed = encrypt_part([Source("big", lambda: Zeros(size))], Nowhere(), ck=CK, bound_to=BOUND, pad="padme")
    assert sealed.size > size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024
