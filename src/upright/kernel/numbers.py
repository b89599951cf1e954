"""Numbers as they are recorded: decimal strings of at most 15 significant digits, compared as ``Decimal``."""

import math
from decimal import Context, Decimal, InvalidOperation

from upright.kernel.errors import InputError

DIGITS = 15
_ROUND = Context(prec=DIGITS)
_PLAIN_EXPONENT = 20


class NumberError(InputError):
    """A value cannot be recorded as a number."""


def decimal_text(value: float | str | Decimal) -> str:
    """The recorded form of a number: plain digits, no trailing zeros, rounded half-even to 15 significant digits.

    Raises:
        NumberError: NaN, infinite, or not a number.

    >>> decimal_text(0.1 + 0.2), decimal_text("1.50"), decimal_text(-0.0), decimal_text(1989)
    ('0.3', '1.5', '0', '1989')
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NumberError(f"{value} cannot be recorded; expected a finite number.", code="UP-NUM-01")
        value = repr(value)
    try:
        number = _ROUND.create_decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise NumberError(f'{value!r} is not a number; expected digits such as "0.8".', code="UP-NUM-01") from None
    if not number.is_finite():
        raise NumberError(f"{value} cannot be recorded; expected a finite number.", code="UP-NUM-01")
    if number == 0:
        return "0"
    number = number.normalize(_ROUND)
    if abs(number.adjusted()) > _PLAIN_EXPONENT:
        return f"{number:E}"
    return f"{number:f}"


def as_decimal(text: str) -> Decimal:
    """Reads a recorded number; refuses what ``decimal_text`` would not have written as a value.

    Raises:
        NumberError: not a finite number of at most 15 significant digits.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NumberError(f'{text!r} is not a number; expected digits such as "0.8".', code="UP-NUM-01") from None
    if not number.is_finite() or len(number.normalize().as_tuple().digits) > DIGITS:
        raise NumberError(
            f"{text!r} has more than {DIGITS} significant digits or is not finite; round it first.", code="UP-NUM-02"
        )
    return number
