"""Executable checks: what a check is given, what it answers, how it is found, decided and run."""
