"""Every system that somebody may see, for a page over all of them: its name, what they may do, where it stands.

One query however many there are, and no model object for each.
"""

from typing import Any, NamedTuple

from upright.desk.visible import visible
from upright.kernel import time_text
from upright.records.assurance.judging import edition_digest
from upright.records.assurance.looking import Look, with_looks
from upright.records.identity.compiled import rows_of
from upright.records.identity.models import Unit
from upright.records.inventory.models import System
from upright.records.trail.server_log import now
from upright.web.frame import ledger_of
from upright.web.posture import RIGHT
from upright.web.requests import Request

_MOMENT = "any-moment-at-all"
_COLUMNS: tuple[Any, ...] = (
    "ref", "name", "stage", "owner__name", "unit__name", "owner_id", "unit_id", "own", "shared", "keys", "entry",
    "facts",
)  # fmt: skip


class InScope(NamedTuple):
    """One system; ``look`` is None where its posture may not be read, ``is_mine``: who looks owns or may change it."""

    ref: str
    name: str
    stage: str
    owner: str
    unit: str
    is_mine: bool
    may_run: bool
    look: Look | None


def in_scope(request: Request) -> list[InScope]:
    """The systems by name. A right about a system is a right in its unit, and visible are those within the scope."""
    ledger = ledger_of(request)
    index = f"index:{ledger.of}" if ledger else ""
    edition = edition_digest()
    found = rows_of(
        ("in scope", index, edition),
        request.powers,
        lambda: with_looks(visible(System, request.powers).order_by("name"), index, edition, _MOMENT).values_list(
            *_COLUMNS
        ),
        {_MOMENT: time_text(now())},
    )
    reads, changes, runs = (
        _units(request, right) for right in (RIGHT, "inventory.system.change", "work.check_run.run")
    )
    me = _stored(getattr(request.user, "person_id", None))
    return [
        InScope(
            ref, name, stage, owner, unit, owner_id == me or unit_id in changes, unit_id in runs,
            _look(ref, *newest) if unit_id in reads else None,
        )
        for ref, name, stage, owner, unit, owner_id, unit_id, *newest in found
    ]  # fmt: skip


def _look(
    ref: str, own: int | None, shared: int | None, keys: int | None, entry: int | None, facts: str | None
) -> Look:
    of_own = -1 if own is None else own
    newest = max(of_own, -1 if shared is None else shared, -1 if keys is None else keys)
    return Look(ref, -1 if entry is None else entry, facts or "", newest, of_own)


def _units(request: Request, right: str) -> frozenset[Any]:
    return frozenset(map(_stored, request.powers.units(right)))


def _stored(key: Any) -> Any:
    """A key as the database gives it."""
    from django.db import connection

    return None if key is None else Unit._meta.pk.get_db_prep_value(key, connection)
