"""An address that only takes a form, asked for without one: a page says what to do, and it stays a 405."""

import pytest
from django.test import Client
from django.utils import translation

from records.identity.accounts import account, logged_in
from records.organisation import Organisation

pytestmark = pytest.mark.django_db
ADDRESS = "/hand-over/outside-request:2026-0001/"


def test_a_log_in_that_leads_back_to_a_button_ends_on_a_page_and_not_on_nothing(meridian: Organisation) -> None:
    answer = logged_in(account(meridian.lead)).get(ADDRESS)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    page = answer.content.decode()
    assert "Nothing was done" in page
    assert "press it again" in page
    with translation.override("de"):
        german = logged_in(meridian.lead.account).get(ADDRESS, headers={"accept-language": "de"}).content.decode()
    assert "Es ist nichts geschehen" in german


def test_the_api_answers_as_before(meridian: Organisation) -> None:
    answer = Client().put("/api/v1/push")
    assert answer.status_code in {401, 405}
    assert b"<html" not in answer.content


def test_what_is_answered_with_a_page_of_its_own_stays_as_it_is(meridian: Organisation) -> None:
    assert logged_in(account(meridian.lead)).get("/").status_code == 200
