"""While a task runs: whether it is to stop, how far it is, and what is said where it broke."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from upright.kernel import UprightError, time_text
from upright.records.trail.server_log import now
from upright.records.work.models import Progress
from upright.records.work.tasks import StoppedError

_STOPPING: ContextVar[threading.Event | None] = ContextVar("upright_stopping", default=None)


@contextmanager
def stopped_by(stopping: threading.Event) -> Iterator[None]:
    """Within the block, tasks hear that they are to stop."""
    token = _STOPPING.set(stopping)
    try:
        yield
    finally:
        _STOPPING.reset(token)


def is_stopping() -> bool:
    """Whether the worker is to stop."""
    stopping = _STOPPING.get()
    return stopping is not None and stopping.is_set()


def demand_running() -> None:
    """Returns nothing while the worker may go on.

    Raises:
        StoppedError: it is to stop; what was done so far is kept, and the next worker goes on from there.
    """
    if is_stopping():
        raise StoppedError


def progress_of(ref: str) -> Progress:
    """How far a task is; a new one is nowhere."""
    return Progress.objects.filter(ref=ref).first() or Progress(ref=ref)


def tell(ref: str, **said: Any) -> None:
    """Keeps how far a task is."""
    Progress.objects.update_or_create(ref=ref, defaults=said | {"at": time_text(now())})


def failed(ref: str, why: Exception | None) -> None:
    """Keeps that a task broke, in words: of our own errors theirs, of others only their name."""
    if why is None:
        said = "The worker died each time that it tried. Look at its log, and at the memory of the machine."
    else:
        said = (
            str(why) if isinstance(why, UprightError) else f"It broke: {type(why).__name__}. Look at the worker's log."
        )
    tell(ref, says=said[:300])
