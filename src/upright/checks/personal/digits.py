"""Check digits, as the rules of many numbers share them. Each takes digits only."""

import calendar
from collections.abc import Sequence
from operator import mul

_DOUBLED = bytes((2 * (sign - 48) - (9 if sign > 52 else 0)) % 256 if 48 <= sign < 58 else 0 for sign in range(256))
"""Twice a digit, its own digits added, by the sign of the digit."""
_VERHOEFF_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def luhn(digits: str) -> bool:
    """The Luhn check digit (ISO/IEC 7812-1, annex B).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    turned = digits.encode()[::-1]
    return (sum(turned[::2]) - 48 * len(turned[::2]) + sum(turned[1::2].translate(_DOUBLED))) % 10 == 0


def weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of digits times weights, over as many as there are weights."""
    return int(sum(map(mul, digits.encode(), weights))) - 48 * sum(weights)


def mod_11_10(digits: str) -> bool:
    """ISO/IEC 7064, MOD 11,10, check digit last."""
    product = 10
    for sign in digits[:-1]:
        total = (int(sign) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def mod_11_2(body: str, check: str) -> bool:
    """ISO/IEC 7064, MOD 11-2; ``X`` stands for ten."""
    total = 0
    for sign in body:
        total = (total + int(sign)) * 2 % 11
    value = (12 - total) % 11
    return ("X" if value == 10 else str(value)) == check.upper()


def verhoeff(digits: str) -> bool:
    """The dihedral check digit of Verhoeff 1969, last."""
    check = 0
    for at, sign in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[at % 8][int(sign)])])
    return check == 0


def is_day(year: int, month: int, day: int) -> bool:
    """Whether there is such a day."""
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def is_day_of_any_century(year: int, month: int, day: int) -> bool:
    """Whether there is such a day in 1900 + or 2000 + ``year`` (two digits)."""
    return is_day(1900 + year, month, day) or is_day(2000 + year, month, day)
