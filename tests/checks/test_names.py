"""Names and addresses: told from ordinary columns on generated data, never repeated, and listed where nobody looked."""

import random
import sys

import pytest

from checks.test_pii_scan import found, scan
from upright.checks.personal import names
from upright.checks.personal.names import ORDINARY, is_address
from upright.checks.sandbox import ConfinedError

FIRST = (
    "James Mary Robert Patricia Anna Klaus Jürgen Sabine Piotr Agnieszka Lucas María Carmen Giulia Marco Erik Ingrid"
)
LAST = "Smith Johnson Williams Brown Müller Schneider Fischer Kowalski Nowak García Fernández Rossi Bianchi Lindqvist"
CITIES = (
    "London Bergen Springfield Lyon Hamburg Kraków Sevilla Torino Uppsala Dayton Boise Tulsa Leeds York Gdańsk Nantes"
)
COLOURS = "red green blue black white silver golden brown grey orange"
THINGS = "chair table lamp laptop phone jacket shoes bottle printer cable monitor desk"
STREETS = "Oak Elm Maple Cedar Park Lake Hill Church Mill Station Washington Victoria"
DEEDS = ["called about a refund", "asked for a new card", "will send the invoice", "was not at home", "paid in full"]
STATES = ["Invoice overdue", "Waiting for approval", "Delivered on time", "Package damaged", "No answer", "Sent again"]
BROWSERS = "Mozilla/5.0 (Windows NT {}.0; Win64; x64) AppleWebKit/{}.36 (KHTML, like Gecko) Chrome/{}.0 Safari/537.36"


def columns(seed: int, rows: int = 100) -> dict[str, list[str]]:
    draw = random.Random(seed)
    pick = lambda words: draw.choice(words.split() if isinstance(words, str) else words)  # noqa: E731
    number = lambda most: draw.randrange(1, most)  # noqa: E731
    make = {
        "customer": lambda: f"{pick(FIRST)} {pick(LAST)}",
        "note": lambda: f"{pick(FIRST)} {pick(LAST)} {pick(DEEDS)}, case {number(999)}",
        "address": lambda: (
            f"{number(999)} {pick(STREETS)} {pick(('Street', 'Road', 'Avenue', 'Lane'))}, {pick(CITIES)}"
        ),
        "anschrift": lambda: f"{pick(STREETS)}straße {number(99)}, {number(89999) + 10000} {pick(CITIES)}",
        "plain city": lambda: f"{pick(CITIES)}",
        "plain city and year": lambda: f"{pick(CITIES)} {1990 + number(35)}",
        "plain product": lambda: f"{pick(COLOURS)} {pick(THINGS)} {number(500)}",
        "plain state": lambda: f"{pick(STATES)} since day {number(400)}",
        "plain code": lambda: "".join(draw.choices("ABCDEFGHJKLMNP", k=3)) + f"-{number(9999)}",
        "plain browser": lambda: BROWSERS.format(number(11), number(600), number(140)),
        "plain path": lambda: f"/srv/{pick(THINGS)}/{pick(COLOURS)}/{number(999)}.csv",
    }
    return {name: [one() for _ in range(rows)] for name, one in make.items()}


def test_columns_of_names_and_addresses_are_found_and_ordinary_ones_are_not(tmp_path):
    seen = {key for key, value in found(scan(tmp_path, columns(1))).items() if value != "0"}
    assert seen == {("customer", "NAME"), ("note", "NAME"), ("address", "ADDRESS"), ("anschrift", "ADDRESS")}


def test_what_was_found_carries_an_interval_and_no_word_of_it(tmp_path):
    data = columns(2)
    ran = scan(tmp_path, {name: data[name] for name in ("customer", "address")})
    assert ran.predicate.result == "failed"
    names_found = next(one for one in ran.predicate.measurements if one.group.get("type") == "NAME")
    assert 0.5 < float(names_found.low) < float(names_found.value) <= float(names_found.high)
    assert "presidio-analyzer" in names_found.method
    whole = repr(ran)
    assert not any(word in whole for word in (*FIRST.split(), *LAST.split(), "Victoria", "Springfield"))


