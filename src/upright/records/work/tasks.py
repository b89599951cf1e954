"""The one task of the queue: do what a record asks for. Which function does it, its kind says."""

from collections.abc import Callable

from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from upright.records.trail.door import linked
from upright.records.trail.record import Record

Runner = Callable[[Record], str]
"""Does what a record asks for, from wherever an earlier try left off; gives the outcome in one word, for the log."""
_RUNNERS: dict[str, Runner] = {}


class StoppedError(Exception):
    """The worker is told to stop: what was being done goes on where it was, in the next worker."""


def runs(kind: str) -> Callable[[Runner], Runner]:
    """Says which function does what records of a kind ask for; only a worker loads it."""

    def register(function: Runner) -> Runner:
        _RUNNERS[kind] = function
        return function

    return register


def perform(ref: str) -> str:
    """Does what a record asks for; gives the outcome in one word."""
    record = linked(ref)
    return _RUNNERS[record.ref_type](record)


@task()
def do(ref: str) -> str:
    """What stands in the queue."""
    return perform(ref)


def is_queued(record: Record) -> bool:
    """Whether it waits in the queue, or is being done."""
    live = (TaskResultStatus.READY, TaskResultStatus.RUNNING)
    return bool(DBTaskResult.objects.filter(status__in=live, args_kwargs__args=[str(record.ref)]).exists())


def enqueue(record: Record) -> None:
    """Puts a record into the queue, in the transaction that writes it."""
    do.enqueue(str(record.ref))
