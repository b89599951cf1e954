"""Who opens an account is told what nobody else tells its person: where a first password is set."""

import pytest

from records.identity.accounts import account, logged_in, stranger
from records.organisation import SETUP, Organisation, grant
from upright.records.identity.models import Person, Role
from upright.records.trail.door import write

pytestmark = pytest.mark.django_db


def test_opening_an_account_says_whom_to_tell_which_page(meridian: Organisation) -> None:
    admin = stranger(meridian)
    grant(admin.person, Role.ADMINISTRATOR, meridian.root)
    eva = Person(name="Eva New", email="eva@meridian.example", unit=meridian.root)
    write(eva, actor=SETUP, action="identity.person.added")
    page = logged_in(admin).post(f"/move/open_account/{eva.ref}/", {"reason": ""}, follow=True).content.decode()
    assert "Nothing was sent to eva@meridian.example." in page
    assert "http://testserver/account/password/reset/" in page


def test_another_move_says_only_that_it_was_made(meridian: Organisation) -> None:
    admin = stranger(meridian)
    grant(admin.person, Role.ADMINISTRATOR, meridian.root)
    account(meridian.owner)
    address = f"/move/end_sessions/{meridian.owner.ref}/"
    page = logged_in(admin).post(address, {"reason": "A lost laptop."}, follow=True).content.decode()
    assert "End sessions: Olu Owner.<" in page
