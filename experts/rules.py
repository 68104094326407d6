"""Who may be drawn, who may not judge, how a committee is made up: pure, on plain values.

Before opening no rule here can see a bidder (招标投标法 22, R68): its arguments hold none. After opening `tied` is
asked again, of the opened identities (回避, 招标投标法 37) and of nothing else.
"""

import datetime as dt
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from experts.roster.records import Record

Exclusion = Literal["specialty", "region", "leave", "suspended", "employer", "avoid", "engaged"]
EXCLUSIONS: tuple[Exclusion, ...] = ("specialty", "region", "leave", "suspended", "employer", "avoid", "engaged")
Recusal = Literal["employer", "avoid"]
RECUSALS: tuple[Recusal, ...] = ("employer", "avoid")
LEAST_MEMBERS = 5
ROSTER_AGE = dt.timedelta(days=7)
"""How old the snapshot must be that a draw uses: nobody is written in for one draw."""


class Party(msgspec.Struct, frozen=True):
    """An organisation by the two things an expert's record may name it with."""

    name: str
    uscc: str


@lru_cache(maxsize=4096)
def normal_name(name: str) -> str:
    """A name without what people write differently: width, spaces, brackets."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in folded if not char.isspace() and char not in "()[]·")


def tied(record: Record, parties: Iterable[Party]) -> Recusal | None:
    """Whether an expert works for one of these, or must keep away from one (回避单位)."""
    names, codes = set(), set()
    for party in parties:
        names.add(normal_name(party.name))
        codes.add(party.uscc.upper())
    names.discard("")
    codes.discard("")
    if record.employer_uscc.upper() in codes or normal_name(record.employer) in names:
        return "employer"
    if any(unit.upper() in codes or normal_name(unit) in names for unit in record.avoid):
        return "avoid"
    return None


def exclusion(
    record: Record,
    *,
    specialty: str,
    regions: Collection[str],
    apart: Collection[Party],
    absent: Mapping[str, str],
    engaged: Collection[str],
) -> Exclusion | None:
    """Why an expert is not eligible in a specialty; `apart` are tenderer and agency, never a bidder."""
    if specialty not in record.specialties:
        return "specialty"
    if regions and record.region not in regions:
        return "region"
    if record.number in absent:
        return "suspended" if absent[record.number] == "suspended" else "leave"
    if tie := tied(record, apart):
        return tie
    return "engaged" if record.number in engaged else None


def committee_problem(seats: int, experts: int) -> str | None:
    """B01, B02: odd, at least five, two thirds of them drawn experts; None when lawful."""
    if seats < LEAST_MEMBERS or seats % 2 == 0:
        return "draws.committee_size"
    if experts < -(-2 * seats // 3):
        return "draws.committee_experts"
    return None
