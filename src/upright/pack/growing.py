"""A log that packs are made of, where it is not the ledger's own folder: a view that can also be appended to."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from upright.ledger import NewEntry
from upright.ledger.view import View


class GrowingView(View, ABC):
    """A view of a log whose keeper appends in a way of its own; after it, the view shows the log as it is then."""

    @abstractmethod
    def append(self, entries: Sequence[NewEntry]) -> Any:
        """Appends entries, and moves the view forward."""
