"""``python -m upright`` is the command ``upright``."""

import gc
import os
import signal
import sys


def run() -> int:
    """Runs the command. Ctrl-C while its modules are being loaded waits for that, and after its answer does nothing."""
    held: list[int] = []
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    gc.set_threshold(20_000, 20, 10)  # at Python's own pace, imports alone cost an assessment 0.4 CPU s of collecting
    # Of products this small, a second core only waits for the first (0.4 CPU s of an assessment); who says so gets it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from upright.cli import main

    status = main(held=held)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Python's end would be one by the signal, whatever was answered
    return status


if __name__ == "__main__":
    sys.exit(run())
