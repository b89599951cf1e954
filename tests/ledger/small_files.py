"""Openings files of 256 entries instead of 16,384, so that a test reaches the end of one with a small log."""

from upright.ledger import erasure, source, tail

MODULES = (tail, source, erasure)


def make_small() -> None:
    for module in MODULES:
        module.OPENINGS_PER_FILE = 256  # type: ignore[attr-defined]
