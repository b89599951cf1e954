"""The hashes a log keeps of its own tree, tile by tile: what roots and proofs are read from."""

from collections import OrderedDict

from upright.ledger.layout import HASH_BYTES, TILE_WIDTH
from upright.ledger.source import Source, keep
from upright.ledger.tree import Subtree, parents

_KEPT_TILES = 64
"""Tiles whose inner hashes are remembered: what proofs of one log share."""


class HashTiles:
    """The stored hash tiles of one log; what was read is remembered."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._kept: OrderedDict[tuple[int, int, int], list[bytes]] = OrderedDict()

    def as_of(self, size: int) -> Subtree:
        """How to find the hash of a full subtree, by height and place, in the tree of ``size`` entries."""

        def subtree(height: int, i: int) -> bytes:
            level, above = divmod(height, 8)
            tile, at = divmod(i << above, TILE_WIDTH)
            width = min(TILE_WIDTH, (size >> (8 * level)) - tile * TILE_WIDTH)
            rows = self._kept.get((level, tile, width))
            if rows is None:
                rows = [self._source.hash_tile(level, tile, width)]
                keep(self._kept, (level, tile, width), rows, _KEPT_TILES)
            while len(rows) <= above:
                rows.append(b"".join(parents(rows[-1])))
            at >>= above
            return rows[above][at * HASH_BYTES : (at + 1) * HASH_BYTES]

        return subtree

    def forget(self) -> None:
        """What was remembered may have been rewritten."""
        self._kept.clear()
