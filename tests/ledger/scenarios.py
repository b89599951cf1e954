"""What is done to a log while its process is killed, while the disk is full, while Ctrl-C is pressed.

Each scenario has a state to begin from and one thing to do; what it acknowledges must never be lost.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.keys import SeededSigner
from ledger.logs import ORIGIN, Place, evidence, record
from upright.kernel import canonical_bytes
from upright.ledger import (
    JSON,
    Checkpoint,
    Log,
    NewEntry,
    SignatureError,
    VerifierKey,
    export,
    read_export,
    restore,
    verify_folder,
)
from upright.ledger.disk import Disk
from upright.ledger.epochs import sealed_epochs
from upright.ledger.layout import Layout
from upright.ledger.source import FolderSource
from upright.ledger.view import View

Acknowledge = Callable[[dict[str, object]], None]
NEXT_ORIGINS = [ORIGIN[:-1] + digit for digit in "23"]
NEW_KEY = SeededSigner(ORIGIN, b"\x09" * 32)
PERSON = '{"schema":"risk/1","action":"risk.risk.added","record":{"name":"Ada Lovelace"}}'


@dataclass(frozen=True)
class Scenario:
    """``prepare`` makes where it begins; ``act`` is what is interrupted, and says what it has acknowledged."""

    prepare: Callable[[Place], None]
    act: Callable[[Place, Disk, Acknowledge], None]


def key_entry(signer: SeededSigner = NEW_KEY) -> NewEntry:
    """Enrols a log key, as a workspace does."""
    key = VerifierKey.of(signer)
    body = {
        "schema": "key/1",
        "ref": f"key:{key.fingerprint}",
        "action": "identity.key.enrolled",
        "actor": "key:x",
        "reason": "replaced",
        "cause": None,
        "record": {"role": "log", "vkey": str(key)},
    }
    fields = {"ref": body["ref"], "media_type": JSON, "body": canonical_bytes(body), "index": "index:keys"}
    return NewEntry(type="key", **fields)


def nothing(place: Place) -> None:
    """Not even a folder."""


def small(place: Place) -> None:
    place.create().append([record(PERSON), evidence("e1"), record("2")])


def nearly_a_tile(place: Place) -> None:
    small(place)
    place.open().append([record(str(number), ref=f"risk:{number % 3}") for number in range(243)])


def with_leftovers(place: Place) -> None:
    """What a dead writer left beyond the checkpoint."""
    nearly_a_tile(place)
    layout = Layout(place.upright)
    for path in (layout.openings(0), layout.entries(0), layout.tile(0, 0)):
        path.write_bytes(path.read_bytes() + b"left")
    for path in (layout.openings(1), layout.entries(1), layout.tile(0, 1)):
        path.write_bytes(b"left")
    for name in ("checkpoint.new", "origin.new"):
        (layout.ledger / name).write_bytes(b"left")


def at_a_tiles_end(place: Place) -> None:
    """All files are full, so what a dead writer left is a file of its own."""
    small(place)
    log = place.open()
    log.append([record(str(number)) for number in range(256 - log.size)])
    layout = Layout(place.upright)
    for path in (layout.openings(1), layout.entries(1), layout.tile(0, 1)):
        path.write_bytes(b"left")


def beside_leftovers(place: Place) -> None:
    """As if the machine had stopped while a writer was discarding what a dead one left."""
    nearly_a_tile(place)
    layout = Layout(place.upright)
    for path in (layout.openings(1), layout.entries(1), layout.tile(0, 1)):
        path.write_bytes(b"left")


def already_restored(place: Place) -> None:
    small(place)
    seal(place, 0, Disk())


def half_restored(place: Place) -> None:
    """A restore that was killed when it had only said that its new log is ready."""

    class Dies:
        def before(self, operation: object) -> None:
            return None

        def after(self, operation: object) -> None:
            if operation.kind == "rename" and operation.target.name == "READY":  # type: ignore[attr-defined]
                raise SystemExit

    already_restored(place)
    try:
        seal(place, 1, Disk(Dies()))
    except SystemExit:
        return


def half_created(place: Place) -> None:
    """A restore that was killed before its new log was ready: it is taken back."""
    small(place)
    Log.create(
        place.upright / "restoring", origin=NEXT_ORIGINS[0], signer=place.signer, state_head=None, clock=place.clock
    )


def exported(place: Place) -> None:
    small(place)
    export(place.open(), place.folder / "pack", "all")


def seal(place: Place, which: int, disk: Disk) -> Log:
    known = Log.open(place.upright).checkpoint
    return restore(
        place.upright,
        origin=NEXT_ORIGINS[which],
        signer=place.signer,
        state_head=place.folder / "state" / NEXT_ORIGINS[which][-12:] / "checkpoint",
        known=Checkpoint.parse(known),
        clock=place.clock,
        disk=disk,
    )


def create(place: Place, disk: Disk, acknowledge: Acknowledge) -> None:
    place.create(disk=disk)
    acknowledge({"created": True})


def append_one(place: Place, disk: Disk, acknowledge: Acknowledge) -> None:
    log = place.open(disk=disk)
    for body in ("one", "two"):
        acknowledge({"index": log.append([record(body)])[0], "body": body})


def append_batch(place: Place, disk: Disk, acknowledge: Acknowledge) -> None:
    log = place.open(disk=disk)
    bodies = [f"batch {number}" for number in range(20)]
    indices = log.append([evidence(body, ref=f"binding:mortgage/{body[-1]}") for body in bodies])
    for index, body in zip(indices, bodies, strict=True):
        acknowledge({"index": index, "body": body})


def erase(place: Place, disk: Disk, acknowledge: Acknowledge) -> None:
    log = place.open(disk=disk)
    log.erase(next(e.index for e in log.entries() if e.body == PERSON.encode()), "asked", "person:0190")
    acknowledge({"erased": True})


def restore_log(place: Place, disk: Disk, acknowledge: Acknowledge) -> None:
    seal(place, 1, disk)
    acknowledge({"restored": NEXT_ORIGINS[1]})


def only_open(place: Place, disk: Disk, acknowledge: Acknowledge) -> None:
    acknowledge({"opened": place.open(disk=disk).origin})


def hand_over(place: Place, disk: Disk, acknowledge: Acknowledge) -> None:
    log = place.open(disk=disk)
    acknowledge({"index": log.hand_over(NEW_KEY, [key_entry()])[0], "body": key_entry().body.decode(), "new": True})
    acknowledge({"index": log.append([record("by the new key")])[0], "body": "by the new key"})


def export_again(place: Place, disk: Disk, acknowledge: Acknowledge) -> None:
    for name in ("pack", "first"):
        export(place.open(disk=disk), place.folder / name, "all", disk=disk)
    acknowledge({"exported": True})


SCENARIOS = {
    "create": Scenario(nothing, create),
    "append": Scenario(small, append_one),
    "batch over a tile's end": Scenario(nearly_a_tile, append_batch),
    "append over leftovers": Scenario(with_leftovers, append_batch),
    "append beside leftovers": Scenario(beside_leftovers, append_batch),
    "append after a full tile": Scenario(at_a_tiles_end, append_batch),
    "erase": Scenario(small, erase),
    "restore": Scenario(already_restored, restore_log),
    "finish a restore": Scenario(half_restored, only_open),
    "take a restore back": Scenario(half_created, only_open),
    "hand over": Scenario(small, hand_over),
    "export": Scenario(exported, export_again),
}


def known_before(place: Place) -> dict[int, bytes | None]:
    """The entries that a scenario begins with; none of them may be lost, nor of those acknowledged."""
    if not (place.upright / "ledger/checkpoint").exists():
        return {}
    return {entry.index: entry.body for entry in View(FolderSource(Layout(place.upright))).entries()}


def examine(place: Place, name: str, before: dict[int, bytes | None], said: list[dict[str, object]]) -> None:
    """After the interruption: the log opens, verifies, has all that was acknowledged, and goes on."""
    wanted = before | {a["index"]: a["body"].encode() for a in said if "index" in a}  # type: ignore[attr-defined]
    is_moving = name in {"restore", "finish a restore", "take a restore back"}
    if name == "create" and not (place.upright / "ledger/checkpoint").exists():
        assert said == []
        place.create()
    if not is_moving:
        demand_entries(Log.open(place.upright, state_head=place.head, clock=place.clock), wanted)
    log = reopen(place)
    sealed = [View(FolderSource(epoch)) for epoch in sealed_epochs(Layout(place.upright))]
    assert len({each.origin for each in (*sealed, log)}) == len(sealed) + 1
    if name == "finish a restore" or any("restored" in a for a in said):
        assert (log.origin, len(sealed)) == (NEXT_ORIGINS[1], 2)
    elif name == "take a restore back":
        assert (log.origin, sealed) == (ORIGIN, [])
    demand_entries(sealed[1] if len(sealed) == 2 else log, wanted)
    if any("erased" in a for a in said):
        assert not any(b"Lovelace" in path.read_bytes() for path in place.upright.rglob("*") if path.is_file())
    if name == "export":
        export(log, place.folder / "pack", "all")
        assert read_export(place.folder / "pack").verify().problems == ()
    demand_intact(place)
    index = log.append([record("afterwards")])[0]
    assert log.entry(index).body == b"afterwards"
    demand_intact(place)


def reopen(place: Place) -> Log:
    """Opens it for writing with the key that signs now."""
    try:
        return place.open()
    except SignatureError:
        return place.open(signer=NEW_KEY)


def demand_intact(place: Place) -> None:
    report = verify_folder(place.upright, state_head=place.head)
    assert report.problems == ()
    assert report.rollback == ("checked" if place.head.exists() else "rollback not checked")


def demand_entries(log: View, wanted: dict[int, bytes | None]) -> None:
    """All of them are there; a batch is there whole or not at all; only the person's body may be erased."""
    found = {entry.index: entry.body for entry in log.entries()}
    assert list(found) == list(range(log.size))
    for index, body in wanted.items():
        assert found[index] == body or (body == PERSON.encode() and found[index] is None)
    batch = [body for body in found.values() if (body or b"").startswith(b"batch ")]
    assert len(batch) in {0, 20}
