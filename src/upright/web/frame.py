"""What stands around every page: the places, who is logged in, and the ledger at the foot."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy

from upright.catalogue import Catalogue
from upright.kernel import parse_time
from upright.ledger import Checkpoint
from upright.ledger.leaves import parse_leaf
from upright.records.collaboration.notices import unread
from upright.records.identity.models import Account, Person, Unit
from upright.records.trail.models import LedgerEntry, LedgerLog
from upright.records.trail.prepared import rows

PLACES: tuple[tuple[str, Any, Any], ...] = (
    ("systems", gettext_lazy("Systems"), gettext_lazy("What the management system covers, and what it is made of.")),
    (
        "risks",
        gettext_lazy("Risks"),
        gettext_lazy("What may go wrong for people, for society and for us, and what is done about it."),
    ),
    ("controls", gettext_lazy("Controls"), gettext_lazy("What the frameworks ask for, and how it is met.")),
    (
        "evidence",
        gettext_lazy("Evidence"),
        gettext_lazy("Signed statements: measured by checks, decided in records, attested by a person."),
    ),
    ("monitoring", gettext_lazy("Monitoring"), gettext_lazy("What is watched while systems run, and who oversees it.")),
    ("incidents", gettext_lazy("Incidents"), gettext_lazy("What went wrong, whom it concerned, and which clocks run.")),
    ("improvement", gettext_lazy("Improvement"), gettext_lazy("Findings, corrective actions, audits and reviews.")),
    ("organisation", gettext_lazy("Organisation"), gettext_lazy("Units, people, roles, policies, objectives.")),
    ("reports", gettext_lazy("Reports"), gettext_lazy("Documents made from the records, and packs that prove them.")),
)


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The ledger as the foot of a page says it: how long it is, and when it was last signed."""

    size: int
    root: str
    at: datetime | None
    organisation: str
    unread: int
    of: str
    """The reference of the organisation whose log it is."""


def ledger(account: Account) -> Ledger | None:
    """The state of the ledger, the organisation's name, and how many notices somebody has not read, in one query."""
    key = Person._meta.pk.get_db_prep_value
    put = {key(_SOMEBODY, connection): key(account.person_id, connection)}
    found = rows("web.ledger", _ledger, put)
    if not found:
        return None
    origin, checkpoint, named, newest, count = found[0]
    name = origin.partition("/")[0]
    signed = Checkpoint.parse(checkpoint)
    return Ledger(
        size=signed.size,
        root=signed.root.hex(),
        at=_time_of(newest),
        organisation=named or name,
        unread=count or 0,
        of=f"organisation:{name}",
    )


_SOMEBODY = UUID(int=0)
"""Stands in the text of the query for who is logged in."""


def _ledger() -> Any:
    root = Unit._base_manager.filter(parent__isnull=True).order_by("pk").values("name")[:1]
    newest = LedgerEntry.objects.order_by("-index").values("leaf")[:1]
    log = LedgerLog.objects.annotate(named=Subquery(root), newest=Subquery(newest), unread=Subquery(unread(_SOMEBODY)))
    return log.order_by("pk").values_list("origin", "checkpoint", "named", "newest", "unread")[:1]


def ledger_of(request: HttpRequest) -> Ledger | None:
    """The same for who asks, once for a request: the page and what stands around it say the same."""
    if "ledger" not in request.__dict__:
        account = getattr(request, "user", None)
        request.__dict__["ledger"] = ledger(account) if isinstance(account, Account) else None
    found: Ledger | None = request.__dict__["ledger"]
    return found


def catalogue() -> Catalogue:
    """The frameworks, as they ship."""
    return Catalogue.load()


def frame(request: HttpRequest) -> dict[str, Any]:
    """For every template; nothing is read that a page does not show."""
    account = getattr(request, "user", None)
    if not isinstance(account, Account):
        return {}
    return {
        "ledger": SimpleLazyObject(lambda: ledger_of(request)),
        "places": [
            {"name": name, "title": title, "icon": f"i-{name}", "address": reverse("web:place", args=[name])}
            for name, title, _ in PLACES
        ],
        "person": SimpleLazyObject(lambda: str(account.person)),
        "theme": request.COOKIES.get("theme") if request.COOKIES.get("theme") in {"light", "dark"} else "",
    }


def _time_of(leaf: Any) -> datetime | None:
    return None if leaf is None else parse_time(parse_leaf(bytes(leaf)).time)
