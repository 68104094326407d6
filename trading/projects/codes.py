"""Codes a project carries: project code (项目代码), unified transaction code (统一交易标识码), region (行政区划), pure.

公共资源交易平台系统数据规范 V2.0: category 3 + USCC of the issuing platform 18 + date 8 + serial 6 + check 1, the
check by ISO 7064 MOD 37-2 (GB/T 17710). GB/T 40058-2021 gives the project code its shape; its check rule is not public,
so only the shape is looked at. GB/T 2260: a region is six digits whose first two are a province.
"""

import datetime as dt
import re
import tomllib
from functools import cache
from pathlib import Path

_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_PROJECT_CODE = re.compile(r"\d{4}-\d{6}-\d{2}-\d{2}-\d{5}[0-9A-Z]")
_REGION = re.compile(r"\d{6}")


def check_character(body: str) -> str:
    """The ISO 7064 MOD 37-2 check character."""
    total = sum(_CHARACTERS.index(char) << (place + 1) for place, char in enumerate(reversed(body)))
    return _CHARACTERS[(38 - total % 37) % 37]


def unified_code(category: str, platform_uscc: str, day: dt.date, serial: int) -> str:
    """The 36 characters of a new unified transaction code."""
    body = f"{category}{platform_uscc}{day:%Y%m%d}{serial:06d}"
    return body + check_character(body)


def is_unified_code(code: str) -> bool:
    """Whether 36 characters carry their own check character."""
    return len(code) == 36 and all(char in _CHARACTERS for char in code) and check_character(code[:-1]) == code[-1]


def show_unified(code: str) -> str:
    """The code as people read it: groups joined by hyphens."""
    return "-".join((code[:3], code[3:21], code[21:29], code[29:35], code[35:]))


def is_project_code(code: str) -> bool:
    """Whether a project code has the shape of GB/T 40058-2021."""
    return _PROJECT_CODE.fullmatch(code) is not None


@cache
def provinces() -> dict[str, tuple[str, str]]:
    """First two digits → name in Chinese and English (GB/T 2260)."""
    rows = tomllib.loads((Path(__file__).parent / "regions.toml").read_text(encoding="utf-8"))
    return {code: (names["zh"], names["en"]) for code, names in rows["provinces"].items()}


def is_region(code: str) -> bool:
    """Whether six digits lie in a province."""
    return _REGION.fullmatch(code) is not None and code[:2] in provinces()


def region_name(code: str, lang: str) -> str:
    """The province a region lies in."""
    names = provinces()[code[:2]]
    return names[1] if lang == "en" else names[0]
