"""Ctrl-C is remembered, because not every library lets the exception of it through.

Extension modules turn it into an error of import, engines into one of the query: whatever comes out then would be
taken for a result. Who files or prints something asks first whether the user wanted an end.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """Ctrl-C was pressed.

    A type of its own, since Python ends a process by the signal instead of with its exit status where exactly a
    ``KeyboardInterrupt`` came out of code made by ``exec``, as each dataclass makes some.
    """


_heard = threading.Event()


@contextmanager
def listening() -> Iterator[None]:
    """Within it Ctrl-C raises ``Interrupted`` and is remembered; whoever has the signal ignored keeps it so."""
    _heard.clear()
    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield
        return
    told = sys.unraisablehook
    signal.signal(signal.SIGINT, _hear)
    # Where nothing can be raised, as while an object is freed, Python would print the trace; it is remembered anyway.
    sys.unraisablehook = lambda one: None if one.exc_type is Interrupted else told(one)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        sys.unraisablehook = told


def was_heard() -> bool:
    """Whether Ctrl-C was pressed since ``listening`` began."""
    return _heard.is_set()


def heed() -> None:
    """Goes on only if nobody wanted an end.

    Raises:
        Interrupted: Ctrl-C was pressed, and what followed took it for something else.
    """
    if _heard.is_set():
        raise Interrupted


def _hear(_number: int, _frame: FrameType | None) -> None:
    _heard.set()
    raise Interrupted
