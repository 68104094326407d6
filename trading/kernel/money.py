"""Money is an integer number of fen (分); no float ever touches an amount."""

import re

from trading.kernel.errors import TradingError

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("", "拾", "佰", "仟")
_SECTIONS = ((10**8, "亿"), (10**4, "万"))
_AMOUNT = re.compile(r"[0-9]{1,14}(\.[0-9]{1,2})?")


class BadAmount(TradingError):
    """Not an amount of yuan with at most two decimals."""

    code = "kernel.bad_amount"


def parse_yuan(text: str) -> int:
    """`"1,234.50"` → 123450 fen."""
    clean = text.strip().replace(",", "").replace("，", "").removeprefix("¥").removeprefix("￥").strip()
    if not _AMOUNT.fullmatch(clean):
        raise BadAmount(text=text)
    yuan, _, cents = clean.partition(".")
    return int(yuan) * 100 + int((cents + "00")[:2])


def format_yuan(fen: int) -> str:
    """123450 → `"1,234.50"`."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _group(number: int) -> str:
    out, zero = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            out += ("零" if zero and out else "") + _DIGITS[digit] + _UNITS[place]
            zero = False
        else:
            zero = True
    return out


def _whole(number: int) -> str:
    for size, unit in _SECTIONS:
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return _whole(high) + unit + gap + (_whole(low) if low else "")
    return _group(number)


def chinese_capital(fen: int) -> str:
    """大写 of an amount, as legal documents want it (支付结算办法 annex 1): 1234.50 → 壹仟贰佰叁拾肆元伍角整."""
    if fen < 0:
        return "负" + chinese_capital(-fen)
    yuan, cents = divmod(fen, 100)
    words = f"{_whole(yuan)}元" if yuan else ""
    jiao, fen_digit = divmod(cents, 10)
    if not cents:
        return (words or "零元") + "整"
    if jiao:
        words += _DIGITS[jiao] + "角"
    elif words:
        words += "零"
    return words + (_DIGITS[fen_digit] + "分" if fen_digit else "整")
