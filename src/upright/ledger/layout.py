"""Where the parts of a ledger lie in a folder: ``.upright/`` as it grows, ``ledger/`` of a pack as it is exported."""

from dataclasses import dataclass, field
from pathlib import Path

TILE_WIDTH = 256
HASH_BYTES = 32
OPENINGS_PER_FILE = 16_384
FORMAT = "upright ledger folder 1\n"


def tile_index(n: int) -> str:
    """The number of a tile as path elements of three digits (C2SP tlog-tiles).

    >>> tile_index(1234067)
    'x001/x234/067'
    """
    parts = [f"{n % 1000:03d}"]
    while n >= 1000:
        n //= 1000
        parts.append(f"x{n % 1000:03d}")
    return "/".join(reversed(parts))


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths in a folder such as ``.upright``."""

    folder: Path
    ledger: Path = field(init=False, compare=False, repr=False)
    """What a stranger may see: checkpoint and tiles."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ledger", self.folder / "ledger")

    @property
    def format(self) -> Path:
        """Says what the folder is, and the version of its layout."""
        return self.folder / "FORMAT"

    @property
    def lock(self) -> Path:
        """Whoever appends holds a lock on this empty file."""
        return self.folder / "lock"

    @property
    def checkpoint(self) -> Path:
        """The signed checkpoint; its rename is the commit point of an append."""
        return self.ledger / "checkpoint"

    @property
    def origin(self) -> Path:
        """The log's origin, one line."""
        return self.ledger / "origin"

    @property
    def epochs(self) -> Path:
        """Sealed predecessors of this log, ``0001`` being the first."""
        return self.ledger / "epochs"

    @property
    def handovers(self) -> Path:
        """Checkpoints signed by an old and a new log key, named by their size."""
        return self.ledger / "handover"

    @property
    def public_keys(self) -> Path:
        """Verifier keys, ``<fingerprint>.vkey``."""
        return self.folder / "pub"

    @property
    def restoring(self) -> Path:
        """A restored log under construction; found at opening, its move is finished."""
        return self.folder / "restoring"

    def tile(self, level: int, n: int, width: int = TILE_WIDTH) -> Path:
        """A hash tile; with a width below 256, the exported partial one."""
        return self.ledger / f"tile/{level}/{tile_index(n)}{_partial(width)}"

    def entries(self, n: int, width: int = TILE_WIDTH) -> Path:
        """An entry tile; with a width below 256, the exported partial one."""
        return self.ledger / f"tile/entries/{tile_index(n)}{_partial(width)}"

    def openings(self, k: int) -> Path:
        """The file that opens the entries from ``k`` * 16,384 on."""
        return self.folder / "open" / str(k)

    @property
    def exported_openings(self) -> Path:
        """The openings of a pack, one JSON object a line."""
        return self.ledger / "openings.jsonl"

    def relative(self, path: Path) -> str:
        """How a problem names a file: from the folder on, with forward slashes."""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else path.name


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"
