"""Pure checks of what people type about themselves: codes, logins, passwords."""

import re
import unicodedata

from stdnum.cn import uscc as unified_code
from stdnum.exceptions import ValidationError

from trading.kernel.errors import FieldProblem

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}")
PASSWORD_MIN, PASSWORD_MAX = 10, 200


def parse_uscc(text: str) -> str | None:
    """The 统一社会信用代码 in its one written form (GB 32100: 18 characters, the last a check); None if it is not one.

    People paste full-width digits and spaces; what the check character proves is what was meant.
    """
    try:
        return str(unified_code.validate(unicodedata.normalize("NFKC", text)))
    except ValidationError:
        return None


def normal_login(text: str) -> str:
    """Logins are compared without case and width."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def login_problem(login: str) -> FieldProblem | None:
    """Whether a normalised login can be opened."""
    return None if _LOGIN.fullmatch(login) else FieldProblem("parties.bad_login")


def password_problem(password: str, login: str) -> FieldProblem | None:
    """Length counts, composition does not; the login itself, or one character over and over, is no password."""
    if len(password) < PASSWORD_MIN:
        return FieldProblem("parties.password_short", {"min": PASSWORD_MIN})
    if len(password) > PASSWORD_MAX:
        return FieldProblem("parties.password_long", {"max": PASSWORD_MAX})
    if normal_login(password) == login or len(set(password)) < 4:
        return FieldProblem("parties.password_weak")
    return None
