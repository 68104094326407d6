"""Keyset paging, `?after=…`: stays right and fast while rows arrive, which `OFFSET` does not.

    rows = (await session.scalars(query.where(after_clause).limit(PAGE_SIZE + 1))).all()
    return Page.of(rows, key=lambda row: (row.published_at, row.id))

The cursor is the sort key of the last row shown. It is not a secret and not signed: a forged one only starts elsewhere.
"""

import base64
import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection

from trading.kernel.errors import FieldProblem, Invalid

PAGE_SIZE = 20
T = TypeVar("T")
Key = str | int | UUID | dt.datetime | dt.date


def encode(values: Sequence[Key]) -> str:
    """The sort key of a row as an opaque cursor; instants keep their microseconds, or rows would be skipped."""
    plain = [value.isoformat() if isinstance(value, dt.date) else value for value in values]
    text = json.dumps([value if isinstance(value, str | int) else str(value) for value in plain], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, kinds: Sequence[type[Any]]) -> tuple[Any, ...]:
    """The sort key behind a cursor, as these types; a damaged one is refused, never half read."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        json.dumps(values, ensure_ascii=False).encode()  # half of a surrogate pair is no text for any database
        return tuple(msgspec.convert(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, msgspec.ValidationError, RecursionError) as error:
        raise Invalid({"after": FieldProblem("web.bad_cursor")}) from error


def after_of(connection: ASGIConnection[Any, Any, Any, Any], *kinds: type[Any]) -> tuple[Any, ...] | None:
    """The key from which this request goes on: `after_of(request, datetime, UUID)`; None on the first page."""
    cursor = connection.query_params.get("after")
    return decode(cursor, kinds) if cursor else None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some rows, and where the next ones begin."""

    items: tuple[T, ...]
    next: str | None = None

    @classmethod
    def of(cls, rows: Sequence[T], *, key: Callable[[T], Sequence[Key]], size: int = PAGE_SIZE) -> "Page[T]":
        """A page of rows fetched with `limit(size + 1)`: the extra row only tells that there is more."""
        shown = tuple(rows[:size])
        return cls(shown, encode(key(shown[-1])) if len(rows) > size else None)

    def map(self, change: Callable[[T], Any]) -> "Page[Any]":
        """The same page of other things: rows into the structs a template may see."""
        return Page(tuple(change(item) for item in self.items), self.next)
