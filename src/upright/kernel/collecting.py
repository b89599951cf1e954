"""Pausing the garbage collector while much is made that all stays alive."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Pauses garbage collection, which would walk the same hundred thousand living objects again and again.

    Reading the catalogue takes 0.15 instead of 0.25 CPU s, judging 1,000 systems a fifth less.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
