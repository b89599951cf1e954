"""The worker beside the web workers: started with the server, started again when it dies, ended with the server.

A small process between the two does this. The server's own process forks web workers, and whatever it started meanwhile
would be theirs too.
"""

import logging
import logging.config
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from upright.site.logs import logging_settings

LOG = logging.getLogger("upright.worker")
_PATIENCE_S = 25.0
_LONGEST_PAUSE_S = 30.0
_LOOK_S = 0.2


@contextmanager
def kept_running() -> Iterator[None]:
    """A worker lives as long as the block; it also ends by itself where this process dies."""
    command = [sys.executable, "-m", "upright.site.supervising", str(os.getpid())]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as keeper:
        try:
            yield
        finally:
            _end(keeper, _PATIENCE_S * 2)


class Keeper:
    """Starts a worker again and again, until it is told to stop or the server that it belongs to is gone."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._told = False

    def run(self) -> None:
        """Keeps one worker running."""
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "_told", True))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the server too, which then tells us
        pause = 1.0
        while not self._is_over():
            started = time.monotonic()
            command = [sys.executable, "-m", "upright", "worker", "--parent", str(os.getpid())]
            with subprocess.Popen(command, stdin=subprocess.DEVNULL) as worker:
                while worker.poll() is None and not self._is_over():
                    time.sleep(_LOOK_S)
                if worker.poll() is None:
                    _end(worker, _PATIENCE_S)
            if worker.returncode and not self._is_over():
                LOG.warning("the worker died and is started again", extra={"code": worker.returncode})
            pause = 1.0 if time.monotonic() - started > _LONGEST_PAUSE_S else min(pause * 2, _LONGEST_PAUSE_S)
            self._wait(pause)

    def _wait(self, pause: float) -> None:
        until = time.monotonic() + pause
        while time.monotonic() < until and not self._is_over():
            time.sleep(_LOOK_S)

    def _is_over(self) -> bool:
        return self._told or os.getppid() != self._server


def _end(process: "subprocess.Popen[bytes]", patience_s: float) -> None:
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    logging.config.dictConfig(logging_settings())
    Keeper(int(sys.argv[1])).run()
