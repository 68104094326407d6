"""BagIt 1.0 (RFC 8493): the tag files of a bag, written and read again, pure.

Two manifests, SHA-256 and SHA-512, over the same payload; tag manifests over everything beside it but themselves.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

ALGORITHMS = ("sha256", "sha512")
DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
_DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LINE = re.compile(r"([0-9a-f]+)  (\S.*)")
_LENGTH = {"sha256": 64, "sha512": 128}


class Digests(NamedTuple):
    """A file as a manifest knows it."""

    size: int
    sha256: str
    sha512: str

    def by(self, algorithm: str) -> str:
        """One of them."""
        return self.sha256 if algorithm == "sha256" else self.sha512


class BagProblem(NamedTuple):
    """What is wrong with a bag, and where."""

    code: str
    path: str
    detail: str = ""


def manifest_name(algorithm: str) -> str:
    """Of the payload."""
    return f"manifest-{algorithm}.txt"


def tag_manifest_name(algorithm: str) -> str:
    """Of the tag files."""
    return f"tagmanifest-{algorithm}.txt"


def oxum(payload: Iterable[Digests]) -> str:
    """Octets and number of files (Payload-Oxum)."""
    sizes = [item.size for item in payload]
    return f"{sum(sizes)}.{len(sizes)}"


def info_text(info: Sequence[tuple[str, str]]) -> bytes:
    """`bag-info.txt`: one label a line; a value has no line break of its own."""
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in info).encode()


def manifest_text(files: Mapping[str, Digests], algorithm: str) -> bytes:
    """A manifest, by path."""
    return "".join(f"{item.by(algorithm)}  {path}\n" for path, item in sorted(files.items())).encode()


def tag_files(
    payload: Mapping[str, Digests], info: Sequence[tuple[str, str]], others: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Every tag file but the tag manifests, in the order they are written."""
    return {
        DECLARATION: _DECLARED,
        INFO: info_text([*info, ("Payload-Oxum", oxum(payload.values()))]),
        **others,
        **{manifest_name(algorithm): manifest_text(payload, algorithm) for algorithm in ALGORITHMS},
    }


def read_info(text: bytes) -> list[tuple[str, str]]:
    """`bag-info.txt` again; a line that begins with a space goes on."""
    found: list[tuple[str, str]] = []
    for line in text.decode().splitlines():
        if line[:1] in {" ", "\t"} and found:
            label, value = found.pop()
            found.append((label, f"{value} {line.strip()}"))
        elif line:
            label, _, value = line.partition(":")
            found.append((label.strip(), value.strip()))
    return found


def read_manifest(text: bytes, algorithm: str) -> dict[str, str]:
    """Path → digest; `ValueError` for a line that is none, or a path named twice."""
    found: dict[str, str] = {}
    for line in text.decode().splitlines():
        matched = _LINE.fullmatch(line)
        if matched is None or len(matched[1]) != _LENGTH[algorithm] or matched[2] in found:
            raise ValueError(line)
        found[matched[2]] = matched[1]
    return found


def problems(paths: Sequence[str], read: Callable[[str], bytes], digests: Callable[[str], Digests]) -> list[BagProblem]:
    """What is wrong with a bag whose files these are: form first, then every digest of every file."""
    found: list[BagProblem] = []
    if DECLARATION not in paths or read(DECLARATION) != _DECLARED:
        found.append(BagProblem("form", DECLARATION))
    held: dict[str, Digests] = {path: digests(path) for path in paths}
    tags = {path for path in paths if not path.startswith("data/")}
    named = {tag_manifest_name(algorithm) for algorithm in ALGORITHMS}
    for algorithm in ALGORITHMS:
        payload = set(paths) - tags
        found += _compare(manifest_name(algorithm), algorithm, payload, paths, read=read, held=held)
        found += _compare(tag_manifest_name(algorithm), algorithm, tags - named, paths, read=read, held=held)
    if INFO not in paths:
        return [*found, BagProblem("form", INFO)]
    told = dict(read_info(read(INFO))).get("Payload-Oxum")
    true = oxum(held[path] for path in set(paths) - tags)
    if told != true:
        found.append(BagProblem("oxum", INFO, f"{told} ≠ {true}"))
    return list(dict.fromkeys(found))


def _compare(
    name: str,
    algorithm: str,
    files: set[str],
    paths: Sequence[str],
    *,
    read: Callable[[str], bytes],
    held: Mapping[str, Digests],
) -> list[BagProblem]:
    if name not in paths:
        return [BagProblem("missing", name)]
    try:
        told = read_manifest(read(name), algorithm)
    except ValueError as error:
        return [BagProblem("form", name, str(error)[:100])]
    wrong = [BagProblem("missing", path) for path in sorted(told.keys() - files)]
    wrong += [BagProblem("unlisted", path, name) for path in sorted(files - told.keys())]
    return wrong + [
        BagProblem("changed", path) for path in sorted(files & told.keys()) if held[path].by(algorithm) != told[path]
    ]
