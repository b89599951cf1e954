"""Ledger: appends, verification, disk use and proofs; the tree and its proofs beside pymerkle."""

import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
ORIGIN = "meridian/0190a1b2-0000-7000-8000-000000000001"
STREAMS = 1_000
BATCH = 1_000
SINGLE = 300


def run(quick: bool) -> list[Row]:
    """Rows for RESULTS.md. Durable appends are wall time (they wait for the disk), everything else CPU."""
    size = 50_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory(prefix="upright-bench-") as name:
        rows = [*_log(Path(name) / "small", size, body=60, limit=4.0, is_first=True)]
        rows += _log(Path(name) / "large", size, body=500, limit=7.0, is_first=False)
    return rows + _beside_pymerkle(20_000 if quick else 200_000)


def _log(folder: Path, size: int, *, body: int, limit: float, is_first: bool) -> list[Row]:
    from upright.evidence import PrivateKey
    from upright.ledger import Log, verify_folder
    from upright.ledger.disk import Disk

    folder.mkdir()
    key, head, disk = PrivateKey.from_seed("log", ORIGIN, bytes(range(32))), folder / "head" / "checkpoint", Disk()
    log = Log.create(folder / ".upright", origin=ORIGIN, signer=key, state_head=head, disk=disk)
    rows = []
    if is_first:
        rows.append(_one_by_one(folder, log, disk, body))
    rows.append(_in_batches(folder, log, disk, size, body))
    spent, floor = [], []
    for _ in range(2):
        spent.append(_cpu(lambda: verify_folder(folder / ".upright", state_head=head)))
        floor.append(_hashes(100_000, body))
    what = f"verify 1e6 entries, bodies of {body} bytes; target {limit:g}"
    note = f"measured {log.size:,} entries in {min(spent):.2f}; peer: the three SHA-256 of an entry alone, in turn"
    rows.append(_row(what, min(spent) / log.size * 1e6, "CPU s", note, min(floor) * 10))
    if is_first:
        rows += _size_on_disk(folder / ".upright", log.size)
        rows += _proofs(folder / ".upright", head)
    return rows


def _in_batches(folder: Path, log: Any, disk: Any, size: int, body: int) -> Row:
    """Batches, and in turn with each tenth of them as many bytes through as many syncs: what this disk allows."""
    floor = folder / f"floor-{body}"
    floor.mkdir()
    disk.counts.clear()
    cpu, ours, peer = 0.0, [], []
    for number, first in enumerate(range(0, size, BATCH)):
        batch = [_entry(at, body) for at in range(first, first + BATCH)]
        cpu -= time.process_time()
        ours.append(_wall(lambda batch=batch: log.append(batch)))
        cpu += time.process_time()
        if number % 10 == 9:
            syncs = round(_syncs_of(disk) / len(ours))
            peer.append(_wall(lambda syncs=syncs: _spread(floor, syncs, BATCH * (body + 300))))
    syncs = round(_syncs_of(disk) / len(ours))
    note = (
        f"wall; {size / cpu:,.0f} entries per CPU second, {syncs} syncs a batch; peer: bytes and syncs alone, in turn"
    )
    what = f"appends in batches of 1,000, bodies of {body} bytes, durable; target 50,000"
    return _row(what, size / sum(ours), "entries/s", note, BATCH * len(peer) / sum(peer))


def _hashes(count: int, body: int) -> float:
    """CPU seconds of what no verification can leave out: the hash of a body, of its leaf, and a node of the tree."""
    texts = bytes(56 + body), bytes(277), bytes(65)

    def hashed() -> None:
        for _ in range(count):
            for text in texts:
                hashlib.sha256(text).digest()

    return _cpu(hashed)


def _one_by_one(folder: Path, log: Any, disk: Any, body: int) -> Row:
    """Single appends, and in turn with them the same writes, renames and syncs alone: what this disk allows at most."""
    floor = folder / "floor"
    floor.mkdir()
    disk.counts.clear()
    cpu, ours, peer = 0.0, [], []
    for number in range(SINGLE):
        cpu -= time.process_time()
        ours.append(_wall(lambda number=number: log.append([_entry(number, body)])))
        cpu += time.process_time()
        peer.append(_wall(lambda number=number: _syncs(floor, number)))
    syncs = _syncs_of(disk) / SINGLE
    note = (
        f"wall; {syncs:.1f} syncs and {cpu / SINGLE * 1e3:.1f} CPU ms each; "
        f"medians {statistics.median(ours) * 1e3:.1f} and {statistics.median(peer) * 1e3:.1f} ms; peer: the syncs alone"
    )
    return _row("appends one by one, durable; target 200", SINGLE / sum(ours), "entries/s", note, SINGLE / sum(peer))


