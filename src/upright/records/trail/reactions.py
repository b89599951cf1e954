"""Reactions: what must follow a change, run from the ledger in its order, at least once, never twice for one entry.

``@reacts_to("inventory.model_version.added")`` on a function (event, actor), registered by the app that reacts; it may
name several actions, and ``*`` in one stands for any words. A worker runs them behind a stored cursor; what fails is
kept, shown and tried again, and holds back nothing else. A reaction never decides safety: the gate recomputes from
digests, whether or not a reaction has run.
"""

from collections.abc import Callable
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
_PAGES = 5
"""Kept for the next reaction: a thousand entries, more are read again."""


@dataclass(frozen=True)
class Event:
    """What a reaction is told: the entry, and its body read."""

    entry: Recorded
    body: dict[str, Any]

    @property
    def index(self) -> int:
        """The entry's place in the log: the ``cause`` of whatever the reaction writes."""
        return self.entry.index

    @property
    def action(self) -> str:
        """What was done, such as ``inventory.model_version.added``."""
        return str(self.body.get("action", ""))


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
    """Runs what waits, each reaction from its own cursor; gives how many runs succeeded. Safe beside another worker.

    Entries are read once for all reactions that stand at one place, and cursors that moved are kept together at the
    end: broken off before, the same entries are read again, and what has run is known by its run.
    """
    cursors = dict(ReactionCursor.objects.values_list("name", "next"))
    failed = set(due().values_list("reaction", flat=True))
    reading, done, ends = _Reading(), 0, {}
    for name in sorted(_REACTIONS):
        if name in failed:
            done += _retry(name, _REACTIONS[name][1])
            reading.forget()
        ran, ends[name] = _run(name, cursors.get(name, 0), limit, reading)
        done += ran
    _keep(ends, cursors)
    return done


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


class _Reading:
    """Pages of the log, read once for all reactions until one of them has run, for it may have erased or written."""

    def __init__(self) -> None:
        self._pages: dict[tuple[int, int], list[Event | int]] = {}

    def page(self, start: int, most: int) -> list[Event | int]:
        """From ``start`` on, at most ``most`` entries: what a reaction may be told, else the bare index."""
        found = self._pages.get((start, most))
        if found is None:
            rows = recorded(LedgerEntry.objects.filter(index__gte=start, index__lt=start + most))
            found = [_event(row) or row.index for row in rows]
            if len(self._pages) < _PAGES:
                self._pages[start, most] = found
        return found

    def forget(self) -> None:
        """Whoever asks next reads anew."""
        self._pages.clear()


def _run(name: str, start: int, limit: int, reading: _Reading) -> tuple[int, int]:
    """How many runs succeeded, and where the reaction stands then."""
    actions, function = _REACTIONS[name]
    done = 0
    while limit > 0 and (page := reading.page(start, min(limit, _BATCH))):
        for event in page:
            if isinstance(event, Event) and _is_of(event.action, actions):
                done += _once(name, function, event)
                reading.forget()
        last = page[-1]
        start, limit = (last.index if isinstance(last, Event) else last) + 1, limit - len(page)
    return done, start


def _keep(ends: dict[str, int], cursors: dict[str, int]) -> None:
    """Cursors that moved, those at one place by one write; another worker may have brought one further."""
    moved: dict[int, list[str]] = {}
    for name, end in ends.items():
        if name not in cursors:
            ReactionCursor.objects.get_or_create(name=name, defaults={"next": end})
        elif end != cursors[name]:
            moved.setdefault(end, []).append(name)
    for end, names in moved.items():
        ReactionCursor.objects.filter(name__in=names, next__lt=end).update(next=end)


def _retry(name: str, function: Reaction) -> int:
    """Failed runs are tried again, a few times and each later than the last, before anything new."""
    failed = due().filter(reaction=name).order_by("entry")
    entries = recorded(LedgerEntry.objects.filter(index__in=list(failed.values_list("entry", flat=True))))
    return sum(_once(name, function, event) for entry in entries if (event := _event(entry)))


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


def _event(entry: Recorded) -> Event | None:
    if entry.type != "record" or entry.body is None or entry.is_announcement:
        return None
    body = msgspec.json.decode(entry.body)
    return Event(entry, body) if isinstance(body, dict) else None


def _is_of(action: str, actions: tuple[str, ...]) -> bool:
    return action in actions or any(fnmatchcase(action, one) for one in actions if "*" in one)
