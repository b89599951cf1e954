"""``upright ledger verify`` on a server: the log against its checkpoint, and every row against its newest entry."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Literal

import msgspec
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction

from upright.ledger import Problem, Report, VerifierKey
from upright.ledger.verify import verify as verify_log
from upright.records.trail import tables
from upright.records.trail.errors import DoorError
from upright.records.trail.losses import lost
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.records.trail.projection import differing
from upright.records.trail.record import Record, record_types
from upright.records.trail.server_log import server_log

_BATCH = 500
_UNREADABLE = (ValueError, TypeError, ArithmeticError, ValidationError, DoorError, OperationalError)
_NAMED = ("stream", "salt", "announced by")


class ServerReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification of a server found: the log's own report, and how many rows were compared with entries."""

    log: Report
    rows: int
    problems: tuple[Problem, ...]

    @property
    def outcome(self) -> Literal["intact", "broken"]:
        """Whether anything differs, in the log or in a table."""
        return "broken" if self.problems or self.log.problems else "intact"


def verify(trust: VerifierKey | None = None, *, since: str | None = None) -> ServerReport:
    """Reads everything in one snapshot and says exactly what differs, expected and got.

    Args:
        trust: the log key that the caller knows; None: this server's own.
        since: a checkpoint's text that this log has to extend.
    """
    log = server_log()
    with _snapshot():
        report = verify_log(log.source, trust=trust or log.key, since=since, state_head=log.state_head)
        kinds: set[str] = set()
        walk = _Rows(kinds)
        problems = (*_streams(report.size, kinds), *walk.problems(), *tables.problems())
        left = lost()
    return ServerReport(log=msgspec.structs.replace(report, lost=left), rows=walk.count, problems=problems)


@contextmanager
def _snapshot() -> Iterator[None]:
    """One state of the database for all reads, whoever writes meanwhile."""
    outermost, is_sqlite = not connection.in_atomic_block, connection.vendor == "sqlite"
    mode = getattr(connection, "transaction_mode", None)
    if is_sqlite and outermost:
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # a reader keeps no writer waiting
    try:
        with transaction.atomic():
            if outermost and not is_sqlite:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    finally:
        if is_sqlite and outermost:
            connection.transaction_mode = mode  # type: ignore[attr-defined]


class _Rows:
    """A walk over all tables of records; ``kinds`` are those that streams are of, and known when it begins."""

    def __init__(self, kinds: Collection[str]) -> None:
        self.count = 0
        self._kinds = kinds

    def problems(self) -> Iterator[Problem]:
        """Of every table of records: rows that are not what was entered, rows without entry, entries without row."""
        types = record_types()
        filled = _filled([model._meta.db_table for model in types.values()])
        for kind, model in types.items():
            if kind in self._kinds or model._meta.db_table in filled:
                yield from self._table(kind, model)

    def _table(self, kind: str, model: type[Record]) -> Iterator[Problem]:
        table, before = model._meta.db_table, self.count
        known: set[str] = set()
        try:
            found = list(self._walked(model, known))
        except _UNREADABLE as why:
            _demand_unreadable(why)
            self.count, known = before, set()
            found = list(self._one_by_one(model, known))
        yield from found
        for ref, newest in LedgerStream.objects.filter(ref__startswith=f"{kind}:").values_list("ref", "newest"):
            if ref not in known and _is_record(newest, model):
                yield Problem(code="UP-ROW-03", file=table, entry=newest, expected=f"the row of {ref}", got="no row")

    def _walked(self, model: type[Record], known: set[str]) -> Iterator[Problem]:
        links = [field.name for field in model._meta.concrete_fields if field.many_to_one or field.one_to_one]
        every = model._base_manager.order_by("pk")
        yield from self._rows(every.select_related(*links).iterator(_BATCH), known)
        if links and len(known) < every.count():  # a row whose link leads to no row is none of a join
            yield from self._rows((row for row in every.iterator(_BATCH) if row.ref not in known), known)

    def _one_by_one(self, model: type[Record], known: set[str]) -> Iterator[Problem]:
        """For a table with a row that holds what its columns cannot (SQLite takes anything): which row that is."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT ref FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608 (ours)
            refs = [ref for (ref,) in cursor.fetchall()]
        for ref in refs:
            try:
                yield from list(self._rows(model._base_manager.filter(ref=ref).iterator(), known))
            except _UNREADABLE as why:
                _demand_unreadable(why)
                known.add(ref)
                where = f"{model._meta.db_table}: {ref}"
                expected = "values that the columns of its table can hold"
                yield Problem(code="UP-ROW-02", file=where, expected=expected, got="a value that cannot be read")

    def _rows(self, rows: Iterator[Record], known: set[str]) -> Iterator[Problem]:
        while batch := list(islice(rows, _BATCH)):
            bodies = _newest_bodies([str(row.ref) for row in batch])
            for row in batch:
                known.add(row.ref)
                self.count += 1
                yield from _compare(row._meta.db_table, row, *bodies.get(str(row.ref), (None, None)))


def _demand_unreadable(why: Exception) -> None:
    """Raises what says that the database does not answer, and not that a value in it cannot be read."""
    if isinstance(why, OperationalError) and "decode" not in str(why):
        raise why


def _filled(names: Sequence[str]) -> set[str]:
    """Those of the tables that have a row, in one query: most have none, and to build a query for each takes longer."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        for start in range(0, len(names), _BATCH):  # a compound query of SQLite has at most 500 parts
            part = names[start : start + _BATCH]
            asked = (
                f"SELECT {number} WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"  # noqa: S608 (ours)
                for number, name in enumerate(part)
            )
            cursor.execute(" UNION ALL ".join(asked))
            found.update(part[number] for (number,) in cursor.fetchall())
    return found


