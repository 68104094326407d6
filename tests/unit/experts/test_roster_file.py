"""A file of experts is taken whole or not at all, and every reason is told by line and column."""

import pytest

from experts.roster.spreadsheet import FileProblem, read_sheet
from portal.demo.roster import roster_csv
from tests.factories.experts import TODAY, id_number, row, sheet


def problems(*rows: dict[str, str]) -> dict[int, dict[str, str]]:
    read = read_sheet(sheet(*rows), TODAY)
    return {bad.line: {column: problem.code for column, problem in bad.problems.items()} for bad in read.bad}


def test_a_good_row_becomes_a_record() -> None:
    (found,) = read_sheet(sheet(row(7, specialties="A08；A06; A08", avoid="甲公司|乙公司")), TODAY).rows
    assert found.record is not None
    assert found.record.number == "E000007"
    assert found.record.specialties == ("A06", "A08")
    assert found.record.avoid == ("甲公司", "乙公司")


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("number", "7", "roster.bad_number"),
        ("name", "", "web.required"),
        ("name", "张" * 101, "web.too_long"),
        ("id_number", "abc", "roster.bad_id_number"),
        ("id_number", "350102197513080010", "roster.bad_id_number"),
        ("phone", "0591-1234567", "roster.bad_phone"),
        ("email", "nobody", "roster.bad_email"),
        ("employer", "", "web.required"),
        ("employer_uscc", "91350100MA00002110", "parties.bad_uscc"),
        ("specialties", "A08;X99", "roster.bad_specialty"),
        ("specialties", "", "web.required"),
        ("region", "福州", "roster.bad_region"),
        ("title", "工程师", "roster.bad_title"),
        ("years", "7", "roster.too_few_years"),
        ("years", "十年", "web.not_whole"),
        ("born", "1975/03/08", "web.bad_date"),
        ("born", "1975-03-09", "roster.born_differs"),
    ],
)
def test_each_bad_value_is_named(column: str, value: str, code: str) -> None:
    assert problems(row(1, **{column: value}), row(2))[2] == {column: code}


def test_a_wrong_check_digit_is_seen() -> None:
    good = id_number(1)
    wrong = [good[:-1] + digit for digit in "0123456789X" if digit != good[-1]]
    assert {problems(row(1, id_number=number))[2]["id_number"] for number in wrong} == {"roster.bad_id_number"}


def test_too_old_is_told() -> None:
    told = problems(row(1, id_number=id_number(1, "1950-01-01"), born="1950-01-01"))
    assert told == {2: {"born": "roster.too_old"}}


def test_one_person_stands_in_a_file_once() -> None:
    again = problems(row(1), row(2, id_number=id_number(1)), row(3))
    assert again == {2: {"id_number": "roster.twice_in_file"}, 3: {"id_number": "roster.twice_in_file"}}


def test_every_bad_row_is_told_beside_the_good_ones() -> None:
    read = read_sheet(sheet(row(1, years="x"), row(2), row(3, phone="1"), row(4)), TODAY)
    assert [bad.line for bad in read.bad] == [2, 4]
    assert [item.number for item in read.rows if item.record] == ["E000002", "E000004"]


def test_a_short_or_long_row_is_told() -> None:
    data = sheet(row(1)) + b"E000002,only,three\r\n"
    assert [(bad.line, bad.problems[""].code) for bad in read_sheet(data, TODAY).bad] == [(3, "roster.row_cells")]


def test_a_control_character_is_told() -> None:
    assert problems(row(1, name="张\x00三".replace("\x00", "\x07"))) == {2: {"": "web.bad_text"}}


def test_chinese_headings_and_encoding_are_read() -> None:
    heading = "编号,姓名,身份证号,手机,邮箱,工作单位,单位统一社会信用代码,专业,地区,职称,从业年限,出生日期,回避单位"
    body = sheet(row(1)).decode().splitlines()[1]
    (found,) = read_sheet(f"{heading}\r\n{body}\r\n".encode("gb18030"), TODAY).rows
    assert found.record is not None
    assert found.record.name == "专家1"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "roster.file_empty"),
        (sheet(), "roster.file_empty"),
        (b"number,name\r\nE1,x\r\n", "roster.file_columns"),
        (b"\xff\xfe\x00\x01", "roster.file_text"),
    ],
)
def test_what_is_no_table_of_experts_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(FileProblem) as refused:
        read_sheet(data, TODAY)
    assert refused.value.problem.code == code


def test_the_demonstration_roster_is_good_and_always_the_same() -> None:
    read = read_sheet(roster_csv(), TODAY)
    assert (len(read.rows), read.bad) == (300, ())
    assert roster_csv() == roster_csv()
