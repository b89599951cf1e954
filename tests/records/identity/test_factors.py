"""Second factors and passkeys: they work, each is a record, and what was put there by SQL is found."""

import hmac
import json
import struct
import time
from base64 import b32decode
from typing import Any

import pytest
from allauth.mfa.models import Authenticator as Stored
from django.db import connection
from django.test import Client

from records.identity.accounts import PASSWORD, account, log_in
from records.identity.passkey import ORIGIN, Passkey
from records.identity.test_login import who
from records.organisation import Organisation
from records.trail.test_tampering import said, sql
from upright.kernel import InputError
from upright.records.identity.login.factors import FactorAdapter
from upright.records.identity.models import Account, Authenticator
from upright.records.trail.verify import verify

pytestmark = pytest.mark.usefixtures("quick_hashes")


def code_of(secret: str, at: float) -> str:
    """RFC 6238 with its defaults."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", int(at) // 30), "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest.fixture
def lead(meridian: Organisation) -> Account:
    return account(meridian.lead)


@pytest.fixture
def client(lead: Account) -> Client:
    client = Client()
    log_in(client, lead.email)
    assert client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


def with_totp(client: Client) -> str:
    page = client.get("/account/factors/totp/activate/")
    assert page.status_code == 200, page["Location"]
    secret = page.context["form"].secret
    assert client.post("/account/factors/totp/activate/", {"code": "000000"}).status_code == 200
    answer = client.post("/account/factors/totp/activate/", {"code": code_of(secret, time.time())})
    assert answer.status_code == 302, answer.content
    return str(secret)


def test_the_code_of_the_rfc() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert [code_of(secret, at) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]


def test_a_code_counts_one_step_of_half_a_minute_beside_its_own_and_no_further(client: Client) -> None:
    address = "/account/factors/totp/activate/"
    secret = client.get(address).context["form"].secret
    now = time.time()
    for steps in (-3, -2, 3):
        assert client.post(address, {"code": code_of(secret, now + 30 * steps)}).status_code == 200, steps
    assert client.post(address, {"code": code_of(secret, now + 30)}).status_code == 302


def test_a_second_factor_is_asked_for_recorded_and_encrypted_at_rest(client: Client, lead: Account) -> None:
    secret = with_totp(client)
    assert {one.kind for one in lead.authenticators.all()} == {"totp", "recovery-codes"}
    stored = Stored.objects.get(type="totp")
    assert secret not in str(stored.data)
    assert said(verify()) == []
    again = Client()
    assert log_in(again, lead.email)["Location"] == "/account/factors/authenticate/"  # type: ignore[index]
    assert not who(again)
    assert again.post("/account/factors/authenticate/", {"code": "123456"}).status_code == 200
    assert not who(again)
    codes = stored.user.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()
    again.post("/account/factors/authenticate/", {"code": codes[0]})
    assert who(again)
    assert said(verify()) == []
    third = Client()
    log_in(third, lead.email)
    third.post("/account/factors/authenticate/", {"code": codes[0]})
    assert not who(third)


def test_a_factor_that_is_removed_leaves_its_record_with_the_time(client: Client, lead: Account) -> None:
    with_totp(client)
    assert client.post("/account/factors/totp/deactivate/").status_code == 302
    assert not Stored.objects.exists()
    assert [one.removed_at is not None for one in lead.authenticators.all()] == [True, True]
    assert said(verify()) == []


def test_a_factor_deleted_changed_or_smuggled_in_by_sql_is_found(
    client: Client, lead: Account, meridian: Organisation
) -> None:
    with_totp(client)
    sql("UPDATE mfa_authenticator SET data = %s WHERE type = 'totp'", json.dumps({"secret": "mine"}))
    lines = said(verify())
    assert "a record of this totp" in lines[0]
    assert "no such row" in lines[1]
    sql("DELETE FROM mfa_authenticator WHERE type = 'totp'")
    (line,) = said(verify())
    assert "no such row" in line
    other = account(meridian.owner)
    key = other.pk.hex if connection.vendor == "sqlite" else str(other.pk)
    sql("UPDATE mfa_authenticator SET user_id = %s WHERE type = 'recovery_codes'", key)
    assert any(f"this recovery-codes of {other.ref}" in line for line in said(verify()))


def test_what_was_smuggled_in_is_not_made_good_by_a_later_change(client: Client, lead: Account) -> None:
    key = lead.pk.hex if connection.vendor == "sqlite" else str(lead.pk)
    columns = "user_id, type, data, created_at"
    sql(
        f"INSERT INTO mfa_authenticator ({columns}) VALUES (%s, 'webauthn', %s, '2026-01-01 00:00:00+00:00')",
        key,
        json.dumps({"name": "evil", "credential": {}}),
    )
    assert any("this webauthn" in line for line in said(verify()))
    with_totp(client)
    assert {one.kind for one in Authenticator.objects.all()} == {"totp", "recovery-codes"}
    assert any("this webauthn" in line for line in said(verify()))


def test_a_passkey_is_added_recorded_and_logs_in_without_a_password(client: Client, lead: Account) -> None:
    passkey = Passkey()
    options = client.get("/account/passkeys/add/", secure=True).context["js_data"]["creation_options"]
    given = {"name": "My key", "credential": passkey.register(options), "passwordless": "on"}
    answer = client.post("/account/passkeys/add/", given, secure=True)
    assert answer.status_code == 302, answer.content
    assert {one.kind for one in lead.authenticators.all()} == {"webauthn", "recovery-codes"}
    assert said(verify()) == []

    fresh = Client()
    assert passkey_login(fresh, passkey).status_code == 302
    assert who(fresh)
    for origin in ("https://testserver:8443", "https://other.testserver", "http://testserver"):
        passkey.origin, other = origin, Client()
        passkey_login(other, passkey)
        assert not who(other)
    passkey.origin = ORIGIN
    thief = Passkey()
    thief.user = passkey.user
    other = Client()
    passkey_login(other, thief)
    assert not who(other)

    key = Stored.objects.get(type="webauthn").pk
    assert client.post(f"/account/passkeys/{key}/remove/", secure=True).status_code == 302
    assert said(verify()) == []
    gone = Client()
    passkey_login(gone, passkey)
    assert not who(gone)


def test_a_passkey_made_for_another_address_is_not_added(client: Client, lead: Account) -> None:
    options = client.get("/account/passkeys/add/", secure=True).context["js_data"]["creation_options"]
    given = {"name": "K", "credential": Passkey("https://x.testserver").register(options), "passwordless": "on"}
    answer = client.post("/account/passkeys/add/", given, secure=True)
    assert answer.status_code == 200
    assert lead.authenticators.count() == 0


def passkey_login(client: Client, passkey: Passkey) -> Any:
    asked = client.get("/account/passkeys/login/", secure=True, headers={"X-Requested-With": "XMLHttpRequest"})
    credential = passkey.sign(asked.json()["request_options"])
    return client.post("/account/passkeys/login/", {"credential": credential}, secure=True)


def test_a_passkey_of_somebody_who_left_opens_nothing(client: Client, lead: Account, meridian: Organisation) -> None:
    from records.organisation import SETUP
    from upright.records.trail.door import write

    passkey = Passkey()
    options = client.get("/account/passkeys/add/", secure=True).context["js_data"]["creation_options"]
    given = {"name": "My key", "credential": passkey.register(options), "passwordless": "on"}
    client.post("/account/passkeys/add/", given, secure=True)
    meridian.lead.is_active = False
    write(meridian.lead, actor=SETUP, action="identity.person.deactivated")
    fresh = Client()
    passkey_login(fresh, passkey)
    assert not who(fresh)


def test_a_secret_of_another_server_is_a_clear_error(meridian: Organisation) -> None:
    adapter = FactorAdapter()
    assert adapter.decrypt(adapter.encrypt("secret")) == "secret"
    with pytest.raises(InputError, match=r"seal\.key"):
        adapter.decrypt("nonsense")


@pytest.mark.parametrize("path", ["factors/totp/activate/", "passkeys/add/", "factors/codes/generate/"])
def test_adding_a_factor_asks_for_the_password_again_after_a_while(client: Client, path: str) -> None:
    with_totp(client)
    session = client.session
    for one in session["account_authentication_methods"]:
        one["at"] -= 3600
    session.save()
    answer = client.post(f"/account/{path}", {"code": "1"})
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
