"""One pass over all entries of a log: leaves, tree, streams, times, announcements, openings, bodies, erasures."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from operator import le
from typing import TYPE_CHECKING

from upright.kernel import TimeError, parse_time, time_text
from upright.ledger.blame import Levels, blame
from upright.ledger.checkpoint import Checkpoint
from upright.ledger.errors import DamageError
from upright.ledger.layout import TILE_WIDTH
from upright.ledger.leaves import Columns, body_digest, columns, parse_leaf, place
from upright.ledger.openings import Fields, Opening, opening_fields, opening_label
from upright.ledger.source import Source
from upright.ledger.streams import FIRST, INDEX, ROOT, Streams, may_be_erased
from upright.ledger.tree import leaf_hashes
from upright.ledger.values import Problem

if TYPE_CHECKING:
    from pathlib import Path

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
        self._streams = Streams(self._note)
        self._erasures: set[int] = set()
        self._time, self._late = b"", b""
        self._odd: list[tuple[int, str, str]] = []
        self._wiped: set[int] = set()
        self._labels: dict[bytes, tuple[bytes, bytes, int]] = {}
        self._opened_of: dict[bytes, int] = {}
        self._soft: list[Problem] = []
        self._unread: set[Path] = set()
        for n in range(-(-self._size // TILE_WIDTH)):
            self._tile(n)
        hard = blame(source, self._levels, checkpoint.root, self._leaf_hashes)
        self._settle_odd()
        if source.is_partial:
            self._demand_whole_streams()
        else:
            self._demand_announced()
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
            leaves, data = self._source.leaves(n, width)
        except DamageError as why:
            file = self._source.layout.relative(self._source.entries_path(n, width))
            self._soft.append(Problem(code="UP-LEDGER-56", file=file, expected=f"{width} entries", got=why.message))
            leaves, data = [], b""
        self._levels.add(n, b"".join(leaf_hashes(leaves)))
        found = columns(data, width) or self._one_by_one(leaves, first)
        self._streams.extend(found, self._opening_or_raise)
        self._times(found, first)
        self._bodies(found, first)

    def _leaf_hashes(self, n: int) -> list[bytes]:
        width = min(TILE_WIDTH, self._size - n * TILE_WIDTH)
        try:
            return leaf_hashes(self._source.leaves(n, width)[0])
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
        if b"erasure" in leaves.type:
            self._erasures.update(i for i, type_ in enumerate(leaves.type, first) if type_ == b"erasure")
        try:
            raw = self._source.raw_openings(first, len(leaves.stream), self._size)
        except DamageError as why:
            self._unreadable(first, why)
            return
        digests = self._listed(leaves, first) if raw is None else self._digests(leaves, first, *raw)
        if b"".join(digests).hex() == b"".join(leaves.body).decode():
            self.opened += len(digests)
            return
        for at, got in enumerate(digests):
            if got:
                self.opened += 1
            if got and got.hex() != leaves.body[at].decode():
                self._odd.append((first + at, leaves.body[at].decode(), got.hex()))

    def _digests(self, leaves: Columns, first: int, data: bytes, begin: int, ends: Sequence[int]) -> list[bytes]:
        """What the bodies of a folder's openings hash to.

        What stands between salt and body is the same for most entries of a stream, so it is read once and then only
        compared: half the time of a whole verification lies here.
        """
        sha256, labels, found = hashlib.sha256, self._labels, []
        for at, (stream, end) in enumerate(zip(leaves.stream, ends, strict=False)):
            label = labels.get(stream)
            if label is not None and not data[begin + 12] and data.startswith(label[0], begin + 45):
                text = label[1] + data[begin + 13 : begin + 45] + data[begin + label[2] : end]
                found.append(sha256(text).digest())
            else:
                try:
                    fields = opening_fields(data, begin, end)
                except DamageError as why:
                    self._unreadable(first + at, why)
                    return found
                found.append(self._digest(leaves, at, first + at, fields))
            begin = end
        if len(ends) < len(leaves.stream):
            self._unreadable(first + len(ends), DamageError("nothing that begins there", code="UP-LEDGER-22"))
        return found

    def _listed(self, leaves: Columns, first: int) -> list[bytes]:
        """What the bodies of a pack's openings hash to; nothing for those that it leaves out."""
        found = []
        for at, fields in enumerate(self._source.fields(first, len(leaves.stream), self._size)):
            found.append(b"" if fields is None else self._digest(leaves, at, first + at, fields))
            if fields is not None:
                self._opened_of[leaves.stream[at]] = self._opened_of.get(leaves.stream[at], 0) + 1
        return found

    def _digest(self, leaves: Columns, at: int, index: int, fields: Fields) -> bytes:
        stream_salt, salt, ref, media, body = fields
        stream, is_first = leaves.stream[at], leaves.place[at] == FIRST
        if not stream:
            return b""
        known = self._streams.by_id.get(stream)
        if known is not None and known.ref != ref:
            self._note("UP-LEDGER-64", index, known.ref, ref)
        elif known is not None:
            self._labels[stream] = opening_label(ref, media)
        wanted = known.salt if known is not None and is_first else None
        if stream_salt != wanted and (known is not None or not is_first):
            texts = ["none" if salt is None else salt.hex() for salt in (wanted, stream_salt)]
            self._note("UP-LEDGER-63", index, f"stream salt {texts[0]}", f"stream salt {texts[1]}")
        if salt == _WIPED and not any(body):
            self._wiped.add(index)
        return bytes.fromhex(body_digest(media, salt, body))

    def _unreadable(self, index: int, why: DamageError) -> None:
        """From a broken opening on, the rest of its file cannot be told apart; it is said once."""
        path = self._source.openings_path(index)
        if path not in self._unread:
            self._unread.add(path)
            file = self._source.layout.relative(path)
            problem = Problem(
                code="UP-LEDGER-61", file=file, entry=index, expected="the entry's opening", got=why.message
            )
            self._soft.append(problem)

    def _settle_odd(self) -> None:
        """A body that is not what its leaf says is right only where a later entry erased it."""
        erased = self._streams.erased
        for index, expected, got in self._odd:
            is_wiped = index in self._wiped or self._is_wiped(index)
            if index in erased and is_wiped:
                self.erased, self.opened = self.erased + 1, self.opened - 1
                self._wiped.add(index)
            elif is_wiped:
                self._note("UP-LEDGER-65", index, "a body, or an entry that erases it", "zeros")
            else:
                self._note("UP-LEDGER-62", index, f"body {expected}", f"body {got}")
        for index, by in erased.items():
            if index not in self._wiped and self._opening(index) is not None:
                self._note("UP-LEDGER-65", index, f"zeros, as entry {by} erased it", "a body that can still be read")
            self._demand_erasable(index, by)

    def _opening_or_raise(self, index: int) -> Opening | None:
        return self._source.opening(index, self._size)

    def _opening(self, index: int) -> Opening | None:
        try:
            return self._source.opening(index, self._size)
        except DamageError:
            return None

    def _is_wiped(self, index: int) -> bool:
        opening = self._opening(index)
        return opening is not None and opening.is_wiped

    def _demand_erasable(self, index: int, by: int) -> None:
        n, at = divmod(index, TILE_WIDTH)
        width = min(TILE_WIDTH, self._size - n * TILE_WIDTH)
        try:
            leaf = parse_leaf(self._source.leaves(n, width)[0][at])
        except DamageError:
            return
        stream = self._streams.by_id.get(leaf.stream.encode())
        if stream is not None and not may_be_erased(leaf.type, stream.ref):
            self._note("UP-LEDGER-60", by, "an erasure of a record or of evidence", f"one of {leaf.type} {stream.ref}")

    def _demand_announced(self) -> None:
        for stream in self._streams.unannounced.values():
            self._note("UP-LEDGER-60", stream.entries[0], "an entry of an announced stream", f"stream {stream.id}")

    def _demand_whole_streams(self) -> None:
        """A pack opens a stream wholly; index streams of what it does not cover, and theirs, stay closed."""
        for stream in self._streams.by_ref.values():
            opened, known = self._opened_of.get(stream.id.encode(), 0), len(stream.entries)
            may_be_closed = stream.ref.startswith(INDEX) and stream.ref != ROOT
            if opened != known and not (may_be_closed and opened == 0):
                missing = next(i for i in stream.entries if self._source.opening(i, self._size) is None)
                self._note("UP-LEDGER-61", missing, f"{known} openings of {stream.ref}", f"{opened}")

    def _note(self, code: str, entry: int, expected: str, got: str) -> None:
        n = entry // TILE_WIDTH
        width = min(TILE_WIDTH, self._size - n * TILE_WIDTH)
        is_opening = code >= "UP-LEDGER-60"
        path = self._source.openings_path(entry) if is_opening else self._source.entries_path(n, width)
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
