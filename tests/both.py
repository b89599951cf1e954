"""All tests on SQLite and, at the same time, those of records on PostgreSQL: ``python tests/both.py -n 2 …``.

The two share nothing but the machine, and one computes while the other waits for a process, a page or its last test.
What the second says is kept in a file and comes whole, once the first has ended.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
TWICE = ("records", "desk", "api", "site/test_backup.py")
"""What runs on both databases (decision 0181)."""


def halved(arguments: Sequence[str]) -> list[str]:
    """The same arguments of pytest with half of the workers: the second run has a fifth of the work."""
    return re.sub(r"(?<!\S)-n (\d+)", lambda one: f"-n {max(1, int(one[1]) // 2)}", " ".join(arguments)).split()


def side_by_side(first: Sequence[str], second: Sequence[str]) -> int:
    """Runs two commands at once; gives 0 where both ended so, else what the first of them that did not ended with."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(second, stdout=said, stderr=subprocess.STDOUT) as other,
    ):
        try:
            one = subprocess.run(first, check=False).returncode
            two = other.wait()
        except BaseException as why:
            if not isinstance(why, KeyboardInterrupt):  # which a terminal sends to all
                other.send_signal(signal.SIGINT)
            other.wait(60)
            raise
        said.seek(0)
        sys.stdout.write(said.read())
    return one or two


def main(arguments: Sequence[str]) -> int:
    """Gives 0 where all passed on both."""
    twice = [f"tests/{one}" for one in TWICE]
    return side_by_side(
        [sys.executable, "-m", "pytest", "-q", *arguments],
        [sys.executable, str(HERE / "postgres.py"), *halved(arguments), *twice],
    )


if __name__ == "__main__":
    os.chdir(HERE.parent)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]))
