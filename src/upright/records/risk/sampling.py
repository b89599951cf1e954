"""A sample that anybody can draw again: by a rule, from a named population, with a seed that nobody chose."""

from collections.abc import Iterable
from hashlib import sha256

from upright.kernel import InputError


def draw(population: Iterable[str], size: int, seed: str) -> list[str]:
    """The ``size`` items whose SHA-256 of seed and item is smallest, in that order.

    The order of the population does not matter, and what is drawn of one population never tells what is of another.

    Raises:
        InputError: an item stands twice, or fewer are there than are to be drawn.

    >>> draw(["a", "b", "c", "d"], 2, "seed") == draw(["d", "c", "b", "a"], 2, "seed")
    True
    """
    items = list(population)
    if len(set(items)) != len(items):
        twice = sorted({one for one in items if items.count(one) > 1})
        raise InputError(f"Stands twice in the population: {', '.join(twice[:5])}.", code="UP-RISK-31")
    if not 1 <= size <= len(items):
        raise InputError(
            f"Of {len(items)} items {size} cannot be drawn; expected 1 to {len(items)}.", code="UP-RISK-31"
        )
    return sorted(items, key=lambda one: sha256(f"upright/sample/1\0{seed}\0{one}".encode()).digest())[:size]
