"""``python -m upright`` is the command ``upright``."""

import sys


def run() -> int:
    """Runs the command; a Ctrl-C while its modules are still being loaded ends as quietly as a later one."""
    try:
        from upright.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())
