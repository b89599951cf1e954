"""Lists, records, changes and history by API: the same form, the same door, the same rules as on screen."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from api.program import Program, code, fields, new
from records.organisation import SETUP, Organisation
from upright.kernel import uuid7
from upright.records.identity.models import Unit
from upright.records.inventory.models import System
from upright.records.risk.models import Risk
from upright.records.trail.days import bringing_history
from upright.records.trail.door import refresh, write
from upright.records.trail.history import entries_of
from upright.records.trail.server_log import now
from upright.records.trail.verify import verify


def test_a_record_is_added_read_changed_and_its_history_told(meridian: Organisation, owner: Program) -> None:
    made = owner.post("system", new(meridian))
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["ref"], said["version"], made.headers["ETag"]) == ("system:mortgage", 1, '"1"')
    assert made.headers["Location"] == said["href"]
    assert said["record"] == fields(meridian) | {"stage": "inception", "personal_data": None}
    for key in (said["id"], "system:mortgage"):
        read = owner.get(f"system/{key}")
        assert (read.status_code, read.json(), read.headers["ETag"]) == (200, said, '"1"')
        assert read.headers["Cache-Control"] == "no-store"
    assert owner.get("system/system:mortgage", if_none_match='"1"').status_code == 304
    body = {"record": {"name": "Mortgages", "personal_data": True}, "reason": "The new name."}
    changed = owner.patch("system/system:mortgage", body, if_match='"1"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"'), changed.content
    assert changed.json()["record"] == said["record"] | body["record"]
    past = owner.get("system/system:mortgage/history").json()
    assert [(one["action"], one["reason"], one["via"], one["actor"]) for one in past["items"]] == [
        ("inventory.system.added", "Register it.", "token", meridian.owner.ref),
        ("inventory.system.changed", "The new name.", "token", meridian.owner.ref),
    ]
    assert past["items"][1]["changed"] == {
        "name": {"before": "Mortgage lending", "after": "Mortgages"},
        "personal_data": {"before": None, "after": True},
    }
    first = owner.get("system/system:mortgage/history?limit=1").json()
    rest = owner.get(f"system/system:mortgage/history?limit=1&cursor={first['next']}").json()
    assert [*first["items"], *rest["items"]] == past["items"]
    assert rest["next"] is None
    entered = msgspec.json.decode(entries_of("system:mortgage")[-1].body or b"")
    assert entered["record"]["name"] == "Mortgages"
    assert verify().outcome == "intact"


def test_a_change_names_the_version_it_was_made_for(meridian: Organisation, owner: Program) -> None:
    owner.post("system", new(meridian))
    place, body = "system/system:mortgage", {"record": {"name": "A"}}
    assert code(owner.patch(place, body)) == (428, "UP-API-12")
    for bad in ("3", 'W/"1"', "*", '"x"', '"-1"', '"' + "9" * 20 + '"', ""):
        assert code(owner.patch(place, body, if_match=bad)) == (400, "UP-API-16"), bad
    assert owner.patch(place, body, if_match='"7", "1"').status_code == 200
    late = owner.patch(place, {"record": {"name": "B", "modality": "text"}}, if_match='"1"')
    assert code(late) == (412, "UP-DOOR-03")
    said = late.json()
    assert (said["yours"]["version"], said["theirs"]["version"]) == (1, 2)
    assert (said["yours"]["record"]["name"], said["theirs"]["record"]["name"]) == ("B", "A")
    assert said["yours"]["record"]["modality"] == "text"
    assert System.objects.get().name == "A"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": 7}, "/record/name"),
        ({"name": None}, "/record/name"),
        ({"name": ""}, "/record/name"),
        ({"name": "x" * 201}, "/record/name"),
        ({"name": ["x"]}, "/record/name"),
        ({"name": {"x": 1}}, "/record/name"),
        ({"modality": "smell"}, "/record/modality"),
        ({"personal_data": "yes"}, "/record/personal_data"),
        ({"personal_data": 1}, "/record/personal_data"),
        ({"unit": "unit:none"}, "/record/unit"),
        ({"unit": "person:none"}, "/record/unit"),
        ({"unit": 1}, "/record/unit"),
        ({"owner": None}, "/record/owner"),
        ({"colour": "red"}, "/record/colour"),
        ({"version": 1}, "/record/version"),
        ({"id": "x"}, "/record/id"),
        ({"ref": "system:other"}, "/record/ref"),
        ({"name": "a\0b"}, "/record/name"),
    ],
)
def test_a_field_that_is_not_what_is_expected_is_named_by_pointer(
    meridian: Organisation, owner: Program, change: dict[str, Any], pointer: str
) -> None:
    for answer in (owner.post("system", new(meridian, **change)),):
        assert code(answer)[0] == 422
        errors = answer.json()["errors"]
        assert [one["pointer"] for one in errors] == [pointer]
        assert all(one["code"].startswith("UP-") and one["detail"] for one in errors)
    owner.post("system", new(meridian))
    answer = owner.patch("system/system:mortgage", {"record": change}, if_match='"1"')
    assert code(answer)[0] == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert System.objects.get().version == 1


def test_every_missing_field_is_told_at_once(meridian: Organisation, owner: Program) -> None:
    answer = owner.post("system", {"record": {}})
    assert code(answer) == (422, "UP-API-10")
    told = {one["pointer"] for one in answer.json()["errors"]}
    assert told == {f"/record/{name}" for name in ("short_name", "name", "purpose", "unit", "owner", "modality")}
    assert {one["code"] for one in answer.json()["errors"]} == {"UP-API-31"}


def test_a_rule_of_a_field_is_told_with_its_own_code(meridian: Organisation, owner: Program) -> None:
    record = {"name": "Cloud", "provides": "Models.", "criticality": "low"}
    answer = owner.post("supplier", {"record": record | {"country": "1!", "unit": "unit:lending"}})
    assert answer.status_code == 422
    told = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert told == [("/record/country", "UP-INV-01")]


def test_a_name_that_is_taken_is_refused(meridian: Organisation, owner: Program) -> None:
    assert owner.post("system", new(meridian)).status_code == 201
    assert code(owner.post("system", new(meridian))) == (422, "UP-DOOR-05")
    assert System.objects.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "Größe 規模 🜁 \U0010fffd \u202e\u200f",
        "".join(chr(plane * 0x10000 + 0xABC) for plane in range(17)),
        "e\u0301\u0327",
        "<script>alert(1)</script>",
        "=cmd()",
        "' OR 1=1 --",
    ],
)
def test_text_of_every_plane_comes_back_as_it_was_sent(meridian: Organisation, owner: Program, text: str) -> None:
    made = owner.post("system", new(meridian, name=text, purpose=f"{text}\n{text}"))
    assert made.status_code == 201, made.content
    read = owner.get("system/system:mortgage").json()["record"]
    assert (read["name"], read["purpose"]) == (text, f"{text}\n{text}")
    assert [one["ref"] for one in owner.get(f"system?q={quote(text.split()[0])}").json()["items"]] == [
        made.json()["ref"]
    ]
    assert verify().outcome == "intact"


def many(meridian: Organisation, count: int) -> None:
    stages = ("inception", "deployment", "retirement")
    for number in range(count):
        system = meridian.system(f"s{number:03d}", name=f"N{number * 7 % count:03d}", stage=stages[number % 3])
        write(system, actor=SETUP, action="inventory.system.added")


@pytest.mark.parametrize("sort", ["", "name", "-name", "stage", "-stage", "unit", "-owner", "ref"])
def test_pages_hold_every_record_once_in_order_while_others_write(
    meridian: Organisation, owner: Program, sort: str
) -> None:
    many(meridian, 11)
    seen, cursor, pages = [], "", 0
    while True:
        said = owner.get(f"system?limit=3&sort={sort}{cursor}").json()
        seen += said["items"]
        pages += 1
        if pages == 2:
            write(
                meridian.system(f"late{sort.strip('-')}", name="N", stage="a"),
                actor=SETUP,
                action="inventory.system.added",
            )
        if said["next"] is None:
            break
        cursor = f"&cursor={said['next']}"
    refs = [one["ref"] for one in seen]
    assert len(refs) == len(set(refs))
    assert {f"system:s{number:03d}" for number in range(11)} <= set(refs)
    name = sort.removeprefix("-")
    if name in {"name", "stage"}:
        values = [one["record"][name] for one in seen if "late" not in one["ref"]]
        assert values == sorted(values, reverse=sort.startswith("-"))
    if not sort:
        assert [one["id"] for one in seen] == sorted(one["id"] for one in seen)


def test_nulls_come_last_and_none_is_lost(meridian: Organisation, issued: Any) -> None:
    from records.organisation import grant
    from upright.records.identity.models import Role

    grant(meridian.lead, Role.ADMINISTRATOR, meridian.root)
    programs = [issued(meridian.lead) for _ in range(5)]
    lead = programs[0]
    for one in programs[1:3]:
        path = f"token/{one.token.ref}/moves/revoke_token"
        assert lead.post(path, {"reason": "Not needed."}, if_match='"1"').status_code == 200
    for sort in ("revoked_at", "-revoked_at"):
        seen, cursor = [], ""
        while cursor is not None:
            said = lead.get(f"token?limit=2&sort={sort}{cursor and '&cursor=' + cursor}").json()
            seen += [one["record"]["revoked_at"] for one in said["items"]]
            cursor = said["next"]
        assert len(seen) == 5
        assert [one is None for one in seen] == [False, False, True, True, True]
        assert seen[:2] == sorted(seen[:2], reverse=sort.startswith("-"))


def test_filters_and_search_are_those_of_the_screen(meridian: Organisation, owner: Program) -> None:
    many(meridian, 6)
    write(meridian.system("odd", name="Odd", purpose="Finds fraud.", modality="text"), actor=SETUP, action="a.b.added")

    def refs(query: str) -> list[str]:
        answer = owner.get(f"system?{query}")
        assert answer.status_code == 200, answer.content
        return [one["ref"] for one in answer.json()["items"]]

    assert refs("stage=deployment") == ["system:s001", "system:s004"]
    assert refs("modality=text") == ["system:odd"]
    assert refs("q=fraud") == ["system:odd"]
    assert refs("ref=system:s002") == ["system:s002"]
    assert len(refs(f"unit={meridian.lending.ref}")) == 7
    assert refs("unit=unit:none") == []
    assert refs("stage=deployment&modality=text") == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=1&limit=2",
        "sort=purpose",
        "sort=password",
        "modality=smell",
        "owner__email=x",
        "stages=deployment",
        "q=%00",
        "q=" + "x" * 201,
        "stage=%00",
        "ref=%ff",
        "cursor=%00",
    ],
)
def test_a_question_that_is_not_understood_is_refused_and_not_answered_with_more(
    meridian: Organisation, owner: Program, query: str
) -> None:
    answer = owner.get(f"system?{query}")
    if query == "ref=%ff":
        assert answer.json()["items"] == []
    else:
        assert code(answer)[0] in {400, 422}


def test_a_cursor_serves_its_own_list_only_and_a_made_up_one_none(meridian: Organisation, owner: Program) -> None:
    from base64 import urlsafe_b64encode

    many(meridian, 3)
    cursor = owner.get("system?limit=1&sort=name").json()["next"]
    assert owner.get(f"system?limit=1&sort=name&cursor={cursor}").status_code == 200
    for other in ("sort=-name", "sort=name&q=N", "sort=name&stage=inception", ""):
        assert code(owner.get(f"system?limit=1&{other}&cursor={cursor}")) == (400, "UP-API-15")
    seal = json.loads(__import__("base64").urlsafe_b64decode(cursor + "=="))[0]
    made_up = [[seal, "x", "y"], [seal], {}, "x", [seal, None, 1], [seal, "0" * 32, ["a"]], [[], [], []], 7]
    for one in [json.dumps(said) for said in made_up] + ["[" * 900, "\ud800" if False else "é"]:
        text = urlsafe_b64encode(one.encode()).decode().rstrip("=")
        assert owner.get(f"system?limit=1&sort=name&cursor={text}").status_code in {200, 400}
    for bad in ("x", "-", "%C3%A9", "===="):
        assert code(owner.get(f"system?limit=1&sort=name&cursor={bad}")) == (400, "UP-API-15")


def test_what_is_not_there_and_what_may_not_be_read_look_the_same(meridian: Organisation, issued: Any) -> None:
    cards = write(Unit(name="Cards", parent=meridian.root), actor=SETUP, action="identity.unit.added")
    hidden = write(meridian.system("hidden", unit=cards), actor=SETUP, action="inventory.system.added")
    owner = issued(meridian.owner)
    nowhere = "01900000-0000-7000-8000-000000000000"
    answers = []
    for key in (
        str(hidden.pk),
        nowhere,
        "system:hidden",
        "system:nothing",
        "person:x",
        "x",
        "%00",
        "système",
        "A" * 400,
    ):
        for method, path, body in (
            ("GET", f"system/{key}", None),
            ("GET", f"system/{key}/history", None),
            ("PATCH", f"system/{key}", {"record": {"name": "Mine"}}),
        ):
            answer = owner(method, path, body, if_match='"1"')
            assert code(answer) == (404, "UP-API-04"), (method, path)
            answers.append(answer.content)
    assert len(set(answers)) == 1
    assert owner.get("system").json()["items"] == []
    assert owner.get("system?ref=system:hidden").json()["items"] == []
    assert System.objects.get().name == "Mortgage lending"
    assert issued(meridian.lead).get("system/system:hidden").status_code == 200


def test_who_may_read_and_not_change_is_told_so(meridian: Organisation, issued: Any) -> None:
    from records.organisation import grant
    from upright.records.identity.models import Person, Role

    write(meridian.system(), actor=SETUP, action="inventory.system.added")
    person = write(Person(name="A", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(person, Role.INTERNAL_AUDITOR, meridian.root)
    auditor = issued(person)
    assert auditor.get("system/system:mortgage").status_code == 200
    assert code(auditor.patch("system/system:mortgage", {"record": {"name": "B"}}, if_match='"1"')) == (
        403,
        "UP-POWER-01",
    )
    assert code(auditor.post("system", new(meridian, "other"))) == (403, "UP-POWER-01")
    stranger = issued(write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added"))
    assert code(stranger.get("system")) == (403, "UP-POWER-01")
    assert code(stranger.get("system/system:mortgage")) == (404, "UP-API-04")


def test_a_review_date_that_is_over_is_refused_with_its_clause_and_one_that_has_gone_by_hinders_nothing(
    meridian: Organisation, lead: Program
) -> None:
    given = {
        "title": "Denied",
        "unit": meridian.lending.ref,
        "owner": meridian.owner.ref,
        "concerns": "individuals",
        "source": "Old data.",
        "consequence": "A loan is denied.",
        "likelihood": 3,
        "impact": 3,
        "review_by": "2020-01-01",
    }
    answer = lead.post("risk", {"record": given})
    assert code(answer)[0] == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/record/review_by", "UP-FIELD-08")
    assert error["detail"].startswith("2020-01-01 is over: today is ")
    assert error["detail"].endswith("(8.2).")
    today = now().date()
    made = lead.post("risk", {"record": given | {"review_by": today.isoformat()}, "reason": "Today will do."}).json()
    back = lead.patch(f"risk/{made['ref']}", {"record": {"review_by": "2020-01-01"}}, if_match='"1"')
    assert back.json()["errors"][0]["code"] == "UP-FIELD-08"
    risk = refresh(Risk.objects.get())
    risk.pk, risk.ref, risk.version, risk._state.adding = uuid7(), "", 0, True
    risk.review_by = today - timedelta(days=1)
    with bringing_history():
        write(risk, actor=SETUP, action="risk.risk.added")
    changed = lead.patch(f"risk/{risk.ref}", {"record": {"title": "Denied wrongly"}}, if_match='"1"')
    assert changed.json()["record"]["review_by"] == risk.review_by.isoformat(), changed.content
    back = lead.patch(f"risk/{risk.ref}", {"record": {"review_by": "2020-01-02"}}, if_match='"2"')
    assert back.json()["errors"][0]["code"] == "UP-FIELD-08"
    assert verify().outcome == "intact"
