"""Lists by address: whatever an address says, a list answers, and says what it could not read."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from records.conftest import quick_hashes
from records.examples import EXAMPLES
from records.identity.accounts import account, logged_in
from records.organisation import Organisation, actor_of
from upright.desk.description import RecordType, registered
from upright.desk.listing import all_columns, options, page, unread, wanted
from upright.records.identity.editing import add
from upright.records.identity.power import Powers, powers_of
from upright.records.trail.door import write_many
from upright.records.trail.record import Record

EVERY_PLANE = "".join(chr(plane * 0x10000 + 0x41) for plane in range(17))
WORST = ("(none)", "maybe", "9" * 5000, "NaN", "2026-02-31", "0001-01-01..", "[1]", "a\0b", "\ud800", EVERY_PLANE)
HOSTILE = (
    *WORST, "yes", "0", "-1", "1e999999", "-Infinity", "9" * 30, "1.5", "0x10", "\u0967\u0968", "9999-12-31", "..",
    "..0001-01-01", "2026-01-01..x", "2026-W01-1", "20260101", "[]", '["a"]', "null", '{"a": 1}', "'", '"', "\\", "%",
    "_", "\0", "\ufeff", "\u202e", "\n", "\t", " ", "x" * 100_000, "person:x", "unit:", ":", "system:../../x", "pk",
    "__class__", "<b>", "{{ x }}", "owner__name", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip

__all__ = ["quick_hashes"]


@pytest.fixture
def rows(meridian: Organisation) -> dict[str, Record]:
    """One row of each type, so that a database has something to compare with."""
    made: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        made[name] = add(build(meridian, made), actor=actor_of(meridian.lead))
    return made


@pytest.fixture
def powers(meridian: Organisation) -> Powers:
    return powers_of(actor_of(meridian.lead))


def addresses(described: RecordType, seen: set[tuple[Any, ...]]) -> Iterator[dict[str, list[str]]]:
    """Each filter with the worst values, a field of a kind that was not there yet with all of them."""
    for name in described.filters:
        field: Any = described.model._meta.get_field(name)
        kind = (type(field), field.null, bool(field.choices))
        for value in WORST if kind in seen else HOSTILE:
            yield {name: [value]}
        seen.add(kind)
    yield {name: list(HOSTILE) for name in (*described.filters, "q", "sort", "per", "page", "column")}
    yield {name: [] for name in (*described.filters, "q", "sort", "per", "page", "column")}
    for value in WORST:
        yield {"q": [value], "sort": [value], "per": [value], "page": [value], "column": [value], value: [value]}
    for name in all_columns(described):
        yield {"sort": [f"-{name}"], "column": [name], "per": ["200"], "page": ["9999999"]}


def test_every_filter_of_every_type_takes_every_value(rows: dict[str, Record], powers: Powers) -> None:
    seen: set[tuple[Any, ...]] = set()
    tried, found = 0, 0
    for described in registered().values():
        for given in addresses(described, seen):
            try:
                asked = wanted(described, given)
                one = page(described, asked, powers)
                said = unread(described, asked)
            except Exception as why:
                raise AssertionError(f"{described.name} {ascii(str(given))[:200]}: {why!r}") from why
            assert not (said and one.total), given
            assert len(asked.address()) < 10_000, given
            tried, found = tried + 1, found + one.total
        for name in described.filters:
            for value, word in options(described, name, powers):
                asked = wanted(described, {name: [value]})
                assert unread(described, asked) == [], (described.name, name, value, word)
                page(described, asked, powers)
    assert {kind for kind, *_ in seen} >= {models.ForeignKey, models.CharField, models.DateField, models.BooleanField}
    assert tried > 2500
    assert found > 100


def test_a_value_that_means_nothing_is_told_with_what_is_expected(
    meridian: Organisation, rows: dict[str, Record]
) -> None:
    client = logged_in(account(meridian.lead))

    def told(name: str, **given: str) -> str:
        answer = client.get(f"/records/{name}/", given)
        assert answer.status_code == 200
        return unescape(answer.content.decode())

    assert "found “soon”; expected one of the values that the filter offers." in told("risk", state="soon")
    by_kind = {
        type(described.model._meta.get_field(name)): (described.name, name)
        for described in registered().values()
        for name in described.filters
    }
    what, name = by_kind[models.DateField]
    assert "found “2026-02-31”; expected a day such as 2026-12-31" in told(what, **{name: "2026-02-31"})
    assert "expected" not in told(what, **{name: "2026-02-01..2026-02-28"})
    what, name = by_kind[models.BooleanField]
    assert "expected yes, no or (none)." in told(what, **{name: "maybe"})
    long = told("risk", state="<script>" + "x" * 5000)
    assert len(long) < 60_000
    assert "<script>xxx" not in client.get("/records/risk/", {"state": "<script>xxx"}).content.decode()
    with translation.override("de"):
        assert "gefunden wurde „soon“" in unescape(
            client.get("/records/risk/?state=soon", headers={"accept-language": "de"}).content.decode()
        )


@pytest.mark.parametrize("path", ["", "filter/", "export.csv"])
def test_every_type_answers_a_browser_whatever_the_address_says(
    meridian: Organisation, rows: dict[str, Record], path: str
) -> None:
    client: Client = logged_in(account(meridian.lead))
    for described in registered().values():
        many = {name: [one for one in HOSTILE if one != "\ud800"] for name in (*described.filters, "q", "sort", "page")}
        for given in (many, {f"{name}[]": ["1"] for name in many}, dict.fromkeys(many, EVERY_PLANE)):
            answer = client.get(f"/records/{described.name}/{path}", given)
            assert answer.status_code in {200, 403, 404}, (described.name, given)


def test_a_list_leads_to_its_first_previous_next_and_last_page_for_the_same_queries(
    meridian: Organisation,
) -> None:
    systems = [meridian.system(f"s{n:03}", name=f"System {n:03}") for n in range(121)]
    write_many(systems, actor=actor_of(meridian.lead), action="inventory.system.added", reason="New.")
    client = logged_in(account(meridian.lead))
    counted = set()
    for given, ways, told in (
        ("", {"next": "2", "last": "3"}, "1 to 50 of 121"),
        ("2", {"first": "", "prev": "", "next": "3", "last": "3"}, "51 to 100 of 121"),
        ("3", {"first": "", "prev": "2"}, "101 to 121 of 121"),
        ("9999999", {"first": "", "prev": "2"}, "101 to 121 of 121"),
        ("-1", {"next": "2", "last": "3"}, "1 to 50 of 121"),
    ):
        with CaptureQueriesContext(connection) as queries:
            text = client.get("/records/system/", {"page": given, "sort": "name", "q": "system"}).content.decode()
        counted.add(len(queries))
        assert told in text
        links = re.findall(r'<a class="button quiet" id="way-(\w+)"[^>]* href="([^"]+)"', text)
        found = {name: parse_qs(unescape(address).removeprefix("?")) for name, address in links}
        assert {name: one.get("page", [""])[0] for name, one in found.items()} == ways
        assert all((one["q"], one["sort"]) == (["system"], ["name"]) for one in found.values())
        assert f"Page {min(int(given or 1), 3) if given != '-1' else 1} of 3" in text
    assert max(counted) - min(counted) <= 1
    alone = client.get("/records/system/?q=120").content.decode()
    assert "1 to 1 of 1" in alone
    assert "way-" not in alone
