"""The sub-account number (子账号): 31 random digits and a check digit, 32 in all, the longest a bank's field takes.

A number says nothing of bidder, lot or order; the check digit (ISO 7064 MOD 11,10) lets a bank refuse a slip of the
pen at the counter, before any money lies where nobody can claim it.
"""

import secrets
import unicodedata

from stdnum.iso7064 import mod_11_10

LENGTH = 32


def new_number() -> str:
    """From 16 random bytes; what is lost in making them decimal leaves more than 100 bits."""
    digits = f"{int.from_bytes(secrets.token_bytes(16), 'big') % 10 ** (LENGTH - 1):0{LENGTH - 1}d}"
    return digits + str(mod_11_10.calc_check_digit(digits))


def plausible(number: str) -> bool:
    """Whether it could be one at all."""
    return len(number) == LENGTH and number.isascii() and number.isdigit() and bool(mod_11_10.is_valid(number))


def plain(text: str) -> str:
    """As people write it, without the spaces between groups; a bank's full-width digits are the same digits."""
    return "".join(char for char in unicodedata.normalize("NFKC", text) if not char.isspace() and char not in "-–")
