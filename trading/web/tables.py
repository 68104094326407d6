"""Lists a person can sort, filter and take away: by column (`?sort=-name`), a page at a time, or whole as CSV.

In `reads.py`, once a list: what it can be sorted by. The expression and the value of a shown row must agree, and
neither may be null (coalesce both), for the cursor of the next page is made of them.

    PEOPLE = Sortable({"name": SortKey(PersonRow.name, str, lambda row: row.name)}, tie=PersonRow.id, start="name")

    async def people(session, *, search: str = "", order: Order = PEOPLE.first) -> list[Person]:
        query = select(PersonRow).where(...)
        return [Person(...) for row in await session.scalars(PEOPLE.apply(query, order))]

In `pages.py`; every filter is a parameter of the address, so a link shows the same list to everyone who may see it:

    order = reads.PEOPLE.asked(request)
    found = await reads.people(session, search=q, order=order)
    if order.export:
        return export(request, "people", [("parties.person.name", lambda person: person.name)], found)
    return page(request, "parties/people.html", found=reads.PEOPLE.page(found, order), order=order, q=q)

In the template: a column that can be sorted by is `(label, class, "name")`, the table is told `sorted=order`, the link
to the CSV is `tables.export_link()`, and filters are `web/filters.html`.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar, cast

import msgspec
from litestar import Response
from litestar.connection import ASGIConnection
from sqlalchemy import tuple_

from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.journal.instant import format_instant
from trading.web import paging
from trading.web.formats import local
from trading.web.i18n import language_of
from trading.web.paging import PAGE_SIZE, Key, Page
from trading.web.responses import csv
from trading.web.site import site_of

EXPORT_LIMIT = 10_000
"""A longer list is refused, not cut: half a list looks like a whole one."""
T = TypeVar("T")
Q = TypeVar("Q")  # a Select: how many columns it has, mypy keeps


class SortKey(msgspec.Struct, frozen=True):
    """A column of the database, the type of its values, and where a shown row has the same value."""

    column: Any
    kind: type[Any]
    value: Callable[[Any], Key]


class Order(msgspec.Struct, frozen=True):
    """How a list is wanted: by which column, from where on, how much of it."""

    column: str
    descending: bool = False
    after: tuple[Any, ...] | None = None
    export: bool = False
    limit: int = PAGE_SIZE + 1
    """One row more than is shown, which tells that there is more."""


class Sortable:
    """What a list can be sorted by. `tie` makes the order whole; `start` is what it is sorted by unasked."""

    def __init__(self, keys: Mapping[str, SortKey], *, tie: Any, start: str, identity: str = "id") -> None:
        self.keys, self.tie, self.identity = dict(keys), tie, identity
        self.first = self._order(start)

    def _order(self, sort: str) -> Order:
        name = sort.removeprefix("-")
        if name not in self.keys:
            raise Invalid({"sort": FieldProblem("web.bad_choice")})
        return Order(name, sort.startswith("-"))

    def asked(self, connection: ASGIConnection[Any, Any, Any, Any], *, size: int = PAGE_SIZE) -> Order:
        """What this request asks for: `sort`, `after`, `format=csv`."""
        query = connection.query_params
        order = self._order(query["sort"]) if query.get("sort") else self.first
        if query.get("format") == "csv":
            return msgspec.structs.replace(order, export=True, limit=EXPORT_LIMIT + 1)
        after = query.get("after")
        kinds = (self.keys[order.column].kind, self.tie.type.python_type)
        cursor = paging.decode(after, kinds) if after else None
        return msgspec.structs.replace(order, after=cursor, limit=size + 1)

    def apply(self, query: Q, order: Order) -> Q:
        """The rows in that order; a cursor is compared with the very columns that are sorted by."""
        rows: Any = query
        columns = (self.keys[order.column].column, self.tie)
        if order.after is not None:
            whole = tuple_(*columns)
            rows = rows.where(whole < order.after if order.descending else whole > order.after)
        directed = [column.desc() if order.descending else column.asc() for column in columns]
        return cast("Q", rows.order_by(*directed).limit(order.limit))

    def page(self, rows: Sequence[T], order: Order) -> Page[T]:
        """What fits on the page, and the cursor of the next."""
        value = self.keys[order.column].value
        return Page.of(rows, key=lambda row: (value(row), getattr(row, self.identity)), size=order.limit - 1)


class TooLongToExport(Invalid):
    """More rows than one file is given; a narrower filter makes it fewer."""

    code = "web.export_too_long"


def export(
    request: ASGIConnection[Any, Any, Any, Any],
    name: str,
    columns: Sequence[tuple[str, Callable[[Any], object]]],
    rows: Iterable[Any],
) -> Response[bytes]:
    """All rows of a filtered list as CSV for a spreadsheet: keys of the headings, and what each row has below them."""
    listed = list(rows)
    if len(listed) > EXPORT_LIMIT:
        raise TooLongToExport(most=EXPORT_LIMIT)
    translate = site_of(request).words[language_of(request)]

    def cell(value: object) -> object:
        if isinstance(value, Words):
            return translate(value.key)
        if isinstance(value, list | tuple):
            return translate("web.list_separator").join(str(cell(item)) for item in value)
        if isinstance(value, dt.datetime):
            return f"{local(value):%Y-%m-%d %H:%M:%S}"
        return value.isoformat() if isinstance(value, dt.date) else value

    header = [translate(key) for key, _ in columns]
    stamp = format_instant(site_of(request).clock())[:10]
    return csv(f"{name}-{stamp}.csv", header, ([cell(value(row)) for _, value in columns] for row in listed))


class Words(msgspec.Struct, frozen=True):
    """A cell that reads as a message: a state, a role."""

    key: str


def yuan(fen: int | None) -> Decimal | None:
    """An amount as a number of yuan: a spreadsheet can add it up."""
    return None if fen is None else Decimal(fen).scaleb(-2)