def test_recall_and_false_alarms_by_text_are_what_the_guide_says(tmp_path):
    data = columns(3, rows=120)
    with names_context(tmp_path) as context:
        named = names.named(data, context)
    share = {name: sum(hits) / len(hits) for name, hits in named.items()}
    assert min(share["customer"], share["note"]) > 0.7
    assert all(each < ORDINARY["NAME"] / 2 for name, each in share.items() if name.startswith("plain")), share
    for name, texts in data.items():
        street = sum(map(is_address, texts)) / len(texts)
        assert street == (name in {"address", "anschrift"}), (name, street)


def names_context(folder):
    import contextlib

    from upright.checks.contract import Context
    from upright.checks.models import Models
    from upright.checks.tables import Tables

    @contextlib.contextmanager
    def made():
        with contextlib.closing(Models(folder / "children")) as models:
            yield Context(seed=0, scratch=folder, open_table=Tables(folder).open, models=models)

    return made()


@pytest.mark.parametrize(
    "text",
    ["221B Baker Street", "12 rue de la Paix, Paris", "Via Garibaldi 5", "Calle Mayor, 12", "ul. Polna 3",
     "Kungsgatan 5", "4 Privet Drive", "ship to 12 Oak Street please", "Am Weg 3, Unterer Grabenweg 17"],
)  # fmt: skip
def test_a_house_number_beside_a_street_is_an_address(text):
    assert is_address(text)


@pytest.mark.parametrize(
    "text", ["", "12", "Oak Street", "sent via mail", "in 3 steps", "Berlin 10115", "5 roads", "ring"]
)
def test_a_number_or_a_street_alone_is_none(text):
    assert not is_address(text)


def test_few_texts_are_not_judged_and_declared_ones_do_not_surprise(tmp_path):
    data = columns(4)
    few = scan(tmp_path, {"customer": data["customer"][:15]})
    assert few.predicate.result == "passed"
    assert any(one.what == "names and addresses in column customer" for one in few.predicate.not_examined)
    declared = {"customer": ["NAME"]}
    assert scan(tmp_path, {"customer": data["customer"]}, declared=declared).predicate.result == "passed"


@pytest.mark.parametrize("gone", ["package", "model", "sandbox"])
def test_where_names_cannot_be_looked_for_that_is_listed_with_what_to_do(tmp_path, monkeypatch, gone):
    if gone == "package":
        monkeypatch.setattr(names, "version", lambda name: (_ for _ in ()).throw(names.PackageNotFoundError(name)))
    elif gone == "model":
        monkeypatch.setattr(names, "MODELS", ("no_such_model",))
    else:
        monkeypatch.setattr(
            names, "child_of", lambda *_: (_ for _ in ()).throw(ConfinedError("no sandbox", "no sandbox here"))
        )
    ran = scan(tmp_path, {"customer": columns(5)["customer"]})
    (listed,) = (one for one in ran.predicate.not_examined if one.what == "names in texts")
    assert {"package": "upright[presidio]", "model": "no_such_model", "sandbox": "no sandbox here"}[gone] in listed.why
    assert listed.count == 100


def test_nothing_heavy_is_loaded_here_and_a_table_of_codes_asks_no_model(tmp_path, monkeypatch):
    monkeypatch.setattr(names, "child_of", lambda *_: pytest.fail("a child was started"))
    scan(tmp_path, {"sex": ["F", "M"] * 100, "amount": [1.5, 2.5] * 100})
    assert not {"spacy", "presidio_analyzer"} & set(sys.modules)


def test_the_size_of_the_sample_is_bounded(tmp_path):
    for wrong in (0, 19, 10_001):
        ran = scan(tmp_path, {"sex": ["F", "M"] * 100}, sample_size=wrong)
        assert ran.predicate.result == "errored"
        assert "UP-CHECK-98" in ran.predicate.reasons[0].because
