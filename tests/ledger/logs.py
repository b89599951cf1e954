"""Logs for the tests of this room: a clock that is set by hand, entries, and a place on disk."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger.keys import SeededSigner
from upright.ledger import ENVELOPE, JSON, Log, NewEntry, finish_restore

ORIGIN = "meridian/0190a1b2-0000-7000-8000-000000000001"
START = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)


@dataclass
class HandClock:
    """Says what it was set to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Place:
    """A folder for a log, its key, its state head, its clock."""

    folder: Path
    signer: SeededSigner = field(default_factory=lambda: SeededSigner(ORIGIN))
    clock: HandClock = field(default_factory=HandClock)

    @property
    def upright(self) -> Path:
        return self.folder / ".upright"

    @property
    def head(self) -> Path:
        """One for each log, as in a workspace."""
        origin = self.upright / "ledger" / "origin"
        name = origin.read_text(encoding="utf-8").strip()[-12:] if origin.exists() else ORIGIN[-12:]
        return self.folder / "state" / name / "checkpoint"

    def create(self, **more: object) -> Log:
        given = {"origin": ORIGIN, "signer": self.signer, "state_head": self.head, "clock": self.clock}
        return Log.create(self.upright, **(given | more))

    def open(self, **more: object) -> Log:
        finish_restore(self.upright, more.get("disk"))
        given = {"signer": self.signer, "state_head": self.head, "clock": self.clock}
        return Log.open(self.upright, **(given | more))


def record(text: str = "{}", ref: str = "risk:2026-0001", index: str = "index:system:mortgage") -> NewEntry:
    return NewEntry(type="record", ref=ref, media_type=JSON, body=text.encode(), index=index)


def evidence(text: str, ref: str = "binding:mortgage/fairness", index: str = "index:system:mortgage") -> NewEntry:
    return NewEntry(type="evidence", ref=ref, media_type=ENVELOPE, body=text.encode(), index=index)