def _syncs(folder: Path, number: int) -> None:
    """What a single append asks of a disk: three files that grow, two that are replaced, one of them to the end."""
    for name in ("openings", "entries", "tile"):
        _write_through(folder / name, 200 * number, b"x" * 200)
    for name in ("checkpoint", "head"):
        _write_through(folder / f"{name}.new", 0, b"x" * 250)
        (folder / f"{name}.new").rename(folder / name)
        if name == "checkpoint":
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            os.fsync(handle)
            os.close(handle)


def _syncs_of(disk: Any) -> int:
    return sum(count for (kind, _), count in disk.counts.items() if kind.startswith("sync"))


def _spread(folder: Path, files: int, size: int) -> None:
    """``size`` bytes over so many files, each synced."""
    for at in range(files):
        _write_through(folder / str(at), 0, b"x" * (size // files))


def _write_through(path: Path, offset: int, data: bytes) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT)
    os.pwrite(handle, data, offset)
    os.fsync(handle)
    os.close(handle)


def _size_on_disk(folder: Path, size: int) -> list[Row]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    used = sum(path.stat().st_blocks * 512 for path in files)
    return [
        _row("disk use per 1e6 entries, target < 1,000", used / size, "MB", "bodies of 60 bytes"),
        _row("files per 1e6 entries, target < 10,000", len(files) / size * 1e6, "files", ""),
    ]


def _proofs(folder: Path, head: Path) -> list[Row]:
    from upright.ledger import Log

    log = Log.open(folder, state_head=head)
    places = [(number * 7919 + 1) % log.size for number in range(400)]
    inclusion = _cpu(lambda: [log.prove(place) for place in places]) / len(places)
    consistency = _cpu(lambda: [log.consistency(place) for place in places]) / len(places)
    note = f"from the files of {log.size:,} entries, places far apart"
    return [
        _row("inclusion proof, target < 1", inclusion * 1e3, "CPU ms", note),
        _row("consistency proof, target < 1", consistency * 1e3, "CPU ms", note),
    ]


def _beside_pymerkle(size: int) -> list[Row]:
    """The same leaves into both trees in memory, the same proofs out of both, and both check them."""
    from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

    from upright import ledger

    entries = [f"entry {number}".encode() for number in range(size)]
    theirs, ours = InmemoryTree(algorithm="sha256"), ledger.Tree()
    peer = _cpu(lambda: [theirs.append_entry(entry) for entry in entries])
    own = _cpu(lambda: ours.extend(ledger.leaf_hash(entry) for entry in entries))
    if theirs.get_state() != ours.root():
        raise AssertionError("the two trees differ")
    rows = [_row(f"tree of {size:,} leaves", own, "CPU s", "same root", peer)]
    places = [(number * 7919 + 1) % size for number in range(50)]
    root = ours.root()

    def own_inclusion() -> None:
        for place in places:
            proof = ours.inclusion_proof(place)
            ledger.verify_inclusion(ledger.leaf_hash(entries[place]), place, size, proof, root)

    def own_consistency() -> None:
        for place in places:
            ledger.verify_consistency(place, ours.root(place), size, root, ours.consistency_proof(place))

    def peer_inclusion() -> None:
        for place in places:  # their leaves count from 1
            verify_inclusion(theirs.get_leaf(place + 1), theirs.get_state(), theirs.prove_inclusion(place + 1))

    def peer_consistency() -> None:
        for place in places:
            verify_consistency(theirs.get_state(place), theirs.get_state(), theirs.prove_consistency(place))

    note = f"{len(places)} made and checked"
    rows.append(_row("inclusion proofs", _cpu(own_inclusion), "CPU s", note, _cpu(peer_inclusion)))
    rows.append(_row("consistency proofs", _cpu(own_consistency), "CPU s", note, _cpu(peer_consistency)))
    return rows


def _entry(number: int, body: int) -> Any:
    from upright.ledger import JSON, NewEntry

    text = f'{{"number":{number},"x":"'
    data = (text + "x" * (body - len(text) - 2) + '"}').encode()
    return NewEntry(type="record", ref=f"risk:{number % STREAMS}", media_type=JSON, body=data, index="index:system:m")


def _cpu(act: Callable[[], object]) -> float:
    begin = time.process_time()
    act()
    return time.process_time() - begin


def _wall(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _row(what: str, ours: float, unit: str, note: str, peer: float | None = None) -> Row:
    ratio = None if peer is None else ours / peer
    return {"what": what, "ours": ours, "peer": peer, "ratio": ratio, "unit": unit, "note": note}
