"""People who log in, for tests: an account with a password that the policy allows."""

from django.test import Client

from records.organisation import SETUP, Organisation
from upright.records.identity.models import Account, Person
from upright.records.trail.door import write

PASSWORD = "correct horse battery"


def account(person: Person, password: str = PASSWORD) -> Account:
    made = Account(email=person.email, person=person)
    made.set_password(password)
    return write(made, actor=SETUP, action="identity.account.added")


def stranger(meridian: Organisation) -> Account:
    person = Person(name="Sam Stranger", email="sam@meridian.example", unit=meridian.root)
    return account(write(person, actor=SETUP, action="identity.person.added"))


def logged_in(who: Account) -> Client:
    client = Client()
    client.force_login(who)
    return client


def log_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> object:
    return client.post("/account/login/", {"login": email, "password": password, **more})
