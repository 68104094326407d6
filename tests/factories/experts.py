"""Experts for tests: records, rows of a file, a roster in the database, a draw in every stage, a gateway in process."""

import csv
import datetime as dt
import io
from typing import Any

from stdnum.cn import ric, uscc

from experts.roster.records import COLUMNS, Record

TODAY = dt.date(2026, 11, 23)
EMPLOYER = "东岭工程咨询有限公司"


def code_of(body: str) -> str:
    """A 统一社会信用代码 with its check character."""
    return body + str(uscc.calc_check_digit(body))


def id_number(number: int, born: str = "1975-03-08") -> str:
    body = f"350102{born.replace('-', '')}{number % 1000:03d}"
    return body + str(ric.calc_check_digit(f"{body}0"))


def row(number: int = 1, /, **changes: str) -> dict[str, str]:
    """One good row of a file, as text."""
    values = {
        "number": f"E{number:06d}",
        "name": f"专家{number}",
        "id_number": id_number(number),
        "phone": f"139{number:08d}",
        "email": "",
        "employer": EMPLOYER,
        "employer_uscc": code_of("91350100MA0000211"),
        "specialties": "A08",
        "region": "350100",
        "title": "高级工程师",
        "years": "12",
        "born": "1975-03-08",
        "avoid": "",
    }
    return values | changes


def sheet(*rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def record(number: int = 1, /, **changes: Any) -> Record:
    fields: dict[str, Any] = {
        **row(number),
        "specialties": ("A08",),
        "years": 12,
        "avoid": (),
    }
    return Record(**(fields | changes))
