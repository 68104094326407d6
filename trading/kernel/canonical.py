"""Canonical JSON: the one byte form of everything that is hashed or signed.

RFC 8785, restricted so that Python, JavaScript and a reader in fifteen years cannot disagree: keys are
ASCII, numbers are integers below 2^53, there are no floats. The parser refuses whatever the writer would
not have written, so two byte strings never mean the same value. Text is hashed as it was typed; Unicode
normalisation is not touched.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

LARGEST = 2**53 - 1


class CanonicalError(ValueError):
    """The value has no canonical form, or the bytes are not in it."""


def canonical(value: Any) -> bytes:
    try:
        _check(value)
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise CanonicalError("a lone surrogate has no UTF-8 form") from error
    except RecursionError as error:
        raise CanonicalError("nested too deeply") from error


def parse_canonical(data: bytes) -> Any:
    """The value whose canonical form is exactly these bytes."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=_object, parse_float=_no, parse_constant=_no)
    except CanonicalError:
        raise
    except (ValueError, RecursionError) as error:
        raise CanonicalError("not JSON") from error
    if canonical(value) != data:
        raise CanonicalError("JSON, but not in canonical form")
    return value


def digest(value: Any) -> bytes:
    return hashlib.sha256(canonical(value)).digest()


def _check(value: Any) -> None:
    # Exact types: an IntEnum or a str subclass may print as something else than it compares to.
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise CanonicalError("keys are ASCII strings")
            _check(item)
    elif kind is list or kind is tuple:
        for item in value:
            _check(item)
    elif kind is int:
        if not -LARGEST <= value <= LARGEST:
            raise CanonicalError("an integer of 2^53 or more is not portable")
    elif kind is not str and kind is not bool and value is not None:
        raise CanonicalError(f"{kind.__name__} has no canonical form")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise CanonicalError("a key appears twice")
    return result


def _no(text: str) -> Any:
    raise CanonicalError(f"{text} is not an integer")
