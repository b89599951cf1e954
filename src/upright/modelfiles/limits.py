"""How far a scan goes before it says ``not_examined``: what a file may cost us is bounded."""

import mmap
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file; a file that exceeds one is never clean."""

    depth: int = 5
    """Containers within containers."""
    members: int = 20_000
    """Entries of all archives together."""
    expanded_bytes: int = 4 * 2**30
    """Bytes that all decompression together may make."""
    free_bytes: int = 64 * 2**20
    """Bytes that one part may expand to whatever its ratio."""
    ratio: int = 200
    """Beyond ``free_bytes``, expanded bytes per stored byte."""
    opcodes: int = 8_000_000
    """Pickle instructions of all streams together that are followed one by one, and groups of values stepped over."""
    values: int = 1_300_000
    """Values of one pickle that are held at once; from 1.4 million on the memo's table doubles by 80 MB."""
    marks: int = 100_000
    """Marks within marks of a pickle; Python's own writer makes some thousands at most."""
    memory: int = 110 * 2**20
    """Bytes of memory that following one pickle may add, where the system tells it."""
    probes: int = 2_000
    """Places in foreign bytes where a hidden pickle is looked for."""


def memory_used() -> int:
    """Bytes of memory that this process has for its data; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as told:  # noqa: PTH123 - some hundred times a second
            return int(told.read().split()[5]) * mmap.PAGESIZE
    except (OSError, IndexError, ValueError):
        return 0


class BrokenStreamError(Exception):
    """Python would stop with an error in the pickle that is read."""


class LimitError(Exception):
    """A bound was reached; carries the sentence for the report."""


@dataclass(slots=True)
class Budget:
    """What one file has used of its limits so far."""

    limits: Limits = field(default_factory=Limits)
    members: int = 0
    expanded: int = 0
    opcodes: int = 0
    probes: int = 0

    def steps(self, count: int) -> None:
        """Counts pickle instructions that were followed."""
        self.opcodes += count
        if self.opcodes > self.limits.opcodes:
            raise LimitError(f"has more than {self.limits.opcodes} pickle instructions to be followed one by one")

    def member(self) -> None:
        """Counts an archive entry."""
        self.members += 1
        if self.members > self.limits.members:
            raise LimitError(f"holds more than {self.limits.members} archive entries")

    def room_for(self, stored: int) -> int:
        """How many bytes ``stored`` compressed bytes may still expand to."""
        fair = max(self.limits.free_bytes, stored * self.limits.ratio)
        return min(fair, self.limits.expanded_bytes - self.expanded)

    def expand(self, count: int) -> None:
        """Counts decompressed bytes."""
        self.expanded += count
        if self.expanded > self.limits.expanded_bytes:
            raise LimitError(f"expands to more than {self.limits.expanded_bytes} bytes")
