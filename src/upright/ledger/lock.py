"""One writer at a time: a lock on a file that the system drops when its holder dies."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upright.ledger.errors import LedgerError

_PATIENCE_S = 120.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.0005, 0.02


@contextmanager
def locked(path: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Holds the lock while the block runs; waits for another holder, also one in the same process.

    Raises:
        LedgerError: another process held it for longer than ``patience_s`` seconds.
    """
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        deadline, wait = time.monotonic() + patience_s, _FIRST_WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LedgerError(
                        f"Another process has held the lock of this log for {patience_s:.0f} s; "
                        "wait for it, or end it, and try again.",
                        code="UP-LEDGER-32",
                    ) from None
                time.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_S)
        yield
    finally:
        os.close(handle)
