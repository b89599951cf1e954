"""API tokens: shown once, kept as a digest, never wider than their person, never a way to more tokens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import StringIO

import msgspec
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from records.organisation import Organisation, actor_of, grant
from upright.kernel import Actor
from upright.records.identity.acting import Scope, acting, current_scope
from upright.records.identity.editing import add, edit
from upright.records.identity.models import ApiToken, Role
from upright.records.identity.power import DeniedError, powers_of
from upright.records.identity.token_actions import issue_token, revoke_token
from upright.records.identity.tokens import read_token
from upright.records.trail.errors import DoorError, RefusedError
from upright.records.trail.history import entries_of
from upright.records.trail.server_log import now
from upright.records.trail.verify import verify

TOMORROW = timedelta(days=1)


def issue(meridian: Organisation, **more: object) -> tuple[ApiToken, str]:
    given = {"name": "CI", "expires_at": now() + TOMORROW, "actor": actor_of(meridian.owner)}
    return issue_token(meridian.owner, **(given | more))


def test_only_a_digest_of_the_secret_is_kept_and_the_ledger_holds_not_even_that(meridian: Organisation) -> None:
    token, text = issue(meridian)
    key, secret = read_token(text) or (None, "")
    assert key == token.pk
    assert len(secret) == 43
    kept = ApiToken.objects.get(pk=token.pk)
    assert kept.digest == sha256(secret.encode()).hexdigest()
    assert kept.holds(secret)
    assert not kept.holds(secret[:-1] + ("A" if secret[-1] != "A" else "B"))
    entered = b"".join(entry.body or b"" for entry in entries_of(token.ref))
    assert b"digest" in entered
    assert secret.encode() not in entered
    assert kept.digest.encode() not in entered
    assert issue(meridian)[1] != text


@pytest.mark.parametrize(
    "text", ["", "upr_", "upr_x_y", "Bearer x", "upr_" + "0" * 32 + "_short", "upr_" + "0" * 32 + "_" + "é" * 43]
)
def test_what_has_not_the_form_of_a_token_is_none(text: str) -> None:
    assert read_token(text) is None


def test_nobody_issues_a_token_for_another_and_a_token_issues_none(meridian: Organisation) -> None:
    for actor in (actor_of(meridian.lead), Actor(actor_of(meridian.owner).ref, "token")):
        with pytest.raises(DeniedError, match="UP-TOKEN-01"):
            issue(meridian, actor=actor)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"rights": ["inventory.system.conquer"]}, "rights"),
        ({"systems": ["system:none"]}, "systems"),
        ({"systems": ["person:x"]}, "systems"),
        ({"systems": ["no reference"]}, "systems"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at"),
        ({"expires_at": datetime(2999, 1, 1, tzinfo=UTC)}, "expires_at"),
        ({"name": "x" * 101}, "name"),
    ],
)
def test_a_scope_that_names_nothing_and_an_end_out_of_bounds_are_refused(
    meridian: Organisation, more: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        issue(meridian, **more)
    assert set(refused.value.error_dict) == {field}


def test_a_token_may_what_its_person_may_within_its_scope(meridian: Organisation) -> None:
    owner = actor_of(meridian.owner)
    by_token = replace(owner, via="token")
    mortgage, cards = (add(meridian.system(name), actor=owner) for name in ("mortgage", "cards"))
    assert not powers_of(by_token).may("inventory.system.read", mortgage)
    with acting(by_token, Scope(str(owner.ref))):
        assert powers_of(by_token).may("inventory.system.change", mortgage)
        assert not powers_of(by_token).may("identity.person.add", meridian.owner)
    with acting(by_token, Scope(str(owner.ref), rights=frozenset({"inventory.system.read", "identity.person.add"}))):
        mine = powers_of(by_token)
        assert mine.may("inventory.system.read", mortgage)
        assert not mine.may("inventory.system.change", mortgage)
        assert not mine.may("identity.person.add", meridian.owner)
        assert mine.units("inventory.system.change") == frozenset()
        with pytest.raises(DeniedError):
            edit(mortgage, actor=by_token)
    with acting(by_token, Scope(str(owner.ref), systems=frozenset({"system:mortgage"}))):
        mine = powers_of(by_token)
        assert mine.may("inventory.system.change", mortgage)
        assert not mine.may("inventory.system.read", cards)
        assert not mine.may("identity.person.read", meridian.owner)
        with pytest.raises(DeniedError):
            add(meridian.system("third"), actor=by_token)
    assert current_scope() is None


def test_the_scope_of_another_persons_token_gives_nothing(meridian: Organisation) -> None:
    lead = replace(actor_of(meridian.lead), via="token")
    with acting(lead, Scope(meridian.owner.ref)):
        assert not powers_of(lead).may("inventory.system.read")


def test_its_person_and_an_administrator_revoke_and_nobody_else_and_only_once(meridian: Organisation) -> None:
    token, _ = issue(meridian)
    assert token.is_usable(now())
    assert not token.is_usable(now() + TOMORROW)
    with pytest.raises(DeniedError):
        revoke_token(token, actor=actor_of(meridian.lead), reason="Not mine.")
    grant(meridian.lead, Role.ADMINISTRATOR, meridian.root)
    revoke_token(token, actor=actor_of(meridian.lead), reason="Found in a log.")
    assert not ApiToken.objects.get(pk=token.pk).is_usable(now())
    with pytest.raises(RefusedError, match="UP-TOKEN-03"):
        revoke_token(token, actor=actor_of(meridian.owner), reason="Again.")
    other, _ = issue(meridian)
    revoke_token(other, actor=actor_of(meridian.owner), reason="No longer used.")
    said = msgspec.json.decode(entries_of(other.ref)[-1].body or b"")
    assert (said["action"], said["reason"]) == ("identity.token.revoked", "No longer used.")


def test_the_last_use_is_noted_beside_the_door_and_nothing_else_is(meridian: Organisation) -> None:
    token, _ = issue(meridian)
    token.last_used_at = now()
    token.save(update_fields=["last_used_at"])
    assert ApiToken.objects.get(pk=token.pk).last_used_at == token.last_used_at
    assert verify().outcome == "intact"
    token.revoked_at = now()
    for fields in ({"update_fields": ["revoked_at"]}, {}):
        with pytest.raises(DoorError):
            token.save(**fields)


def test_an_operator_issues_one_from_a_shell_and_the_ledger_says_so(meridian: Organisation) -> None:
    said = StringIO()
    call_command("token", meridian.owner.email.upper(), "--name=CI", "--right=inventory.system.read", stdout=said)
    key, secret = read_token(said.getvalue().strip()) or (None, "")
    token = ApiToken.objects.get(pk=key)
    assert token.holds(secret)
    assert (token.person, token.rights, token.systems) == (meridian.owner, ["inventory.system.read"], [])
    assert token.is_usable(now() + timedelta(days=89))
    assert not token.is_usable(now() + timedelta(days=91))
    entered = msgspec.json.decode(entries_of(token.ref)[-1].body or b"")
    assert (entered["actor"], entered["action"]) == ("system:manage", "identity.token.issued")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["nobody@meridian.example", "--name=x"], "no person here"),
        (["person:x", "--name=x"], "no person here"),
        (["olu@meridian.example", "--name=x", "--days=0"], "1 to 366 days"),
        (["olu@meridian.example", "--name=x", "--days=400"], "1 to 366 days"),
        (["olu@meridian.example", "--name=x", "--days=99999999999"], "1 to 366 days"),
        (["olu@meridian.example", "--name=x", "--right=a.b.c"], "No such right"),
        (["olu@meridian.example", "--name=x", "--system=system:x"], "No such system"),
        (["olu@meridian.example", "--name="], "blank"),
    ],
)
def test_the_shell_command_says_what_is_wrong(meridian: Organisation, more: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("token", *more)
    assert not ApiToken.objects.exists()
