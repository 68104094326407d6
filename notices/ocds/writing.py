"""The exact text of open data, pure: decimals digit by digit, objects in a fixed order, instants with their offset."""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec

from notices.ocds.parameters import parameter
from notices.ocds.types import Identifier, Party, Reference, Value
from trading.kernel.clock import rfc3339
from trading.projects.calendar import day_end, day_start

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def written(value: object) -> bytes:
    """JSON as it is stored, hashed and handed out."""
    return _ENCODER.encode(value)


def read(data: bytes | str) -> Any:
    """JSON again; a number with a point is a decimal and keeps every digit."""
    return _DECODER.decode(data)


def yuan(fen: int) -> Value:
    """126500050 fen as 1265000.50 CNY."""
    return Value(amount=Decimal(fen).scaleb(-2), currency="CNY")


def points(hundredths: int) -> Decimal:
    """9450 as 94.50."""
    return Decimal(hundredths).scaleb(-2)


def instant(at: dt.datetime) -> str:
    """In UTC, with its Z."""
    return rfc3339(at)


def begins(day: dt.date) -> str:
    """00:00 in Beijing."""
    return rfc3339(day_start(day))


def ends(day: dt.date) -> str:
    """24:00 in Beijing."""
    return rfc3339(day_end(day))


def party_id(uscc: str, on: dt.date) -> str:
    """An organisation's id: its register and its code there."""
    return f"{parameter('organisation_scheme', on)}-{uscc}"


def party(name: str, uscc: str, on: dt.date, *roles: str) -> Party:
    """An organisation with its parts in the process."""
    scheme = parameter("organisation_scheme", on)
    identifier = Identifier(scheme=scheme, id=uscc, legal_name=name)
    return Party(id=party_id(uscc, on), name=name, identifier=identifier, roles=roles)


def reference(name: str, uscc: str, on: dt.date) -> Reference:
    """The same by its id."""
    return Reference(id=party_id(uscc, on), name=name)
