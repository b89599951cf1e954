"""The Merkle tree of RFC 9162 (the same hashes as RFC 6962): roots, inclusion proofs, consistency proofs.

Hashes are 32 bytes of SHA-256. A proof is a list of hashes, lowest first. Sizes and indices count leaves from 0.
"""

import hashlib
import struct
from collections.abc import Callable, Iterable, Sequence

from upright.ledger.errors import ProofError

Hash = bytes
Subtree = Callable[[int, int], Hash]
"""Gives the hash of the complete subtree of a height that is the i-th of its height: ``(height, i)``."""

EMPTY_ROOT = hashlib.sha256().digest()
_sha256 = hashlib.sha256
_PAIR = struct.Struct("64s")


def leaf_hash(entry: bytes) -> Hash:
    """SHA-256(0x00 || entry). Source: RFC 9162, 2.1.1."""
    return _sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[Hash]:
    """``leaf_hash`` of each."""
    sha256 = _sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: Hash, right: Hash) -> Hash:
    """SHA-256(0x01 || left || right). Source: RFC 9162, 2.1.1."""
    return _sha256(b"\x01" + left + right).digest()


def parents(hashes: bytes) -> list[Hash]:
    """The level above complete pairs: ``hashes`` are 32-byte hashes in one run of bytes; an odd last one waits."""
    sha256 = _sha256
    whole = hashes[: len(hashes) // 64 * 64]
    return [sha256(b"\x01" + pair).digest() for (pair,) in _PAIR.iter_unpack(whole)]


class Tree:
    """A growing tree in memory: every complete subtree's hash is kept, so roots and proofs cost O(log n).

    >>> tree = Tree([leaf_hash(b""), leaf_hash(bytes(1))])
    >>> tree.root().hex()[:16]
    'fac54203e7cc696c'
    """

    def __init__(self, leaf_hashes: Iterable[Hash] = ()) -> None:
        self._levels: list[list[Hash]] = [[]]
        self.extend(leaf_hashes)

    @property
    def size(self) -> int:
        """How many leaves."""
        return len(self._levels[0])

    def extend(self, leaf_hashes: Iterable[Hash]) -> None:
        """Appends leaves by their hashes, and hashes every pair that became complete."""
        levels = self._levels
        levels[0].extend(leaf_hashes)
        height = 0
        while len(levels[height]) > 1:
            if height + 1 == len(levels):
                levels.append([])
            above = levels[height + 1]
            above.extend(parents(b"".join(levels[height][2 * len(above) :])))
            height += 1

    def subtree(self, height: int, i: int) -> Hash:
        """Hash of the i-th complete subtree of a height."""
        return self._levels[height][i]

    def root(self, size: int | None = None) -> Hash:
        """Root of the first ``size`` leaves (all, if None)."""
        return root_from(self.subtree, self._within(size))

    def inclusion_proof(self, index: int, size: int | None = None) -> list[Hash]:
        """Proof that leaf ``index`` is in the tree of the first ``size`` leaves."""
        return inclusion_from(self.subtree, index, self._within(size))

    def consistency_proof(self, old_size: int, size: int | None = None) -> list[Hash]:
        """Proof that the tree of ``size`` leaves extends that of ``old_size``."""
        return consistency_from(self.subtree, old_size, self._within(size))

    def _within(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise ProofError(f"Size {size} is outside this tree; expected 0 to {self.size}.", code="UP-LEDGER-10")
        return size


def root_hash(leaf_hashes: Sequence[Hash]) -> Hash:
    """Root over leaf hashes; of no leaves, SHA-256 of nothing. Source: RFC 9162, 2.1.1."""
    return Tree(leaf_hashes).root()


def inclusion_proof(leaf_hashes: Sequence[Hash], index: int, size: int | None = None) -> list[Hash]:
    """Hashes that lead from leaf ``index`` to the root of the first ``size`` leaves (all, if None).

    Raises:
        ProofError: no such leaf or size.
    Source: RFC 9162, 2.1.3.1.
    """
    return Tree(leaf_hashes).inclusion_proof(index, size)


def consistency_proof(leaf_hashes: Sequence[Hash], old_size: int, new_size: int | None = None) -> list[Hash]:
    """Hashes that show the tree of ``new_size`` leaves (all, if None) to extend that of ``old_size``.

    Raises:
        ProofError: a size outside the tree, or the old one larger than the new one.
    Source: RFC 9162, 2.1.4.1; nothing needs showing for old size 0 or for equal sizes.
    """
    return Tree(leaf_hashes).consistency_proof(old_size, new_size)


def verify_inclusion(leaf_hash: Hash, index: int, size: int, proof: Sequence[Hash], root: Hash) -> None:
    """Returns nothing if ``proof`` leads from the leaf at ``index`` to ``root`` in a tree of ``size`` leaves.

    Raises:
        ProofError: it does not; the message has the root expected and the root that came out.
    Source: RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofError(f"Leaf {index} is not in a tree of {size} leaves.", code="UP-LEDGER-10")
    first, last = index, size - 1
    at = leaf_hash
    for step in proof:
        if last == 0:
            raise _wrong_length(len(proof))
        if first & 1 or first == last:
            at = node_hash(step, at)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            at = node_hash(at, step)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise _wrong_length(len(proof))
    _demand_root(f"leaf {index} of {size}", root, at)


def verify_consistency(old_size: int, old_root: Hash, new_size: int, new_root: Hash, proof: Sequence[Hash]) -> None:
    """Returns nothing if ``proof`` shows that the tree with ``new_root`` extends the one with ``old_root``.

    Raises:
        ProofError: it does not; the message has the root expected and the root that came out.
    Source: RFC 9162, 2.1.4.2. Size 0 has one root, SHA-256 of nothing, and is extended by every tree.
    """
    if not 0 <= old_size <= new_size:
        raise ProofError(f"A tree of {new_size} leaves cannot extend one of {old_size}.", code="UP-LEDGER-10")
    if old_size in {0, new_size}:
        if proof:
            raise _wrong_length(len(proof))
        _demand_root(f"size {old_size}", old_root, EMPTY_ROOT if old_size == 0 else new_root)
        return
    steps = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not steps:
        raise _wrong_length(0)
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise _wrong_length(len(proof))
        if first & 1 or first == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new = node_hash(new, step)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise _wrong_length(len(proof))
    _demand_root(f"the first {old_size} leaves", old_root, old)
    _demand_root(f"all {new_size} leaves", new_root, new)


def root_from(subtree: Subtree, size: int) -> Hash:
    """Root of the first ``size`` leaves out of complete subtrees, from wherever they come."""
    return _range(subtree, 0, size) if size else EMPTY_ROOT


def inclusion_from(subtree: Subtree, index: int, size: int) -> list[Hash]:
    """As ``inclusion_proof``, out of complete subtrees."""
    if not 0 <= index < size:
        raise ProofError(f"Leaf {index} is not in a tree of {size} leaves.", code="UP-LEDGER-10")
    low, high, path = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range(subtree, middle, high))
            high = middle
        else:
            path.append(_range(subtree, low, middle))
            low = middle
    return path[::-1]


def consistency_from(subtree: Subtree, old_size: int, size: int) -> list[Hash]:
    """As ``consistency_proof``, out of complete subtrees."""
    if not 0 <= old_size <= size:
        raise ProofError(f"A tree of {size} leaves cannot extend one of {old_size}.", code="UP-LEDGER-10")
    if old_size in {0, size}:
        return []
    low, high, path, is_whole = 0, size, [], True
    while old_size != high:
        middle = low + _split(high - low)
        if old_size <= middle:
            path.append(_range(subtree, middle, high))
            high = middle
        else:
            path.append(_range(subtree, low, middle))
            low, is_whole = middle, False
    if not is_whole:
        path.append(_range(subtree, low, high))
    return path[::-1]


def _range(subtree: Subtree, low: int, high: int) -> Hash:
    """Root over leaves low..high-1, where low is a multiple of the smallest power of two that holds them."""
    peaks = []
    while low < high:
        height = (high - low).bit_length() - 1
        peaks.append(subtree(height, low >> height))
        low += 1 << height
    at = peaks.pop()
    while peaks:
        at = node_hash(peaks.pop(), at)
    return at


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _wrong_length(got: int) -> ProofError:
    return ProofError(f"The proof has {got} hashes, which does not fit the sizes.", code="UP-LEDGER-11")


def _demand_root(what: str, expected: Hash, got: Hash) -> None:
    if expected != got:
        raise ProofError(f"The proof for {what}: expected root {expected.hex()}, got {got.hex()}.", code="UP-LEDGER-12")
