"""One expert's record and what it must fulfil to enter the roster (招标投标法 37: eight years, a senior title), pure.

A bad row is never corrected silently and never keeps the good ones from being shown: every problem is named by line and
column, and only a file without any is taken.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tomllib import loads

import msgspec
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from trading.kernel.errors import FieldProblem

LEAST_YEARS = 8
OLDEST = 70
TITLES = (
    "正高级工程师",
    "高级工程师",
    "教授",
    "副教授",
    "研究员",
    "副研究员",
    "高级经济师",
    "高级会计师",
    "同等专业水平",
)
"""Senior titles and what counts as equal to one."""
_NUMBER = re.compile(r"E[0-9]{6}")
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
_PHONE = re.compile(r"1[3-9][0-9]{9}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_REGION = re.compile(r"[1-9][0-9]{5}")
_LONGEST = 100


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the roster knows of an expert; its canonical form is what the leaf hashes."""

    number: str
    name: str
    id_number: str
    phone: str
    email: str
    employer: str
    employer_uscc: str
    specialties: tuple[str, ...]
    region: str
    title: str
    years: int
    born: str
    avoid: tuple[str, ...]

    def plain(self) -> dict[str, object]:
        """Plain values for hashing."""
        built: dict[str, object] = msgspec.to_builtins(self)
        return built


class Row(msgspec.Struct, frozen=True):
    """A line of an imported file: its record, or what is wrong with which column."""

    line: int
    number: str
    record: Record | None
    problems: Mapping[str, FieldProblem]


class Specialty(msgspec.Struct, frozen=True):
    """A specialty code (评标专家专业分类, 发改法规〔2018〕316号) with its title."""

    code: str
    zh: str
    en: str

    def title(self, lang: str) -> str:
        """Its name in a language."""
        return self.zh if lang.startswith("zh") else self.en


@cache
def specialties() -> dict[str, Specialty]:
    """The codes this platform knows."""
    rows = loads((Path(__file__).parent / "specialties.toml").read_text(encoding="utf-8"))
    return {code: Specialty(code, **titles) for code, titles in rows.items()}


def read_row(line: int, values: Mapping[str, str], today: dt.date) -> Row:
    """A record from the text of its columns."""
    problems: dict[str, FieldProblem] = {}
    for column, check in _CHECKS.items():
        value = values[column]
        if not value and column not in _OPTIONAL:
            problems[column] = FieldProblem("web.required")
        elif len(value) > _LONGEST and column != "avoid":
            problems[column] = FieldProblem("web.too_long", {"max": _LONGEST})
        elif value and (problem := check(value)):
            problems[column] = problem
    if not {"id_number", "born"} & problems.keys():
        problems |= _age(values, today)
    if problems:
        return Row(line, values["number"][:20], None, problems)
    record = Record(
        number=values["number"],
        name=values["name"],
        id_number=values["id_number"].upper(),
        phone=values["phone"],
        email=values["email"],
        employer=values["employer"],
        employer_uscc=values["employer_uscc"].upper(),
        specialties=tuple(sorted(set(split(values["specialties"])))),
        region=values["region"],
        title=values["title"],
        years=int(values["years"]),
        born=values["born"],
        avoid=tuple(split(values["avoid"])),
    )
    return Row(line, record.number, record, {})


def split(value: str) -> list[str]:
    """Several values of one column: separated by semicolons, Chinese ones too, or by a bar."""
    return [item.strip() for item in re.split(r"[;；|]", value) if item.strip()]


def _matching(pattern: re.Pattern[str], code: str) -> Callable[[str], FieldProblem | None]:
    return lambda value: None if pattern.fullmatch(value) else FieldProblem(code)


def _id_number(value: str) -> FieldProblem | None:
    """Shape, date and check digit (GB 11643); the list of counties changes too often to judge by."""
    number = value.upper()
    try:
        right = bool(_ID_NUMBER.fullmatch(number)) and ric.calc_check_digit(number) == number[-1]
        right = right and ric.get_birth_date(number) is not None
    except ValidationError:
        right = False
    return None if right else FieldProblem("roster.bad_id_number")


def _uscc(value: str) -> FieldProblem | None:
    return None if uscc.is_valid(value.upper()) else FieldProblem("parties.bad_uscc")


def _specialties(value: str) -> FieldProblem | None:
    unknown = [code for code in split(value) if code not in specialties()]
    return FieldProblem("roster.bad_specialty", {"code": unknown[0][:20]}) if unknown else None


def _title(value: str) -> FieldProblem | None:
    return None if value in TITLES else FieldProblem("roster.bad_title")


def _years(value: str) -> FieldProblem | None:
    if not (value.isascii() and value.isdecimal() and len(value) <= 2):
        return FieldProblem("web.not_whole")
    return None if int(value) >= LEAST_YEARS else FieldProblem("roster.too_few_years", {"least": LEAST_YEARS})


def _born(value: str) -> FieldProblem | None:
    try:
        return None if dt.date.fromisoformat(value).isoformat() == value else FieldProblem("web.bad_date")
    except ValueError:
        return FieldProblem("web.bad_date")


def _age(values: Mapping[str, str], today: dt.date) -> dict[str, FieldProblem]:
    born = dt.date.fromisoformat(values["born"])
    if ric.get_birth_date(values["id_number"].upper()) != born:
        return {"born": FieldProblem("roster.born_differs")}
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return {"born": FieldProblem("roster.too_old", {"most": OLDEST})} if years > OLDEST else {}


_OPTIONAL = {"email", "avoid"}
_CHECKS: dict[str, Callable[[str], FieldProblem | None]] = {
    "number": _matching(_NUMBER, "roster.bad_number"),
    "name": lambda _: None,
    "id_number": _id_number,
    "phone": _matching(_PHONE, "roster.bad_phone"),
    "email": _matching(_EMAIL, "roster.bad_email"),
    "employer": lambda _: None,
    "employer_uscc": _uscc,
    "specialties": _specialties,
    "region": _matching(_REGION, "roster.bad_region"),
    "title": _title,
    "years": _years,
    "born": _born,
    "avoid": lambda _: None,
}
COLUMNS = tuple(_CHECKS)
