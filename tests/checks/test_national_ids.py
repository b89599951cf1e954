"""Rules of national numbers, held to an independent library, and how often chance passes them."""

import importlib
import random

import pytest

from upright.checks.personal.digits import signs
from upright.checks.personal.national import NATIONAL_IDS, bare

STDNUM = {
    "AT": "at.vnr", "BG": "bg.egn", "BR": "br.cpf", "CH": "ch.ssn", "CL": "cl.rut", "CN": "cn.ric", "CZ": "cz.rc",
    "EE": "ee.ik", "ES": "es.dni", "FR": "fr.nir", "GB": "gb.nhs", "HR": "hr.oib", "IL": "il.idnr",
    "IN": "in_.aadhaar", "IT": "it.codicefiscale", "NL": "nl.bsn", "PL": "pl.pesel", "SE": "se.personnummer",
    "TR": "tr.tckimlik", "ZA": "za.idnr",
}  # fmt: skip
NARROWER = {"BE": "be.nn", "FI": "fi.hetu", "KR": "kr.rrn", "NO": "no.fodselsnummer", "RO": "ro.cnp"}
"""Where the library also refuses births to come, or ranges of counties and serial numbers."""


def drawn(form: str, draw: random.Random) -> str:
    digit = lambda: draw.choice("0123456789")  # noqa: E731
    day = f"{draw.randrange(0, 100):02d}{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}"
    turned = day[4:] + day[2:4] + day[:2]
    parts = {
        "d": digit, "D": lambda: day, "T": lambda: turned, "Y": lambda: str(draw.randrange(1930, 2010)) + day[2:],
        "L": lambda: draw.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "M": lambda: draw.choice("ABCDEHLMPRST"),
    }  # fmt: skip
    return "".join(parts[sign]() if sign in parts else sign for sign in form)


FORMS = {
    "AT": "ddddT", "BE": "Dddddd", "BG": "Ddddd", "BR": "ddddddddddd", "CH": "756dddddddddd", "CL": "ddddddd-d",
    "CN": "110101Ydddd", "CZ": "Ddddd", "EE": "3Ddddd", "ES": "ddddddddL", "FI": "T-dddL", "FR": "1dd11dddddddddd",
    "GB": "dddddddddd", "HR": "ddddddddddd", "IL": "ddddddddd", "IN": "4ddddddddddd", "IT": "BNCMRAddM1dHdddL",
    "KR": "D-1dddddd", "NL": "ddddddddd", "NO": "Tddddd", "PL": "Dddddd", "RO": "1Ddddddd", "SE": "D-dddd",
    "TR": "1dddddddddd", "ZA": "Dddddddd",
}  # fmt: skip


@pytest.mark.parametrize("country", sorted({*STDNUM, *NARROWER}))
def test_each_national_rule_agrees_with_an_independent_library(country):
    other = importlib.import_module(f"stdnum.{(STDNUM | NARROWER)[country]}")
    (rule,) = (one for one in NATIONAL_IDS if one.country == country)
    draw = random.Random(country)
    held = 0
    texts = [drawn(FORMS[country], draw) for _ in range(4_000)]
    for text, holds in zip(texts, rule.holds(signs([bare(text) for text in texts])).tolist(), strict=True):
        ours, theirs = holds and bool(rule.form.fullmatch(text)), other.is_valid(text)
        held += theirs
        assert ours or not theirs, text
        assert theirs or not ours or country in NARROWER, text
    assert held > 5


def test_there_are_rules_of_more_than_fifteen_countries_each_with_its_source():
    assert len({one.country for one in NATIONAL_IDS}) >= 25
    assert all(one.source and one.title and 0.0 < one.chance <= 0.11 for one in NATIONAL_IDS)


@pytest.mark.parametrize("country", ["BG", "BR", "GB", "HR", "IN", "NL", "PL", "SE", "TR"])
def test_chance_is_about_what_random_numbers_show(country):
    (rule,) = (one for one in NATIONAL_IDS if one.country == country)
    length = {"BG": 10, "GB": 10, "SE": 10, "IN": 12, "NL": 9}.get(country, 11)
    draw = random.Random(1)
    numbers = signs(["".join(draw.choices("0123456789", k=length)) for _ in range(200_000)])
    share = rule.holds(numbers).sum() / rule.fits(numbers).sum()
    assert share == pytest.approx(rule.chance, rel=0.2)


@pytest.mark.parametrize("country", ["AT", "BG", "CZ", "EE", "NO", "PL", "RO", "SE", "ZA"])
def test_numbers_coded_by_date_pass_as_often_as_its_chance_says(country):
    (rule,) = (one for one in NATIONAL_IDS if one.country == country)
    draw = random.Random(2)
    numbers = signs([bare(drawn(FORMS[country], draw)) for _ in range(20_000)])
    fits = rule.fits(numbers)
    assert fits.mean() > 0.2
    assert rule.holds(numbers).sum() / fits.sum() == pytest.approx(rule.chance, rel=0.2)
