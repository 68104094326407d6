"""The file between platform and bank (付款指令文件), pure: a CSV in UTF-8, one order or question a line.

`pay` orders a payment under a number that the bank executes at most once, however often it is told; `ask` asks what
became of one. What the bank answers is a list of the same numbers with an outcome. A file may be padded with empty
lines, so that its length does not tell how many orders there are.
"""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from trading.kernel.money import format_yuan

COLUMNS = ("operation", "number", "amount", "payee", "account", "value_date", "purpose")
PURPOSE = "退还投标保证金及利息"
PAGE = 4096
"""Padded files are whole pages."""


class FileLine(msgspec.Struct, frozen=True):
    """An order, or a question after one."""

    operation: Literal["pay", "ask"]
    number: str
    amount_fen: int
    payee: str
    account: str
    value_on: dt.date


class Outcome(msgspec.Struct, frozen=True):
    """What the bank says of a number: `processing` is not yet, `unknown` is never heard of."""

    number: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    outcome: Literal["paid", "refused", "processing", "unknown"]
    amount_fen: int = 0
    reference: Annotated[str, Meta(max_length=64)] = ""
    reason: Annotated[str, Meta(max_length=200)] = ""


class Outcomes(msgspec.Struct, frozen=True):
    """One answer of the bank."""

    outcomes: Annotated[tuple[Outcome, ...], Meta(max_length=5000)]


def write_file(lines: Sequence[FileLine], *, padded: bool = False) -> bytes:
    """The file: header and lines in their order."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        amount = format_yuan(line.amount_fen).replace(",", "")
        writer.writerow(
            (line.operation, line.number, amount, line.payee, line.account, line.value_on.isoformat(), PURPOSE)
        )
    data = out.getvalue().encode()
    return data + b"\n" * (-len(data) % PAGE) if padded else data
