"""Personal data in tables: planted values are found, chance is told from data, nothing that was found is repeated."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from conformance.made import table_source
from upright.checks.contract import Binding, Columns, Context
from upright.checks.personal.digits import luhn
from upright.checks.personal.national import NATIONAL_IDS, bare
from upright.checks.personal.patterns import look, masked
from upright.checks.run import Ran, run_one
from upright.checks.tables import Tables
from upright.kernel import Ref

STDNUM = {
    "AT": "at.vnr", "BG": "bg.egn", "BR": "br.cpf", "CH": "ch.ssn", "CL": "cl.rut", "CN": "cn.ric", "CZ": "cz.rc",
    "EE": "ee.ik", "ES": "es.dni", "FR": "fr.nir", "GB": "gb.nhs", "HR": "hr.oib", "IL": "il.idnr",
    "IN": "in_.aadhaar", "IT": "it.codicefiscale", "NL": "nl.bsn", "PL": "pl.pesel", "SE": "se.personnummer",
    "TR": "tr.tckimlik", "ZA": "za.idnr",
}  # fmt: skip
NARROWER = {"BE": "be.nn", "FI": "fi.hetu", "KR": "kr.rrn", "NO": "no.fodselsnummer", "RO": "ro.cnp"}
"""Where the library also refuses births to come, or ranges of counties and serial numbers."""


def scan(folder: Path, columns: dict[str, Any], limits: Any = None, **options: Any) -> Ran:
    about: dict[str, Any] = {"columns": Columns(), "favourable": None, "protected": (), "declared": {}}
    source = table_source(folder, pa.table(columns), **about)
    binding = Binding(
        id="pii", system=Ref("system", "made"), check="pii-scan", on=source, options=options, limits=limits or {}
    )
    return run_one(binding, Context(seed=0, scratch=folder, open_table=Tables(folder).open))


def found(ran: Ran) -> dict[tuple[str, str], str | None]:
    return {
        (one.group["column"], one.group["type"]): one.value
        for one in ran.predicate.measurements
        if one.name == "personal_data_share"
    }


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
    import importlib

    other = importlib.import_module(f"stdnum.{(STDNUM | NARROWER)[country]}")
    (rule,) = (one for one in NATIONAL_IDS if one.country == country)
    draw = random.Random(country)
    held = 0
    for _ in range(4_000):
        text = drawn(FORMS[country], draw)
        ours = bool(rule.form.fullmatch(text)) and rule.holds(bare(text))
        theirs = other.is_valid(text)
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
    texts = [
        t for t in ("".join(draw.choices("0123456789", k=length)) for _ in range(30_000)) if rule.form.fullmatch(t)
    ]
    share = sum(rule.holds(text) for text in texts) / len(texts)
    assert share == pytest.approx(rule.chance, rel=0.35)


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("ann@example.org", {"EMAIL"}),
        ("see <ann.b+x@mail.example.co.uk>, please", {"EMAIL"}),
        ("4111 1111 1111 1111", {"CARD"}),
        ("378282246310005", {"CARD"}),
        ("DE89 3704 0044 0532 0130 00", {"IBAN"}),
        ("GB82WEST12345698765432", {"IBAN"}),
        ("+49 30 901820", {"PHONE"}),
        ("call 555-010-4477 now", {"PHONE"}),
        ("8.8.8.8", {"IP"}),
        ("2001:4860:4860::8888", {"IP"}),
        ("12345678Z", {"NATIONAL_ID"}),
        ("RSSMRA85T10A562S", {"NATIONAL_ID"}),
        ("131052-308T", {"NATIONAL_ID"}),
        ("her number 44051401359.", {"NATIONAL_ID"}),
    ],
)
def test_what_is_personal_is_seen_in_its_usual_forms(text, types):
    assert {seen.type for seen in look(text) if seen.holds} == types


@pytest.mark.parametrize(
    "text",
    [
        "", "2026-01-31", "2026-01-31 12:30:45", "12:30:45", "3.14159265358", "version 10.2.1.4", "192.168.0.1",
        "127.0.0.1", "4111111111111112", "DE89370400440532013001", "a@b", "@home", "user@localhost", "1234",
        "order A-10023", "0x1f4b", "00:1A:2B:3C:4D:5E", "12345678A", "1,234,567.89", "ISBN 978-3-16-148410-0",
        "100 000 000", "::", "99.95.99.95.99",
    ],
)  # fmt: skip
def test_ordinary_values_are_not(text):
    assert [seen for seen in look(text) if seen.holds] == []


def test_planted_values_are_found_by_column_and_type_and_nowhere_repeated(tmp_path):
    secrets = ["ann.secret@example.org", "4539578763621486", "DE89370400440532013000", "44051401359", "+4930901820"]
    columns = {name: ["nothing"] * 200 for name in ("mail", "card", "iban", "person", "phone", "clean")}
    for name, secret in zip(columns, secrets, strict=False):
        columns[name][17] = secret
    ran = scan(tmp_path, columns)
    assert ran.predicate.result == "failed"
    assert found(ran) == {
        ("mail", "EMAIL"): "0.005", ("card", "CARD"): "0.005", ("iban", "IBAN"): "0.005",
        ("person", "NATIONAL_ID"): "0.005", ("phone", "PHONE"): "0.005", ("clean", "ANY"): "0",
    }  # fmt: skip
    whole = repr(ran)
    assert not any(secret in whole or bare(secret) in whole for secret in secrets)
    assert b"aaa.aaaaaa@aaaaaaa.aaa" in ran.artefacts[0].data


def test_a_clean_table_passes_with_the_upper_bound_of_what_was_not_seen(tmp_path):
    ran = scan(tmp_path, {"city": ["Bergen"] * 1_000, "amount": [1.5] * 1_000, "when": ["2026-01-01 10:00:00"] * 1_000})
    assert ran.predicate.result == "passed"
    by_column = {one.group.get("column"): one for one in ran.predicate.measurements}
    assert float(by_column["city"].high or 0) == pytest.approx(3 / 1_000, rel=0.01)
    assert any("name and address" in one.what for one in ran.predicate.not_examined)


def test_numbers_that_pass_as_often_as_random_ones_are_chance_and_are_listed(tmp_path):
    draw = random.Random(4)
    orders = [str(draw.randrange(10**10, 10**11)) for _ in range(3_000)]
    cards = ["4" + "".join(draw.choices("0123456789", k=15)) for _ in range(3_000)]
    ran = scan(tmp_path, {"order": orders, "voucher": cards})
    assert ran.predicate.result == "passed"
    assert found(ran) == {("order", "ANY"): "0", ("voucher", "ANY"): "0"}
    listed = [one for one in ran.predicate.not_examined if "taken for chance" in one.what]
    assert {one.what.split(" ")[0] for one in listed} == {"NATIONAL_ID", "CARD"}
    assert all(200 < one.count < 1_200 for one in listed)


def test_real_cards_among_random_numbers_are_more_than_chance(tmp_path):
    draw = random.Random(5)

    def number(is_real: bool) -> str:
        body = "4" + "".join(draw.choices("0123456789", k=14))
        return next(body + last for last in "0123456789" if not is_real or luhn(body + last))

    ran = scan(tmp_path, {"card": [number(at % 4 == 0) for at in range(2_000)]})
    assert ran.predicate.result == "failed"
    assert 0.25 < float(found(ran)["card", "CARD"] or 0) < 0.4


def test_one_number_that_passes_is_never_waved_away(tmp_path):
    ran = scan(tmp_path, {"note": ["none"] * 500 + ["12345678903"]})
    assert any(luhn(seen) for seen in ["79927398713"])
    assert found(ran).get(("note", "NATIONAL_ID")) or found(ran) == {("note", "ANY"): "0"}
    ran = scan(tmp_path, {"note": ["none"] * 500 + ["44051401359"]})
    assert ran.predicate.result == "failed"


def test_declared_columns_do_not_surprise_and_another_type_in_them_does(tmp_path):
    columns = {"contact": ["ann@example.org", "bo@example.org"] * 50}
    assert scan(tmp_path, columns, declared={"contact": ["EMAIL"]}).predicate.result == "passed"
    columns["contact"][7] = "4111111111111111"
    assert scan(tmp_path, columns, declared={"contact": ["EMAIL"]}).predicate.result == "failed"
    for wrong in ({"contact": ["MAIL"]}, {"contact": 5}, {"no_such_column": ["EMAIL"]}):
        assert scan(tmp_path, columns, declared=wrong).predicate.result in {"errored", "undecided"}


def test_a_share_may_be_limited_instead(tmp_path):
    columns = {"contact": ["ann@example.org"] * 5 + ["none"] * 995}
    limits = {"personal_data_share": {"at_most": "0.02"}}
    assert scan(tmp_path, columns, limits).predicate.result == "passed"
    assert scan(tmp_path, columns, {"personal_data_share": {"at_most": "0.001"}}).predicate.result == "failed"


def test_whole_numbers_are_read_and_what_is_not_read_is_listed(tmp_path):
    ran = scan(tmp_path, {"person": [44051401359] * 40, "tags": [["a"]] * 40, "long": ["x" * 30_000] * 40})
    assert found(ran)["person", "NATIONAL_ID"] == "1"
    assert {"column tags", "texts of column long"} <= {one.what for one in ran.predicate.not_examined}


def test_masks_keep_no_letter_and_no_digit():
    text = "Ann-9 \u00c5 ann@example.org \u0663"
    assert not {sign for sign in masked(text) if sign.isalnum()} - {"a", "9"}
