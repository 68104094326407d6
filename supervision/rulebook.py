"""`rules.toml`, read once: severities and the dated rows that rules and handling are measured by."""

import datetime as dt
import tomllib
from functools import cache
from pathlib import Path

import msgspec

from supervision.types import RuleView, Severity
from trading.projects.profile import Parameter, Profile, load_profile, profile_names

_FILE = Path(__file__).parent / "rules.toml"


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    severity: Severity
    parameters: tuple[Parameter, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[_Rule, ...]
    handling: tuple[Parameter, ...]


class NoSuchRow(LookupError):
    """Neither the lot's profile nor the rules have the row: a defect, which a test excludes."""


@cache
def _file() -> _File:
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), _File)


def rules() -> tuple[RuleView, ...]:
    """Every rule with its rows, in their order."""
    return tuple(RuleView(item.id, item.severity, item.parameters) for item in _file().rules)


def severity(rule: str) -> Severity:
    """How serious a breach of the rule is."""
    return next(item.severity for item in _file().rules if item.id == rule)


def row(profile: Profile, key: str, on: dt.date) -> Parameter:
    """The row in force on a day: the lot's own, else what the procedure has in this release, else supervision's."""
    release = load_profile(profile.name).parameters if profile.name in profile_names() else ()
    general = (item for rule in _file().rules for item in rule.parameters)
    for rows in (profile.parameters, release, general):
        valid = [item for item in rows if item.key == key and item.effective_from <= on]
        if valid:
            return max(valid, key=lambda item: item.effective_from)
    raise NoSuchRow(key)


def handling(key: str, on: dt.date) -> Parameter:
    """The row for a clock of handling."""
    valid = [item for item in _file().handling if item.key == key and item.effective_from <= on]
    return max(valid, key=lambda item: item.effective_from)
