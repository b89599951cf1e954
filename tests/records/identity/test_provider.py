"""Logging in through an identity provider: a real one (oidc-provider-mock) on loopback, and what it may not do."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from records.identity.accounts import account, logged_in
from records.identity.test_login import who
from records.organisation import SETUP, Organisation, actor_of, grant
from records.trail.test_tampering import said, sql
from upright.kernel import InputError
from upright.records.identity.actions import confirm, open_account
from upright.records.identity.login.provider import claims
from upright.records.identity.models import Account, Person, Role
from upright.records.identity.power import powers_of
from upright.records.trail.door import refresh, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.verify import verify
from upright.site.sign_on import provider_apps, sign_on

if find_spec("oidc_provider_mock") is None:
    pytest.skip("needs oidc-provider-mock", allow_module_level=True)
STAFF = {"sub": "staff", "name": "Sue Staff", "email": "sue@meridian.example", "groups": ["staff"]}
ROLES = {"staff": "member", "leads": "aims-manager", "admins": "administrator"}


class Idp:
    def __init__(self, url: str) -> None:
        self.url = url

    def knows(self, sub: str, /, **said: object) -> None:
        said.pop("sub", None)
        request = Request(f"{self.url}/users/{sub}", json.dumps(said).encode(), method="PUT")
        request.add_header("Content-Type", "application/json")
        urlopen(request).close()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_given: Any) -> None:
        return None


@pytest.fixture(scope="module")
def process() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--host", "127.0.0.1"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urlopen(f"{url}/.well-known/openid-configuration").close()
            break
        except OSError:
            assert server.poll() is None, "the provider did not start"
            time.sleep(0.1)
    yield url
    server.terminate()
    server.wait(10)


@pytest.fixture
def idp(process: str, meridian: Organisation, settings: Any, quick_hashes: None) -> Idp:
    given = {"UPRIGHT_OIDC_URL": process, "UPRIGHT_OIDC_CLIENT_ID": "upright", "UPRIGHT_OIDC_CLIENT_SECRET": "s"}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": provider_apps(given)}}
    settings.UPRIGHT_SIGN_ON = sign_on({"UPRIGHT_OIDC_ROLE_CLAIM": "groups", "UPRIGHT_OIDC_ROLES": json.dumps(ROLES)})
    found = Idp(process)
    found.knows("staff", **STAFF)
    return found


def sign_on_as(sub: str, client: Client | None = None, **ask: str) -> tuple[Client, Any]:
    client = client or Client()
    asked = client.post(f"/account/sign-on/sso/?{urlencode(ask)}")
    assert asked.status_code == 302, asked.content
    data = urlencode({"sub": sub}).encode()
    try:
        build_opener(_Stay).open(Request(asked["Location"], data))
    except HTTPError as sent:
        back = urlsplit(sent.headers["Location"])
        sent.close()
    return client, client.get(f"{back.path}?{back.query}")


def staff() -> Person:
    return Person.objects.get(email="sue@meridian.example")


def test_a_first_login_makes_a_member_and_nothing_more_and_all_of_it_is_entered(idp: Idp) -> None:
    client, answer = sign_on_as("staff")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert who(client)
    assert {one.role for one in staff().roles.all()} == {Role.MEMBER}
    assert powers_of(actor_of(staff())).may("inventory.system.read")
    assert SocialAccount.objects.get().extra_data == {}
    assert said(verify()) == []
    again, _ = sign_on_as("staff")
    assert who(again)
    assert Account.objects.filter(person=staff()).count() == 1


def test_without_a_mapping_everybody_is_a_member_whatever_the_claims_say(idp: Idp, settings: Any) -> None:
    settings.UPRIGHT_SIGN_ON = sign_on({})
    idp.knows("boss", name="Boss", email="boss@meridian.example", groups=["admins"], role="administrator")
    client, _ = sign_on_as("boss")
    assert who(client)
    assert [one.role for one in Person.objects.get(name="Boss").roles.all()] == [Role.MEMBER]


def test_a_role_that_approves_waits_for_confirmation_and_acceptance_and_ends_with_its_claim(
    idp: Idp, meridian: Organisation
) -> None:
    idp.knows("staff", **(STAFF | {"groups": ["staff", "leads"]}))
    sign_on_as("staff")
    given = staff().roles.get(role=Role.AIMS_MANAGER)
    assert Role.AIMS_MANAGER not in powers_of(actor_of(staff())).held
    confirm(given, actor=actor_of(meridian.lead), reason="She leads.")
    assert Role.AIMS_MANAGER not in powers_of(actor_of(staff())).held
    idp.knows("staff", **STAFF)
    sign_on_as("staff")
    assert refresh(given).ended_at is not None


def test_when_the_claim_is_gone_account_roles_and_sessions_end_at_the_next_login(
    idp: Idp, meridian: Organisation
) -> None:
    first, _ = sign_on_as("staff")
    granted = grant(staff(), Role.RISK_OWNER, meridian.root)
    assert who(first)
    idp.knows("staff", **(STAFF | {"groups": []}))
    second, answer = sign_on_as("staff")
    assert answer.status_code == 403
    assert b"UP-LOGIN-02" in answer.content
    assert not who(first)
    assert not who(second)
    assert not powers_of(actor_of(staff())).held
    assert refresh(granted).ended_at is not None
    idp.knows("staff", **STAFF)
    third, answer = sign_on_as("staff")
    assert b"UP-LOGIN-03" in answer.content
    assert not who(third)
    admin = write(Person(name="Admin", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(admin, Role.ADMINISTRATOR, meridian.root)
    open_account(staff(), actor=actor_of(admin), reason="Back.")
    fourth, _ = sign_on_as("staff")
    assert who(fourth)
    assert not who(first)
    assert said(verify()) == []


def test_somebody_without_the_claim_gets_no_account(idp: Idp) -> None:
    idp.knows("other", name="O", email="o@x.example")
    client, answer = sign_on_as("other")
    assert answer.status_code == 403
    assert not who(client)
    assert not Person.objects.filter(email="o@x.example").exists()


@pytest.mark.parametrize(
    ("links", "verified", "is_in"), [(False, True, False), (True, False, False), (True, True, True)]
)
def test_an_address_alone_takes_over_no_account(
    idp: Idp, meridian: Organisation, settings: Any, links: bool, verified: bool, is_in: bool
) -> None:
    settings.UPRIGHT_SIGN_ON = settings.UPRIGHT_SIGN_ON | {"links_by_email": links}
    lead = account(meridian.lead)
    idp.knows("thief", name="T", email="Ada@Meridian.example", email_verified=verified, groups=["staff"])
    client, answer = sign_on_as("thief")
    assert who(client) == is_in
    assert (b"UP-LOGIN-04" in answer.content) != is_in
    assert SocialAccount.objects.filter(user=lead).exists() == is_in


def test_nobody_links_an_identity_to_who_is_logged_in(idp: Idp, meridian: Organisation) -> None:
    lead = account(meridian.lead)
    _, answer = sign_on_as("staff", logged_in(lead), process="connect")
    assert b"UP-LOGIN-01" in answer.content
    assert not SocialAccount.objects.exists()


def test_a_forged_state_or_code_logs_nobody_in(idp: Idp) -> None:
    client = Client()
    client.post("/account/sign-on/sso/")
    for query in ("code=x&state=forged", "code=x", "error=access_denied&state=x"):
        answer = client.get(f"/account/sign-on/sso/callback/?{query}")
        assert answer.status_code < 500
        assert not who(client)
    assert client.get("/account/sign-on/other/").status_code == 404


def test_a_login_by_provider_leads_to_no_other_server(idp: Idp) -> None:
    _, answer = sign_on_as("staff", next="https://evil.example/")
    assert answer["Location"] == "/"
    _, answer = sign_on_as("staff", next="/risks/")
    assert answer["Location"] == "/risks/"


def test_a_link_or_a_provider_put_there_by_sql_is_found(idp: Idp, meridian: Organisation) -> None:
    sign_on_as("staff")
    sql("UPDATE socialaccount_socialaccount SET uid = 'thief'")
    lines = said(verify())
    assert "a record of this provider" in lines[0]
    assert "no such row" in lines[1]
    columns = "provider, provider_id, name, client_id, secret, key, settings"
    sql(f"INSERT INTO socialaccount_socialapp ({columns}) VALUES ('openid_connect','evil','e','c','s','', '{{}}')")
    assert any("socialaccount_socialapp" in line for line in said(verify()))


def test_a_provider_that_is_down_is_a_page(idp: Idp, settings: Any) -> None:
    given = {"UPRIGHT_OIDC_URL": "http://127.0.0.1:1", "UPRIGHT_OIDC_CLIENT_ID": "u", "UPRIGHT_OIDC_CLIENT_SECRET": "s"}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": provider_apps(given)}}
    answer = Client().post("/account/sign-on/sso/")
    assert answer.status_code == 502
    assert b"UP-LOGIN-06" in answer.content


def test_two_people_in_one_answer_are_refused() -> None:
    with pytest.raises(RefusedError, match="two people"):
        claims({"id_token": {"sub": "a"}, "userinfo": {"sub": "b"}})
    assert claims({"userinfo": {"sub": "b", "x": 1}}) == {"sub": "b", "x": 1}


@pytest.mark.parametrize(
    "given",
    [
        {"UPRIGHT_OIDC_URL": "http://idp.example"},
        {"UPRIGHT_OIDC_URL": "https://idp.example"},
        {"UPRIGHT_OIDC_ROLES": "{"},
        {"UPRIGHT_OIDC_ROLES": "[]", "UPRIGHT_OIDC_ROLE_CLAIM": "groups"},
        {"UPRIGHT_OIDC_ROLES": '{"a": "emperor"}', "UPRIGHT_OIDC_ROLE_CLAIM": "groups"},
        {"UPRIGHT_OIDC_ROLES": '{"a": "external-auditor"}', "UPRIGHT_OIDC_ROLE_CLAIM": "groups"},
        {"UPRIGHT_OIDC_ROLES": '{"a": "member"}'},
        {"UPRIGHT_OIDC_ROLE_CLAIM": "groups"},
    ],
)
def test_what_is_unsafe_or_half_said_of_a_provider_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(InputError):
        (provider_apps(given), sign_on(given))
