"""Dates, amounts and spans in the form people here read: Asia/Shanghai time, 2026年11月23日 16:00, ¥1,234.56."""

import datetime as dt
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from trading.kernel.journal.instant import format_instant
from trading.kernel.money import chinese_capital, format_yuan

LOCAL = ZoneInfo("Asia/Shanghai")  # the whole country keeps one time, without summer time
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = {
    "zh-CN": (("天", "天"), ("小时", "小时"), ("分钟", "分钟"), ("秒", "秒")),
    "en": (("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
}


def local(value: dt.datetime) -> dt.datetime:
    """The same instant on the clock on the wall; a time without zone is a defect, not a guess."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown")
    return value.astimezone(LOCAL)


def day(value: dt.date | dt.datetime, lang: str) -> str:
    """2026年11月23日, or 23 Nov 2026."""
    if isinstance(value, dt.datetime):
        value = local(value).date()
    if lang == "zh-CN":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def moment(value: dt.datetime, lang: str, *, seconds: bool = False) -> str:
    """2026年11月23日 16:00, or 23 Nov 2026, 16:00 (Beijing)."""
    here = local(value)
    clock = f"{here:%H:%M:%S}" if seconds else f"{here:%H:%M}"
    if lang == "zh-CN":
        return f"{day(here, lang)} {clock}"
    return f"{day(here, lang)}, {clock} (Beijing)"


def due(value: dt.datetime, lang: str) -> str:
    """A moment until which something may be done: the end of a day is its 24:00, not the next day's 00:00."""
    here = local(value)
    if (here.hour, here.minute, here.second) != (0, 0, 0):
        return moment(value, lang)
    last = day(here - dt.timedelta(days=1), lang)
    return f"{last} 24:00" if lang == "zh-CN" else f"{last}, 24:00 (Beijing)"


def duration(value: dt.timedelta | float, lang: str) -> str:
    """The two largest units that are not zero: 3 天 4 小时; a span already over is zero, never negative."""
    seconds = max(0, int(value.total_seconds() if isinstance(value, dt.timedelta) else value))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, secs = divmod(rest, 60)
    parts = [
        f"{number} {names[0] if number == 1 else names[1]}"
        for number, names in zip((days, hours, minutes, secs), _UNITS[lang], strict=True)
        if number
    ]
    return " ".join(parts[:2]) or f"0 {_UNITS[lang][3][1]}"


def yuan(fen: int | None) -> str:
    """¥1,234.56 of an amount in fen; an unknown amount is a dash."""
    return "—" if fen is None else f"¥{format_yuan(fen)}"


def hundredths(value: int) -> str:
    """Points or percents held in hundredths, without needless noughts: 6000 → 60, 1250 → 12.5."""
    return f"{value // 100}.{value % 100:02d}".rstrip("0").rstrip(".")


def points(value: int | None) -> str:
    """Points in hundredths as a table writes them, always with two decimals; what was not given is a dash."""
    return "—" if value is None else f"{value // 100}.{value % 100:02d}"


def capital(fen: int) -> str:
    """大写 of an amount in fen."""
    return chinese_capital(fen)


def size(count: int) -> str:
    """Bytes as people say them: 128 KB, 1.5 MB."""
    for limit, unit in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if count >= limit:
            return f"{count / limit:.1f}".removesuffix(".0") + f" {unit}"
    return f"{count} B"


def due_element(value: dt.datetime, lang: str) -> Markup:
    """`<time>` of a moment something is due."""
    return Markup('<time datetime="{}">{}</time>').format(format_instant(value), due(value, lang))


def time_element(value: dt.date | dt.datetime, lang: str, *, seconds: bool = False) -> Markup:
    """`<time>` with the machine-readable instant beside the words."""
    if isinstance(value, dt.datetime):
        return Markup('<time datetime="{}">{}</time>').format(
            format_instant(value), moment(value, lang, seconds=seconds)
        )
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), escape(day(value, lang)))
