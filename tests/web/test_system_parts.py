"""The one page of a system in parts: each by its own address, alone for htmx, whole without a script."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from records.examples import EXAMPLES
from records.identity.accounts import account, logged_in, stranger
from records.organisation import SETUP, Organisation, actor_of
from upright.records.collaboration.actions import assign, comment
from upright.records.identity import power
from upright.records.inventory.models import System
from upright.records.risk.models import Risk
from upright.records.trail.door import write

PARTS = ("risks", "parts", "documents", "work", "history")
HOLDS = {
    "": ("h-gate", "h-posture", "h-measured", "h-checks"),
    "risks": ("h-risks",),
    "parts": ("h-parts",),
    "documents": ("h-documents",),
    "work": ("h-tasks", "h-files", "h-comments"),
    "history": ("h-history",),
}
WHERE = "/record/system:mortgage/"
SECTION = re.compile(r'<h2 id="([\w-]+)">')
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def system(meridian: Organisation) -> System:
    """A system with something to see in every part."""
    made = write(meridian.system(), actor=SETUP, action="inventory.system.added")
    for name, called in (("model", "Scorer of loans"), ("dataset", "Applications of 1990")):
        one: Any = EXAMPLES[name](meridian, {"system": made})
        one.name = called
        write(one, actor=SETUP, action=f"inventory.{name}.added")
    write(Risk(title="People are refused", system=made, unit=meridian.lending, owner=meridian.owner, likelihood=2,
               impact=3, concerns="individuals", source="A cause.", consequence="A harm."),
          actor=SETUP, action="risk.risk.added")  # fmt: skip
    comment(made, "To be looked at.", actor=actor_of(meridian.owner))
    assign(made, title="Ask the vendor", assignee=meridian.owner, due=None, actor=actor_of(meridian.owner))
    return made


@pytest.fixture
def owner(meridian: Organisation, system: System) -> Client:
    return logged_in(account(meridian.owner))


def text_of(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.content[:300]
    return str(answer.content.decode())


def main(text: str) -> str:
    return text.partition("<main")[2].partition("<aside")[0]


@pytest.mark.parametrize("part", HOLDS)
def test_each_part_has_an_address_that_shows_it_and_links_to_the_others(owner: Client, part: str) -> None:
    whole = text_of(owner, f"{WHERE}?part={part}" if part else WHERE)
    assert tuple(SECTION.findall(main(whole))) == HOLDS[part]
    links = re.findall(r'<a id="to-[a-z]+" href="([^"]+)" hx-get="([^"]+)" hx-target="#part" hx-push-url="true"', whole)
    assert [one for one, _ in links] == [one for _, one in links] == [WHERE, *(f"{WHERE}?part={one}" for one in PARTS)]
    (shown,) = re.findall(r'href="([^"]+)" hx-get="[^"]+" hx-target="#part" hx-push-url="true" aria-current', whole)
    assert shown == (f"{WHERE}?part={part}" if part else WHERE)
    assert "<h1>Mortgage lending</h1>" in whole
    assert whole.count('id="part"') == 1


@pytest.mark.parametrize("part", HOLDS)
def test_htmx_is_given_the_part_alone_with_the_links_to_put_in_place(owner: Client, part: str) -> None:
    address = f"{WHERE}?part={part}" if part else WHERE
    alone, whole = text_of(owner, address, **FRAGMENT), text_of(owner, address)
    assert "<html" not in alone
    assert "<aside" not in alone
    assert alone.count('id="anchors"') == alone.count('hx-swap-oob="true"') == 1
    assert "hx-swap-oob" not in whole
    inside = re.sub(r"<nav.*?</nav>", "", alone, flags=re.DOTALL).strip()
    without = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    assert without.sub("", inside) in without.sub("", whole)
    restored = text_of(owner, address, **FRAGMENT, **{"HX-History-Restore-Request": "true"})
    assert "<html" in restored


def test_what_the_parts_say_is_what_there_is(owner: Client) -> None:
    said = {part: text_of(owner, f"{WHERE}?part={part}") for part in PARTS}
    assert "People are refused" in said["risks"]
    assert "Scorer of loans" in said["parts"]
    assert "Applications of 1990" in said["parts"]
    assert 'href="/records/risk/?system=system:mortgage"' in said["documents"]
    assert "To be looked at." in said["work"]
    assert "Ask the vendor" in said["work"]
    assert "People are refused" in said["history"]
    standing = text_of(owner, WHERE)
    for words in ("People are refused", "Scorer of loans", "To be looked at.", "Ask the vendor"):
        assert words not in main(standing)


def test_risks_are_counted_whole_and_the_highest_as_things_stand_come_first(
    owner: Client, meridian: Organisation, system: System
) -> None:
    for number in range(1, 14):
        risk = Risk(title=f"Rated {number}", system=system, unit=meridian.lending, owner=meridian.owner, likelihood=5,
                    impact=5 if number == 1 else 1, current_likelihood=1 if number == 1 else 5, current_impact=5,
                    concerns="individuals", source="A cause.", consequence="A harm.")  # fmt: skip
        if number == 13:
            risk.state = Risk.State.CLOSED
        write(risk, actor=SETUP, action="risk.risk.added")
    text = text_of(owner, f"{WHERE}?part=risks")
    titles = re.findall(r'<th scope="row"><a href="/record/risk:[^"]+">([^<]+)</a>', text)
    assert titles == [*(f"Rated {number}" for number in range(2, 13)), "People are refused"]
    assert "13 not closed" in text
    assert "And 1 more." in text
    assert 'data-label="Now">25<' in text


def test_no_part_takes_more_than_twelve_queries_to_be_opened(owner: Client) -> None:
    def cost(address: str, **headers: str) -> int:
        text_of(owner, address, **headers)
        with CaptureQueriesContext(connection) as seen:
            text_of(owner, address, **headers)
        return len(seen)

    assert cost(WHERE) <= 12
    fragments = {part: cost(f"{WHERE}?part={part}", **FRAGMENT) for part in PARTS}
    whole = {f"{part}, by its own address": cost(f"{WHERE}?part={part}") for part in ("risks", "parts", "documents")}
    assert {part: count for part, count in (fragments | whole).items() if count > 12} == {}


def test_who_may_not_read_posture_begins_with_the_risks_and_is_shown_nothing_of_it(
    meridian: Organisation, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(power._RIGHTS, "assurance.posture.read", frozenset())
    client = logged_in(account(meridian.owner))
    for address in (WHERE, f"{WHERE}?part=standing"):
        text = text_of(client, address)
        assert tuple(SECTION.findall(main(text))) == HOLDS["risks"]
        assert "to-standing" not in text
        assert "h-gate" not in text_of(client, address, **FRAGMENT)


def test_a_stranger_is_told_of_no_part(meridian: Organisation, system: System) -> None:
    client = logged_in(stranger(meridian))
    for part in HOLDS:
        for headers in ({}, FRAGMENT):
            assert client.get(f"{WHERE}?part={part}", headers=headers).status_code == 404


def test_a_part_that_is_none_of_ours_is_the_first(owner: Client) -> None:
    assert tuple(SECTION.findall(main(text_of(owner, f"{WHERE}?part=../x")))) == HOLDS[""]


def test_what_hangs_on_a_system_leads_to_where_it_is_shown(owner: Client, meridian: Organisation) -> None:
    answer = owner.post("/comment/system:mortgage/", {"text": "Second."})
    assert answer.headers["Location"] == f"{WHERE}?part=work"
    assert "Second." in text_of(owner, answer.headers["Location"])
    assert f'href="{WHERE}?part=work#h-tasks"' in text_of(owner, "/")


def test_the_parts_are_named_in_the_readers_language(owner: Client) -> None:
    with override("de"):
        text = text_of(owner, WHERE, **{"Accept-Language": "de"})
        register = text_of(owner, "/in/risks/", **{"Accept-Language": "de"})
    assert "Gate, Lage, Prüfungen" in text
    assert 'aria-label="Teile dieser Seite"' in text
    assert "fast sicher" in register
    assert "almost certain" not in register
