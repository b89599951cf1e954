"""``python -m upright`` is the command ``upright``."""

import gc
import os
import sys


def run() -> int:
    """Runs the command; a Ctrl-C while its modules are still being loaded ends as quietly as a later one."""
    gc.set_threshold(20_000, 20, 10)  # at Python's own pace, imports alone cost an assessment 0.4 CPU s of collecting
    # Of products this small, a second core only waits for the first (0.4 CPU s of an assessment); who says so gets it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from upright.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
