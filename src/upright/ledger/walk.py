"""One pass over all entries of a log: leaves, tree, streams, times, announcements, openings, bodies, erasures."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from operator import le
from typing import TYPE_CHECKING

from upright.kernel import TimeError, parse_time, time_text
from upright.ledger.blame import Levels, blame
from upright.ledger.checkpoint import Checkpoint
from upright.ledger.erasure import read_kept_media_type
from upright.ledger.errors import DamageError
from upright.ledger.hashes import HashTiles
from upright.ledger.layout import OPENINGS_PER_FILE, TILE_WIDTH
from upright.ledger.leaves import Columns, body_digest, columns, entry_tile, parse_leaf, place
from upright.ledger.mend import Piece, mended_leaves, mended_openings
from upright.ledger.openings import Fields, Opening, opening_fields
from upright.ledger.rebuild import Rebuilder
from upright.ledger.source import FolderSource, Source, read_bytes
from upright.ledger.streams import FIRST, INDEX, ROOT, Streams, may_be_erased
from upright.ledger.tree import leaf_hashes, root_from
from upright.ledger.values import Problem

if TYPE_CHECKING:
    from pathlib import Path

_WIPED = bytes(32)
_FOLLOW_A_LEAF = frozenset({"UP-LEDGER-57", "UP-LEDGER-58", "UP-LEDGER-59", "UP-LEDGER-60", "UP-LEDGER-65"})
_OF_OPENINGS = frozenset({"UP-LEDGER-61", "UP-LEDGER-62", "UP-LEDGER-63", "UP-LEDGER-64"})


class Walk:
    """What a whole reading found. ``problems`` is empty if everything is as the checkpoint commits to."""

    def __init__(self, source: Source, checkpoint: Checkpoint) -> None:
        self.opened = 0
        self.erased = 0
        self._source = source
        self._size, self._root = checkpoint.size, checkpoint.root
        self._levels = Levels(source, checkpoint.size)
        self._streams = Streams(self._note)
        self._erasures: set[int] = set()
        self._time, self._late = b"", b""
        self._odd: list[tuple[int, str, str]] = []
        self._wiped: set[int] = set()
        self._rebuilder = Rebuilder(source, self._size, self._streams) if isinstance(source, FolderSource) else None
        self._opened_of: dict[bytes, int] = {}
        self._soft: list[Problem] = []
        self._unread: set[Path] = set()
        self._keys: list[int] = []
        self._mended_tiles: dict[int, list[bytes]] = {}
        self._mended_files: dict[int, tuple[bytes, list[Piece | None]]] = {}
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

    @property
    def key_entries(self) -> list[int]:
        """The entries of type ``key``, in order."""
        return self._keys

    def opening(self, index: int) -> Opening | None:
        """An entry's opening, also where damage lies before it in its file; None where it cannot be read."""
        try:
            return self._opening_or_raise(index)
        except DamageError:
            return None

    def root(self, size: int) -> bytes | None:
        """Root at an earlier size; None beyond the present one, or where neither entries nor tiles lead to the root."""
        if size > self._size:
            return None
        if self._levels.root(self._size, self._leaf_hashes) == self._root:
            return self._levels.root(size, self._leaf_hashes)
        stored = HashTiles(self._source).as_of(self._size)
        try:
            return root_from(stored, size) if root_from(stored, self._size) == self._root else None
        except DamageError:
            return None

    def _tile(self, n: int) -> None:
        first, width = n * TILE_WIDTH, min(TILE_WIDTH, self._size - n * TILE_WIDTH)
        rebuilt = self._rebuilder.tile(n, first, width, self._time) if self._rebuilder else None
        if rebuilt is not None:
            self._levels.add(n, b"".join(rebuilt.hashes))
            self._time, self._late, self.opened = rebuilt.last_time, b"", self.opened + width
            return
        try:
            leaves, data = self._source.leaves(n, width)
        except DamageError as why:
            leaves = self._mended(n, width, why)
            data = entry_tile(leaves)
        self._levels.add(n, b"".join(leaf_hashes(leaves)))
        found = columns(data, width) or self._one_by_one(leaves, first)
        self._streams.extend(found, self._opening_or_raise)
        self._times(found, first)
        self._bodies(found, first)

    def _mended(self, n: int, width: int, why: DamageError) -> list[bytes]:
        """The leaves of a tile whose lengths do not fit, where they can be told apart all the same; says which one."""
        path = self._source.entries_path(n, width)
        file, first = self._source.layout.relative(path), n * TILE_WIDTH
        try:
            found = mended_leaves(read_bytes(path), width)
        except DamageError:
            found = None
        if found is None:
            self._soft.append(Problem(code="UP-LEDGER-56", file=file, expected=f"{width} entries", got=why.message))
            return []
        leaves, at = found
        if n not in self._mended_tiles:
            self._mended_tiles[n] = leaves
            wanted = "the entry behind its length" if at == width else f"length {len(leaves[at])} before the entry"
            entry = first + min(at, width - 1)
            self._soft.append(Problem(code="UP-LEDGER-56", file=file, entry=entry, expected=wanted, got=why.message))
        return leaves

    def _leaf_hashes(self, n: int) -> list[bytes]:
        width = min(TILE_WIDTH, self._size - n * TILE_WIDTH)
        try:
            return leaf_hashes(self._mended_tiles.get(n) or self._source.leaves(n, width)[0])
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
        if b"key" in leaves.type:
            self._keys += [i for i, type_ in enumerate(leaves.type, first) if type_ == b"key"]
        try:
            raw = self._source.raw_openings(first, len(leaves.stream), self._size)
        except DamageError as why:
            self._unreadable(first, why)
            return
        if raw is None:
            digests = self._listed(leaves, first)
        elif len(raw[2]) == len(leaves.stream):
            digests = self._digests(leaves, first, *raw)
        else:
            digests = self._one_by_one_opened(leaves, first, raw[0])
        if b"".join(digests).hex() == b"".join(leaves.body).decode():
            self.opened += len(digests)
            return
        for at, got in enumerate(digests):
            if got:
                self.opened += 1
            if got and got.hex() != leaves.body[at].decode():
                self._odd.append((first + at, leaves.body[at].decode(), got.hex()))

    def _digests(self, leaves: Columns, first: int, data: bytes, begin: int, ends: Sequence[int]) -> list[bytes]:
        """What the bodies of a folder's openings hash to."""
        found = []
        for at, end in enumerate(ends):
            found.append(self._opened(leaves, at, first + at, data, begin, end))
            begin = end
        return found

    def _one_by_one_opened(self, leaves: Columns, first: int, data: bytes) -> list[bytes]:
        """The same where lengths or indices of the file do not fit: says of which entry, and reads on behind it."""
        found = []
        for at, piece in enumerate(self._pieces(first, len(leaves.stream), data)):
            index = first + at
            if piece is None:
                self._note("UP-LEDGER-61", index, "the entry's opening", "nothing that begins there")
                found.append(b"")
                continue
            begin, end, is_whole = piece
            if not is_whole:
                length, number = int.from_bytes(data[begin : begin + 4], "big"), data[begin + 4 : begin + 12].hex()
                wanted = f"index {index}, length {end - begin - 4}"
                self._note("UP-LEDGER-61", index, wanted, f"index {int(number, 16)}, length {length}")
            found.append(self._opened(leaves, at, index, data, begin, end))
        return found

    def _pieces(self, first: int, count: int, data: bytes) -> list[Piece | None]:
        """Where the openings of a damaged file lie."""
        k, at = divmod(first, OPENINGS_PER_FILE)
        if k not in self._mended_files:
            whole = min(OPENINGS_PER_FILE, self._size - k * OPENINGS_PER_FILE)
            self._mended_files[k] = data, mended_openings(data, k * OPENINGS_PER_FILE, whole)
        return self._mended_files[k][1][at : at + count]

    def _opened(self, leaves: Columns, at: int, index: int, data: bytes, begin: int, end: int) -> bytes:
        try:
            return self._digest(leaves, at, index, opening_fields(data, begin, end))
        except DamageError as why:
            self._note("UP-LEDGER-61", index, "the entry's opening", why.message)
            return b""

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
        erased, odd = self._streams.erased, {index for index, _expected, _got in self._odd}
        for index, expected, got in self._odd:
            is_wiped = index in self._wiped or self._is_wiped(index)
            if index in erased and is_wiped:
                self.erased, self.opened = self.erased + 1, self.opened - 1
                self._wiped.add(index)
            elif is_wiped:
                self._note("UP-LEDGER-65", index, "a body, or an entry that erases it", "zeros")
            elif index not in erased:
                self._note("UP-LEDGER-62", index, f"body {expected}", f"body {got}")
        for index, by in erased.items():
            opening = self.opening(index)
            if index not in self._wiped and opening is not None:
                self._note("UP-LEDGER-65", index, f"zeros, as entry {by} erased it", "bytes that are not zeros")
            elif opening is not None and by not in odd:
                self._demand_kept(opening, by)
            self._demand_erasable(index, by)

    def _opening_or_raise(self, index: int) -> Opening | None:
        try:
            return self._source.opening(index, self._size)
        except DamageError:
            k, at = divmod(index, OPENINGS_PER_FILE)
            if k not in self._mended_files or self._mended_files[k][1][at] is None:
                raise
            data, pieces = self._mended_files[k]
            begin, end, _is_whole = pieces[at] or (0, 0, False)
            stream_salt, salt, ref, media, body = opening_fields(data, begin, end)
            return Opening(index, ref, stream_salt, salt, media, body)

    def _is_wiped(self, index: int) -> bool:
        opening = self.opening(index)
        return opening is not None and opening.is_wiped

    def _demand_kept(self, opening: Opening, by: int) -> None:
        """The media type of a wiped opening is committed to by the erasure alone."""
        said = self.opening(by)
        kept = None if said is None else read_kept_media_type(said)
        if kept is not None and kept != opening.media_type:
            self._note("UP-LEDGER-64", opening.index, f"media type {kept}", f"media type {opening.media_type}")

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
        """Leaves out what only follows from another problem: an altered leaf also breaks its stream, and so on.

        Where what announces streams or erases is itself damaged, what is said of streams and erasures follows from it.
        """
        altered = {p.entry for p in hard if p.code == "UP-LEDGER-55"}
        is_leaf_lost = bool(altered) or any(p.code == "UP-LEDGER-56" and p.entry is None for p in self._soft)
        damaged = {p.entry for p in self._soft if p.code in _OF_OPENINGS}
        carrying = self._erasures | {0}
        carrying |= {i for stream in self._streams.by_ref.values() if stream.is_index for i in stream.entries}
        is_blind = is_leaf_lost or any(p.code == "UP-LEDGER-61" for p in self._soft) or bool(damaged & carrying)
        kept: list[Problem] = []
        named: set[int | None] = set()
        for problem in self._soft:
            follows = (
                (problem.entry in altered and problem.code != "UP-LEDGER-61")
                or (is_leaf_lost and problem.code in _FOLLOW_A_LEAF)
                or (is_blind and problem.code in {"UP-LEDGER-60", "UP-LEDGER-65"})
                or (problem.code in {*_OF_OPENINGS, "UP-LEDGER-65"} and problem.entry in named)
            )
            if not follows:
                kept.append(problem)
                named |= {problem.entry} if problem.code in _OF_OPENINGS else set()
        return kept


def _are_sorted(times: Sequence[bytes]) -> bool:
    return all(map(le, times, islice(times, 1, None)))


def _next(time: bytes) -> str:
    if not time:
        return "nothing before the first entry"
    return time_text(parse_time(time.decode()) + timedelta(milliseconds=1))
