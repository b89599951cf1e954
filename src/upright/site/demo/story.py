"""A story told over eighteen months: events in the order of their days, each under a clock that stood there.

The past of the demo is made, and says so in the first entry; the ledger never goes back, so every app's events are told
in one order. ``Cast`` carries who acts and what was made before.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from upright.kernel import Actor, Ref

if TYPE_CHECKING:
    from upright.records.identity.models import Person, Unit

BEGINNING = 548
"""How many days before today the log begins."""


@dataclass
class Cast:
    """Who acts, where, and what was made so far by a name that later events know it by."""

    today: datetime
    root: "Unit"
    units: "dict[str, Unit]" = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """One of the cast by first name, such as ``mira``."""
        return self.actors[name]

    def person(self, name: str) -> "Person":
        """The person behind a name."""
        from upright.records.identity.models import Person

        found: Person = Person.objects.get(ref=str(self.actors[name].ref))
        return found


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened so many days before today."""

    day: int
    tell: Callable[[Cast], None]


def tell_all(events: Iterable[Event], cast: Cast) -> None:
    """Tells events in the order of their days; those of one day in the order given, under one clock that goes on.

    What follows an event follows on its day, as a server's worker would have run it, not when the demo is first served.
    """
    from upright.records.trail.reactions import run_pending

    for day, told in groupby(sorted(events, key=lambda one: -one.day), key=lambda one: one.day):
        with days_ago(day, cast.today):
            for event in told:
                event.tell(cast)
            run_pending()


@contextmanager
def days_ago(days: int, today: datetime | None = None) -> Iterator[None]:
    """The server's clock so many days back while the block runs; it goes on from there."""
    from upright.records.trail.server_log import clock_set

    begun = datetime.now(UTC)
    start = (today or begun) - timedelta(days=days)
    with clock_set(lambda: start + (datetime.now(UTC) - begun)):
        yield


def actor_of(person: "Person") -> Actor:
    """A person as one who acts."""
    return Actor(Ref.parse(person.ref))
