"""A procedure profile (程序方案): every number, part, seat and step of one kind of procedure, as dated data.

Rules of law stand in `profiles/*.toml`, never in code: a change of law is a new row with its `effective_from`, and a
running project keeps the profile whose digest was journalled when it was registered.
"""

import datetime as dt
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from trading.kernel import canonical
from trading.projects.types import EvaluationTerms

_FOLDER = Path(__file__).parent / "profiles"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    zh: str
    en: str

    def of(self, lang: str) -> str:
        """The text in a language of the pages."""
        return self.en if lang == "en" else self.zh


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number of law: its value, unit, article, source, first day in force, and how sure we are of it."""

    key: str
    id: str
    title: Words
    value: int
    unit: Literal["d", "wd", "min", "percent", "bp", "yuan", "count", "rule"]
    article: Words
    source: str
    effective_from: dt.date
    flag: Literal["V", "S", "C"]
    direction: Literal["after", "before", ""] = ""


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of works with its prefix in the unified transaction code."""

    code: str
    title: Words


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of an envelope and the phase that opens it."""

    id: str
    phase: int
    read_aloud: bool
    title: Words


class Trustees(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose seats hold the keys, and how many must act together."""

    seats: tuple[str, ...]
    threshold: int


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A milestone of the timeline; `due` names a date of the timetable, `role` who takes the step."""

    key: str
    subject: Literal["project", "lot"]
    role: str
    due: str = ""


class ProposalDefaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the form fills in where the law leaves the choice free."""

    deadline_time: str
    validity_days: int
    horizon_days: int


class Ground(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason to reject a bid (否决投标情形) with its article; `fact` names what the platform can see of it itself."""

    id: str
    title: Words
    article: Words
    source: str
    flag: Literal["V", "S", "C"]
    fact: Literal["above_ceiling", "deposit", "unopened", ""] = ""


class AwardRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When another than the first-ranked candidate may win (招标投标法实施条例 55)."""

    first_ranked: tuple[str, ...]
    """Kinds of funding under which the first-ranked wins unless one of `grounds` stands against it."""
    grounds: tuple[Ground, ...]
    free: tuple[Ground, ...] = ()
    """Grounds that suffice under any other funding."""

    def lawful(self, funding: str) -> tuple[Ground, ...]:
        """The grounds on which a candidate may be passed over."""
        return self.grounds if funding in self.first_ranked else (*self.grounds, *self.free)


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a project's package is kept (保管期限), in years from its sealing."""

    years: int
    article: Words
    source: str
    effective_from: dt.date
    flag: Literal["V", "S", "C"]


class RequiredRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record the package must hold (应归档资料): who owes it, and so many days after which step.

    `kinds` are the kinds of filed documents that fill it; `made` names what the platform makes of its own books.
    """

    id: str
    title: Words
    subject: Literal["project", "lot"]
    role: str
    after: str
    article: Words
    source: str
    effective_from: dt.date
    flag: Literal["V", "S", "C"]
    days: int = 1
    kinds: tuple[str, ...] = ()
    made: Literal["registration", "bids", "draws", "deposits", "refunds", "journal", ""] = ""
    only: Literal["deposit", ""] = ""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All rules of one kind of procedure."""

    name: str
    version: int
    title: Words
    proposal: ProposalDefaults
    parameters: tuple[Parameter, ...]
    categories: tuple[Category, ...]
    parts: tuple[Part, ...]
    trustees: Trustees
    milestones: tuple[Step, ...]
    evaluation: EvaluationTerms | None = None
    """What the form proposes. Profiles stored before evaluation have none."""
    grounds: tuple[Ground, ...] = ()
    award: AwardRules | None = None
    """Profiles stored before awards have none."""
    withholding: tuple[Ground, ...] = ()
    """Grounds on which a deposit is kept (不予退还), always by a person's decision."""
    retention: tuple[Retention, ...] = ()
    records: tuple[RequiredRecord, ...] = ()
    """Profiles stored before the archive have neither."""

    def parameter(self, key: str, on: dt.date) -> Parameter:
        """The row in force on a day; a profile without one is unusable, which a test excludes."""
        rows = [row for row in self.parameters if row.key == key and row.effective_from <= on]
        return max(rows, key=lambda row: row.effective_from)

    def retained(self, on: dt.date) -> Retention:
        """How long a package sealed on a day is kept."""
        return max((row for row in self.retention if row.effective_from <= on), key=lambda row: row.effective_from)

    def required(self, on: dt.date) -> tuple[RequiredRecord, ...]:
        """The required records in force on a day, each in its newest row, in the order of the list."""
        newest = {
            row.id: row for row in sorted(self.records, key=lambda row: row.effective_from) if row.effective_from <= on
        }
        return tuple(newest[name] for name in dict.fromkeys(row.id for row in self.records) if name in newest)

    def ground(self, ground_id: str) -> Ground | None:
        """The ground of rejection of this id."""
        return next((ground for ground in self.grounds if ground.id == ground_id), None)

    def category(self, code: str) -> Category | None:
        """The category of this prefix."""
        return next((category for category in self.categories if category.code == code), None)

    def body(self) -> dict[str, Any]:
        """Plain JSON values: what is hashed, journalled by digest, and kept for running projects."""
        body: dict[str, Any] = msgspec.to_builtins(self)
        return body

    def digest(self) -> str:
        """SHA-256 of the canonical body, in hex."""
        return canonical.digest(self.body()).hex()


def profile_from(body: dict[str, Any]) -> Profile:
    """A profile again, from its stored body."""
    return msgspec.convert(body, Profile)


def profile_names() -> tuple[str, ...]:
    """The profiles this release knows."""
    return tuple(sorted({path.name.split(".")[0] for path in _FOLDER.glob("*.toml")}))


@cache
def load_profile(name: str) -> Profile:
    """A profile of this release; `KeyError` for a name it does not know."""
    if name not in profile_names():
        raise KeyError(name)
    body = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    for path in sorted(_FOLDER.glob(f"{name}.*.toml")):  # a long profile goes on in a second file
        for key, value in tomllib.loads(path.read_text(encoding="utf-8")).items():
            body[key] = [*body[key], *value] if key in body else value
    return msgspec.convert(body, Profile)
