"""Check digits, as the rules of many numbers share them, each over many numbers at once.

Numbers of one length are the rows of a matrix of signs: a digit is itself, a letter is 10 to 35. There is
one answer per row.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

Signs = Any
"""A matrix, or a column of it, of whole numbers; NumPy's own types do not survive its arithmetic."""
Answers = Any
"""An array of truth values, one per number."""

_VALUES = np.zeros(256, dtype=np.int64)
for _at, _sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
    _VALUES[ord(_sign)] = _at
_DOUBLED = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])
"""Twice a digit, its own digits added."""
_VERHOEFF_D = np.array([[int(sign) for sign in row] for row in (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)])  # fmt: skip
_VERHOEFF_P = np.array([[int(sign) for sign in row] for row in (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)])  # fmt: skip
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0])


def signs(numbers: Sequence[str]) -> Signs:
    """The matrix of numbers that are all of one length, in digits and capitals.

    >>> signs(["120", "45X"]).tolist()
    [[1, 2, 0], [4, 5, 33]]
    """
    raw = np.frombuffer("".join(numbers).encode("ascii"), dtype=np.uint8)
    return _VALUES[raw].reshape(len(numbers), -1)


def letters(text: str) -> Signs:
    """A table of signs, to be looked into by place."""
    return signs([text])[0]


def luhn(d: Signs) -> Answers:
    """The Luhn check digit (ISO/IEC 7812-1, annex B).

    >>> luhn(signs(["4111111111111111", "4111111111111112"])).tolist()
    [True, False]
    """
    turned = d[:, ::-1]
    return (turned[:, ::2].sum(axis=1) + _DOUBLED[turned[:, 1::2]].sum(axis=1)) % 10 == 0


def weighted(d: Signs, weights: Sequence[int]) -> Signs:
    """The sum of digits times weights, over as many as there are weights."""
    return d[:, : len(weights)] @ np.array(weights)


def value(d: Signs) -> Signs:
    """The digits read as one whole number."""
    return d @ 10 ** np.arange(d.shape[1] - 1, -1, -1)


def mod_11_10(d: Signs) -> Answers:
    """ISO/IEC 7064, MOD 11,10, check digit last."""
    product = np.full(len(d), 10)
    for digit in d[:, :-1].T:
        total = (digit + product) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return (11 - product) % 10 == d[:, -1]


def mod_11_2(d: Signs) -> Answers:
    """ISO/IEC 7064, MOD 11-2, check digit last; ``X`` stands for ten."""
    total = np.zeros(len(d), dtype=np.int64)
    for digit in d[:, :-1].T:
        total = (total + digit) * 2 % 11
    found = (12 - total) % 11
    return d[:, -1] == np.where(found == 10, _VALUES[ord("X")], found)


def verhoeff(d: Signs) -> Answers:
    """The dihedral check digit of Verhoeff 1969, last."""
    check = np.zeros(len(d), dtype=np.int64)
    for at, digit in enumerate(d[:, ::-1].T):
        check = _VERHOEFF_D[check, _VERHOEFF_P[at % 8, digit]]
    return check == 0


def is_day(year: Signs, month: Signs, day: Signs) -> Answers:
    """Whether there is such a day."""
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _DAYS[np.clip(month, 0, 13)] + (is_leap & (month == 2))
    return (day >= 1) & (day <= last)


def is_day_of_any_century(year: Signs, month: Signs, day: Signs) -> Answers:
    """Whether there is such a day in 1900 + or 2000 + ``year`` (two digits)."""
    return is_day(1900 + year, month, day) | is_day(2000 + year, month, day)
