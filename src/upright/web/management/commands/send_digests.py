"""``send_digests``: today's reminders and e-mails now, which a worker would do by itself in the morning."""

from typing import Any

from django.core.management.base import BaseCommand

from upright.web.digests import send_digests
from upright.web.reminding import remind


class Command(BaseCommand):
    """Run twice, or beside a worker, it tells and sends nothing twice."""

    help = "Reminds everybody of what is due, and sends today's digests; nothing is told or sent twice."

    def handle(self, **_given: Any) -> str:
        """Does both."""
        told, sent = remind(), send_digests()
        return f"{told} new notices, {sent} digests sent."
