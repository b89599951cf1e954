"""Idempotency keys: one key, one request, one record, one answer, for a day."""

from datetime import timedelta
from typing import Any

import pytest

from api.program import Program, code, new
from records.organisation import Organisation, actor_of
from upright.api.models import KeptAnswer
from upright.records.identity.models import ApiToken
from upright.records.inventory.models import System
from upright.records.trail.door import write
from upright.records.trail.server_log import clock_set, now
from upright.records.trail.verify import verify


def test_the_same_key_and_body_write_once_and_say_the_same(meridian: Organisation, owner: Program) -> None:
    first = owner.post("system", new(meridian), idempotency_key="k1")
    change = {"record": {"name": "Later"}}
    assert owner.patch("system/system:mortgage", change, if_match='"1"', idempotency_key="k2").status_code == 200
    again = owner.post("system", new(meridian), idempotency_key='"k1"')
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    changed = owner.patch("system/system:mortgage", change, if_match='"1"', idempotency_key="k2")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert System.objects.get().version == 2
    assert verify().outcome == "intact"


def test_the_same_key_for_another_request_is_refused(meridian: Organisation, owner: Program, issued: Any) -> None:
    assert owner.post("system", new(meridian), idempotency_key="k").status_code == 201
    other = new(meridian, "other")
    assert code(owner.post("system", other, idempotency_key="k")) == (422, "UP-API-14")
    change = {"record": {"name": "B"}}
    assert code(owner.patch("system/system:mortgage", change, if_match='"1"', idempotency_key="k")) == (
        422,
        "UP-API-14",
    )
    assert System.objects.count() == 1
    assert issued(meridian.owner).post("system", other, idempotency_key="k").status_code == 201


def test_a_refusal_is_not_kept(meridian: Organisation, owner: Program) -> None:
    assert code(owner.post("system", new(meridian, unit="unit:none"), idempotency_key="k"))[0] == 422
    assert not KeptAnswer.objects.exists()
    assert owner.post("system", new(meridian), idempotency_key="k").status_code == 201


def test_a_key_is_kept_for_a_day(meridian: Organisation, owner: Program) -> None:
    assert owner.post("system", new(meridian), idempotency_key="k").status_code == 201
    soon = now() + timedelta(hours=23, minutes=59)
    with clock_set(lambda: soon):
        assert code(owner.post("system", new(meridian, "b"), idempotency_key="k")) == (422, "UP-API-14")
    later = now() + timedelta(hours=24, minutes=1)
    token = ApiToken.objects.get(pk=owner.token.pk)
    token.expires_at += timedelta(days=9)
    write(token, actor=actor_of(meridian.owner), action="a.b.changed")
    with clock_set(lambda: later):
        assert owner.post("system", new(meridian, "b"), idempotency_key="k").status_code == 201


@pytest.mark.parametrize("key", ["", '""', "x" * 129, "a b", "é", '"'])
def test_a_malformed_key_is_refused(meridian: Organisation, owner: Program, key: str) -> None:
    assert code(owner.post("system", new(meridian), idempotency_key=key)) == (400, "UP-API-16")
    assert not System.objects.exists()


def test_who_may_no_longer_read_gets_no_answer_again(meridian: Organisation, owner: Program) -> None:
    from records.organisation import SETUP
    from upright.records.identity.models import Unit

    assert owner.post("system", new(meridian), idempotency_key="k").status_code == 201
    system = System.objects.get()
    system.unit = write(Unit(name="Cards", parent=meridian.root), actor=SETUP, action="identity.unit.added")
    write(system, actor=SETUP, action="inventory.system.changed")
    assert code(owner.post("system", new(meridian), idempotency_key="k")) == (404, "UP-API-04")
