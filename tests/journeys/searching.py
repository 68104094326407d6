"""Looking for a secret wherever a platform keeps anything: tables, files, objects, the memory of its processes.

Every form is looked for in which bytes usually lie around: as they are, in hexadecimal, base64 and UTF-16. Tables are
told beforehand not to compress, and the WAL is kept, so that whatever is written can be found where it was written.
"""

import base64
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import psycopg
from minio import Minio
from psycopg import sql

from portal.platform import DATABASE, EmbeddedPlatform

_PIECE = 4 * 1024 * 1024
_NOTHING = bytes(_PIECE)
_MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw.(.) \S+ \S+ \d+\s*(.*)$")
_TABLES = (
    "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
)
_COMPRESSED = (
    "SELECT n.nspname, c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped "
    "AND a.attstorage IN ('x', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
)


def forms_of(secret: str) -> set[bytes]:
    """The secret as it may lie in a file."""
    plain = secret.encode()
    # Without the outermost zero byte, UTF-16 is found in either order of bytes.
    found = {plain, plain.hex().encode(), plain.hex().upper().encode(), secret.encode("utf-16-le")[:-1]}
    for before in range(3):  # where it begins within the three bytes that make four characters
        whole = base64.b64encode(bytes(before) + plain)
        found.add(whole[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6])
    return found


class Search:
    """Secrets that begin alike, looked for in one reading of everything."""

    def __init__(self, platform: EmbeddedPlatform, stem: str, secrets: Sequence[str]) -> None:
        self.platform = platform
        self.looked: set[str] = set()
        self._found: dict[str, set[str]] = {secret: set() for secret in secrets}
        self._forms = {secret: forms_of(secret) for secret in secrets}
        self._beginnings = forms_of(stem)
        self._longest = max(len(form) for forms in self._forms.values() for form in forms)

    def places(self, secret: str, kind: str = "") -> set[str]:
        """Where a secret was found; a place is a `table …`, `file …`, `object …` or `memory …`."""
        return {place for place in self._found[secret] if place.startswith(kind)}

    def _look(self, place: str, pieces: Iterable[bytes]) -> None:
        before = b""
        for piece in pieces:
            data = before + piece
            if any(form in data for form in self._beginnings):
                for secret, forms in self._forms.items():
                    if any(form in data for form in forms):
                        self._found[secret].add(place)
            before = data[-self._longest :]
        self.looked.add(place)

    def tables(self) -> None:
        """A dump of every table, bytes in hexadecimal."""
        with connected(self.platform) as connection, connection.cursor() as cursor:
            for schema, table in cursor.execute(_TABLES).fetchall():
                copy = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, table))
                with cursor.copy(copy) as rows:
                    self._look(f"table {schema}.{table}", (bytes(row) for row in rows))

    def files(self) -> None:
        """Every file of the platform's home: the database's own with the WAL, the store's volumes, every log.

        Trustees' folders are left out: they are on other machines in earnest.
        """
        with connected(self.platform) as connection:
            connection.execute("CHECKPOINT")
            connection.execute("SELECT pg_switch_wal()")
        root = self.platform.home.root
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root)
            if path.is_symlink() or not path.is_file() or str(name).startswith(("trustee-", "bin/")):
                continue
            with suppress(FileNotFoundError), path.open("rb") as file:
                self._look(f"file {name}", _pieces(file))

    def objects(self) -> None:
        """Every object of every bucket, as S3 gives it out."""
        store = self.platform.store
        client = Minio(store.endpoint, store.access_key, store.secret_key, secure=False, region="us-east-1")
        for bucket in client.list_buckets():
            for item in client.list_objects(bucket_name=bucket.name, recursive=True):
                answer = client.get_object(bucket_name=bucket.name, object_name=str(item.object_name))
                try:
                    self._look(f"object {item.object_name}", [answer.read()])
                finally:
                    answer.close()
                    answer.release_conn()

    def memory(self) -> None:
        """What a core dump of each process of the platform would hold; what processes share is read once."""
        shared: set[str] = set()
        for pid, name in processes_of(self.platform):
            with suppress(FileNotFoundError, ProcessLookupError):
                self._look(f"memory {name}", _memory(pid, shared))


def connected(platform: EmbeddedPlatform) -> psycopg.Connection[tuple[str, ...]]:
    """The platform's database, as the superuser that the platform itself never is."""
    dsn = platform.postgres.admin_dsn.replace("@/postgres?", f"@/{DATABASE}?")
    return psycopg.connect(dsn, autocommit=True)


@contextmanager
def everything_kept(platform: EmbeddedPlatform) -> Iterator[None]:
    """From now on rows are stored as they are, and no WAL is overwritten, until the search is done."""
    with connected(platform) as connection:
        for schema, table, column in connection.execute(_COMPRESSED).fetchall():
            statement = sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET STORAGE EXTERNAL")
            connection.execute(statement.format(sql.Identifier(schema, table), sql.Identifier(column)))
        connection.execute("SELECT pg_create_physical_replication_slot('search', true)")
    try:
        yield
    finally:
        with connected(platform) as connection:
            connection.execute("SELECT pg_drop_replication_slot('search')")


def processes_of(platform: EmbeddedPlatform) -> list[tuple[int, str]]:
    """Every process that works for this platform, trustees' programs aside."""
    home, found = os.fsencode(platform.home.root), []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                arguments = (folder / "cmdline").read_bytes()
                ours = home in arguments or home in (folder / "environ").read_bytes()
                if ours and b"/trustee-" not in arguments:
                    found.append((int(folder.name), arguments.replace(b"\0", b" ").decode(errors="replace")[:80]))
    return sorted(found)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _memory(pid: int, shared: set[str]) -> Iterator[bytes]:
    mappings = Path(f"/proc/{pid}/maps").read_text()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for text in mappings.splitlines():
            match = _MAPPING.match(text)
            if match is None or (match[3] == "s" and text in shared):
                continue
            shared.add(text)
            start, end = int(match[1], 16), int(match[2], 16)
            for at in range(start, end, _PIECE):
                with suppress(OSError):  # not every page of a mapping is there
                    memory.seek(at)
                    piece = memory.read(min(_PIECE, end - at))
                    if piece != _NOTHING[: len(piece)]:
                        yield piece
