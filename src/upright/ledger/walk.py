"""One pass over all entries of a log: leaves, tree, streams, times, announcements, openings, bodies, erasures."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from operator import le
from typing import TYPE_CHECKING

from upright.kernel import TimeError, parse_time, time_text
from upright.ledger.blame import Levels, blame
from upright.ledger.checkpoint import Checkpoint
from upright.ledger.errors import DamageError
from upright.ledger.layout import TILE_WIDTH
from upright.ledger.leaves import Columns, columns, parse_leaf, place, split_entry_tile
from upright.ledger.source import Source
from upright.ledger.streams import INDEX, ROOT, Streams, may_be_erased
from upright.ledger.tree import leaf_hash
from upright.ledger.values import Problem

if TYPE_CHECKING:
    from pathlib import Path

_FIRST = place(0, None)
_BODY = b"upright/body/1"
_WIPED = bytes(32)
_FOLLOW_A_LEAF = frozenset({"UP-LEDGER-57", "UP-LEDGER-58", "UP-LEDGER-59", "UP-LEDGER-60"})


class Walk:
    """What a whole reading found. ``problems`` is empty if everything is as the checkpoint commits to."""

    def __init__(self, source: Source, checkpoint: Checkpoint) -> None:
        self.opened = 0
        self.erased = 0
        self._source = source
        self._size = checkpoint.size
        self._levels = Levels(source, checkpoint.size)
        self._streams = Streams()
        self._expected: dict[bytes, bytes] = {}
        self._count: dict[bytes, int] = {}
        self._erasures: set[int] = set()
        self._time, self._late = b"", b""
        self._odd: list[tuple[int, str, str, bool]] = []
        self._opened_of: dict[bytes, int] = {}
        self._soft: list[Problem] = []
        self._stop_openings: Path | None = None
        self._announcing = True
        for n in range(-(-self._size // TILE_WIDTH)):
            self._tile(n)
        hard = blame(source, self._levels, checkpoint.root, self._leaf_hashes)
        self._settle_odd()
        if source.is_partial:
            self._demand_whole_streams()
        self.problems = hard + self._unless_explained(hard)

    @property
    def stream_count(self) -> int:
        """How many streams the opened indexes announce."""
        return len(self._streams.by_ref)

    def root(self, size: int) -> bytes | None:
        """Root at an earlier size; None beyond the present one, or where tiles are damaged."""
        from upright.ledger.view import View

        try:
            return View(self._source).root(size) if size <= self._size else None
        except DamageError:
            return None

    def _tile(self, n: int) -> None:
        first, width = n * TILE_WIDTH, min(TILE_WIDTH, self._size - n * TILE_WIDTH)
        try:
            data = self._source.entry_tile(n, width)
        except DamageError as why:
            file = self._source.layout.relative(self._source.entries_path(n, width))
            self._soft.append(Problem(code="UP-LEDGER-56", file=file, expected=f"{width} entries", got=why.message))
            data = b""
        leaves, _end = split_entry_tile(data, width)
        hashes = list(map(leaf_hash, leaves))
        self._levels.add(n, b"".join(hashes))
        found = columns(data, width) or self._one_by_one(leaves, first)
        self._places(found, first)
        self._times(found, first)
        self._bodies(found, first)

    def _leaf_hashes(self, n: int) -> list[bytes]:
        width = min(TILE_WIDTH, self._size - n * TILE_WIDTH)
        try:
            return list(map(leaf_hash, split_entry_tile(self._source.entry_tile(n, width), width)[0]))
        except DamageError:
            return []

    def _one_by_one(self, leaves: list[bytes], first: int) -> Columns:
        """The slow way, which names the leaf that is not canonical; what cannot be read has no stream."""
        rows: list[tuple[bytes, bytes, bytes, bytes, bytes, bytes]] = []
        for index, data in enumerate(leaves, first):
            try:
                leaf = parse_leaf(data)
                parse_time(leaf.time)
            except (DamageError, TimeError) as why:
                self._note("UP-LEDGER-57", index, "a leaf in canonical form", why.message)
                rows.append((b"", b"", b"", b"", b"", b""))
                continue
            late = b"true" if leaf.late else b""
            texts = (leaf.body, leaf.stream, leaf.time, leaf.type)
            body, stream, time, type_ = (text.encode() for text in texts)
            rows.append((body, late, place(leaf.n, leaf.prev), stream, time, type_))
        missing = min(TILE_WIDTH, self._size - first) - len(rows)
        rows += [(b"", b"", b"", b"", b"", b"")] * missing
        return Columns(*zip(*rows, strict=True))

    def _places(self, leaves: Columns, first: int) -> None:
        """Each stream counts from 0 without a gap, and every entry points at the one before it."""
        expected, count = self._expected, self._count
        for index, (stream, got) in enumerate(zip(leaves.stream, leaves.place, strict=True), first):
            if got != expected.get(stream, _FIRST) and stream:
                wanted = expected.get(stream, _FIRST).decode()
                self._note("UP-LEDGER-58", index, f'"n":{wanted}', f'"n":{got.decode()}')
            n = count[stream] = count.get(stream, 0) + 1
            expected[stream] = b'%d,"prev":%d' % (n, index)
        if self._announcing:
            self._announcements(leaves)

    def _announcements(self, leaves: Columns) -> None:
        try:
            self._streams.extend(leaves, lambda index: self._source.opening(index, self._size))
        except DamageError as why:
            self._announcing = False
            index = self._streams.size - 1
            self._note("UP-LEDGER-60", index, "announcements and erasures as the rules say", why.message)
        if self._streams.unannounced and not self._source.is_partial and self._announcing:
            self._announcing = False
            at = next(i for i, s in enumerate(leaves.stream) if s and s.decode() not in self._streams.by_id)
            index = self._streams.size - len(leaves.stream) + at
            self._note("UP-LEDGER-60", index, "an entry of an announced stream", leaves.stream[at].decode())

    def _times(self, leaves: Columns, first: int) -> None:
        """Times never decrease; a late one is a millisecond after the one before, and nothing else is marked late."""
        if not any(leaves.late) and leaves.time and self._time <= leaves.time[0] and _are_sorted(leaves.time):
            self._time, self._late = leaves.time[-1], b""
            return
        for index, (time, late) in enumerate(zip(leaves.time, leaves.late, strict=True), first):
            if not time:
                continue
            if time < self._time:
                self._note("UP-LEDGER-59", index, f"a time from {self._time.decode()} on", time.decode())
            if late and not (time == self._time and self._late) and time.decode() != _next(self._time):
                self._note("UP-LEDGER-59", index, f"late, so {_next(self._time)}", time.decode())
            self._time, self._late = time, late

    def _bodies(self, leaves: Columns, first: int) -> None:
        """Every opening is that of its leaf: stream, stream salt, salt, media type, body."""
        sha256, by_id = hashlib.sha256, self._streams.by_id
        prefixes: dict[str, bytes] = {}
        refs = {stream: by_id[stream.decode()].ref for stream in set(leaves.stream) if stream.decode() in by_id}
        index = first - 1
        for opening in self._fields(first, len(leaves.stream)):
            index += 1
            at = index - first
            stream = leaves.stream[at]
            if opening is None or not stream:
                continue
            stream_salt, salt, ref, media, body = opening
            prefix = prefixes.get(media)
            if prefix is None:
                prefix = prefixes[media] = _BODY + media.encode() + b"\x00"
            got = sha256(prefix + salt + body).hexdigest()
            if got.encode() != leaves.body[at]:
                is_wiped = salt == _WIPED and not any(body)
                self._odd.append((index, leaves.body[at].decode(), got, is_wiped))
            if refs.get(stream, ref) != ref:
                self._wrong_ref(index, stream, ref)
            if stream_salt is not None or leaves.place[at] == _FIRST:
                self._stream_salt(index, stream, stream_salt, is_first=leaves.place[at] == _FIRST)
            self._opened_of[stream] = self._opened_of.get(stream, 0) + 1
            self.opened += 1
            if leaves.type[at] == b"erasure":
                self._erasures.add(index)

    def _fields(self, first: int, count: int) -> Iterator[tuple[bytes | None, bytes, str, str, bytes] | None]:
        if self._stop_openings == self._source.openings_path(first):
            return
        index = first
        try:
            for fields in self._source.fields(first, count, self._size):
                yield fields
                index += 1
        except DamageError as why:
            self._stop_openings = self._source.openings_path(index)
            file = self._source.layout.relative(self._source.openings_path(index))
            self._soft.append(
                Problem(code="UP-LEDGER-61", file=file, entry=index, expected="the entry's opening", got=why.message)
            )

    def _wrong_ref(self, index: int, stream: bytes, ref: str) -> None:
        known = self._streams.by_id.get(stream.decode())
        if known is not None:
            self._note("UP-LEDGER-64", index, known.ref, ref)

    def _stream_salt(self, index: int, stream: bytes, got: bytes | None, *, is_first: bool) -> None:
        known = self._streams.by_id.get(stream.decode())
        wanted = known.salt if known is not None and is_first else None
        if got != wanted and (known is not None or not is_first):
            texts = ["none" if salt is None else salt.hex() for salt in (wanted, got)]
            self._note("UP-LEDGER-63", index, f"stream salt {texts[0]}", f"stream salt {texts[1]}")

    def _settle_odd(self) -> None:
        """A body that is not what its leaf says is right only where a later entry erased it."""
        erased = self._streams.erased
        for index, expected, got, is_wiped in self._odd:
            file = self._source.layout.relative(self._source.openings_path(index))
            if index in erased and is_wiped:
                self.erased, self.opened = self.erased + 1, self.opened - 1
            elif is_wiped:
                self._note("UP-LEDGER-65", index, "a body, or an entry that erases it", "zeros", file)
            else:
                self._note("UP-LEDGER-62", index, f"body {expected}", f"body {got}", file)
        odd = {index for index, _expected, _got, is_wiped in self._odd if is_wiped}
        for index, by in erased.items():
            if index not in odd and self._source.opening(index, self._size) is not None:
                self._note("UP-LEDGER-65", index, f"zeros, as entry {by} erased it", "a body that can still be read")
            self._demand_erasable(index, by)

    def _demand_erasable(self, index: int, by: int) -> None:
        n, at = divmod(index, TILE_WIDTH)
        width = min(TILE_WIDTH, self._size - n * TILE_WIDTH)
        try:
            leaf = parse_leaf(split_entry_tile(self._source.entry_tile(n, width), width)[0][at])
        except DamageError:
            return
        stream = self._streams.by_id.get(leaf.stream)
        if stream is not None and not may_be_erased(leaf.type, stream.ref):
            self._note("UP-LEDGER-60", by, "an erasure of a record or of evidence", f"one of {leaf.type} {stream.ref}")

    def _demand_whole_streams(self) -> None:
        """A pack opens a stream wholly; index streams of what it does not cover, and theirs, stay closed."""
        for stream in self._streams.by_ref.values():
            opened, known = self._opened_of.get(stream.id.encode(), 0), len(stream.entries)
            may_be_closed = stream.ref.startswith(INDEX) and stream.ref != ROOT
            if opened != known and not (may_be_closed and opened == 0):
                missing = next(i for i in stream.entries if self._source.opening(i, self._size) is None)
                self._note("UP-LEDGER-61", missing, f"{known} openings of {stream.ref}", f"{opened}")

    def _note(self, code: str, entry: int, expected: str, got: str, file: str | None = None) -> None:
        if file is None:
            in_openings = code in {"UP-LEDGER-60", "UP-LEDGER-61", "UP-LEDGER-63", "UP-LEDGER-64", "UP-LEDGER-65"}
            n = entry // TILE_WIDTH
            width = min(TILE_WIDTH, self._size - n * TILE_WIDTH)
            path = self._source.openings_path(entry) if in_openings else self._source.entries_path(n, width)
            file = self._source.layout.relative(path)
        self._soft.append(Problem(code=code, file=file, entry=entry, expected=expected, got=got))

    def _unless_explained(self, hard: list[Problem]) -> list[Problem]:
        """Leaves out what only follows from another problem: an altered leaf also breaks its stream, and so on."""
        altered = {p.entry for p in hard if p.code == "UP-LEDGER-55"}
        unread = any(p.code in {"UP-LEDGER-56", "UP-LEDGER-61"} for p in self._soft)
        bodies = {p.entry for p in self._soft if p.code == "UP-LEDGER-62"}
        kept = []
        for problem in self._soft:
            follows = (
                (problem.entry in altered and problem.code != "UP-LEDGER-61")
                or (bool(altered) and problem.code in _FOLLOW_A_LEAF)
                or (problem.code == "UP-LEDGER-60" and (unread or problem.entry in bodies))
                or (problem.code == "UP-LEDGER-65" and problem.got == "zeros" and bool(bodies & self._erasures))
            )
            if not follows:
                kept.append(problem)
        return kept


def _are_sorted(times: Sequence[bytes]) -> bool:
    return all(map(le, times, islice(times, 1, None)))


def _next(time: bytes) -> str:
    if not time:
        return "nothing before the first entry"
    return time_text(parse_time(time.decode()) + timedelta(milliseconds=1))
