"""The right edge of a stored tree: the partial tile of each level, enough to extend the tree and to know its root."""

from collections.abc import Iterator

from upright.ledger.layout import HASH_BYTES, TILE_WIDTH
from upright.ledger.source import Source
from upright.ledger.tree import EMPTY_ROOT, node_hash, parents

_TILE_BYTES = TILE_WIDTH * HASH_BYTES


class Frontier:
    """The hashes of the partial tiles at a size, one run of bytes a level, level 0 first."""

    def __init__(self, size: int, partial: list[bytes]) -> None:
        self.size = size
        self._partial = partial

    @classmethod
    def read(cls, source: Source, size: int) -> "Frontier":
        """What is stored for a tree of ``size`` leaves.

        Raises:
            DamageError: a tile is missing or too short.
        """
        partial, level = [], 0
        while size >> (8 * level):
            n, width = divmod(size >> (8 * level), TILE_WIDTH)
            partial.append(source.hash_tile(level, n, width) if width else b"")
            level += 1
        return cls(size, partial)

    def partial(self) -> tuple[bytes, ...]:
        """The hashes of each level's partial tile, level 0 first."""
        return tuple(self._partial)

    def root(self) -> bytes:
        """Root of the tree, out of at most 255 hashes a level."""
        root: bytes | None = None
        for hashes in self._partial:
            root = _fold(root, hashes)
        return EMPTY_ROOT if root is None else root

    def extend(self, leaf_hashes: list[bytes]) -> Iterator[tuple[int, int, int, bytes]]:
        """Appends leaves; gives what to write for it, as (level, tile, offset in the tile, hashes)."""
        level, incoming = 0, b"".join(leaf_hashes)
        while incoming:
            if level == len(self._partial):
                self._partial.append(b"")
            old = self._partial[level]
            hashes, n, offset = old + incoming, (self.size >> (8 * level)) // TILE_WIDTH, len(old)
            roots = []
            while len(hashes) >= _TILE_BYTES:
                whole, hashes = hashes[:_TILE_BYTES], hashes[_TILE_BYTES:]
                roots.append(tile_root(whole))
                yield level, n, offset, whole[offset:]
                n, offset = n + 1, 0
            if len(hashes) > offset:
                yield level, n, offset, hashes[offset:]
            self._partial[level] = hashes
            level, incoming = level + 1, b"".join(roots)
        self.size += len(leaf_hashes)


def tile_root(hashes: bytes) -> bytes:
    """Root over the hashes of a full tile."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(parents(hashes))
    return hashes


def _fold(right: bytes | None, hashes: bytes) -> bytes | None:
    """Joins a level's complete subtrees, from the right, to the root of what lies to their right."""
    while hashes:
        if len(hashes) // HASH_BYTES % 2:
            last = hashes[-HASH_BYTES:]
            right = last if right is None else node_hash(last, right)
        hashes = b"".join(parents(hashes))
    return right
