"""Logging in: by address and password, with a policy, a lock-out that workers share, and no way in for who left."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from django.contrib.auth import get_user
from django.core import mail
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.utils import translation

from records.identity.accounts import PASSWORD, account, log_in, logged_in, stranger
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.kernel import InputError
from upright.records.identity.acting import current_actor
from upright.records.identity.actions import end
from upright.records.identity.login.cache import TableCache
from upright.records.identity.models import Account, Role
from upright.records.trail.door import refresh, write
from upright.records.trail.history import entries_of
from upright.records.trail.verify import verify
from upright.site.environment import mail as mail_settings
from upright.site.urls import urlpatterns as site

pytestmark = pytest.mark.usefixtures("quick_hashes")


def seen(request: HttpRequest) -> HttpResponse:
    powers = request.powers  # type: ignore[attr-defined]
    first, again = powers.may("inventory.system.add"), powers.may("inventory.system.read")
    return HttpResponse(f"{request.actor} {current_actor()} {first} {again}")  # type: ignore[attr-defined]


urlpatterns = [*site, path("seen/", seen)]


@pytest.fixture
def lead(meridian: Organisation) -> Account:
    return account(meridian.lead)


def who(client: Client) -> bool:
    request = RequestFactory().get("/")
    request.session = client.session
    return get_user(request).is_authenticated


def test_the_right_password_logs_in_in_any_case_of_the_address_and_a_new_session_begins(lead: Account) -> None:
    client = Client()
    client.get("/account/login/")
    session = client.session
    session["planted"] = "before"
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = str(planted)
    answer = log_in(client, "Ada@Meridian.example")
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert who(client)
    assert client.session.session_key != planted
    client.cookies["sessionid"] = str(planted)
    assert not who(client)


@override_settings(ROOT_URLCONF=__name__)
def test_a_request_knows_who_acts_and_reads_powers_once(lead: Account, django_assert_num_queries: Any) -> None:
    client = logged_in(lead)
    with django_assert_num_queries(4):  # session, account with person, roles, units
        answer = client.get("/seen/")
    assert answer.content.decode() == f"{lead.person.ref} {lead.person.ref} True True"


@override_settings(ROOT_URLCONF=__name__)
def test_a_role_given_or_ended_counts_in_the_very_next_request(meridian: Organisation, lead: Account) -> None:
    sam = stranger(meridian)
    client = logged_in(sam)
    assert client.get("/seen/").content.endswith(b"False False")
    role = grant(sam.person, Role.AIMS_MANAGER, meridian.root)
    assert client.get("/seen/").content.endswith(b"True True")
    end(role, actor=actor_of(sam.person), reason="Elsewhere now.")
    assert client.get("/seen/").content.endswith(b"False False")


@override_settings(ROOT_URLCONF=__name__)
def test_nobody_is_sent_to_the_login_and_a_fragment_sends_the_whole_page(db: None) -> None:
    answer = Client().get("/seen/")
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=/seen/")
    part = Client().get("/seen/", headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (401, "/account/login/?next=/seen/")


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("left", ["person", "account"])
def test_who_left_is_out_at_once_and_cannot_return_by_password(lead: Account, left: str) -> None:
    client = logged_in(lead)
    assert client.get("/seen/").status_code == 200
    gone = lead.person if left == "person" else lead
    gone.is_active = False
    write(gone, actor=SETUP, action=f"identity.{left}.deactivated")
    assert client.get("/seen/").status_code == 302
    again = Client()
    assert log_in(again, lead.email)["Location"] == "/account/inactive/"  # type: ignore[index]
    assert not who(again)


def test_a_session_that_was_ended_stays_ended_even_for_who_comes_back(lead: Account) -> None:
    client = logged_in(lead)
    lead = refresh(lead)
    lead.is_active, lead.sessions_ended = False, lead.sessions_ended + 1
    write(lead, actor=SETUP, action="identity.account.deactivated")
    lead.is_active = True
    write(lead, actor=SETUP, action="identity.account.activated")
    assert not who(client)


def test_five_wrong_passwords_lock_the_account_for_all_workers_and_the_right_one_does_not_help(lead: Account) -> None:
    for _ in range(5):
        assert b"not correct" in log_in(Client(), lead.email, "wrong").content  # type: ignore[attr-defined]
    client = Client()
    answer = log_in(client, lead.email)
    assert answer.status_code == 200
    assert b"Too many failed" in answer.content
    assert not who(client)


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(lead: Account) -> None:
    pages = [log_in(Client(), email, "wrong").content.decode() for email in (lead.email, "no@meridian.example")]  # type: ignore[attr-defined]
    assert len({re.sub(r'value="[^"]*"', "", page) for page in pages}) == 1
    resets = [Client().post("/account/password/reset/", {"email": one}) for one in (lead.email, "no@meridian.example")]
    assert len({(one.status_code, one["Location"]) for one in resets}) == 1
    assert [message.to for message in mail.outbox] == [[lead.email], ["no@meridian.example"]]
    assert "/account/" not in mail.outbox[1].body


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https:/evil.example",
        "\t//evil.example",
    ],
)
def test_a_login_leads_to_no_other_server(lead: Account, target: str) -> None:
    answer = log_in(Client(), lead.email, next=target)
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert log_in(Client(), lead.email, next="/risks/")["Location"] == "/risks/"  # type: ignore[index]


def test_a_logout_or_a_reset_leads_to_no_other_server(lead: Account) -> None:
    answer = logged_in(lead).post("/account/logout/", {"next": "https://evil.example/"})
    assert answer["Location"] == "/account/login/"
    answer = Client().post("/account/password/reset/", {"email": lead.email, "next": "https://evil.example/"})
    assert not urlsplit(answer["Location"]).netloc


def test_a_forged_host_gets_no_mail_sent(lead: Account) -> None:
    answer = Client().post("/account/password/reset/", {"email": lead.email}, headers={"host": "evil.example"})
    assert answer.status_code == 400
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    Client().post("/account/password/reset/", {"email": lead.email}, headers=forwarded)
    assert "evil.example" not in mail.outbox[0].body
    assert "http://testserver/account/" in mail.outbox[0].body


def test_a_reset_password_is_entered_ends_other_sessions_and_its_link_works_once(lead: Account) -> None:
    elsewhere = logged_in(lead)
    Client().post("/account/password/reset/", {"email": lead.email})
    (link,) = re.findall(r"http://testserver(\S+)", mail.outbox[0].body)
    client = Client()
    form = client.get(link)["Location"]
    weak = client.post(form, {"password1": "ada", "password2": "ada"})
    assert b"at least 12 characters" in weak.content
    new = "another fine battery"
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302
    assert not who(elsewhere)
    newest = msgspec.json.decode(entries_of(lead.ref)[-1].body or b"")
    assert newest["action"] == "identity.account.password_set"
    assert new not in str(newest)
    assert b"password1" not in Client().get(link, follow=True).content
    assert log_in(Client(), lead.email, new).status_code == 302  # type: ignore[attr-defined]
    assert log_in(Client(), lead.email, PASSWORD).status_code == 200  # type: ignore[attr-defined]
    assert verify().problems == ()


def test_a_password_set_by_sql_is_found(lead: Account) -> None:
    from records.trail.test_tampering import said, sql

    sql("UPDATE identity_account SET password = 'scrypt$1' WHERE ref = %s", lead.ref)
    assert any("password = (another value)" in line for line in said(verify()))


def test_nobody_signs_up(db: None) -> None:
    given = {"email": "new@meridian.example", "password1": PASSWORD, "password2": PASSWORD}
    answer = Client().post("/account/signup/", given)
    assert b"made by an administrator" in answer.content
    assert not Account.objects.exists()


def test_the_cache_counts_for_all_and_gives_a_lock_to_one(db: None) -> None:
    assert cache.add("lock", [1.5])
    assert not cache.add("lock", [2.5])
    assert isinstance(cache._connections[cache._alias], TableCache)
    assert cache.get("lock") == [1.5]
    cache.set("lock", {"a": 1}, timeout=-1)
    assert cache.get("lock", "gone") == "gone"
    assert cache.add("lock", 1, timeout=None)
    assert cache.touch("lock", 5)
    assert cache.delete("lock")
    assert not cache.delete("lock")
    assert not cache.touch("lock")
    cache.set("kept", 1)
    cache.clear()
    assert cache.get("kept") is None


def test_mail_goes_by_smtp_where_one_is_named_and_a_wrong_address_is_refused() -> None:
    given = mail_settings({"UPRIGHT_SMTP_URL": "smtp://me:p%40ss@mail.example", "UPRIGHT_MAIL_FROM": "a@b.example"})
    assert (given["EMAIL_HOST"], given["EMAIL_PORT"], given["EMAIL_HOST_PASSWORD"]) == ("mail.example", 587, "p@ss")
    assert given["EMAIL_USE_TLS"]
    assert not given["EMAIL_USE_SSL"]
    assert given["DEFAULT_FROM_EMAIL"] == "a@b.example"
    assert mail_settings({})["EMAIL_BACKEND"].endswith("console.EmailBackend")
    demo = mail_settings({"UPRIGHT_DEMO": "yes"}, "/srv/demo")  # printed, they would push out who can log in
    assert (demo["EMAIL_BACKEND"].rpartition(".")[0], demo["EMAIL_FILE_PATH"]) == (
        "django.core.mail.backends.filebased",
        "/srv/demo/mails",
    )
    assert mail_settings({"UPRIGHT_DEMO": "yes", "UPRIGHT_SMTP_URL": "smtp://h"})["EMAIL_HOST"] == "h"
    with pytest.raises(InputError, match="UPRIGHT_SMTP_URL") as refused:
        mail_settings({"UPRIGHT_SMTP_URL": "ftp://me:secret@mail.example"})
    assert "secret" not in refused.value.message


@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=1)
def test_a_mail_server_that_is_down_changes_no_answer(lead: Account, caplog: pytest.LogCaptureFixture) -> None:
    answers = [Client().post("/account/password/reset/", {"email": one}) for one in (lead.email, "no@b.example")]
    assert {(one.status_code, one["Location"]) for one in answers} == {(302, "/account/password/reset/done/")}
    assert "could not be sent" in caplog.text
    assert lead.email not in caplog.text


def test_the_actor_of_an_account_is_its_person(lead: Account, meridian: Organisation, server_home: Path) -> None:
    assert lead.actor == actor_of(meridian.lead)
    assert (server_home / "keys").is_dir()


def test_the_way_to_a_first_password_is_ours_by_mail_and_page_in_both_languages(lead: Account) -> None:
    """Whose account was opened comes by this way first: each text names the product, and none a site without a name."""
    german = {"accept-language": "de"}
    Client().post("/account/password/reset/", {"email": lead.email})
    Client().post("/account/password/reset/", {"email": "no@meridian.example"})
    with translation.override("de"):
        page = Client().get("/account/password/reset/", headers=german).content.decode()
        Client().post("/account/password/reset/", {"email": lead.email}, headers=german)
        done = Client().get("/account/password/reset/done/", headers=german).content.decode()
        gone = Client().get("/account/password/reset/key/1-x/", headers=german).content.decode()
        ended = Client().get("/account/password/reset/key/done/", headers=german).content.decode()
    english, unknown, in_german = mail.outbox
    assert english.subject == "Set your password for Upright"
    assert unknown.subject == "No account for this address on Upright"
    assert in_german.subject == "Ihr Passwort für Upright setzen"
    for one in mail.outbox:
        assert not re.search(r"Hello from|Thank you for using|Hallo von|Vielen Dank| !|Dein|\bdu\b", one.body), one.body
    assert "Wenn Sie das waren" in in_german.body
    assert "Für ein erstes wie für ein vergessenes Passwort" in page
    assert "Der Link ist unterwegs" in done
    assert "Dieser Link gilt nicht mehr" in gone
    assert 'href="/account/password/reset/"' in gone
    assert "Ihr Passwort ist gesetzt" in ended
    assert 'href="/account/login/"' in ended
    for one in (page, done, gone, ended):
        assert not re.search(r"Dein|kontaktieren|contact us", one)
