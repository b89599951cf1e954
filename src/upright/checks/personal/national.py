"""National identification numbers that carry a check: the form, the rule, and how often chance would pass.

Each rule is the issuing authority's own; the table at the end names them. Tests hold them to an independent library.
What fits a form without the check digits (a day of birth, a first digit) is told apart from the check itself: numbers
that are coded by date, as orders are, fit many forms, and only the check tells them from people.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from upright.checks.personal.digits import (
    Answers,
    Signs,
    is_day,
    is_day_of_any_century,
    letters,
    luhn,
    mod_11_2,
    mod_11_10,
    value,
    verhoeff,
    weighted,
)

_9_TO_2, _10_TO_2, _11_TO_3 = tuple(range(9, 1, -1)), tuple(range(10, 1, -1)), tuple(range(11, 2, -1))
_DNI = letters("TRWAGMYFPDXBNJZSQVHLCKE")
_HETU = letters("0123456789ABCDEFHJKLMNPRSTUVWXY")
_RUT = letters("0K987654321")
_A, _X = letters("AX")
_TENS = np.arange(10)
_ODD = np.array(
    (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12,
     14, 16, 10, 22, 25, 24, 23))  # fmt: skip
_CENTURIES = np.array([1900, 2000, 2100, 2200, 1800])

Rule = Callable[[Signs], Answers]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NationalId:
    """One country's number: ``form`` is it as written, ``fits`` says which may be one but for the check, ``checks``
    verifies the check, ``chance`` is how many of those that fit pass by chance.
    """

    country: str
    title: str
    form: re.Pattern[str]
    fits: Rule
    checks: Rule
    chance: float
    source: str

    def holds(self, d: Signs) -> Answers:
        """Which of these may be one, and pass the check."""
        return self.fits(d) & self.checks(d)


def bare(text: str) -> str:
    """Letters and digits alone, in upper case."""
    capitals = text.upper()
    return capitals if capitals.isalnum() and capitals.isascii() else re.sub(r"[^0-9A-Z]", "", capitals)


def _any(d: Signs) -> Answers:
    return np.ones(len(d), dtype=np.bool_)


def _two(d: Signs, at: int) -> Signs:
    return d[:, at] * 10 + d[:, at + 1]


def _born(at: int) -> Rule:
    """Year, month and day in two digits each, from this place on."""
    return lambda d: is_day_of_any_century(_two(d, at), _two(d, at + 2), _two(d, at + 4))


def _es(d: Signs) -> Answers:
    first = np.where(d[:, 0] >= _X, d[:, 0] - _X, d[:, 0])
    return _DNI[(first * 10**7 + value(d[:, 1:8])) % 23] == d[:, 8]


def _it(d: Signs) -> Answers:
    even = np.where(d >= _A, d - _A, d)
    return (_ODD[d[:, :15:2]].sum(axis=1) + even[:, 1:15:2].sum(axis=1)) % 26 == d[:, 15] - _A


def _fr_fits(d: Signs) -> Answers:
    month = _two(d, 3)
    return np.isin(d[:, 0], (1, 2, 3, 7, 8)) & (
        (month >= 1) & (month <= 12) | (month >= 20) & (month <= 42) | (month >= 50)
    )


def _fr(d: Signs) -> Answers:
    body = d[:, :13].copy()
    for letter, place in ((_A, (1, 9)), (_A + 1, (1, 8))):  # Corsica
        body[d[:, 6] == letter, 5:7] = place
    return 97 - value(body) % 97 == _two(d, 13)


def _de_fits(d: Signs) -> Answers:
    """One of the first ten digits occurs twice or three times, not in a row; the others once or not at all."""
    counts = (d[:, :10, None] == _TENS).sum(axis=1)
    most, alone = counts.max(axis=1), (counts == 1).sum(axis=1)
    in_a_row = ((d[:, :8] == d[:, 1:9]) & (d[:, :8] == d[:, 2:10])).any(axis=1)
    return (d[:, 0] != 0) & ~in_a_row & ((most == 2) & (alone == 8) | (most == 3) & (alone == 7))


def _nl(d: Signs) -> Answers:
    return d.any(axis=1) & ((weighted(d, _9_TO_2) - d[:, 8]) % 11 == 0)


def _be(d: Signs) -> Answers:
    check, body = _two(d, 9), value(d[:, :9])
    is_recent = (_two(d, 0) < 40) & (97 - (2 * 10**9 + body) % 97 == check)  # born from 2000 on
    return (97 - body % 97 == check) | is_recent


def _pl_fits(d: Signs) -> Answers:
    return is_day(_CENTURIES[d[:, 2] // 2] + _two(d, 0), _two(d, 2) % 20, _two(d, 4))


def _pl(d: Signs) -> Answers:
    return (10 - weighted(d, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10) % 10 == d[:, 10]


def _se_fits(d: Signs) -> Answers:
    n = d[:, -10:]
    day = _two(n, 4)
    born = is_day_of_any_century(_two(n, 0), _two(n, 2), np.where(day > 60, day - 60, day))
    return born & (np.isin(_two(d, 0), (19, 20)) if d.shape[1] == 12 else born)


def _se(d: Signs) -> Answers:
    return luhn(d[:, -10:])


def _no_fits(d: Signs) -> Answers:
    day = _two(d, 0)
    return is_day_of_any_century(_two(d, 4), _two(d, 2) % 40, np.where(d[:, 0] > 3, day - 40, day))


def _no(d: Signs) -> Answers:
    first = (11 - weighted(d, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11) % 11
    second = (11 - weighted(d, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    return (first == d[:, 9]) & (second == d[:, 10])


def _fi_fits(d: Signs) -> Answers:
    return is_day_of_any_century(_two(d, 4), _two(d, 2), _two(d, 0))


def _fi(d: Signs) -> Answers:
    body = np.hstack([d[:, :6], d[:, -4:-1]])  # the sign of the century stands between, where it is a letter
    return _HETU[value(body) % 31] == d[:, -1]


def _pt_fits(d: Signs) -> Answers:
    return np.isin(d[:, 0], (1, 2, 3)) | (_two(d, 0) == 45)  # the others are of companies


def _last_of(d: Signs, weights: tuple[int, ...]) -> Signs:
    return (11 - weighted(d, weights) % 11) % 11 % 10


def _br_fits(d: Signs) -> Answers:
    return (d != d[:, :1]).any(axis=1)


def _br(d: Signs) -> Answers:
    first = _last_of(d, _10_TO_2)
    return (first == d[:, 9]) & ((11 - (weighted(d, _11_TO_3) + 2 * first) % 11) % 11 % 10 == d[:, 10])


def _gb(d: Signs) -> Answers:
    return (11 - weighted(d, _10_TO_2) % 11) % 11 == d[:, 9]


def _ch_fits(d: Signs) -> Answers:
    return (d[:, 0] == 7) & (_two(d, 1) == 56)


def _ch(d: Signs) -> Answers:
    return (10 - weighted(d, (1, 3) * 6) % 10) % 10 == d[:, 12]


def _at_fits(d: Signs) -> Answers:
    day, month = _two(d, 4), _two(d, 6)
    return (d[:, 0] != 0) & (day >= 1) & (day <= 31) & (month >= 1) & (month <= 15)


def _at(d: Signs) -> Answers:
    return (weighted(d, (3, 7, 9)) + weighted(d[:, 4:], (5, 8, 4, 2, 1, 6))) % 11 == d[:, 3]


def _cz_fits(d: Signs) -> Answers:
    month, year = _two(d, 2) % 50, _two(d, 0)
    return is_day(np.where(year >= 54, 1900, 2000) + year, np.where(month > 20, month - 20, month), _two(d, 4))


def _cz(d: Signs) -> Answers:
    return value(d[:, :9]) % 11 % 10 == d[:, 9]


def _ro_fits(d: Signs) -> Answers:
    return (d[:, 0] != 0) & is_day_of_any_century(_two(d, 1), _two(d, 3), _two(d, 5))


def _ro(d: Signs) -> Answers:
    check = weighted(d, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return np.where(check == 10, 1, check) == d[:, 12]


def _bg_fits(d: Signs) -> Answers:
    month = _two(d, 2)
    century, before = (np.select([month > 40, month > 20], pair, other) for pair, other in
                       (((2000, 1800), 1900), ((40, 20), 0)))  # fmt: skip
    return is_day(century + _two(d, 0), month - before, _two(d, 4))


def _bg(d: Signs) -> Answers:
    return weighted(d, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == d[:, 9]


def _ee_fits(d: Signs) -> Answers:
    return (d[:, 0] >= 1) & (d[:, 0] <= 8) & is_day_of_any_century(_two(d, 1), _two(d, 3), _two(d, 5))


def _ee(d: Signs) -> Answers:
    first = weighted(d, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    second = weighted(d, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return np.where(first == 10, second, first) == d[:, 10]


def _cn_fits(d: Signs) -> Answers:
    century = _two(d, 6)
    born = is_day(century * 100 + _two(d, 8), _two(d, 10), _two(d, 12))
    return (d[:, 0] != 0) & ((century == 19) | (century == 20)) & born


def _in_fits(d: Signs) -> Answers:
    return (d[:, 0] > 1) & (d != d[:, ::-1]).any(axis=1)


def _tr(d: Signs) -> Answers:
    odd, even = d[:, 0:9:2].sum(axis=1), d[:, 1:8:2].sum(axis=1)
    return ((odd * 7 - even) % 10 == d[:, 9]) & ((odd + even + d[:, 9]) % 10 == d[:, 10])


def _cl(d: Signs) -> Answers:
    turned = d[:, -2::-1]
    return _RUT[turned @ (2 + np.arange(turned.shape[1]) % 6) % 11] == d[:, -1]


def _za_fits(d: Signs) -> Answers:
    return (d[:, 10] <= 1) & _born(0)(d)


def _kr_fits(d: Signs) -> Answers:
    return (d[:, 6] >= 1) & (d[:, 6] <= 8) & _born(0)(d)


def _kr(d: Signs) -> Answers:
    return (11 - weighted(d, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == d[:, 12]


def _row(country: str, title: str, form: str, rules: tuple[Rule, Rule], chance: float, source: str) -> NationalId:
    form = form.replace(r"\d", "[0-9]")
    return NationalId(
        country=country,
        title=title,
        form=re.compile(form),
        fits=rules[0],
        checks=rules[1],
        chance=chance,
        source=source,
    )


_CODICE = r"[A-Za-z]{6}\d{2}[A-EHLMPR-Ta-ehlmpr-t]\d{2}[A-Za-z]\d{3}[A-Za-z]"
_NIR = r"\d ?\d{2} ?\d{2} ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}"
_SVNR, _NN = (_at_fits, _at), (lambda d: _two(d, 2) % 20 <= 12, _be)
_TCKN = (lambda d: d[:, 0] != 0, _tr)
NATIONAL_IDS: tuple[NationalId, ...] = (
    _row("AT", "Sozialversicherungsnummer", r"\d{4} ?\d{6}", _SVNR, 0.091, "Dachverband der Sozialversicherungsträger"),
    _row("BE", "Numéro national", r"\d{2}\.?\d{2}\.?\d{2}-?\d{3}[.-]?\d{2}", _NN, 0.02, "Arrêté royal 3 avril 1984"),
    _row("BG", "EGN", r"\d{10}", (_bg_fits, _bg), 0.1, "Naredba RD-02-20-9, 2012"),
    _row("BR", "CPF", r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", (_br_fits, _br), 0.01, "Receita Federal"),
    _row("CH", "AHV-Nummer", r"\d{3}\.?\d{4}\.?\d{4}\.?\d{2}", (_ch_fits, _ch), 0.1, "AHVG, Art. 50c; GS1 check digit"),
    _row("CL", "RUT", r"\d{1,2}\.?\d{3}\.?\d{3}-[0-9kK]", (_any, _cl), 0.091, "Registro Civil"),
    _row("CN", "Resident identity number", r"\d{17}[0-9Xx]", (_cn_fits, mod_11_2), 0.091, "GB 11643-1999"),
    _row("CZ", "Rodné číslo", r"\d{6}/?\d{4}", (_cz_fits, _cz), 0.1, "Zákon 133/2000 Sb."),
    _row("DE", "Steueridentifikationsnummer", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", (_de_fits, mod_11_10), 0.1, "§ 139b AO"),
    _row("EE", "Isikukood, asmens kodas (EE, LT)", r"\d{11}", (_ee_fits, _ee), 0.1, "EVS 585:2007"),
    _row("ES", "DNI, NIE", r"(?:\d{8}|[XYZxyz]-?\d{7})[ -]?[A-Za-z]", (_any, _es), 0.044, "Real Decreto 1553/2005"),
    _row("FI", "Henkilötunnus", r"\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Ya-y]", (_fi_fits, _fi), 0.033, "DVV"),
    _row("FR", "NIR", _NIR, (_fr_fits, _fr), 0.0104, "Décret 82-103"),
    _row("GB", "NHS number", r"\d{3}[ -]?\d{3}[ -]?\d{4}", (_any, _gb), 0.091, "NHS Data Dictionary"),
    _row("HR", "OIB", r"\d{11}", (_any, mod_11_10), 0.1, "Zakon o osobnom identifikacijskom broju"),
    _row("IL", "Mispar zehut", r"\d{9}", (lambda d: d.any(axis=1), luhn), 0.1, "Population and Immigration Authority"),
    _row("IN", "Aadhaar", r"\d{4}[ -]?\d{4}[ -]?\d{4}", (_in_fits, verhoeff), 0.1, "UIDAI"),
    _row("IT", "Codice fiscale", _CODICE, (_any, _it), 0.039, "D.M. 23 dicembre 1976"),
    _row("KR", "Resident registration number", r"\d{6}-\d{7}", (_kr_fits, _kr), 0.1, "Resident Registration Act"),
    _row("NL", "Burgerservicenummer", r"\d{9}", (_any, _nl), 0.091, "Wet algemene bepalingen burgerservicenummer"),
    _row("NO", "Fødselsnummer", r"\d{6} ?\d{5}", (_no_fits, _no), 0.0083, "Skatteetaten"),
    _row("PL", "PESEL", r"\d{11}", (_pl_fits, _pl), 0.1, "Ustawa o ewidencji ludności"),
    _row("PT", "NIF", r"\d{9}", (_pt_fits, lambda d: _last_of(d, _9_TO_2) == d[:, 8]), 0.1, "Decreto-Lei 14/2013"),
    _row("RO", "CNP", r"\d{13}", (_ro_fits, _ro), 0.1, "Legea 105/1996"),
    _row("SE", "Personnummer", r"(?:\d{2})?\d{6}[-+]?\d{4}", (_se_fits, _se), 0.1, "Skatteverket, SKV 704"),
    _row("TR", "T.C. kimlik numarası", r"\d{11}", _TCKN, 0.01, "Nüfus ve Vatandaşlık İşleri"),
    _row("ZA", "Identity number", r"\d{13}", (_za_fits, luhn), 0.1, "Department of Home Affairs"),
)  # fmt: skip
