"""The folder ``.upright/``: where its parts lie, and small files written so that a crash leaves the old or the new."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from upright.kernel import sha256_hex
from upright.workspace.errors import LostCheckpointError, WorkspaceError

NAME = ".upright"
_IGNORE = "# The log of this workspace belongs to this place: bundles and packs travel, this folder does not.\n*\n"


@dataclass(frozen=True, slots=True)
class Layout:
    """The places inside ``.upright/``."""

    root: Path

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The layout below a project folder."""
        return cls(folder / NAME)

    @property
    def blobs(self) -> Path:
        """Attachments by digest."""
        return self.root / "blobs"

    @property
    def catalogues(self) -> Path:
        """Catalogues that were in force, by digest."""
        return self.root / "catalogues"

    @property
    def pub(self) -> Path:
        """Public keys as vkeys, by fingerprint."""
        return self.root / "pub"

    @property
    def bundles(self) -> Path:
        """Checkpoints that earlier bundles were made at, one ``size root`` a line."""
        return self.root / "bundles"

    @property
    def resume(self) -> Path:
        """What a long check keeps so that a stopped run goes on where it was; emptied when it ends."""
        return self.root / "resume"

    @property
    def is_there(self) -> bool:
        """Whether a log was made here (its folder says so itself; see ``upright.ledger``)."""
        return (self.root / "ledger" / "checkpoint").is_file() or (self.root / "restoring").is_dir()

    @property
    def has_entries(self) -> bool:
        """Whether files of a log hold anything; a log's first checkpoint, of nothing, is there before any of them."""
        parts = (self.root / "open", self.root / "ledger" / "tile")
        return any(path.stat().st_size for part in parts for path in part.rglob("*") if path.is_file())

    def make(self) -> None:
        """Makes the folders besides the ledger's own; what is there stays."""
        for folder in (self.root, self.blobs, self.catalogues, self.pub):
            folder.mkdir(exist_ok=True, parents=True)
        if not (self.root / ".gitignore").exists():
            write_durably(self.root / ".gitignore", _IGNORE.encode())

    def demand(self) -> None:
        """Returns nothing if this is a workspace.

        Raises:
            WorkspaceError: there is none (UP-WORK-01), or its log has lost its checkpoint (UP-WORK-02).
        """
        if not self.is_there:
            self.demand_new()
            raise WorkspaceError(
                f"{self.root.parent} has no workspace ({NAME}/ledger/checkpoint is missing). "
                "Run 'upright assess' beside an upright.yaml first.",
                code="UP-WORK-01",
            )

    def demand_new(self) -> None:
        """Returns nothing where no log has written anything.

        Raises:
            LostCheckpointError: entries lie here without a checkpoint.
        """
        if not self.is_there and self.has_entries:
            raise LostCheckpointError(
                f"{self.root} holds entries of a log, but ledger/checkpoint is missing. Nothing was written over them. "
                "Bring the checkpoint back from a backup, or move the folder away to begin a new log.",
                code="UP-WORK-02",
            )

    @property
    def origin(self) -> str:
        """The log's origin, ``<organisation>/<uuid>``: the first line of its checkpoint, which is signed."""
        text = (self.root / "ledger" / "checkpoint").read_text(encoding="utf-8", errors="replace")
        return text.partition("\n")[0]

    def put_blob(self, data: bytes) -> str:
        """Keeps bytes by their digest and returns it, 64 hex digits."""
        digest = sha256_hex(data)
        path = self.blob(digest)
        if not path.exists():
            path.parent.mkdir(exist_ok=True, parents=True)
            write_durably(path, data)
        return digest

    def blob(self, digest: str) -> Path:
        """Where the bytes with this digest lie, or would."""
        return self.blobs / digest[:2] / digest

    def read_blob(self, digest: str) -> bytes:
        """The bytes with this digest.

        Raises:
            WorkspaceError: not kept here (UP-WORK-03), or changed since (UP-WORK-04).
        """
        try:
            data = self.blob(digest).read_bytes()
        except FileNotFoundError:
            raise WorkspaceError(f"The attachment sha256:{digest} is not kept here.", code="UP-WORK-03") from None
        if (got := sha256_hex(data)) != digest:
            raise WorkspaceError(
                f"{self.blob(digest)} was changed: expected sha256:{digest}, got sha256:{got}.", code="UP-WORK-04"
            )
        return data


def state_head(origin: str) -> Path:
    """Where this host keeps the last checkpoint it saw of a log: ``$XDG_STATE_HOME/upright/<uuid>/checkpoint``."""
    given = os.environ.get("XDG_STATE_HOME", "")
    base = Path(given) if given and Path(given).is_absolute() else Path("~/.local/state").expanduser()
    return base / "upright" / origin.rpartition("/")[2] / "checkpoint"


def write_durably(path: Path, data: bytes) -> None:
    """Writes a whole file: after a crash there is the old one or the new one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
