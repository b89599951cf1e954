"""The quick scan of many texts finds what a plain one finds, which reads one text, form by form, number by number."""

import ipaddress
import random
import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from conformance.made import table_source
from upright.checks.contract import Columns
from upright.checks.personal import patterns
from upright.checks.personal.digits import signs
from upright.checks.personal.national import NATIONAL_IDS, NationalId, bare
from upright.checks.personal.patterns import HINTS, look_at
from upright.checks.personal.scan import scan_table
from upright.checks.tables import Tables

NUMBER = re.compile(r"(?<![\w.,/+-])\+?\(?[0-9](?:[ ./()-]{0,2}[0-9]){6,18}(?![\w]|[.,/-]\w)")
ACCOUNT = re.compile(r"(?<!\w)[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?!\w)")
MAIL = re.compile(r"(?<![\w.+-])(?!_)\w[\w.%+-]{0,63}@(?:(?:(?!_)[\w-]){1,63}\.){1,8}(?:(?![\d_])\w){2,24}(?![\w@])")
IPV4 = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\w|\.\w)")
IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
LOCAL = re.compile(
    r"\(0?\d{2,4}\)[ -]?\d{3,4}[ -]?\d{3,5}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{2,5}|\d{3}(?:-\d{3}-|\.\d{3}\.)\d{4}"
)
GROUPS = re.compile(r"\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?|\d{4}[ -]\d{6}[ -]\d{4,5}")
LETTERED = [one for one in NATIONAL_IDS if one.country in {"CN", "CL", "ES", "FI", "FR", "IT"}]
WITH_LETTERS = re.compile(
    rf"(?<![\w.,/+-])(?:{'|'.join(one.form.pattern for one in LETTERED)})(?![\w]|[.,/-]\w)"
)  # fmt: skip
Plain = dict[str, tuple[bool, set[str], set[str]]]
"""By type: whether a check held, the countries it may be of, and those whose check held."""


def plainly(text: str) -> Plain:
    found: Plain = {}
    text = re.sub("[\u00a0\u2007\u2009\u202f]", " ", re.sub("[\u2010\u2011\u2012\u2013]", "-", text))

    def note(kind: str, holds: bool, fits: set[str] | None = None, held: set[str] | None = None) -> None:
        before = found.get(kind, (False, set(), set()))
        found[kind] = (before[0] or holds, before[1] | (fits or set()), before[2] | (held or set()))

    def account(written: str) -> None:
        number = bare(written)
        if patterns._IBAN_LENGTHS.get(number[:2]) == len(number):
            note("IBAN", mod_97_10.is_valid(number[4:] + number[:4]))

    def person(rules: list[NationalId], written: str) -> None:
        number = signs([bare(written)])
        fits = [one for one in rules if one.form.fullmatch(written) and one.fits(number)[0]]
        held = {one.country for one in fits if one.holds(number)[0]}
        if fits:
            note("NATIONAL_ID", bool(held), {one.country for one in fits}, held)

    if ACCOUNT.fullmatch(text):
        account(text)
        if found:
            return found
    if MAIL.search(text):
        note("EMAIL", True)
    for match in NUMBER.finditer(text):
        token, digits = match[0], re.sub(r"\D", "", match[0])
        if token.startswith(("+", "00")):
            after = digits.removeprefix("00")
            note("PHONE", 8 <= len(after) <= 15 and after[0] != "0")
            continue
        is_written_so = token == digits or GROUPS.fullmatch(token)
        if 13 <= len(digits) <= 19 and is_written_so and patterns._CARDS.fullmatch(digits):
            note("CARD", luhn.is_valid(digits))
        person(list(NATIONAL_IDS), token)
        if token != digits and LOCAL.fullmatch(token):
            note("PHONE", True)
    for match in ACCOUNT.finditer(text):
        account(match[0])
    for match in WITH_LETTERS.finditer(text):
        if not bare(match[0]).isdigit():
            person(LETTERED, match[0])
    for pattern, kind in ((IPV4, ipaddress.IPv4Address), (IPV6, ipaddress.IPv6Address)):
        for match in pattern.finditer(text):
            try:
                is_public = kind(match[0]).is_global
            except ValueError:
                continue
            if is_public:
                note("IP", True)
    return found


