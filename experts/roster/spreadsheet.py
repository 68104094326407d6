"""Reading the imported file (CSV), pure: headings in Chinese or English, every bad row with its reasons."""

import csv
import datetime as dt
import io
from collections import Counter

import msgspec

from experts.roster.records import COLUMNS, Row, read_row
from trading.kernel.errors import FieldProblem

MOST_ROWS = 20_000
_HEADINGS = {
    "编号": "number",
    "姓名": "name",
    "身份证号": "id_number",
    "手机": "phone",
    "邮箱": "email",
    "工作单位": "employer",
    "单位统一社会信用代码": "employer_uscc",
    "专业": "specialties",
    "地区": "region",
    "职称": "title",
    "从业年限": "years",
    "出生日期": "born",
    "回避单位": "avoid",
    "avoid units": "avoid",
    "id number": "id_number",
    "employer uscc": "employer_uscc",
    "e-mail": "email",
}


class FileProblem(Exception):
    """The file as a whole cannot be read as a table of experts."""

    def __init__(self, problem: FieldProblem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Sheet(msgspec.Struct, frozen=True):
    """A file read row by row."""

    rows: tuple[Row, ...]

    @property
    def bad(self) -> tuple[Row, ...]:
        """The rows with a problem, in the order of their lines."""
        return tuple(row for row in self.rows if row.problems)


def read_sheet(data: bytes, today: dt.date) -> Sheet:
    """The rows of the file; what is wrong inside one row is in the row."""
    lines = list(csv.reader(io.StringIO(_text(data), newline=""), strict=False))
    if not lines:
        raise FileProblem(FieldProblem("roster.file_empty"))
    heading = [_heading(cell) for cell in lines[0]]
    missing = [column for column in COLUMNS if column not in heading]
    if missing or len(set(heading)) < len(heading):
        raise FileProblem(FieldProblem("roster.file_columns", {"missing": ", ".join(missing) or "–"}))
    if len(lines) - 1 > MOST_ROWS:
        raise FileProblem(FieldProblem("web.too_many", {"max": MOST_ROWS}))
    rows = [
        _row(n, cells, heading, today) for n, cells in enumerate(lines[1:], 2) if any(cell.strip() for cell in cells)
    ]
    if not rows:
        raise FileProblem(FieldProblem("roster.file_empty"))
    return Sheet(tuple(_told_apart(rows)))


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileProblem(FieldProblem("roster.file_text"))


def _heading(cell: str) -> str:
    name = cell.strip().lower()
    return _HEADINGS.get(name, name.replace(" ", "_"))


def _row(line: int, cells: list[str], heading: list[str], today: dt.date) -> Row:
    if len(cells) != len(heading):
        return Row(line, "", None, {"": FieldProblem("roster.row_cells", {"have": len(cells), "want": len(heading)})})
    if any(ord(char) < 32 for cell in cells for char in cell):
        return Row(line, "", None, {"": FieldProblem("web.bad_text")})
    values = {name: cell.strip() for name, cell in zip(heading, cells, strict=True)}
    return read_row(line, {name: values[name] for name in COLUMNS}, today)


def _told_apart(rows: list[Row]) -> list[Row]:
    """One person once: by number, by identity card, by telephone."""
    seen = {
        column: Counter(getattr(row.record, column) for row in rows if row.record)
        for column in ("number", "id_number", "phone")
    }
    return [
        msgspec.structs.replace(row, record=None, problems=twice)
        if row.record
        and (
            twice := {
                column: FieldProblem("roster.twice_in_file")
                for column, count in seen.items()
                if count[getattr(row.record, column)] > 1
            }
        )
        else row
        for row in rows
    ]
