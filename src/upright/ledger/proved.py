"""Do the leaves that an answer is read from lead to the root that the log's key signed?"""

from upright.ledger.checkpoint import Checkpoint
from upright.ledger.errors import DamageError
from upright.ledger.frontier import Frontier
from upright.ledger.layout import TILE_WIDTH
from upright.ledger.tree import leaf_hashes
from upright.ledger.view import View


def demand_proved(log: View) -> None:
    """Returns nothing if every leaf is what the checkpoint commits to and the right edge of the stored tree is too.

    The cost is two hashes a leaf. Hash tiles inside the tree, from which nothing but proofs is read, are left to
    ``upright ledger verify``.

    Raises:
        DamageError: a leaf was changed (UP-LEDGER-39), or the stored edge is missing or another (UP-LEDGER-28).
    """
    signed = Checkpoint.parse(log.checkpoint).root
    edge = Frontier.read(log.source, log.size).root()
    if edge != signed:
        raise DamageError(
            f"The stored tiles do not lead to the checkpoint: expected root {signed.hex()}, got {edge.hex()}. "
            "Run `upright ledger verify` to see which tile differs.",
            code="UP-LEDGER-28",
        )
    tree = Frontier(0, [])
    for tile in range(-(-log.size // TILE_WIDTH)):
        leaves, _ = log.source.leaves(tile, min(TILE_WIDTH, log.size - tile * TILE_WIDTH))
        for _written in tree.extend(leaf_hashes(leaves)):
            pass
    if tree.root() != signed:
        raise DamageError(
            f"The leaves do not lead to the checkpoint: expected root {signed.hex()}, got {tree.root().hex()}. An "
            "entry was changed behind the log's back; `upright ledger verify` names it.",
            code="UP-LEDGER-39",
        )
