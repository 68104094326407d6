"""A bag by RFC 8493: its tag files as the standard has them, and every way in which one can be wrong."""

import hashlib
import io
import tarfile
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from archive.proof import bagit
from archive.proof.layout import evidence_folders, proves_itself, sound_path
from archive.reading import Read, _Hashing, compare
from archive.services.bagging import BagWriter, ContentChanged, Part
from archive.types import PackedFile

AT = datetime(2026, 12, 1, tzinfo=UTC)
PAYLOAD = {"data/b.txt": b"two\n", "data/a/one.bin": bytes(range(256)) * 9}
INFO = [("Project-Code", "2611-350100-04-01-100001"), ("External-Description", "滨江大道\n综合改造")]


async def written(path: Path, payload: dict[str, bytes] = PAYLOAD) -> BagWriter:
    with path.open("wb") as file:
        writer = BagWriter(file, "archive-x", AT, lambda _: None)
        for name, data in payload.items():
            await writer.add(Part(name, len(data), data))
        await writer.finish(INFO, {"inventory.json": b"{}"})
    return writer


def members(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {item.name.partition("/")[2]: archive.extractfile(item).read() for item in archive}  # type: ignore[union-attr]  # all are files


def wrong(files: dict[str, bytes]) -> set[tuple[str, str]]:
    def digests(path: str) -> bagit.Digests:
        data = files[path]
        return bagit.Digests(len(data), sha256(data).hexdigest(), hashlib.sha512(data).hexdigest())

    return {(item.code, item.path) for item in bagit.problems(sorted(files), files.__getitem__, digests)}


async def test_the_same_files_make_the_same_bytes_and_a_valid_bag(tmp_path: Path) -> None:
    first, second = await written(tmp_path / "1.tar"), await written(tmp_path / "2.tar")
    data = (tmp_path / "1.tar").read_bytes()
    assert data == (tmp_path / "2.tar").read_bytes()
    assert (first.digest, first.size) == (second.digest, second.size) == (sha256(data).hexdigest(), len(data))
    files = members(data)
    assert wrong(files) == set()
    assert files["bagit.txt"] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    assert set(files) - PAYLOAD.keys() == {
        "bagit.txt",
        "bag-info.txt",
        "inventory.json",
        "manifest-sha256.txt",
        "manifest-sha512.txt",
        "tagmanifest-sha256.txt",
        "tagmanifest-sha512.txt",
    }
    info = dict(bagit.read_info(files["bag-info.txt"]))
    assert info["Payload-Oxum"] == f"{sum(map(len, PAYLOAD.values()))}.2"
    assert info["External-Description"] == "滨江大道 综合改造"
    line = f"{sha256(PAYLOAD['data/b.txt']).hexdigest()}  data/b.txt\n"
    assert line.encode() in files["manifest-sha256.txt"]
    assert b"tagmanifest" not in files["tagmanifest-sha256.txt"]


async def test_every_change_is_named(tmp_path: Path) -> None:
    await written(tmp_path / "bag.tar")
    files = members((tmp_path / "bag.tar").read_bytes())
    assert ("changed", "data/b.txt") in wrong(files | {"data/b.txt": b"tvo\n"})
    assert ("oxum", "bag-info.txt") in wrong(files | {"data/b.txt": b"three\n"})
    assert ("unlisted", "data/c.txt") in wrong(files | {"data/c.txt": b""})
    assert ("changed", "bag-info.txt") in wrong(files | {"bag-info.txt": files["bag-info.txt"] + b"More: x\n"})
    assert ("unlisted", "more.txt") in wrong(files | {"more.txt": b""})
    for path in ("data/b.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt", "inventory.json"):
        left = {name: data for name, data in files.items() if name != path}
        assert ("missing", path) in wrong(left), path
    for path in ("bagit.txt", "bag-info.txt"):
        assert ("form", path) in wrong({name: data for name, data in files.items() if name != path})
    twice = files["manifest-sha256.txt"] * 2
    assert ("form", "manifest-sha256.txt") in wrong(files | {"manifest-sha256.txt": twice})


async def test_content_of_another_length_is_not_sealed(tmp_path: Path) -> None:
    with (tmp_path / "bag.tar").open("wb") as file:
        writer = BagWriter(file, "x", AT, lambda _: None)
        with pytest.raises(ContentChanged):
            await writer.add(Part("data/a", 3, b"four"))


def reread(data: bytes, writer: BagWriter) -> Read:
    listed = {path: PackedFile(path, item.size, item.sha256, False) for path, item in writer.files.items()}
    return compare(_Hashing(io.BytesIO(data)), writer.digest, listed)


async def test_a_reading_names_what_is_damaged(tmp_path: Path) -> None:
    writer = await written(tmp_path / "bag.tar")
    data = (tmp_path / "bag.tar").read_bytes()
    assert reread(data, writer) == Read(9, len(data), ())
    flipped = bytearray(data)
    flipped[data.index(b"two\n")] ^= 1
    (found,) = reread(bytes(flipped), writer).findings
    assert (found.kind, found.path) == ("changed", "data/b.txt")
    header = bytearray(data)
    header[data.index(b"archive-x/data/a/one.bin") + 3] ^= 1
    assert [item.kind for item in reread(bytes(header), writer).findings] == ["unreadable"]
    padding = bytearray(data)
    padding[-1] ^= 1
    assert [(item.kind, item.path) for item in reread(bytes(padding), writer).findings] == [("changed", "")]
    (short,) = reread(data[: data.index(b"archive-x/bagit.txt")], writer).findings
    assert (short.kind, short.found) == ("unreadable", "after data/a/one.bin")
    listed = {path: PackedFile(path, item.size, item.sha256, False) for path, item in writer.files.items()}
    listed["data/gone"] = PackedFile("data/gone", 1, "0" * 64, False)
    (gone,) = compare(_Hashing(io.BytesIO(data)), writer.digest, listed).findings
    assert (gone.kind, gone.path) == ("missing", "data/gone")
    more = dict(writer.files)
    del more["data/b.txt"]
    listed = {path: PackedFile(path, item.size, item.sha256, False) for path, item in more.items()}
    (added,) = compare(_Hashing(io.BytesIO(data)), writer.digest, listed).findings
    assert (added.kind, added.path) == ("added", "data/b.txt")


def test_paths_that_leave_the_bag_or_need_an_escape_are_unsound() -> None:
    assert sound_path("data/lots/001/evidence/journal/tile/0/x001/067")
    for path in ("../x", "data//x", "data/./x", "/x", "data/a b", "data/%0A", "资料", "data/x\n", ""):
        assert not sound_path(path), path


def test_only_the_journal_and_the_manifests_of_evidence_prove_themselves() -> None:
    assert proves_itself("data/journal/tile/0/000")
    assert proves_itself("data/lots/001/evidence/manifest.json")
    for path in ("data/lots/001/evidence/opening.json", "data/manifest.json", "data/lots/001/manifest.json"):
        assert not proves_itself(path), path
    paths = ["data/lots/002/evidence/a", "data/lots/001/evidence/b", "data/lots/001/records/c"]
    assert evidence_folders(paths) == ["data/lots/001/evidence", "data/lots/002/evidence"]
