"""A roster of made-up experts for demonstrations, the same at every start: right check digits, nobody real is meant."""

import csv
import datetime as dt
import io
import random

from stdnum.cn import ric, uscc

SIZE = 300
_SEED = 20261123
COLUMNS = (
    "number",
    "name",
    "id_number",
    "phone",
    "email",
    "employer",
    "employer_uscc",
    "specialties",
    "region",
    "title",
    "years",
    "born",
    "avoid",
)
_TITLES = ("正高级工程师", "高级工程师", "教授", "副教授", "研究员", "高级经济师")
_FAMILY = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭"
_GIVEN = "伟芳秀敏静丽强磊军洋勇艳杰涛明超兰霞平刚桂华建文辉玲飞鹏宇浩晨雪梅"
_COUNTIES = ("350102", "350104", "350105", "350121", "350122", "350181")
_WORKS = (
    ("临江理工大学", "12350100MB0000101"),
    ("临江市建筑设计研究院", "91350100MA0000201"),
    ("东岭工程咨询有限公司", "91350100MA0000211"),
    ("清源造价咨询有限公司", "91350100MA0000221"),
    ("江城监理有限公司", "91350100MA0000231"),
    ("北岸市政设计院有限公司", "91350100MA0000241"),
    ("启明岩土勘察有限公司", "91350100MA0000251"),
    ("临江市水务集团有限公司", "91350100MA0000261"),
    ("江源建设集团有限公司", "91350100MA0000061"),
    ("远山建筑工程有限公司", "91350100MA0000071"),
    ("临江市城市建设投资有限公司", "91350100MA0000021"),
)
"""The last three bid or tender in the demonstration: their people are recused or not eligible."""
_TIED = 3
CODES = ("A08", "A06", "A04", "A05", "A07", "A03")


def roster_csv(size: int = SIZE) -> bytes:
    """The file a roster keeper imports."""
    chance = random.Random(_SEED)  # noqa: S311  # the same people at every start
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for number in range(1, size + 1):
        writer.writerow(_row(number, chance))
    return out.getvalue().encode()


def _row(number: int, chance: random.Random) -> dict[str, str]:
    born = dt.date(1960, 1, 1) + dt.timedelta(days=chance.randrange(26 * 365))
    body = f"{chance.choice(_COUNTIES)}{born:%Y%m%d}{number % 1000:03d}"
    tied = chance.random() < 0.06
    name, code = chance.choice(_WORKS[-_TIED:] if tied else _WORKS[:-_TIED])
    specialties = sorted({CODES[number % 3], chance.choice(CODES)})
    avoid = chance.choice(_WORKS[-_TIED:-1])[0] if chance.random() < 0.04 else ""
    return {
        "number": f"E{number:06d}",
        "name": chance.choice(_FAMILY) + "".join(chance.sample(_GIVEN, 2)),
        "id_number": body + str(ric.calc_check_digit(f"{body}0")),
        "phone": f"139{number:08d}",
        "email": f"expert{number}@example.org",
        "employer": name,
        "employer_uscc": code + str(uscc.calc_check_digit(code)),
        "specialties": ";".join(specialties),
        "region": "350100",
        "title": chance.choice(_TITLES),
        "years": str(chance.randrange(8, 35)),
        "born": born.isoformat(),
        "avoid": avoid,
    }
