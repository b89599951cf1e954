"""Personal data in tables: planted values are found, chance is told from data, nothing that was found is repeated."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from stdnum.fr import nir

from conformance.made import table_source
from upright.checks.contract import Binding, Columns, Context
from upright.checks.personal.digits import luhn, signs
from upright.checks.personal.national import bare
from upright.checks.personal.patterns import look, look_at, masked
from upright.checks.personal.scan import scan_table
from upright.checks.run import Ran, run_one
from upright.checks.tables import Tables
from upright.kernel import Ref


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
        ("jörg.große@example.de", {"EMAIL"}),
        ("info@müller-söhne.de", {"EMAIL"}),
        ("юлия@пример.рф, please", {"EMAIL"}),
        ("DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000", {"IBAN"}),
        ("4111\u20111111\u20111111\u20111111", {"CARD"}),
        ("tel. 030\u2013901820 or", {"PHONE"}),
        ("212.555.0100", {"PHONE"}),
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
        "100 000 000", "::", "99.95.99.95.99", "größe@hause", "2010\u20132015", "1.212.555.010", "123.456.789.0123",
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
    assert any(one.what == "names and addresses in column city" for one in ran.predicate.not_examined)


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
        return next(body + last for last in "0123456789" if not is_real or luhn(signs([body + last]))[0])

    ran = scan(tmp_path, {"card": [number(at % 4 == 0) for at in range(2_000)]})
    assert ran.predicate.result == "failed"
    assert 0.25 < float(found(ran)["card", "CARD"] or 0) < 0.4


def test_one_number_that_passes_is_never_waved_away(tmp_path):
    ran = scan(tmp_path, {"note": ["none"] * 500 + ["12345678903"]})
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


def test_numbers_alone_are_read_as_they_are_among_words_and_many_as_one_by_one():
    """Texts of digits alone go a way of their own, which is quicker."""
    draw = random.Random(7)
    alone = ["".join(draw.choices("0123456789", k=draw.randrange(1, 24))) for _ in range(3_000)]
    alone += ["00" + text for text in alone[:300]] + ["4111111111111111", "378282246310005", "12345678901234"]
    found = look_at(alone)
    assert found == look_at([f"n {text}" for text in alone])
    assert found[-200:] == [look_at([text])[0] for text in alone[-200:]]
    assert {"CARD", "NATIONAL_ID", "PHONE"} == {name for one in found for name in one}


def test_masks_keep_no_letter_and_no_digit():
    text = "Ann-9 \u00c5 ann@example.org \u0663"
    assert not {sign for sign in masked(text) if sign.isalnum()} - {"a", "9"}


def test_orders_coded_by_date_are_chance_and_real_people_among_them_are_not(tmp_path):
    draw = random.Random(6)

    def coded() -> str:
        return f"{draw.randrange(20, 27):02d}{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}"

    orders = [f"{coded()}{draw.randrange(10**5):05d}" for _ in range(3_000)]
    short = [f"{coded()}{draw.randrange(10**4):04d}" for _ in range(3_000)]
    sheets = [f"{coded()}-{at % 10_000:04d}" for at in range(3_000)]
    ran = scan(tmp_path, {"order": orders, "ticket": short, "sheet": sheets})
    assert ran.predicate.result == "passed", ran.predicate.reasons
    listed = {one.what for one in ran.predicate.not_examined if "taken for chance" in one.what}
    assert listed == {f"NATIONAL_ID in column {name}, taken for chance" for name in ("order", "ticket", "sheet")}

    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    people = [one[:10] + str(-sum(int(a) * b for a, b in zip(one, weights, strict=False)) % 10) for one in orders]
    for share in (1, 5):
        mixed = [
            real if at % share == 0 else order for at, (real, order) in enumerate(zip(people, orders, strict=True))
        ]
        assert scan(tmp_path, {"order": mixed}).predicate.result == "failed"


def test_a_few_numbers_of_one_country_do_not_hide_behind_what_passes_for_others(tmp_path):
    draw = random.Random(7)
    column = [str(draw.randrange(10**10, 10**11)) for _ in range(3_000)]
    column[:60] = ["29029900157", "15076500565"] * 30  # two numbers are two values, however often they occur
    assert scan(tmp_path, {"order": column}).predicate.result == "passed"
    norwegian = []
    while len(norwegian) < 60:
        body = (
            f"{draw.randrange(1, 29):02d}{draw.randrange(1, 13):02d}{draw.randrange(50, 100)}{draw.randrange(1000):03d}"
        )
        digits = [int(sign) for sign in body]
        first = -sum(a * b for a, b in zip(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2), strict=True)) % 11
        second = -sum(a * b for a, b in zip([*digits, first], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
        if first < 10 and second < 10:
            norwegian.append(f"{body}{first}{second}")
    assert scan(tmp_path, {"order": [*column[60:], *norwegian]}).predicate.result == "failed"


def test_a_column_named_after_a_person_is_found_and_goes_by_its_place(tmp_path):
    ran = scan(tmp_path, {"age": [1, 2] * 20, "ann.secret@example.org": [1.5, 2.5] * 20})
    assert ran.predicate.result == "failed"
    assert "secret" not in repr(ran)
    assert "2, named aaa.aaaaaa@aaaaaaa.aaa: EMAIL as its own name" in {one.because for one in ran.predicate.reasons}


def test_a_text_of_several_numbers_is_personal_where_one_of_them_is():
    (seen,) = look("12345678900 or 44051401359, 11111111111")
    assert seen.holds
    assert "PL" in seen.held
    assert seen.chance > look("44051401359")[0].chance
    corsican = "255082A762034"
    assert [one.held for one in look(corsican + nir.calc_check_digits(corsican))] == [("FR",)]
    assert [one.type for one in look("٤٤٠٥١٤٠١٣٥٩")] == []


def test_a_limit_below_nothing_fails_with_words(tmp_path):
    ran = scan(tmp_path, {"age": [1, 2] * 20}, {"undeclared_columns": {"at_most": "-1"}})
    assert ran.predicate.result == "failed"
    assert all(one.because for one in ran.predicate.reasons)


def test_columns_beyond_one_query_are_counted_each_on_its_own(tmp_path):
    columns = {f"c{at}": [None] * at + ["x" * 20_001] * (120 - at) for at in range(120)}
    columns["c7"] = [[1]] * 119 + [None]
    tables = Tables(tmp_path / "scratch")
    seen = list(scan_table(tables.open(table_source(tmp_path, pa.table(columns), columns=Columns(), protected=()))))
    tables.close()
    assert [one.name for one in seen] == list(columns)
    assert [(one.rows, one.cut) for one in seen if one.name != "c7"] == [
        (120 - n, 120 - n) for n in range(120) if n != 7
    ]
    assert [(one.rows, one.cut, bool(one.unread)) for one in seen if one.name == "c7"] == [(119, 0, True)]
