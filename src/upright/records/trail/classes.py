"""What the tables of the trail and of Django itself are to the ledger."""

from collections.abc import Iterator

from upright.ledger import Problem
from upright.records.trail.models import LedgerStream, RefCounter
from upright.records.trail.record import record_types
from upright.records.trail.tables import Table, stays_empty

_LEDGER = "The ledger itself: its own proofs are recomputed from the leaves."


def counters() -> Iterator[Problem]:
    """Counters that stand elsewhere than at the highest number that was given: a reference could be given twice."""
    counted = {kind for kind, model in record_types().items() if model.named_by is None}
    given: dict[str, int] = {}
    for ref in LedgerStream.objects.values_list("ref", flat=True).iterator(5000):
        name, _, number = ref.rpartition("-")
        kind, _, year = name.partition(":")
        if kind in counted and year.isdigit() and number.isdigit():
            given[name] = max(given.get(name, 0), int(number))
    stored = dict(RefCounter.objects.values_list("name", "last"))
    for name in sorted({*given, *stored}):
        if given.get(name, 0) != stored.get(name, 0):
            yield Problem(
                code="UP-ROW-06",
                file=f"trail_refcounter: {name}",
                expected=f"{given.get(name, 0)}, the highest number given",
                got=str(stored.get(name, "no row")),
            )


def _verified_elsewhere() -> Iterator[Problem]:
    """``verify`` compares this table by itself, since it needs the size of the log."""
    yield from ()


TABLES = {
    "trail_ledgerlog": Table("recorded", _LEDGER),
    "trail_ledgerentry": Table("recorded", _LEDGER),
    "trail_hashtile": Table("recorded", _LEDGER),
    "trail_ledgerstream": Table("derived", "Where each stream stands, from its leaves.", _verified_elsewhere),
    "trail_refcounter": Table("derived", "The highest number given, from the references.", counters),
    "trail_reactioncursor": Table("session", "How far reactions have read; set back, they find what they did done."),
    "trail_reactionrun": Table(
        "session", "What a worker tried; what a reaction wrote is in the ledger, with its cause."
    ),
    "auth_group": Table("derived", "Roles are records; Django's groups are not used.", stays_empty("auth.Group")),
    "auth_group_permissions": Table(
        "derived", "As Django's groups, between which and permissions it lies.", stays_empty("auth.Group_permissions")
    ),
    "auth_permission": Table("session", "Django fills it after each migration; no account refers to it."),
    "django_content_type": Table("session", "Django fills it after each migration; nothing of ours refers to it."),
    "django_migrations": Table("session", "Which migrations ran; a wrong row shows in the schema that verify reads."),
    "django_session": Table("session", "Who is logged in, until it expires; signed by what the account's row holds."),
}
