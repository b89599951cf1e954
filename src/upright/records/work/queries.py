"""How the worker stands: whether one lives, what waits for it, what failed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django_tasks_db.models import DBTaskResult

from upright.kernel import parse_time, time_text
from upright.ledger.leaves import parse_leaf
from upright.records.trail.models import LedgerEntry, ReactionCursor, ReactionRun
from upright.records.trail.reactions import MOST_TRIES, pending, reactions
from upright.records.trail.server_log import now
from upright.records.work.models import WorkerBeat

DEAD_AFTER = timedelta(seconds=30)
REACTIONS_WAIT = timedelta(seconds=60)
TASKS_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class WorkerState:
    """Whether a worker lives and keeps up, and in words what is wrong."""

    status: Literal["running", "behind", "dead"]
    because: str
    reactions_waiting: int
    reactions_failed: int
    tasks_waiting: int
    memory_mib: int


def worker_state() -> WorkerState:
    """How the worker stands now; six queries."""
    moment = now()
    living = list(WorkerBeat.objects.filter(at__gte=time_text(moment - DEAD_AFTER)).order_by("-at"))
    waiting = max(pending().values(), default=0)
    failed = ReactionRun.objects.filter(is_done=False, tries__gte=MOST_TRIES).count()
    ready = DBTaskResult.objects.ready()
    oldest = ready.order_by("enqueued_at").values_list("enqueued_at", flat=True).first()
    status: Literal["running", "behind", "dead"] = "running"
    because = ""
    if not living:
        status, because = "dead", _dead()
    elif waiting and (since := _waits_since()) is not None and since < moment - REACTIONS_WAIT:
        status = "behind"
        because = f"Reactions have not read entries made since {time_text(since)}."
    elif oldest is not None and oldest < moment - TASKS_WAIT:
        status, because = "behind", f"A task has waited since {time_text(oldest)}."
    return WorkerState(
        status=status,
        because=because,
        reactions_waiting=waiting,
        reactions_failed=failed,
        tasks_waiting=ready.count(),
        memory_mib=sum(one.memory_mib for one in living),
    )


@dataclass(frozen=True, kw_only=True)
class ReactionState:
    """One reaction: what it follows, and how many entries it has not read yet."""

    name: str
    action: str
    waiting: int


def reaction_states() -> list[ReactionState]:
    """Every reaction by name."""
    waiting = pending()
    return [
        ReactionState(name=name, action=action, waiting=waiting.get(name, 0))
        for name, action in sorted(reactions().items())
    ]


def open_runs(most: int = 200) -> list[ReactionRun]:
    """Runs that failed and are not done, the oldest entry first."""
    return list(ReactionRun.objects.filter(is_done=False, tries__gt=0).order_by("entry", "reaction")[:most])


def _dead() -> str:
    last = WorkerBeat.objects.order_by("-at").values_list("at", flat=True).first()
    said = "No worker runs" if last is None else f"No worker was heard of since {last}"
    return f"{said}. 'upright serve' runs one, and 'upright worker' runs one apart."


def _waits_since() -> datetime | None:
    """When the oldest entry was made that a reaction has not read."""
    cursors = dict(ReactionCursor.objects.values_list("name", "next"))
    first = min((cursors.get(name, 0) for name in reactions()), default=0)
    leaf = LedgerEntry.objects.filter(index=first).values_list("leaf", flat=True).first()
    return None if leaf is None else parse_time(parse_leaf(bytes(leaf)).time)
