"""What the reading of one file shares: the allow-list, the bounds, the detections, and the way into its parts."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from upright.modelfiles.allowlist import AllowList
from upright.modelfiles.limits import Budget, LimitError
from upright.modelfiles.report import Findings
from upright.modelfiles.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Examiner:
    """Of one part of a file; ``name`` is what the part is called, which only ever adds suspicion."""

    allow: AllowList
    findings: Findings
    budget: Budget
    reader: "Callable[[Window, Examiner], str]"
    name: str = ""
    depth: int = 0

    def within(self, where: str, name: str = "") -> "Examiner":
        """The same for a part, whose detections begin with ``where``."""
        return replace(self, findings=Findings(f"{where}: ", self.findings), name=name or self.name)

    def aside(self) -> "Examiner":
        """The same for a reading whose detections are looked at before they count."""
        return replace(self, findings=Findings())

    def descend(self, part: Window) -> str:
        """Examines what a container holds; returns its format.

        Raises:
            LimitError: containers lie too deep in each other.
        """
        if self.depth >= self.budget.limits.depth:
            raise LimitError(f"holds containers more than {self.budget.limits.depth} deep")
        return self.reader(part, replace(self, depth=self.depth + 1))
