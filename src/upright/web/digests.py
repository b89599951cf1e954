"""One e-mail a day to each person: what is new in their inbox, for the sorts that they wish to have mailed.

What is mailed is marked, and the day's digest entered, before the mail goes out: a server that dies in between sends
less, never twice. The inbox has it all in any case, and the next digest says that one may be missing. What the mail
server says it does not take now (4yz) goes again within the hour; what it refuses for good (5yz) is entered as refused.
"""

import logging
from datetime import date

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import ngettext, override

from upright.kernel import Actor, Ref
from upright.records.collaboration.notices import Digest, Notice, Sort, Way, wishes_of
from upright.records.identity.models import Person
from upright.records.identity.power import powers_of
from upright.records.trail.server_log import now
from upright.web.mailing import Outcome, deliver, rests
from upright.web.notices import lines

LOG = logging.getLogger("upright.worker")
_MOST = 100


def send_digests() -> int:
    """Sends today's digests that did not go out yet; gives how many did. A mail server that is away: none, later."""
    day = now().date()
    waiting = [(person, found) for person in _people(day) if not rests(person.email) and (found := _new(person))]
    if not waiting:
        return 0
    try:
        connection = get_connection()
        connection.open()
    except OSError as why:
        LOG.warning("digests wait, the mail server cannot be reached: %s. Look at UPRIGHT_SMTP_URL.", why)
        return 0
    sent = 0
    try:
        for person, found in waiting:
            outcome = _send(person, found, day, connection)
            sent += outcome is not None and outcome.state == "sent"
            if outcome is not None and outcome.is_line_dead:
                connection.close()
                connection.open()
    except OSError as why:
        LOG.warning("the other digests wait, the mail server is gone: %s. Look at UPRIGHT_SMTP_URL.", why)
    finally:
        connection.close()
    return sent


def _people(day: date) -> list[Person]:
    """Who could get one today: active, with an address and something unread, and none sent today."""
    notices = Notice.objects.filter(read_at="", settled_at="", mailed_on__isnull=True).values("person")
    people = Person.objects.filter(is_active=True, pk__in=notices).exclude(email="")
    return list(people.exclude(digests__day=day).order_by("ref"))


def _new(person: Person) -> list[Notice]:
    wishes = wishes_of(person)
    sorts = [sort for sort in Sort if wishes.way(sort) == Way.MAIL]
    found = Notice.objects.filter(person=person, sort__in=sorts, read_at="", settled_at="", mailed_on__isnull=True)
    return list(found.order_by("sort", "-at"))


def _send(person: Person, found: list[Notice], day: date, connection: BaseEmailBackend) -> Outcome | None:
    """What became of one digest; None: another worker sends it."""
    before = Digest.objects.filter(person=person).order_by("-day").first()
    message = _message(person, found, is_one_missing=before is not None and before.state == "begun")
    keys = [one.pk for one in found]
    with transaction.atomic():
        digest, is_mine = Digest.objects.get_or_create(
            person=person, day=day, defaults={"state": "begun", "notices": len(found)}
        )
        if not is_mine:
            return None
        Notice.objects.filter(pk__in=keys).update(mailed_on=day)
    message.connection = connection
    outcome = deliver(message)
    if outcome.state == "later":  # the server said that it did not take it, so nothing went out: it goes again
        with transaction.atomic():
            Notice.objects.filter(pk__in=keys).update(mailed_on=None)
            digest.delete()
    elif outcome.state != "lost":  # without a reply it may have gone out: it stays as begun, and the next one says so
        digest.state, digest.why = outcome.state, str(outcome.code or "")
        digest.save()
    if outcome.state != "sent":
        LOG.warning("a digest was not sent", extra={"outcome": str(outcome)})
    return outcome


def _message(person: Person, found: list[Notice], *, is_one_missing: bool) -> EmailMultiAlternatives:
    origin = next(iter(settings.CSRF_TRUSTED_ORIGINS), "")
    powers = powers_of(Actor(Ref.parse(person.ref)))
    with override(wishes_of(person).language or settings.LANGUAGE_CODE):
        context = {
            "lines": lines(found[:_MOST], powers),
            "more": max(0, len(found) - _MOST),
            "origin": origin,
            "inbox": reverse("web:inbox"),
            "wishes": reverse("web:wishes"),
            "person": person,
            "is_one_missing": is_one_missing,
            "language": wishes_of(person).language or settings.LANGUAGE_CODE,
        }
        subject = ngettext("Upright: %(count)s thing is new", "Upright: %(count)s things are new", len(found))
        message = EmailMultiAlternatives(
            subject % {"count": len(found)}, render_to_string("web/mail/digest.txt", context), to=[person.email]
        )
        message.attach_alternative(render_to_string("web/mail/digest.html", context), "text/html")
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    return message
