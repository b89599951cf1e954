"""Pages that are not lists of a type: whatever their address asks for, they answer, and hold no script of it."""

from typing import Any

import pytest
from django.test import Client

from records.examples import EXAMPLES
from records.identity.accounts import account, logged_in
from records.organisation import Organisation, actor_of
from upright.records.identity.editing import add
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

EVERY_PLANE = "".join(chr(plane * 0x10000 + 0x41) for plane in range(17))
HOSTILE = (
    "", "a\0b", "²", "१२", "-1", "9" * 30, "9" * 5000, "[]", "'\"\\%&#", "<script>alert(1)</script>", EVERY_PLANE,
    "system:../../x", "iso42001:", "iso42001:9.2",
)  # fmt: skip
PAGES = {
    "/": ("x",),
    "/in/evidence/": ("result", "system", "kind", "before"),
    "/in/controls/": ("system", "at", "framework"),
    "/in/controls/side-by-side/": ("right", "system", "status"),
    "/posture/system:mortgage/": ("framework", "status"),
    "/due/": ("whose", "when", "page"),
    "/in/risks/": ("by", "show", "likelihood", "impact", "system"),
    "/in/risks/printed/": ("by", "show", "likelihood", "impact", "system"),
    "/jump/": ("q",),
    "/choices/person/": ("q", "owner"),
    "/record/system:mortgage/": ("part", "page"),
    "/records/risk/import/": ("mapping", "run"),
    "/records/risk/add/": ("then", "system", "likelihood"),
    "/records/publication/add/": ("rests_on", "shows", "framework"),
    "/trust/": ("in",),
    "/trust/fields/": ("rests_on", "evidence", "framework", "shows"),
    "/concern/": ("kind",),
    "/inbox/": ("show", "page"),
}
NUMBERS = (
    "/statement/{}/",
    "/statement/{}/proof.json",
    "/compare/{}/0/",
    "/compare/0/{}/",
    "/proof/{}/system:mortgage/",
)


@pytest.fixture
def client(meridian: Organisation) -> Client:
    made: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        made[name] = add(build(meridian, made), actor=actor_of(meridian.lead))
    return logged_in(account(meridian.lead))


def test_a_page_answers_whatever_its_address_asks_for(client: Client) -> None:
    soa = f"/soa/statement-of-applicability:{now().year}-0001/"
    wrong = []

    def ask(page: str, given: dict[str, Any]) -> None:
        answer = client.get(page, given)
        if answer.status_code not in {200, 302, 400, 404} or b"<script>alert" in answer.content:
            wrong.append((page, ascii(given)[:90], answer.status_code))

    client.raise_request_exception = False
    for page, names in {**PAGES, soa: ("show", "with", "row")}.items():
        for name in names:
            for value in HOSTILE:
                ask(page, {name: value})
        ask(page, dict.fromkeys(names, HOSTILE))
    for page in NUMBERS:
        for number in ("0", "9" * 18, "9" * 19, "9" * 400):
            ask(page.format(number, ref="system:mortgage"), {})
    assert wrong == []
