"""``token``: issues an API token of a person and prints it, once."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from upright.kernel import Actor, UprightError
from upright.records.identity.models import Person
from upright.records.identity.token_actions import issue_token
from upright.records.identity.tokens import LONGEST
from upright.records.trail.server_log import now


class Command(BaseCommand):
    """Whoever has a shell of the server may issue tokens; the ledger says that it was done so."""

    help = "Issues an API token of a person and prints it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, how far, how long."""
        parser.add_argument("person", help="e-mail address or reference of the person who answers for it")
        parser.add_argument("--name", required=True, help="what uses it, such as: CI of the mortgage repository")
        parser.add_argument("--days", type=int, default=90, help="until it expires (90; at most 366)")
        parser.add_argument("--right", action="append", default=[], help="a right that it may use; none: all")
        parser.add_argument("--system", action="append", default=[], help="a system that it reaches; none: all")

    def handle(self, **given: Any) -> str:
        """Issues it."""
        who = str(given["person"])
        people = Person.objects.filter(**({"ref": who} if who.startswith("person:") else {"email__iexact": who}))
        person = people.first()
        if person is None or people.count() > 1:
            raise CommandError(f"{who!r} is the address or reference of no person here, or of several.")
        if not 0 < given["days"] <= LONGEST.days:
            raise CommandError(f"--days is {given['days']}; a token lasts 1 to {LONGEST.days} days.")
        try:
            _, text = issue_token(
                person,
                name=given["name"],
                expires_at=now() + timedelta(days=given["days"]),
                rights=given["right"],
                systems=given["system"],
                actor=Actor.system("manage"),
                reason="Issued from a shell of the server.",
            )
        except UprightError as why:
            raise CommandError(str(why)) from None
        except ValidationError as why:
            raise CommandError("; ".join(why.messages)) from None
        return text
