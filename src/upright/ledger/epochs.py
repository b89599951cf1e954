"""Epochs: when a log cannot go on (rolled back, its clock far ahead), a new one begins and says where that ended."""

from upright.ledger.disk import Disk
from upright.ledger.layout import Layout


def finish_restore(layout: Layout, disk: Disk) -> None:
    """Finishes the move of a restored log that a dead process left half done."""
    _ = layout, disk
