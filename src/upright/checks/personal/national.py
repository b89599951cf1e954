"""National identification numbers that carry a check: the form, the rule, and how often chance would pass.

Each rule is the issuing authority's own; the table at the end names them. Tests hold them to an independent library.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from upright.checks.personal.digits import (
    is_day,
    is_day_of_any_century,
    luhn,
    mod_11_2,
    mod_11_10,
    verhoeff,
    weighted,
)

_9_TO_2, _10_TO_2, _11_TO_3 = tuple(range(9, 1, -1)), tuple(range(10, 1, -1)), tuple(range(11, 2, -1))
_1_AND_3, _ONES = (1, 3) * 6, (1,) * 10
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12,
                 14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalId:
    """One country's number: ``form`` is it as written, ``inside`` finds it in a text, ``holds`` checks it bare,
    ``chance`` is how many of random numbers of this form would pass.
    """

    country: str
    title: str
    form: re.Pattern[str]
    inside: re.Pattern[str]
    holds: Callable[[str], bool]
    chance: float
    source: str


def bare(text: str) -> str:
    """Letters and digits alone, in upper case."""
    return re.sub(r"[^0-9A-Z+]", "", text.upper()).replace("+", "")


def _es(n: str) -> bool:
    body = n[:-1].replace("X", "0", 1).replace("Y", "1", 1).replace("Z", "2", 1) if n[0] in "XYZ" else n[:-1]
    return _DNI[int(body) % 23] == n[-1]


def _it(n: str) -> bool:
    total = sum(
        _ODD[sign] if at % 2 == 0 else (int(sign) if sign.isdigit() else ord(sign) - 65)
        for at, sign in enumerate(n[:15])
    )
    return chr(65 + total % 26) == n[15]


def _fr(n: str) -> bool:
    body = n[:13].replace("2A", "19", 1).replace("2B", "18", 1)
    month = int(n[3:5])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - int(body) % 97 == int(n[13:])


def _de(n: str) -> bool:
    if n[0] == "0" or not mod_11_10(n):
        return False
    counts = sorted(n[:10].count(sign) for sign in set(n[:10]))
    in_a_row = any(sign * 3 in n[:10] for sign in set(n))
    return counts in ([1] * 8 + [2], [1] * 7 + [3]) and not in_a_row


def _nl(n: str) -> bool:
    return int(n) > 0 and (weighted(n, _9_TO_2) - int(n[8])) % 11 == 0


def _be(n: str) -> bool:
    check = int(n[9:])
    month = int(n[2:4]) % 20
    is_recent = int(n[:2]) < 40 and 97 - int("2" + n[:9]) % 97 == check  # born from 2000 on
    return (97 - int(n[:9]) % 97 == check or is_recent) and 0 <= month <= 12


def _pl(n: str) -> bool:
    if (10 - weighted(n, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10) % 10 != int(n[10]):
        return False
    century = (1900, 2000, 2100, 2200, 1800)[int(n[2]) // 2]
    return is_day(century + int(n[:2]), int(n[2:4]) % 20, int(n[4:6]))


def _se(n: str) -> bool:
    n = n[-10:]
    day = int(n[4:6])
    return luhn(n) and is_day_of_any_century(int(n[:2]), int(n[2:4]), day - 60 if day > 60 else day)


def _no(n: str) -> bool:
    if (11 - weighted(n, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11) % 11 != int(n[9]):
        return False
    second = (11 - weighted(n, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    day = int(n[:2]) - (40 if n[0] > "3" else 0)
    return second == int(n[10]) and is_day_of_any_century(int(n[4:6]), int(n[2:4]) % 40, day)


def _fi(n: str) -> bool:
    body = n[:6] + n[-4:-1]  # the sign of the century stands between, where it is a letter
    return _HETU[int(body) % 31] == n[-1] and is_day_of_any_century(int(n[4:6]), int(n[2:4]), int(n[:2]))


def _pt(n: str) -> bool:
    check = (11 - weighted(n, _9_TO_2) % 11) % 11 % 10
    return (n[0] in "123" or n[:2] == "45") and check == int(n[8])  # the others are of companies


def _br(n: str) -> bool:
    first = (11 - weighted(n, _10_TO_2) % 11) % 11 % 10
    if first != int(n[9]) or len(set(n)) == 1:
        return False
    return (11 - (weighted(n, _11_TO_3) + 2 * first) % 11) % 11 % 10 == int(n[10])


def _gb(n: str) -> bool:
    return (11 - weighted(n, _10_TO_2) % 11) % 11 == int(n[9])


def _ch(n: str) -> bool:
    return (10 - weighted(n, _1_AND_3) % 10) % 10 == int(n[12])


def _at(n: str) -> bool:
    check = (weighted(n, (3, 7, 9)) + weighted(n[4:], (5, 8, 4, 2, 1, 6))) % 11
    month = int(n[6:8])
    return n[0] != "0" and check == int(n[3]) and 1 <= int(n[4:6]) <= 31 and 1 <= month <= 15


def _cz(n: str) -> bool:
    month = int(n[2:4]) % 50
    year = int(n[:2]) + (1900 if int(n[:2]) >= 54 else 2000)
    check = int(n[:9]) % 11 % 10
    return check == int(n[9]) and is_day(year, month - 20 if month > 20 else month, int(n[4:6]))


def _ro(n: str) -> bool:
    check = weighted(n, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if check == 10 else check) == int(n[12]) and _ro_day(n)


def _ro_day(n: str) -> bool:
    return n[0] != "0" and is_day_of_any_century(int(n[1:3]), int(n[3:5]), int(n[5:7]))


def _bg(n: str) -> bool:
    month, year = int(n[2:4]), int(n[:2])
    century, before = (2000, 40) if month > 40 else (1800, 20) if month > 20 else (1900, 0)
    check = weighted(n, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10
    return check == int(n[9]) and is_day(century + year, month - before, int(n[4:6]))


def _ee(n: str) -> bool:
    check = weighted(n, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if check == 10:
        check = weighted(n, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return check == int(n[10]) and is_day_of_any_century(int(n[1:3]), int(n[3:5]), int(n[5:7]))


def _cn(n: str) -> bool:
    return mod_11_2(n[:17], n[17]) and is_day(int(n[6:10]), int(n[10:12]), int(n[12:14]))


def _in(n: str) -> bool:
    return n[0] not in "01" and n != n[::-1] and verhoeff(n)


def _tr(n: str) -> bool:
    odd, even = (weighted(part, _ONES[: len(part)]) for part in (n[0:9:2], n[1:8:2]))
    return n[0] != "0" and (odd * 7 - even) % 10 == int(n[9]) and (odd + even + int(n[9])) % 10 == int(n[10])


def _cl(n: str) -> bool:
    total = sum(int(sign) * (2 + at % 6) for at, sign in enumerate(reversed(n[:-1])))
    return "0K987654321"[total % 11] == n[-1]


def _za(n: str) -> bool:
    return n[10] in "01" and luhn(n) and is_day_of_any_century(int(n[:2]), int(n[2:4]), int(n[4:6]))


def _kr(n: str) -> bool:
    check = (11 - weighted(n, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return check == int(n[12]) and is_day_of_any_century(int(n[:2]), int(n[2:4]), int(n[4:6]))


def _il(n: str) -> bool:
    return int(n) > 0 and luhn(n)


def _row(country: str, title: str, form: str, holds: Callable[[str], bool], chance: float, source: str) -> NationalId:
    inside = re.compile(rf"(?<![\w.,/+-])(?:{form})(?![\w]|[.,/-]\w)")
    return NationalId(
        country=country, title=title, form=re.compile(form), inside=inside, holds=holds, chance=chance, source=source
    )


_CODICE = r"[A-Za-z]{6}\d{2}[A-EHLMPR-Ta-ehlmpr-t]\d{2}[A-Za-z]\d{3}[A-Za-z]"
NATIONAL_IDS: tuple[NationalId, ...] = (
    _row("AT", "Sozialversicherungsnummer", r"\d{4} ?\d{6}", _at, 0.004, "Dachverband der Sozialversicherungsträger"),
    _row("BE", "Numéro national", r"\d{2}\.?\d{2}\.?\d{2}-?\d{3}[.-]?\d{2}", _be, 0.01, "Arrêté royal 3 avril 1984"),
    _row("BG", "EGN", r"\d{10}", _bg, 0.011, "Naredba RD-02-20-9, 2012"),
    _row("BR", "CPF", r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", _br, 0.01, "Receita Federal"),
    _row("CH", "AHV-Nummer", r"756\.?\d{4}\.?\d{4}\.?\d{2}", _ch, 0.1, "AHVG, Art. 50c; GS1 check digit"),
    _row("CL", "RUT", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]", _cl, 0.091, "Registro Civil"),
    _row("CN", "Resident identity number", r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]", _cn, 0.003, "GB 11643-1999"),
    _row("CZ", "Rodné číslo", r"\d{6}/?\d{4}", _cz, 0.015, "Zákon 133/2000 Sb."),
    _row("DE", "Steueridentifikationsnummer", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", _de, 0.0035, "§ 139b AO, StIdV"),
    _row("EE", "Isikukood, asmens kodas (EE, LT)", r"[1-8]\d{10}", _ee, 0.0036, "EVS 585:2007"),
    _row("ES", "DNI, NIE", r"(?:\d{8}|[XYZxyz]-?\d{7})[ -]?[A-Za-z]", _es, 0.044, "Real Decreto 1553/2005"),
    _row("FI", "Henkilötunnus", r"\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Ya-y]", _fi, 0.01, "Digi- ja väestötietovirasto"),
    _row("FR", "NIR", r"[12378] ?\d{2} ?\d{2} ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}", _fr, 0.008, "Décret 82-103"),
    _row("GB", "NHS number", r"\d{3}[ -]?\d{3}[ -]?\d{4}", _gb, 0.09, "NHS Data Dictionary"),
    _row("HR", "OIB", r"\d{11}", lambda n: mod_11_10(n), 0.1, "Zakon o osobnom identifikacijskom broju"),
    _row("IL", "Mispar zehut", r"\d{9}", _il, 0.1, "Population and Immigration Authority"),
    _row("IN", "Aadhaar", r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", _in, 0.1, "UIDAI"),
    _row("IT", "Codice fiscale", _CODICE, _it, 0.039, "D.M. 23 dicembre 1976"),
    _row("KR", "Resident registration number", r"\d{6}-[1-8]\d{6}", _kr, 0.06, "Resident Registration Act"),
    _row("NL", "Burgerservicenummer", r"\d{9}", _nl, 0.091, "Wet algemene bepalingen burgerservicenummer"),
    _row("NO", "Fødselsnummer", r"\d{6} ?\d{5}", _no, 0.002, "Skatteetaten"),
    _row("PL", "PESEL", r"\d{11}", _pl, 0.02, "Ustawa o ewidencji ludności"),
    _row("PT", "NIF", r"\d{9}", _pt, 0.03, "Decreto-Lei 14/2013"),
    _row("RO", "CNP", r"[1-9]\d{12}", _ro, 0.0032, "Legea 105/1996"),
    _row("SE", "Personnummer", r"(?:19|20)?\d{6}[-+]?\d{4}", _se, 0.0071, "Skatteverket, SKV 704"),
    _row("TR", "T.C. kimlik numarası", r"[1-9]\d{10}", _tr, 0.01, "Nüfus ve Vatandaşlık İşleri"),
    _row("ZA", "Identity number", r"\d{13}", _za, 0.0007, "Department of Home Affairs"),
)  # fmt: skip
