"""Names used in open data, as dated rows: another prefix or scheme is a new row, and what is out keeps its own."""

import datetime as dt
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

_FILE = Path(__file__).with_name("parameters.toml")


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One name, its source, its first day, and how sure we are of it."""

    key: str
    value: str
    source: str
    effective_from: dt.date
    flag: Literal["V", "S", "C"]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    parameters: tuple[Parameter, ...]


@cache
def parameters() -> tuple[Parameter, ...]:
    """Every row."""
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), _File).parameters


def parameter(key: str, on: dt.date) -> str:
    """The value in force on a day."""
    rows = [row for row in parameters() if row.key == key and row.effective_from <= on]
    return max(rows, key=lambda row: row.effective_from).value


def extensions(on: dt.date) -> tuple[str, ...]:
    """The published extensions that a package uses."""
    keys = sorted({row.key for row in parameters() if row.key.startswith("extension_")})
    return tuple(parameter(key, on) for key in keys)
