"""Asks the one host that it may reach what it is given, and gives back what came, whatever that is."""

import http.client
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from upright.checks.confined.door import Endpoint, EndpointError

_open: list[Endpoint] = []
_MOST_HEADERS = 100


def run(head: dict[str, Any], body: memoryview) -> tuple[Any, Iterable[Any]]:
    """One GET or POST: ``{status, headers}`` and the body; status 0 and ``why`` where nothing came back in time."""
    if not _open:
        _open.append(Endpoint(head))
    try:
        sent = bytes(body) if head["method"] == "POST" else None
        with _within(head["seconds"]):
            status, headers, data = _open[0].exchange(head["path"], sent, seconds=head["seconds"], most=head["most"])
    except (EndpointError, OSError, http.client.HTTPException) as why:
        return {"status": 0, "why": f"{type(why).__name__}: {why}"[:200]}, []
    kept = {name.lower(): value[:1000] for name, value in headers[:_MOST_HEADERS]}
    return {"status": status, "headers": kept}, [data]


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """The block ends in time, however slowly a host drips: a timeout of sockets begins anew with each byte."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"it took more than {seconds:g} s")

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
