"""Shamir's secret sharing over GF(256), x being the trustee's seat (LBE1 §4).

Own code because it is thirty lines: no table to leak through the cache, no branch on a secret.
"""

import secrets
from collections.abc import Mapping, Sequence


def multiply(a: int, b: int) -> int:
    """Product modulo x^8 + x^4 + x^3 + x + 1."""
    product = 0
    for _ in range(8):
        product ^= a & -(b & 1)
        b >>= 1
        a = (a << 1) ^ (0x11B & -(a >> 7))
    return product


def invert(a: int) -> int:
    """a^254, the inverse of every a but zero."""
    square, result = a, 1
    for _ in range(7):
        square = multiply(square, square)
        result = multiply(result, square)
    return result


def evaluate(polynomials: Sequence[bytes], x: int) -> bytes:
    """The value at x; `polynomials[k]` holds coefficient k of every byte, constant term first."""
    value = bytes(len(polynomials[0]))
    for coefficient in reversed(polynomials):
        value = bytes(multiply(v, x) ^ c for v, c in zip(value, coefficient, strict=True))
    return value


def split(secret: bytes, t: int, n: int, *, coefficients: Sequence[bytes] | None = None) -> list[bytes]:
    """The shares of seats 1..n, any t of which give the secret; `coefficients` fixes the dealing for vectors."""
    if not 1 <= t <= n <= 255:
        raise ValueError(f"no {t} of {n} sharing")
    chosen = [secrets.token_bytes(len(secret)) for _ in range(t - 1)] if coefficients is None else coefficients
    if len(chosen) != t - 1:
        raise ValueError("a degree-(t−1) polynomial has t−1 coefficients besides the secret")
    return [evaluate([secret, *chosen], x) for x in range(1, n + 1)]


def interpolate(points: Mapping[int, bytes], x: int = 0) -> bytes:
    """The value at x of the polynomial through the points: the secret at 0, any seat's share elsewhere."""
    if not points or not all(1 <= seat <= 255 for seat in points) or len({len(y) for y in points.values()}) != 1:
        raise ValueError("points need seats in 1..255 and values of one length")
    total = bytes(len(next(iter(points.values()))))
    for seat, y in points.items():
        weight = 1
        for other in points:
            if other != seat:
                weight = multiply(weight, multiply(x ^ other, invert(seat ^ other)))
        total = bytes(a ^ multiply(weight, b) for a, b in zip(total, y, strict=True))
    return total
