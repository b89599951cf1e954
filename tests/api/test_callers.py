"""Who may call: nobody without a token, nobody with a spent one, and a token no further than its scope."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection

from api.program import Program, code, new
from records.organisation import SETUP, Organisation, actor_of
from upright.api.callers import BAD_TOKENS
from upright.records.identity.models import Account, ApiToken
from upright.records.identity.token_actions import revoke_token
from upright.records.trail.door import write
from upright.records.trail.server_log import clock_set, now
from upright.records.trail.verify import verify


@pytest.mark.parametrize("path", ["system", "system/system:mortgage", "system/x/history", "token"])
def test_without_a_token_there_is_nothing(meridian: Organisation, path: str) -> None:
    answer = Program().get(path)
    assert code(answer) == (401, "UP-API-01")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("text", ["x", "upr_", "é", "upr_" + "0" * 32 + "_" + "A" * 43, "a b", "A" * 5000])
def test_what_is_no_token_opens_nothing(meridian: Organisation, text: str) -> None:
    cache.clear()
    assert code(Program(text).get("system")) == (401, "UP-API-02")


def test_expired_revoked_wrong_and_of_a_person_who_left_look_the_same(meridian: Organisation, issued: Any) -> None:
    answers = []
    owner = issued(meridian.owner)
    assert owner.get("system").status_code == 200
    with clock_set(lambda: owner.token.expires_at + timedelta(seconds=1)):
        answers.append(owner.get("system"))
    wrong = owner.text[:-1] + ("A" if owner.text[-1] != "A" else "B")
    answers.append(Program(wrong).get("system"))
    second = issued(meridian.owner)
    revoke_token(ApiToken.objects.get(pk=second.token.pk), actor=actor_of(meridian.owner), reason="Lost.")
    answers.append(second.get("system"))
    account = write(
        Account(email="olu@meridian.example", password="!", person=meridian.owner), actor=SETUP, action="a.b.added"
    )
    assert owner.get("system").status_code == 200
    account.is_active = False
    write(account, actor=SETUP, action="a.b.changed")
    answers.append(owner.get("system"))
    account.is_active = True
    write(account, actor=SETUP, action="a.b.changed")
    meridian.owner.is_active = False
    write(meridian.owner, actor=SETUP, action="a.b.changed")
    answers.append(owner.get("system"))
    assert {code(one) for one in answers} == {(401, "UP-API-02")}
    assert len({one.content for one in answers}) == 1


def test_many_bad_tokens_of_one_address_are_held_off_and_good_ones_are_not(meridian: Organisation, issued: Any) -> None:
    owner = issued(meridian.owner)
    bad = Program("upr_" + "0" * 32 + "_" + "A" * 43)
    seen = [code(bad.get("system"))[0] for _ in range(BAD_TOKENS + 2)]
    assert seen == [401] * BAD_TOKENS + [429] * 2
    assert bad.get("system").headers["Retry-After"] == "60"
    assert owner.get("system").status_code == 200
    guess = Program(owner.text[:-5] + "AAAAA")
    assert code(guess.get("system")) == (429, "UP-API-03")
    assert owner.get("system").status_code == 200


def test_a_scope_narrows_what_a_person_may(meridian: Organisation, issued: Any) -> None:
    owner = issued(meridian.owner)
    for name in ("mortgage", "cards"):
        assert owner.post("system", new(meridian, name)).status_code == 201
    reader = issued(meridian.owner, rights=["inventory.system.read"])
    assert len(reader.get("system").json()["items"]) == 2
    change = {"record": {"name": "X"}}
    assert code(reader.patch("system/system:mortgage", change, if_match='"1"')) == (403, "UP-POWER-01")
    assert code(reader.post("system", new(meridian, "third"))) == (403, "UP-POWER-01")
    bound = issued(meridian.owner, systems=["system:mortgage"])
    assert [one["ref"] for one in bound.get("system").json()["items"]] == ["system:mortgage"]
    for path in ("system/system:cards", "system/system:cards/history"):
        assert code(bound.get(path)) == (404, "UP-API-04")
    assert code(bound.patch("system/system:cards", change, if_match='"1"')) == (404, "UP-API-04")
    assert code(bound.post("system", new(meridian, "third")))[0] in {403, 422}
    changed = bound.patch("system/system:mortgage", change, if_match='"1"')
    assert changed.status_code == 200, changed.content


def test_a_token_shows_no_secret_and_revokes_itself(meridian: Organisation, issued: Any) -> None:
    owner = issued(meridian.owner)
    assert code(owner.get("token")) == (403, "UP-POWER-01")
    from records.organisation import grant
    from upright.records.identity.models import Role

    grant(meridian.lead, Role.ADMINISTRATOR, meridian.root)
    lead = issued(meridian.lead)
    answer = lead.get(f"token/{lead.token.ref}")
    assert "digest" not in answer.json()["record"]
    assert lead.token.digest not in answer.content.decode()
    past = lead.get(f"token/{lead.token.ref}/history").json()
    assert past["items"][0]["changed"]["digest"] == {}
    assert code(lead.post("token", {"record": {}})) == (405, "UP-API-05")
    path = f"token/{lead.token.ref}/moves/revoke_token"
    assert code(lead.post(path, {"reason": ""}, if_match='"1"'))[0] == 422
    assert code(lead.post(path, {"reason": "Leaked."})) == (428, "UP-API-12")
    assert code(lead.post(path, {"reason": "Leaked."}, if_match='"4"')) == (412, "UP-DOOR-03")
    gone = lead.post(path, {"reason": "Leaked."}, if_match='"1"')
    assert gone.status_code == 200, gone.content
    assert gone.json()["record"]["revoked_at"] is not None
    assert code(lead.get("system")) == (401, "UP-API-02")


def test_a_use_is_noted_now_and_then_and_is_no_change_of_the_record(meridian: Organisation, owner: Program) -> None:
    owner.get("system")
    first = ApiToken.objects.get(pk=owner.token.pk)
    assert first.last_used_at is not None
    owner.get("system")
    again = ApiToken.objects.get(pk=owner.token.pk)
    assert again.last_used_at == first.last_used_at
    moment = now() + timedelta(minutes=11)
    with clock_set(lambda: moment):
        owner.get("system")
    later = ApiToken.objects.get(pk=owner.token.pk)
    assert later.last_used_at > first.last_used_at
    assert later.version == 1
    assert verify().outcome == "intact"


def test_who_only_reads_never_waits_for_who_writes(meridian: Organisation, owner: Program) -> None:
    said: list[str] = []

    def locked(execute: Any, sql: str, *given: Any) -> Any:
        said.append(sql)
        if sql.startswith("UPDATE"):
            raise OperationalError("database is locked")
        return execute(sql, *given)

    with connection.execute_wrapper(locked):
        assert owner.get("system").status_code == 200
    assert ApiToken.objects.get(pk=owner.token.pk).last_used_at is None
    if connection.vendor == "sqlite":
        kept = [sql for sql in said if sql.startswith(("PRAGMA", "UPDATE"))]
        assert (kept[0], kept[-1]) == ("PRAGMA busy_timeout = 0", "PRAGMA busy_timeout = 20000")
    owner.get("system")
    assert ApiToken.objects.get(pk=owner.token.pk).last_used_at is not None
