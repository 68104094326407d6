"""Files a page loads: style sheets, pictures and the bundles esbuild made, named by their content, cached for good.

They are few and small, so they are read once and kept in memory with their compressed form. A name without a hash is
not served.
"""

import gzip
import hashlib
import json
import mimetypes
from pathlib import Path

import msgspec
import structlog

STATIC_DIR = Path(__file__).parent / "static"
# One sheet, in this order: fewer requests, and later files may rely on earlier ones.
STYLESHEETS = ("tokens", "base", "layout", "forms", "parts", "print")
PREFIX = "/assets/"

log = structlog.get_logger(__name__)


class Asset(msgspec.Struct, frozen=True):
    """One file as it is sent."""

    media_type: str
    body: bytes
    gzipped: bytes


def _asset(name: str, body: bytes) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type.startswith("text/") or media_type.endswith(("javascript", "json", "svg+xml")):
        media_type = f"{media_type.replace('application/javascript', 'text/javascript')}; charset=utf-8"
    return Asset(media_type, body, gzip.compress(body, 9, mtime=0))


class Assets:
    """Logical name (`site.css`, `main.js`) → address; address → file."""

    def __init__(self, folder: Path = STATIC_DIR) -> None:
        self._names: dict[str, str] = {}
        self._files: dict[str, Asset] = {}
        css = b"\n".join((folder / "css" / f"{name}.css").read_bytes() for name in STYLESHEETS)
        self._add("site.css", css)
        for path in sorted((folder / "img").glob("*")):
            self._add(path.name, path.read_bytes())
        self._add_bundles(folder / "dist")

    def _add(self, name: str, body: bytes, hashed: str = "") -> None:
        stem, dot, suffix = name.rpartition(".")
        hashed = hashed or f"{stem}-{hashlib.sha256(body).hexdigest()[:10]}{dot}{suffix}"
        self._names[name] = hashed
        self._files[hashed] = _asset(hashed, body)

    def _add_bundles(self, dist: Path) -> None:
        manifest = dist / "manifest.json"
        if not manifest.exists():
            log.warning("assets.no_bundles", hint="make bundles; pages work without script until then")
            return
        for name, hashed in json.loads(manifest.read_bytes()).items():
            self._add(name, (dist / hashed).read_bytes(), hashed)
        if (dist / "LICENSES.txt").exists():
            self._add("LICENSES.txt", (dist / "LICENSES.txt").read_bytes())

    def url(self, name: str) -> str | None:
        """Address of a file; None for a bundle that has not been built, so that a page leaves it out."""
        hashed = self._names.get(name)
        return PREFIX + hashed if hashed else None

    def get(self, hashed: str) -> Asset | None:
        """The file behind an address."""
        return self._files.get(hashed)
