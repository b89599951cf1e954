"""What personal data looks like in texts: types found, and which of them chance alone could have made.

Every type but e-mail and telephone carries a checksum or a range that is verified, for many texts at once. Nothing that
was found is given back, only its type.
"""

import ipaddress
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

import numpy as np

from upright.checks.personal.digits import Answers, Signs, luhn, signs
from upright.checks.personal.national import NATIONAL_IDS, NationalId, bare

TYPES = ("EMAIL", "PHONE", "CARD", "IBAN", "NATIONAL_ID", "IP", "NAME", "ADDRESS")

_EMAIL = re.compile(r"(?<![\w.+-])[^\W_][\w.%+-]{0,63}@(?:(?:[^\W_]|-){1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@])")
"""Letters of any script on both sides (RFC 6531, RFC 5890)."""
_TYPESET = re.compile("[\u00a0\u2007\u2009\u202f\u2010-\u2013]")
_AS_TYPED = {**dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F), " "), **dict.fromkeys(range(0x2010, 0x2014), "-")}
"""Blanks and hyphens that a typesetter or a word processor puts into numbers."""
# The next three take a sign first and look behind it after: Python leaps to the next of a set of signs, but only where
# a pattern begins with the set.
_TOKEN = re.compile(
    r"[0-9+(](?<![\w.,/+-][0-9+(])(?:(?<=[0-9])|(?<=\+)\(?[0-9]|(?<=\()[0-9])"
    r"(?:[ ./()-]{0,2}[0-9]){6,18}(?![\w]|[.,/-]\w)"
)
_IPV4 = re.compile(r"[0-9](?<![\w.][0-9])[0-9]{0,2}\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?![\w]|\.\w)")
_ACCOUNTS_IN = re.compile(
    r"[0-9](?<=[A-Za-z]{2}[0-9])(?<!\w[A-Za-z]{2}[0-9])[0-9](?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?![\w])"
)
"""Accounts (``_IBAN``) among other words, from the check digits on; the country stands in the two signs before."""
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_EIGHT_PARTS = re.compile(r":(?:[0-9A-Fa-f]{0,4}:){6}")
"""What an address of version 6 has somewhere, unless it leaves out zeros by ``::``."""
_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?")
_IBAN_REGISTRY = """
AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18 DO:28 EE:20 EG:29
ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20
LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 NL:18 NO:15 PK:24 PL:28 PS:29 PT:25
QA:29 RO:24 RS:22 SA:24 SC:31 SE:24 SI:19 SK:24 SM:27 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20
"""
_IBAN_LENGTHS = {pair[:2]: int(pair[3:]) for pair in _IBAN_REGISTRY.split()}
"""Country and length (SWIFT IBAN registry)."""
_AS_NUMBERS = {ord(sign): str(at) for at, sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
"""Prefix and length of Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay."""
_LOCAL_PHONE = re.compile(
    r"\(0?\d{2,4}\)[ -]?\d{3,4}[ -]?\d{3,5}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{2,5}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4}"
)
_LOCAL_SHAPE = re.compile(_LOCAL_PHONE.pattern.replace("0", r"\d"))
_IN_GROUPS = re.compile(r"\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?|\d{4}[ -]\d{6}[ -]\d{4,5}")
HINTS = {
    1: r"[0-9](?:[ ./()-]{0,2}[0-9]){6}",
    2: r"[A-Za-z]{2}[0-9]{2} ?[A-Za-z0-9]{4}",
    4: r"[0-9](?:[0-9]{7}[ -]?[A-Za-z](?:[^0-9A-Za-z_]|$)|[0-9]{5}[-+A-Ya-y][0-9]{3}|[0-9]{2}-[kK]|[0-9]{16}[xX]"
    r"| ?2[ABab] ?[0-9]{3})|[XYZxyz]-?[0-9]{7}|[A-Za-z][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z]",
}
"""What every text has somewhere that holds a number, an account, or a number with letters in it; a database reads these
as Python does, and several times as fast."""
_DIGITS, _ACCOUNT, _LETTERS = HINTS
_ALL_HINTS = sum(HINTS)
_WITH_LETTERS = tuple(one for one in NATIONAL_IDS if one.country in {"CN", "CL", "ES", "FI", "FR", "IT"})
_LETTERED = re.compile(rf"(?<![\w.,/+-])(?:{'|'.join(one.form.pattern for one in _WITH_LETTERS)})(?![\w]|[.,/-]\w)")
_SEPARATORS = b" ./()+-"
_AS_NINES = bytes.maketrans(b"012345678", b"9" * 9)
_MASKS = {code: "9" if chr(code).isdigit() else "a" for code in range(128) if chr(code).isalnum()}
_CARD, _IBAN_CHANCE, _LUHN_CHANCE = "CARD", 1.0 / 97.0, 0.1


class Seen(NamedTuple):
    """A type in a text: whether its check held, and how often random signs of this form would pass it (0: no check).

    Of national numbers ``fits`` names the countries whose number it may be but for the check, ``held`` those whose
    check holds.
    """

    type: str
    holds: bool
    chance: float
    fits: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    def __or__(self, other: "Seen") -> "Seen":
        """Both in one text."""
        both = self.chance + other.chance - self.chance * other.chance
        fits, held = ((*one, *(each for each in more if each not in one)) for one, more in
                      ((self.fits, other.fits), (self.held, other.held)))  # fmt: skip
        return Seen(self.type, self.holds or other.holds, both, fits, held)


_MAIL = Seen("EMAIL", holds=True, chance=0.0)
_PUBLIC = Seen("IP", holds=True, chance=0.0)
_CARD_SEEN = tuple(Seen(_CARD, holds=holds, chance=_LUHN_CHANCE) for holds in (False, True))
_PHONES = tuple(Seen("PHONE", holds=holds, chance=0.0) for holds in (False, True))
_ACCOUNTS = tuple(Seen("IBAN", holds=holds, chance=_IBAN_CHANCE) for holds in (False, True))
Found = dict[str, Seen]
_Address = Callable[[str], ipaddress.IPv4Address | ipaddress.IPv6Address]
_Pool = dict[tuple[str | tuple[NationalId, ...], int], list[tuple[Found, str]]]


def look(text: str) -> list[Seen]:
    """Every type whose form the text has, each once.

    >>> [seen.type for seen in look("write to ann@example.org") if seen.holds]
    ['EMAIL']
    """
    return list(look_at([text])[0].values())


def look_at(texts: Sequence[str], hints: Sequence[int] | None = None) -> list[Found]:
    """The same of many texts, by type: numbers with a check are gathered and verified together.

    ``hints`` are for each text the sum of those keys of ``HINTS`` whose pattern it has; without them all are tried.
    """
    pool: _Pool = defaultdict(list)
    plain: dict[int, list[tuple[Found, str]]] = defaultdict(list)
    answers: list[Found] = []
    for text, hint in zip(texts, repeat(_ALL_HINTS) if hints is None else hints, strict=False):
        found: Found = {}
        answers.append(found)
        if text.isdigit() and text.isascii():
            plain[len(text)].append((found, text))
        elif text.isascii() or not _TYPESET.search(text):
            _read(text, hint, found, pool)
        else:  # the database looked for what is typed
            _read(text.translate(_AS_TYPED), _ALL_HINTS, found, pool)
    for length, numbers in plain.items():
        if 7 <= length <= 19:
            _plain(length, numbers, pool)
    for (rules, _), waiting in pool.items():
        numbers = signs([number for _, number in waiting])
        if isinstance(rules, str):
            for (found, _), holds in zip(waiting, luhn(numbers).tolist(), strict=True):
                _note(found, _CARD_SEEN[holds])
        else:
            _national(rules, numbers, [found for found, _ in waiting])
    return answers


def _read(text: str, hint: int, found: Found, pool: _Pool) -> None:
    """What one text holds but for the checks of its numbers."""
    if hint & _ACCOUNT and text[:2].isalpha() and (whole := _IBAN.fullmatch(text)):
        _account(whole[0], found)
        if found:
            return
    if "@" in text and _EMAIL.search(text):
        found["EMAIL"] = _MAIL
    if hint & _DIGITS:
        for match in _TOKEN.finditer(text):
            _number(match[0], found, pool)
    if hint & _ACCOUNT:
        _ibans(text, found)
    if hint & _LETTERS:
        _lettered(text, found, pool)
    if text.count(".") >= 3:
        _address(text, _IPV4, ipaddress.IPv4Address, found)
    if "::" in text or (text.count(":") >= 7 and _EIGHT_PARTS.search(text)):
        _address(text, _IPV6, ipaddress.IPv6Address, found)


def _note(found: Found, seen: Seen) -> None:
    known = found.get(seen.type)
    found[seen.type] = seen if known is None else known | seen


def _plain(length: int, numbers: list[tuple[Found, str]], pool: _Pool) -> None:
    """What ``_number`` does, of texts that are digits and nothing else, all of one length."""
    written = [one for one in numbers if one[1][:2] != "00"]
    if 13 <= length <= 19 and (cards := [one for one in written if _CARDS.fullmatch(one[1])]):
        pool[_CARD, length].extend(cards)
    if written and (fitting := _of_shape(b"9" * length).fitting):
        pool[fitting, length].extend(written)
    for found, text in numbers:
        if text[:2] == "00":
            _note(found, _PHONES[_is_phone(text[2:])])


def _number(token: str, found: Found, pool: _Pool) -> None:
    if token[0] == "+" or token[:2] == "00":
        _note(found, _PHONES[_is_phone(_digits(token).removeprefix("00"))])
        return
    length, may_be_card, fitting, may_be_phone = _of_shape(token.encode().translate(_AS_NINES))
    if may_be_card or fitting:
        digits = token if length == len(token) else _digits(token)
        if may_be_card and _CARDS.fullmatch(digits):
            pool[_CARD, length].append((found, digits))
        if fitting:
            pool[fitting, length].append((found, digits))
    if may_be_phone and _LOCAL_PHONE.fullmatch(token):
        _note(found, _PHONES[True])


def _digits(token: str) -> str:
    return token.encode().translate(None, _SEPARATORS).decode()


class _Shape(NamedTuple):
    """What a number written so may be: each digit of it is a 9 here, whatever it is."""

    length: int
    may_be_card: bool
    fitting: tuple[NationalId, ...]
    may_be_phone: bool


@lru_cache(maxsize=4_096)
def _of_shape(written: bytes) -> _Shape:
    """A column writes its numbers in few ways, so most are known from the one before."""
    shape = written.decode()
    length = shape.count("9")
    is_plain = length == len(shape)
    return _Shape(
        length=length,
        may_be_card=13 <= length <= 19 and (is_plain or _IN_GROUPS.fullmatch(shape) is not None),
        fitting=tuple(one for one in NATIONAL_IDS if one.form.fullmatch(shape)),
        may_be_phone=not is_plain and _LOCAL_SHAPE.fullmatch(shape) is not None,
    )


def _is_phone(digits: str) -> bool:
    """A country code and 7 to 15 digits in all (ITU-T E.164)."""
    return 8 <= len(digits) <= 15 and digits[0] != "0"


def _national(rules: tuple[NationalId, ...], numbers: Signs, waiting: Sequence[Found]) -> None:
    fits = [one.fits(numbers) for one in rules]
    held = [each & one.checks(numbers) for each, one in zip(fits, rules, strict=True)]
    both, which = np.unique(_bits([*fits, *held]), return_inverse=True)
    seen = [_as_seen(rules, bits & (1 << len(rules)) - 1, bits >> len(rules)) for bits in both.tolist()]
    for found, at in zip(waiting, which.tolist(), strict=True):
        if (one := seen[at]) is not None:
            _note(found, one)


def _bits(answers: Sequence[Answers]) -> Signs:
    return np.stack(answers, axis=1) @ (1 << np.arange(len(answers)))


def _as_seen(rules: tuple[NationalId, ...], fits: int, held: int) -> Seen | None:
    """The countries of the bits, and how often one of them passes by chance."""
    fitting = [one for at, one in enumerate(rules) if fits >> at & 1]
    if not fitting:
        return None
    missed = float(np.prod([1.0 - one.chance for one in fitting]))
    holding = tuple(one.country for at, one in enumerate(rules) if held >> at & 1)
    return Seen("NATIONAL_ID", bool(holding), 1.0 - missed, tuple(one.country for one in fitting), holding)


def _ibans(text: str, found: Found) -> None:
    for match in _ACCOUNTS_IN.finditer(text):
        start = match.start() - 2
        if text[start : start + 2].upper() in _IBAN_LENGTHS:
            _account(text[start : match.end()], found)


def _account(written: str, found: Found) -> None:
    account = bare(written)
    if _IBAN_LENGTHS.get(account[:2]) == len(account):
        _note(found, _ACCOUNTS[_is_iban(account)])


def _lettered(text: str, found: Found, pool: _Pool) -> None:
    for match in _LETTERED.finditer(text):
        number = bare(match[0])
        if not number.isdigit():
            rules = tuple(one for one in _WITH_LETTERS if one.form.fullmatch(match[0]))
            pool[rules, len(number)].append((found, number))


def _is_iban(account: str) -> bool:
    """ISO 13616: the country and check digits moved to the end, letters as numbers, modulo 97 is 1."""
    return int((account[4:] + account[:4]).translate(_AS_NUMBERS)) % 97 == 1


def _address(text: str, pattern: re.Pattern[str], kind: _Address, found: Found) -> None:
    if "IP" not in found and any(_is_public(match[0], kind) for match in pattern.finditer(text)):
        found["IP"] = _PUBLIC


def _is_public(text: str, kind: _Address) -> bool:
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
    if text.isascii():
        shape = text[:60].translate(_MASKS)
    else:
        shape = "".join("9" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in text[:60])
    return shape if len(text) <= 60 else f"{shape}…"
