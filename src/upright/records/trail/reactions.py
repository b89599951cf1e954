"""Reactions: what must follow a change, run from the ledger in its order, at least once, never twice for one entry.

``@reacts_to("inventory.model_version.added")`` on a function (event, actor), registered by the app that reacts; it may
name several actions, and ``*`` in one stands for any words. A worker runs them behind a stored cursor; what fails is
kept, shown and tried again, and holds back nothing else. A reaction never decides safety: the gate recomputes from
digests, whether or not a reaction has run.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from django.db.models import QuerySet

from upright.kernel import Actor, UprightError, time_text
from upright.ledger import Recorded
from upright.records.trail.door import change
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry, ReactionCursor, ReactionRun
from upright.records.trail.server_log import now

ACTOR = Actor.system("reactions")
MOST_TRIES = 5
_FIRST_WAIT = timedelta(seconds=15)
_BATCH = 200


@dataclass(frozen=True)
class Event:
    """What a reaction is told: the entry, and its body read."""

    entry: Recorded
    body: dict[str, Any]

    @property
    def index(self) -> int:
        """The entry's place in the log: the ``cause`` of whatever the reaction writes."""
        return self.entry.index


Reaction = Callable[[Event, Actor], None]
_REACTIONS: dict[str, tuple[tuple[str, ...], Reaction]] = {}


def reacts_to(*actions: str) -> Callable[[Reaction], Reaction]:
    """Registers a reaction to entries with one of these actions, by its function's module and name."""

    def register(function: Reaction) -> Reaction:
        _REACTIONS[f"{function.__module__.rpartition('.')[0].rpartition('.')[2]}.{function.__name__}"] = (
            actions,
            function,
        )
        return function

    return register


def reactions() -> dict[str, str]:
    """Every reaction by name, and the actions that it follows."""
    return {name: ", ".join(actions) for name, (actions, _) in _REACTIONS.items()}


def run_pending(limit: int = 10_000) -> int:
    """Runs what waits, each reaction from its own cursor; gives how many runs succeeded. Safe beside another worker."""
    return sum(_run(name, limit) for name in sorted(_REACTIONS))


def pending() -> dict[str, int]:
    """By reaction, how many entries lie behind its cursor."""
    end = newest_index() + 1
    cursors = dict(ReactionCursor.objects.values_list("name", "next"))
    return {name: max(0, end - cursors.get(name, 0)) for name in sorted(_REACTIONS)}


def due() -> QuerySet[ReactionRun]:
    """Failed runs whose time to be tried again has come."""
    return ReactionRun.objects.filter(is_done=False, tries__lt=MOST_TRIES, after__lte=time_text(now()))


def newest_index() -> int:
    """Where the log ends, for a cheap look whether there is anything new; -1: no entry."""
    found = LedgerEntry.objects.order_by("-index").values_list("index", flat=True).first()
    return -1 if found is None else found


def _run(name: str, limit: int) -> int:
    actions, function = _REACTIONS[name]
    done = _retry(name, function)
    start = ReactionCursor.objects.filter(name=name).values_list("next", flat=True).first() or 0
    while limit > 0:
        rows = recorded(LedgerEntry.objects.filter(index__gte=start, index__lt=start + min(limit, _BATCH)))
        if not rows:
            break
        for event in _events(rows, actions):
            done += _once(name, function, event)
        start, limit = rows[-1].index + 1, limit - len(rows)
        ReactionCursor.objects.update_or_create(name=name, defaults={"next": start})
    return done


def _retry(name: str, function: Reaction) -> int:
    """Failed runs are tried again, a few times and each later than the last, before anything new."""
    failed = due().filter(reaction=name).order_by("entry")
    entries = recorded(LedgerEntry.objects.filter(index__in=list(failed.values_list("entry", flat=True))))
    return sum(_once(name, function, event) for event in _events(entries, ("*",)))


def _once(name: str, function: Reaction, event: Event) -> int:
    """Runs one reaction to one entry: what it writes and that it ran are one transaction."""
    try:
        with change():
            run, _ = ReactionRun.objects.get_or_create(reaction=name, entry=event.index)
            if run.is_done:
                return 0
            function(event, ACTOR)
            ReactionRun.objects.filter(pk=run.pk).update(is_done=True, at=time_text(now()), why="")
    except Exception as why:  # noqa: BLE001 - whatever a reaction raises is kept and shown, and the others go on
        run, _ = ReactionRun.objects.get_or_create(reaction=name, entry=event.index)
        said = str(why) if isinstance(why, UprightError) else type(why).__name__
        moment = now()
        after = time_text(moment + _FIRST_WAIT * 2**run.tries)
        ReactionRun.objects.filter(pk=run.pk).update(
            tries=run.tries + 1, at=time_text(moment), why=said[:500], after=after
        )
        return 0
    return 1


def _events(rows: Iterable[Recorded], actions: tuple[str, ...]) -> Iterable[Event]:
    for entry in rows:
        if entry.type != "record" or entry.body is None or entry.is_announcement:
            continue
        body = msgspec.json.decode(entry.body)
        if isinstance(body, dict) and _is_of(str(body.get("action", "")), actions):
            yield Event(entry, body)


def _is_of(action: str, actions: tuple[str, ...]) -> bool:
    return action in actions or any(fnmatchcase(action, one) for one in actions if "*" in one)
