"""Which stored file differs: of a tile and what lies under it, the one that leads to the signed root is right.

``Levels`` collects what the entries hash to and where a stored tile says otherwise; ``blame`` then works from the
root downwards. In an intact log it only compares bytes.
"""

from collections.abc import Callable, Iterator
from itertools import product

from upright.ledger.errors import DamageError
from upright.ledger.frontier import Frontier, tile_root
from upright.ledger.layout import HASH_BYTES, TILE_WIDTH
from upright.ledger.source import Source
from upright.ledger.tree import EMPTY_ROOT
from upright.ledger.values import Problem

_TILE_BYTES = TILE_WIDTH * HASH_BYTES
LeafHashes = Callable[[int], list[bytes]]
"""Hashes of the leaves in the n-th entry tile, as they are stored; an unreadable leaf's is empty."""


class Levels:
    """Hashes of full tiles by level, computed from the entries; level 0 itself is not kept."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self.size = size
        self.computed: list[bytearray] = [bytearray()]
        self.edge = b""
        self.differing: set[tuple[int, int]] = set()

    def add(self, n: int, hashes: bytes) -> None:
        """Takes in the leaf hashes of the next entry tile, and compares them with the stored hash tile."""
        if self.stored(0, n) != hashes:
            self.differing.add((0, n))
        if len(hashes) < _TILE_BYTES:
            self.edge = hashes
            return
        level, at = 1, tile_root(hashes)
        while at:
            if level == len(self.computed):
                self.computed.append(bytearray())
            row = self.computed[level]
            row += at
            at = b"" if len(row) % _TILE_BYTES else tile_root(bytes(row[-_TILE_BYTES:]))
            level += 1

    def compare_above(self) -> None:
        """Compares the stored tiles above level 0 with what the entries hash to."""
        for level in range(1, len(self.computed)):
            for n in range(self.tiles(level)):
                if self.stored(level, n) != self.tile(level, n):
                    self.differing.add((level, n))

    def tiles(self, level: int) -> int:
        """How many tiles a level has, the partial one included."""
        return -(-(self.size >> (8 * level)) // TILE_WIDTH)

    def width(self, level: int, n: int) -> int:
        """How many hashes a tile has at this size."""
        return min(TILE_WIDTH, (self.size >> (8 * level)) - n * TILE_WIDTH)

    def tile(self, level: int, n: int) -> bytes:
        """A tile above level 0 as the entries make it."""
        return bytes(self.computed[level][n * _TILE_BYTES : (n + 1) * _TILE_BYTES])

    def stored(self, level: int, n: int) -> bytes | None:
        """A tile as it is stored; None where it cannot be read."""
        try:
            return self._source.hash_tile(level, n, self.width(level, n))
        except DamageError:
            return None

    def frontier(self) -> list[bytes]:
        """The partial tile of each level as the entries make it."""
        above = [self.tile(level, (self.size >> (8 * level)) // TILE_WIDTH) for level in range(1, len(self.computed))]
        return [self.edge, *above]

    def root(self, size: int, leaf_hashes: "LeafHashes") -> bytes | None:
        """The root of the first ``size`` leaves as the entries make it; None where an entry tile is not whole."""
        if not size or size > self.size:
            return EMPTY_ROOT if not size else None
        partial = []
        for level in range(len(self.computed)):
            n, width = divmod(size >> (8 * level), TILE_WIDTH)
            tile = self.tile(level, n) if level else b"".join(leaf_hashes(n)) if width else b""
            if len(tile) < width * HASH_BYTES:
                return None
            partial.append(tile[: width * HASH_BYTES])
        return Frontier(size, partial).root()


def blame(source: Source, levels: Levels, root: bytes, leaf_hashes: LeafHashes) -> list[Problem]:
    """Names every tile and entry that does not lead to the signed root; nothing, if all do."""
    levels.compare_above()
    if not levels.differing and Frontier(levels.size, levels.frontier()).root() == root:
        return []
    return list(_Blame(source, levels, leaf_hashes).find(root))


class _Blame:
    def __init__(self, source: Source, levels: Levels, leaf_hashes: LeafHashes) -> None:
        self._source = source
        self._levels = levels
        self._leaf_hashes = leaf_hashes

    def find(self, root: bytes) -> Iterator[Problem]:
        truth = self._true_edges(root)
        if truth is None:
            got = Frontier(self._levels.size, self._levels.frontier()).root()
            file = self._source.layout.relative(self._source.layout.checkpoint)
            yield Problem(code="UP-LEDGER-53", file=file, expected=f"root {root.hex()}", got=f"root {got.hex()}")
            for level, n in sorted(self._levels.differing):
                yield from self._against(level, n, None)
            return
        for level in reversed(range(len(truth))):
            n = (self._levels.size >> (8 * level)) // TILE_WIDTH
            if truth[level]:
                yield from self._descend(level, n, truth[level])

    def _true_edges(self, root: bytes) -> list[bytes] | None:
        """The partial tiles, each as stored or as computed, whichever together lead to the root."""
        computed = self._levels.frontier()
        choices = []
        for level, hashes in enumerate(computed):
            n = (self._levels.size >> (8 * level)) // TILE_WIDTH
            stored = self._levels.stored(level, n) if self._levels.width(level, n) else b""
            choices.append({hashes, stored} - {None})
        for choice in product(*choices):
            edges = [hashes or b"" for hashes in choice]
            if Frontier(self._levels.size, edges).root() == root:
                return edges
        return None

    def _descend(self, level: int, n: int, truth: bytes) -> Iterator[Problem]:
        """Problems of the tile whose true hashes are known, and of all that lies under it."""
        yield from self._against(level, n, truth)
        if level == 0:
            return
        made = self._levels.tile(level, n)
        for at in range(len(truth) // HASH_BYTES):
            here = slice(at * HASH_BYTES, (at + 1) * HASH_BYTES)
            child = n * TILE_WIDTH + at
            if made[here] != truth[here] or self._differs_below(level - 1, child):
                yield from self._child(level - 1, child, truth[here])

    def _differs_below(self, level: int, n: int) -> bool:
        first, last = n, n
        for below in range(level, -1, -1):
            if any((below, at) in self._levels.differing for at in range(first, last + 1)):
                return True
            first, last = first * TILE_WIDTH, last * TILE_WIDTH + TILE_WIDTH - 1
        return False

    def _child(self, level: int, n: int, expected: bytes) -> Iterator[Problem]:
        stored, made = self._levels.stored(level, n), self._made(level, n)
        for candidate in (stored, made):
            if candidate is not None and tile_root(candidate) == expected:
                yield from self._descend(level, n, candidate)
                return
        yield from self._against(level, n, None)
        if level:
            for child in range(n * TILE_WIDTH, (n + 1) * TILE_WIDTH):
                if (level - 1, child) in self._levels.differing:
                    yield from self._against(level - 1, child, None)

    def _against(self, level: int, n: int, truth: bytes | None) -> Iterator[Problem]:
        """Differences of a tile's file and, at level 0, of its entries from the truth, or from each other."""
        stored, made = self._levels.stored(level, n), self._made(level, n)
        right = truth if truth is not None else made
        if stored != right:
            yield self._tile_problem(level, n, right, stored)
        if level == 0:
            right = truth if truth is not None else (stored or b"")
            hashes = self._leaf_hashes(n)
            for at in range(min(len(right), self._levels.width(0, n) * HASH_BYTES) // HASH_BYTES):
                expected = right[at * HASH_BYTES : (at + 1) * HASH_BYTES]
                got = hashes[at] if at < len(hashes) else b""
                if got != expected:
                    yield self._entry_problem(n * TILE_WIDTH + at, expected, got)

    def _made(self, level: int, n: int) -> bytes:
        return self._levels.tile(level, n) if level else b"".join(self._leaf_hashes(n))

    def _tile_problem(self, level: int, n: int, expected: bytes, got: bytes | None) -> Problem:
        path = self._source.tile_path(level, n, self._levels.width(level, n))
        file = self._source.layout.relative(path)
        if got is None:
            wanted = f"{self._levels.width(level, n)} hashes"
            return Problem(code="UP-LEDGER-54", file=file, expected=wanted, got="a missing or shorter file")
        pairs = [(expected[at : at + HASH_BYTES], got[at : at + HASH_BYTES]) for at in range(0, len(got), HASH_BYTES)]
        at = next((at for at, (one, other) in enumerate(pairs) if one != other), 0)
        return Problem(
            code="UP-LEDGER-54",
            file=file,
            expected=f"hash {at}: {pairs[at][0].hex()}",
            got=f"hash {at}: {pairs[at][1].hex()}",
        )

    def _entry_problem(self, index: int, expected: bytes, got: bytes) -> Problem:
        n = index // TILE_WIDTH
        path = self._source.entries_path(n, self._levels.width(0, n))
        return Problem(
            code="UP-LEDGER-55",
            file=self._source.layout.relative(path),
            entry=index,
            expected=f"leaf hash {expected.hex()}",
            got=f"leaf hash {got.hex()}" if got else "nothing readable",
        )
