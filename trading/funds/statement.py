"""A bank's file (对账单), pure: a CSV table of what only a bank knows, read whole or refused with every bad row.

Columns by name, in any order, Chinese or English; UTF-8 or GBK. A time without a zone is Beijing's. Amounts are yuan.
The bank's reference (流水号) names a line for ever: the same line may come again, another under its name may not.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec

from trading.funds.errors import StatementTooLong, StatementUnreadable
from trading.funds.numbers import plain
from trading.funds.proof import line_facts
from trading.kernel.errors import FieldProblem, Invalid, TradingError
from trading.kernel.money import parse_yuan

COLUMNS = ("time", "amount", "payer_name", "payer_account", "sub_account", "reference")
CHINESE = ("交易时间", "金额", "付款户名", "付款账号", "子账号", "流水号")
MOST_LINES = 5000
LONGEST = {"payer_name": 200, "payer_account": 64, "sub_account": 64, "reference": 64}
_NAMES = {**{name: name for name in COLUMNS}, **dict(zip(CHINESE, COLUMNS, strict=True))}
_BEIJING = ZoneInfo("Asia/Shanghai")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_SPACES = "\u3000\u00a0"
_AHEAD = dt.timedelta(minutes=5)
"""How far a bank's clock may run before ours."""


class Line(msgspec.Struct, frozen=True):
    """One payment; `row` is its line in the file, the header being the first."""

    row: int
    paid_at: dt.datetime
    amount_fen: int
    payer_name: str
    payer_account: str
    sub_account: str
    reference: str

    def facts(self) -> bytes:
        """As it is committed to."""
        return line_facts(**{name: value for name, value in msgspec.structs.asdict(self).items() if name != "row"})


def decode(data: bytes) -> str:
    """The text: UTF-8 with or without its mark, else GBK in its present form."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StatementUnreadable


def read_statement(data: bytes, now: dt.datetime) -> tuple[Line, ...]:
    """Every line of the file; `Invalid` names each bad cell as `rows.<line>.<column>`."""
    try:
        rows = list(csv.reader(io.StringIO(decode(data).replace("\r\n", "\n"), newline=""), strict=True))
    except csv.Error as error:
        raise StatementUnreadable from error
    rows = [[cell.strip() for cell in row] for row in rows]
    header = _header(rows[0] if rows else [])
    if len(rows) - 1 > MOST_LINES:
        raise StatementTooLong(most=MOST_LINES)
    problems: dict[str, FieldProblem] = {}
    lines: dict[str, Line] = {}
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        if len(row) != len(header):
            problems[f"rows.{number}"] = FieldProblem("funds.cells", {"cells": len(row), "columns": len(header)})
            continue
        line = _line(number, dict(zip(header, row, strict=True)), now, problems)
        if line is None:
            continue
        first = lines.setdefault(line.reference, line)
        if first.facts() != line.facts():
            problems[f"rows.{number}.reference"] = FieldProblem("funds.reference_twice", {"row": first.row})
    if problems:
        raise Invalid(problems)
    return tuple(lines.values())


def _header(names: list[str]) -> list[str]:
    known = [_NAMES.get(name.casefold(), "") for name in names]
    if sorted(known) != sorted(COLUMNS):
        raise StatementUnreadable
    return known


def _line(number: int, cells: Mapping[str, str], now: dt.datetime, problems: dict[str, FieldProblem]) -> Line | None:
    wrong: dict[str, FieldProblem] = {}
    for name, most in LONGEST.items():
        if len(cells[name]) > most:
            wrong[name] = FieldProblem("web.too_long", {"max": most})
        elif any(not (char.isprintable() or char in _SPACES) for char in cells[name]):
            wrong[name] = FieldProblem("web.bad_text")
        elif not cells[name] and name in {"payer_name", "reference"}:
            wrong[name] = FieldProblem("web.required")
    paid_at = _instant(cells["time"])
    if paid_at is None:
        wrong["time"] = FieldProblem("funds.bad_time")
    elif paid_at > now + _AHEAD:
        wrong["time"] = FieldProblem("funds.time_ahead")
    amount = _fen(cells["amount"])
    if amount <= 0:
        wrong["amount"] = FieldProblem("funds.bad_amount")
    problems.update({f"rows.{number}.{name}": problem for name, problem in wrong.items()})
    if wrong or paid_at is None:
        return None
    return Line(
        row=number,
        paid_at=paid_at,
        amount_fen=amount,
        payer_name=cells["payer_name"],
        payer_account=plain(cells["payer_account"]),
        sub_account=plain(cells["sub_account"]),
        reference=cells["reference"],
    )


def _instant(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    if len(text) < len("2026-11-23 09:30") or not 2000 <= found.year < 2200:
        return None
    here = found if found.tzinfo else found.replace(tzinfo=_BEIJING)
    return here.astimezone(dt.UTC).replace(microsecond=here.microsecond // 1000 * 1000)


def _fen(text: str) -> int:
    """An amount in fen; 0 for what is none, which no payment is."""
    if not _AMOUNT.fullmatch(text.replace(",", "")):
        return 0
    try:
        return parse_yuan(text)
    except TradingError:
        return 0
