"""Logs that break a rule and are genuinely signed: what their own keeper could do, and verification must find."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledger.logs import Place
from upright.ledger import Checkpoint, Log, leaf_hash, root_hash
from upright.ledger.disk import Disk
from upright.ledger.draft import Written
from upright.ledger.frontier import Frontier
from upright.ledger.layout import Layout
from upright.ledger.leaves import Leaf, body_digest, leaf_bytes, parse_leaf
from upright.ledger.log import lay_out
from upright.ledger.openings import Opening, opening_bytes, opening_label
from upright.ledger.tail import Tail, Writer


@dataclass
class Row:
    """One entry, leaf and opening, to be changed at will. The body's digest is made anew when it is written."""

    stream: str
    n: int
    prev: int | None
    time: str
    type: str
    late: bool
    opening: Opening

    @classmethod
    def of(cls, leaf: Leaf, opening: Opening) -> "Row":
        return cls(leaf.stream, leaf.n, leaf.prev, leaf.time, leaf.type, leaf.late, opening)

    def leaf(self) -> bytes:
        said = self.opening
        return leaf_bytes(
            body=body_digest(said.media_type, said.salt, said.body),
            n=self.n,
            prev=self.prev,
            stream=self.stream,
            time=self.time,
            type_=self.type,
            late=self.late,
        )


def rows_of(log: Log) -> list[Row]:
    """Leaf and opening of each entry."""
    found = []
    for index in range(log.size):
        opening = log.source.opening(index, log.size)
        assert opening is not None
        found.append(Row.of(parse_leaf(log.leaf(index)), opening))
    return found


def forge(place: Place, change: Callable[[list[Row]], None]) -> Log:
    """Writes the log of a place anew with other rows, signed by its own key; there is no state head then."""
    log = place.open()
    rows = rows_of(log)
    change(rows)
    for folder in (place.upright, place.folder / "state"):
        shutil.rmtree(folder, ignore_errors=True)
    layout, disk = Layout(place.upright), Disk()
    disk.make_folder(layout.folder)
    lay_out(disk, layout, log.origin, place.signer)
    leaves = [row.leaf() for row in rows]
    openings = [
        opening_bytes(index, opening_label(o.ref, o.media_type)[0], o.stream_salt, o.salt, o.body)
        for index, o in enumerate(row.opening for row in rows)
    ]
    writer = Writer(disk, layout)
    written = Written(leaves, openings)
    Tail(0, 0, 0, Frontier(0, [])).write(writer, written, [leaf_hash(leaf) for leaf in leaves])
    writer.settle()
    sign(place, len(leaves), root_hash([leaf_hash(leaf) for leaf in leaves]))
    return log


def sign(place: Place, size: int, root: bytes) -> None:
    """Puts a checkpoint, signed by the place's own key, beside whatever lies there."""
    origin = (place.upright / "ledger/origin").read_text(encoding="utf-8").strip()
    text = str(Checkpoint.sign(origin, size, root, place.signer))
    (place.upright / "ledger/checkpoint").write_text(text, encoding="utf-8")


def files(folder: Path) -> list[Path]:
    """Every file that holds something of the log; the lock holds nothing."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
