"""What personal data looks like in one text: types found, and which of them chance alone could have made.

Every type but e-mail and telephone carries a checksum or a range that is verified. Nothing that was found is given
back, only its type.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple

from upright.checks.personal.digits import luhn
from upright.checks.personal.national import NATIONAL_IDS, NationalId, bare

TYPES = ("EMAIL", "PHONE", "CARD", "IBAN", "NATIONAL_ID", "IP")
NOT_LOOKED_FOR = ("NAME", "ADDRESS")

_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@])"
)
_TOKEN = re.compile(r"(?<![\w.,/+-])\+?\(?\d(?:[ ./()-]{0,2}\d){6,18}(?![\w]|[.,/-]\w)")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\w)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_IBAN = re.compile(r"(?<![\w])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?![\w])")
_IBAN_REGISTRY = """
AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18 DO:28 EE:20 EG:29
ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20
LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 NL:18 NO:15 PK:24 PL:28 PS:29 PT:25
QA:29 RO:24 RS:22 SA:24 SC:31 SE:24 SI:19 SK:24 SM:27 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20
"""
_IBAN_LENGTHS = dict(pair.split(":") for pair in _IBAN_REGISTRY.split())
"""Country and length (SWIFT IBAN registry)."""
_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
"""Prefix and length of Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay."""
_LETTERED = re.compile(
    r"[A-Za-z]{2}\d{2}|\d{7}[ -]?[A-Za-z]|[XYZxyz]-?\d{7}|\d{6}[-+A-Ya-y]\d{3}|\d{3}-[kK\d]|\d{17}[xX]"
)
"""What a number with letters in it has somewhere."""
_SEPARATORS = {ord(sign): None for sign in " ./()+-"}
_LUHN_CHANCE, _IBAN_CHANCE = 0.1, 1.0 / 97.0
_LETTERS_IN = ("CN", "CL", "ES", "FI", "IT")
_WITH_LETTERS = tuple(one for one in NATIONAL_IDS if one.country in _LETTERS_IN)
_LENGTHS = {
    "AT": (10,), "BE": (11,), "BG": (10,), "BR": (11,), "CH": (13,), "CN": (18,), "CL": (8, 9), "CZ": (10,),
    "DE": (11,), "EE": (11,),
    "FR": (15,), "GB": (10,), "HR": (11,), "IL": (9,), "IN": (12,), "KR": (13,), "NL": (9,), "NO": (11,), "PL": (11,),
    "PT": (9,), "RO": (13,), "SE": (10, 12), "TR": (11,), "ZA": (13,),
}  # fmt: skip
_BY_LENGTH: dict[int, tuple[NationalId, ...]] = {
    length: tuple(one for one in NATIONAL_IDS if length in _LENGTHS.get(one.country, ())) for length in range(8, 20)
}


class Seen(NamedTuple):
    """A type in a text: whether its check held, and how often random signs of this form would pass it (0: no check)."""

    type: str
    holds: bool
    chance: float
    detail: str = ""


def look(text: str) -> list[Seen]:
    """Every type whose form the text has, each once; the one that holds before the ones that do not.

    >>> [seen.type for seen in look("write to ann@example.org") if seen.holds]
    ['EMAIL']
    """
    found: dict[str, Seen] = {}
    if "@" in text and _EMAIL.search(text):
        found["EMAIL"] = Seen("EMAIL", holds=True, chance=0.0)
    for match in _TOKEN.finditer(text):
        _number(match[0], found)
    if _LETTERED.search(text):
        _lettered(text, found)
    if text.count(".") >= 3 or "::" in text or text.count(":") >= 7:
        _addresses(text, found)
    return list(found.values())


def _note(found: dict[str, Seen], seen: Seen) -> None:
    known = found.get(seen.type)
    if known is None or (seen.holds and not known.holds):
        found[seen.type] = seen


def _number(token: str, found: dict[str, Seen]) -> None:
    digits = token if token.isdigit() else token.translate(_SEPARATORS)
    length = len(digits)
    if token[0] == "+" or token.startswith("00"):
        _note(found, Seen("PHONE", _is_phone(digits.removeprefix("00")), 0.0))
        return
    if 13 <= length <= 19 and _CARDS.fullmatch(digits) and _groups_of_four(token):
        _note(found, Seen("CARD", luhn(digits), _LUHN_CHANCE))
    fitting = [one for one in _BY_LENGTH.get(length, ()) if one.form.fullmatch(token)]
    if fitting:
        held = next((one.country for one in fitting if one.holds(digits)), "")
        missed = 1.0
        for one in fitting:
            missed *= 1.0 - one.chance
        _note(found, Seen("NATIONAL_ID", bool(held), 1.0 - missed, held))
    if _LOCAL_PHONE.fullmatch(token):
        _note(found, Seen("PHONE", holds=True, chance=0.0))


_LOCAL_PHONE = re.compile(r"\(0?\d{2,4}\)[ -]?\d{3,4}[ -]?\d{3,5}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{2,5}|\d{3}-\d{3}-\d{4}")


def _is_phone(digits: str) -> bool:
    """A country code and 7 to 15 digits in all (ITU-T E.164)."""
    return 8 <= len(digits) <= 15 and digits[0] != "0"


_IN_GROUPS = re.compile(r"\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?|\d{4}[ -]\d{6}[ -]\d{4,5}")


def _groups_of_four(token: str) -> bool:
    return (
        token.isdigit()
        or re.fullmatch(r"\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?|\d{4}[ -]\d{6}[ -]\d{4,5}", token) is not None
    )


def _lettered(text: str, found: dict[str, Seen]) -> None:
    for match in _IBAN.finditer(text):
        account = bare(match[0])
        if _IBAN_LENGTHS.get(account[:2]) == str(len(account)):
            _note(found, Seen("IBAN", _is_iban(account), _IBAN_CHANCE))
    for one in _WITH_LETTERS:
        for match in one.inside.finditer(text):
            number = bare(match[0])
            if any(sign.isalpha() for sign in number):
                _note(found, Seen("NATIONAL_ID", one.holds(number), one.chance, one.country))


def _is_iban(account: str) -> bool:
    """ISO 13616: the country and check digits moved to the end, letters as numbers, modulo 97 is 1."""
    turned = account[4:] + account[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _addresses(text: str, found: dict[str, Seen]) -> None:
    for pattern, kind in ((_IPV4, ipaddress.IPv4Address), (_IPV6, ipaddress.IPv6Address)):
        if pattern is _IPV6 and text.count(":") < 2:
            continue
        for match in pattern.finditer(text):
            if _is_public(match[0], kind):
                _note(found, Seen("IP", holds=True, chance=0.0))
                return


def _is_public(text: str, kind: Callable[[str], ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    """An address that may lead to a person: not of this machine, a private network, or a range set aside."""
    try:
        return kind(text).is_global
    except ValueError:
        return False


def masked(text: str) -> str:
    """What a reader may see of a value: its shape, and no letter or digit of it.

    >>> masked("ann.b@example.org 12")
    'aaa.a@aaaaaaa.aaa 99'
    """
    shape = "".join("9" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in text[:60])
    return shape if len(text) <= 60 else f"{shape}…"