WORDS = ["order", "für", "Zoë", "a", "café", "is", "de", "AB", "to", "Ä", "X", "face", "add", "id:", "no.", "№", "Ⅷ"]
KNOWN = [
    "4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "3782 822463 10005", "378282246310005",
    "DE89 3704 0044 0532 0130 00", "gb82west12345698765432", "NL91ABNA0417164300", "12345678Z", "12345678-Z",
    "X1234567L", "X-1234567L", "RSSMRA85T10A562S", "131052-308T", "131052+308T", "44051401359", "29029900157",
    "255082A76203406", "2 55 08 2A 762 034 06", "12.345.678-5", "11010519491231002X", "+49 30 901820", "0049 30 901820",
    "030/901820", "(030) 901-8201", "555-010-4477", "555.010.4477",
    "ann@example.org", "ann.b+x@mail.example.co.uk", "jörg.große@exämple.de",
    "8.8.8.8",
    "2001:4860:4860::8888", "2001:4860:4860:0:0:0:0:8888", "::1", "192.168.0.1", "12:30:45", "2026-01-31", "1,234.50",
    "3.14159265358", "850101-1234", "123.456.789-09", "9434765919", "756.9217.0769.85", "US00 1234 5678 9012",
]  # fmt: skip
SIGNS = [" ", " ", " ", " ", ", ", ". ", "; ", "-", "/", ".", ",", "+", "(", ")", ":", "::", "\n", "\t", "", "_", "@",
         "\u00a0", "\u2009", "\u2011", "\u2013", "\u200b", "é", "\u0663"]  # fmt: skip
STRANGE = {**{ord("0") + at: 0x0660 + at for at in range(10)}, ord("1"): 0x1D7CF, ord("4"): 0xFF14, ord("8"): ord("⁸")}


def texts(draw: random.Random, count: int) -> list[str]:
    """Words, numbers known and random, spoilt by a sign more, less or other, or by digits of another script."""

    def part() -> str:
        kind = draw.randrange(10)
        if kind < 4:
            return draw.choice(WORDS)
        if kind < 7:
            known = draw.choice(KNOWN)
            at = draw.randrange(len(known))
            spoilt = draw.randrange(8)
            if spoilt == 0:
                return known[:at] + draw.choice("0123456789") + known[at + 1 :]
            if spoilt == 1:
                return known[:at] + draw.choice(["", *SIGNS]) + known[at + draw.randrange(2) :]
            return known.translate(STRANGE) if spoilt == 2 and draw.random() < 0.3 else known
        shape = re.sub(r"[0-9]", lambda _: draw.choice("0123456789"), draw.choice(KNOWN))
        return shape if kind < 9 else "".join(draw.choices("0123456789", k=draw.randrange(1, 22)))

    def whole() -> str:
        first = part()
        return first + "".join(draw.choice(SIGNS) + part() for _ in range(draw.choice((0, 0, 1, 2, 4, 9))))

    return [*KNOWN, *(whole() for _ in range(count - len(KNOWN)))]


@pytest.mark.parametrize("seed", range(3))
def test_many_texts_at_once_are_read_as_each_is_form_by_form(seed: int) -> None:
    column = texts(random.Random(seed), 4_000)
    plain = [plainly(text) for text in column]
    hints = [sum(bit for bit, pattern in HINTS.items() if re.search(pattern, text)) for text in column]
    for found in (look_at(column), look_at(column, hints)):
        seen = [{name: (one.holds, set(one.fits), set(one.held)) for name, one in each.items()} for each in found]
        assert [one for one in zip(column, seen, plain, strict=True) if one[1] != one[2]] == []
    assert {name for each in plain for name in each} == {"EMAIL", "PHONE", "CARD", "IBAN", "NATIONAL_ID", "IP"}


def test_a_column_read_by_way_of_the_database_holds_what_its_texts_hold_one_by_one(tmp_path: Path) -> None:
    column = texts(random.Random(9), 6_000)
    plain = Counter(name for text in column for name, (holds, _, _) in plainly(text).items() if holds)
    tables = Tables(tmp_path / "scratch")
    source = table_source(tmp_path, pa.table({"note": column}), columns=Columns(), protected=())
    (seen,) = scan_table(tables.open(source))
    tables.close()
    assert {name: one.rows for name, one in seen.types.items() if one.rows} == plain
    assert min(plain.values()) > 100