def _compare(table: str, row: Record, entry: int | None, body: dict[str, Any] | None) -> Iterator[Problem]:
    if entry is None:
        yield Problem(
            code="UP-ROW-01", file=table, expected=f"an entry for {row.ref or row.pk}", got="a row without entry"
        )
        return
    if body is None:
        yield Problem(code="UP-ROW-02", file=table, entry=entry, expected=f"a readable body of {row.ref}", got="none")
        return
    for name, (wanted, got) in differing(row, body.get("record") or {}).items():
        yield Problem(
            code="UP-ROW-02",
            file=f"{table}: {row.ref}",
            entry=entry,
            expected=f"{name} = {_shown(row, name, wanted)}",
            got=f"{name} = {_shown(row, name, got)}",
        )


def _shown(row: Record, name: str, value: Any) -> str:
    """Personal data and secrets stay out of what is printed."""
    if name in row.sealed or name in row.personal:
        return "(another value)" if value else "(empty)"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 120 else f"{text[:117]}…"


def _newest_bodies(refs: list[str]) -> dict[str, tuple[int, dict[str, Any] | None]]:
    """By reference the newest record entry of its stream and what it says; erasures come after it and say nothing."""
    found: dict[str, tuple[int, dict[str, Any] | None]] = {}
    query = LedgerEntry.objects.filter(ref__in=refs).order_by("index").values_list("index", "ref", "leaf", "body")
    for index, ref, leaf, body in query:
        if b'"type":"record"' in bytes(leaf):
            found[ref] = (index, _decoded(bytes(body)))
    return found


def _decoded(body: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return value if isinstance(value, dict) else None


def _is_record(newest: int, model: type[Record]) -> bool:
    """Whether a stream of this type is one of rows at all: evidence and posture use some types without rows."""
    row = LedgerEntry.objects.filter(index=newest).values_list("body", "leaf").first()
    said = None if row is None else _decoded(bytes(row[0]))
    schema = "" if said is None else str(said.get("schema", ""))
    return schema.startswith((f"{model.ref_type}/", "erasure/"))


def _announced() -> dict[str, tuple[str, str, str]]:
    """By reference what its announcement says of a stream: its name in leaves, its salt, and which index it stands in.

    That the announcements are what the log has, the log's own verification shows.
    """
    found: dict[str, tuple[str, str, str]] = {}
    indexes = LedgerEntry.objects.filter(ref__startswith="index:").order_by("index")
    for index, body in indexes.values_list("ref", "body").iterator(5000):
        said = _decoded(bytes(body)) or {}
        found.setdefault(str(said.get("ref")), (str(said.get("stream")), str(said.get("salt")), index))
    return found


def _streams(size: int, kinds: set[str]) -> Iterator[Problem]:
    """The derived table of streams against the entries themselves, and entries that the checkpoint does not name.

    Adds to ``kinds`` what the streams are of.
    """
    counts: dict[str, tuple[int, int]] = {}
    for ref, index in LedgerEntry.objects.order_by("index").values_list("ref", "index").iterator(5000):
        if index >= size:
            yield Problem(
                code="UP-ROW-05",
                file="trail_ledgerentry",
                entry=index,
                expected=f"no entry beyond the checkpoint's {size}",
                got=f"an entry of {ref}",
            )
            continue
        counts[ref] = (counts.get(ref, (0, 0))[0] + 1, index)
    announced = _announced()
    for row in LedgerStream.objects.iterator(5000):
        kinds.add(row.ref.partition(":")[0])
        said = announced.get(row.ref, ("nothing", "nothing", "no index"))
        for name, expected, got in zip(_NAMED, said, (row.stream, row.salt.hex(), row.index_ref), strict=True):
            if expected != got:
                where = f"trail_ledgerstream: {row.ref}"
                yield Problem(code="UP-ROW-04", file=where, expected=f"{name} {expected}", got=f"{name} {got}")
        wanted = counts.pop(row.ref, (0, -1))
        if wanted != (row.entries, row.newest):
            yield Problem(
                code="UP-ROW-04",
                file=f"trail_ledgerstream: {row.ref}",
                expected=f"{wanted[0]} entries, the newest {wanted[1]}",
                got=f"{row.entries} entries, the newest {row.newest}",
            )
    for ref, (entries, newest) in counts.items():
        yield Problem(
            code="UP-ROW-04",
            file=f"trail_ledgerstream: {ref}",
            expected=f"{entries} entries, the newest {newest}",
            got="no row",
        )
