"""The command ``upright``: one file a command (or group of commands), loaded only when it is asked for."""

from upright.cli.main import main

__all__ = ["main"]
