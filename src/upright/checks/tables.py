"""Tables that checks read: files, globs and Ibis URLs, through one DuckDB that never fetches an extension."""

import difflib
import glob
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from upright.checks import csv_files
from upright.checks.contract import People, TableSource
from upright.kernel import InputError, without_collecting
from upright.measures.tally import collect, quietly

if TYPE_CHECKING:
    from ibis.backends import BaseBackend
    from ibis.backends.duckdb import Backend
    from ibis.expr.types import Table

ENDINGS = (".csv", ".csv.gz", ".jsonl", ".parquet", ".arrow")
_CSV = (".csv", ".csv.gz")
_NO_EXTENSIONS = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}
# Parquet keeps least and greatest values without NaN. DuckDB 2.0 concludes from them that a column holds no NaN, and
# answers 0 to how many there are; so it may not conclude anything from them (docs/decisions/0020).
_NO_CONCLUSIONS = "set disabled_optimizers = 'statistics_propagation,filter_pushdown'"


class TableError(InputError):
    """A table cannot be read, or lacks what was declared of it."""


class Tables:
    """Opens each source once; use as ``Context(open_table=tables.open, …)``.

    ``scratch`` is a folder for what must be converted first. Extensions are neither installed nor loaded by
    themselves, so reading a table never reaches a network. A gigabyte of memory at most; more spills to scratch.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._duckdb: Backend | None = None
        self._opened: dict[tuple[str, People | None], Table] = {}
        self._others: dict[str, BaseBackend] = {}

    def open(self, source: TableSource) -> "Table":
        """The source as an Ibis table, with its people joined; rows are never dropped.

        Raises:
            TableError: no such file, another format, cannot be parsed, not UTF-8, a declared column is absent.
        """
        key = (str(source.path), source.people)
        if key not in self._opened:
            where = f"{source.ref}: {_shown(source.path)}"
            table = self._read(source.path, where)
            if source.people is not None:
                table = self._joined(table, source.people, where)
            self._opened[key] = table
        table = self._opened[key]
        demand_columns(table, [*source.columns.named().values(), *source.protected], f"{source.ref}")
        return table

    def close(self) -> None:
        """Gives back the connections."""
        self._opened.clear()
        for backend in [*self._others.values(), *([self._duckdb] if self._duckdb else [])]:
            backend.disconnect()
        self._others.clear()
        self._duckdb = None

    def _connection(self) -> "Backend":
        if self._duckdb is None:
            self._scratch.mkdir(parents=True, exist_ok=True)
            with without_collecting():
                import ibis

                self._duckdb = ibis.duckdb.connect(
                    memory_limit="1GB", temp_directory=str(self._scratch), **_NO_EXTENSIONS
                )
            self._duckdb.raw_sql(_NO_CONCLUSIONS)
        return self._duckdb

    def _read(self, path: Path | str, where: str) -> "Table":
        if isinstance(path, str) and "://" in path:
            return self._from_url(path, where)
        files = _files(path, where)
        ending = _ending(files, where)
        if ending == ".csv":
            _demand_content(files, where)
        if ending == ".arrow":
            files = [self._as_parquet(file, where) for file in files]
        try:
            with quietly():
                table = self._from_files(files, ending, where)
        except reading_errors() as why:
            raise unreadable(where, why, files if ending in _CSV else ()) from None
        return table

    def _from_files(self, files: Sequence[Path], ending: str, where: str) -> "Table":
        texts = [_literal(str(file)) for file in files]
        connection = self._connection()
        if ending in (".parquet", ".arrow"):
            _demand_same_columns(files)
            return connection.read_parquet(texts)
        if ending == ".jsonl":
            return connection.read_json(texts, format="newline_delimited", sample_size=-1)
        demand_commas(files[0], where)
        csv_files.demand_alike(files)
        return connection.read_csv(texts, **csv_files.DIALECT)

    def _as_parquet(self, file: Path, where: str) -> Path:
        """Batch by batch, so memory stays small; DuckDB would import pandas to read Arrow from Python."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        target = self._scratch / f"arrow-{len(list(self._scratch.glob('arrow-*')))}.parquet"
        self._scratch.mkdir(parents=True, exist_ok=True)
        try:
            with pa.memory_map(str(file)) as source:
                reader = _arrow_reader(source)
                with pq.ParquetWriter(target, reader.schema) as writer:
                    for batch in _batches(reader):
                        writer.write_batch(batch)
        except (pa.ArrowException, OSError, ValueError) as why:
            raise unreadable(where, why) from None
        return target

    def _from_url(self, url: str, where: str) -> "Table":
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        name = query.pop("table", None)
        if name is None:
            raise TableError(
                f"{where}: the URL names no table; expected …?table=NAME, such as duckdb://shop.db?table=orders.",
                code="UP-TABLE-06",
            )
        address = urlunsplit(parts._replace(query=urlencode(query)))
        try:
            if address not in self._others:
                self._others[address] = _connected(address)
            with quietly():
                return self._others[address].table(name)
        except ImportError:
            raise TableError(
                f"{where}: what reads {parts.scheme} is not installed. Install it with: pip install "
                f"'ibis-framework[{parts.scheme}]'",
                code="UP-TABLE-11",
            ) from None
        except Exception as why:  # noqa: BLE001 - a driver may raise anything, and its text may repeat the password
            raise TableError(
                f"{where}: the table {name!r} cannot be opened ({type(why).__name__}). Check the address, the network "
                "and the credentials in the environment; the driver's own words are left out, as they may repeat them.",
                code="UP-TABLE-09",
            ) from None

    def _joined(self, table: "Table", people: People, where: str) -> "Table":
        other = self._read(people.path, f"{where}: people")
        demand_columns(table, [people.on], where)
        demand_columns(other, [people.on, *people.columns], f"{where}: people")
        twice = [name for name in people.columns if name in table.columns]
        if twice:
            raise TableError(
                f"{where}: column {twice[0]!r} is in the table and in the people table; name only one of them.",
                code="UP-TABLE-07",
            )
        kinds = [one[people.on].type() for one in (table, other)]
        if any(kind.is_nested() for kind in kinds) or kinds[0].is_string() != kinds[1].is_string():
            raise TableError(
                f"{where}: {people.on!r} holds {kinds[0]} in the table and {kinds[1]} in the people table, so no row "
                "could be matched. Give both the same type.",
                code="UP-TABLE-10",
            )
        chosen = other.select(people.on, *people.columns)
        _demand_unique(chosen, people.on, where)
        return table.left_join(chosen, people.on).drop(f"{people.on}_right")


def demand_columns(table: "Table", names: Iterable[str | None], where: str) -> None:
    """Refuses a table that lacks a column.

    Raises:
        TableError: with the nearest column that exists.
    """
    for name in names:
        if name is None or name in table.columns:
            continue
        near = difflib.get_close_matches(name, table.columns, n=1, cutoff=0.5)
        shown = ", ".join(table.columns[:12]) + (", …" if len(table.columns) > 12 else "")
        hint = f"Did you mean {near[0]!r}?" if near else "Correct the name in the manifest."
        raise TableError(f"{where} has no column {name!r}; it has {shown}. {hint}", code="UP-TABLE-05")


def _demand_unique(people: "Table", on: str, where: str) -> None:
    ((rows, distinct),) = collect(people.aggregate(rows=people[on].count(), distinct=people[on].nunique()))
    if rows != distinct:
        raise TableError(
            f"{where}: the people table has {rows - distinct} more rows than values of {on!r}, so joining it would "
            "double rows. Keep one row per value.",
            code="UP-TABLE-08",
        )


def demand_commas(file: Path, where: str) -> None:
    """Refuses a CSV file whose columns are separated by something else.

    Raises:
        TableError: UP-TABLE-03, with the sign that seems to separate them.
        UnicodeDecodeError: the text is not UTF-8.
    """
    other = csv_files.other_delimiter(file)
    if other:
        raise TableError(
            f"{where}: the columns are separated by {other}; expected commas. Save the file as comma-separated, "
            "or as Parquet.",
            code="UP-TABLE-03",
        )


def _files(path: Path | str, where: str) -> list[Path]:
    text = str(path)
    if Path(text).is_dir():
        raise TableError(f"{where} is a folder; name its files, such as {text}/*.parquet.", code="UP-TABLE-01")
    if Path(text).exists():
        return [Path(text)]
    found = sorted(Path(name) for name in glob.glob(text, recursive=True) if Path(name).is_file())  # noqa: PTH207 - patterns may be absolute
    if not found:
        raise TableError(f"{where}: there is no such file. Correct `path` in the manifest.", code="UP-TABLE-01")
    return found


def _demand_content(files: Sequence[Path], where: str) -> None:
    empty = next((file.name for file in files if file.stat().st_size == 0), None)
    if empty is not None:
        shown = where if where.endswith(empty) else f"{where}: {empty}"
        raise TableError(
            f"{shown} is empty (0 bytes); expected a line of column names and rows below it. Write the table again.",
            code="UP-TABLE-04",
        )


def _ending(files: Sequence[Path], where: str) -> str:
    found = {next((one for one in ENDINGS if file.name.lower().endswith(one)), file.suffix) for file in files}
    if len(found) > 1 or not found <= set(ENDINGS):
        raise TableError(
            f"{where}: found {', '.join(sorted(found)) or 'no ending'}; expected one of {', '.join(ENDINGS)}, the same "
            "for all files.",
            code="UP-TABLE-02",
        )
    return found.pop()


def _demand_same_columns(files: Sequence[Path]) -> None:
    import pyarrow.parquet as pq

    first = pq.read_schema(files[0])
    for file in files[1:]:
        schema = pq.read_schema(file)
        if not schema.equals(first):
            raise ValueError(f"{file.name} has other columns or types than {files[0].name}")


def _arrow_reader(source: Any) -> Any:
    import pyarrow as pa

    try:
        return pa.ipc.open_file(source)
    except pa.ArrowInvalid:
        source.seek(0)
        return pa.ipc.open_stream(source)


def _batches(reader: Any) -> Iterable[Any]:
    count = getattr(reader, "num_record_batches", None)
    return reader if count is None else (reader.get_batch(position) for position in range(count))


def reading_errors() -> tuple[type[Exception], ...]:
    """What the engines raise when a file or query is not as it should be."""
    import duckdb
    import ibis
    import pyarrow as pa

    known = ibis.common.exceptions
    return (duckdb.Error, pa.ArrowException, OSError, EOFError, ValueError, known.IbisError, known.TableNotFound)


def _connected(address: str) -> "BaseBackend":
    """DuckDB files are opened for reading, by the same rule on extensions; other databases as Ibis does."""
    import ibis

    parts = urlsplit(address)
    if parts.scheme != "duckdb":
        return ibis.connect(address)
    found = ibis.duckdb.connect(f"{parts.netloc}{parts.path}", read_only=True, **_NO_EXTENSIONS)
    found.raw_sql(_NO_CONCLUSIONS)
    return found


def _literal(path: str) -> str:
    """A path that DuckDB will not read as a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def unreadable(where: str, why: Exception, csvs: Sequence[Path] = ()) -> TableError:
    """What a reader raised, as an error that says what to do; ``csvs`` are looked through for what departs."""
    text = " ".join(str(why).split("\n\n")[0].split())
    if csvs and "automatically detect" in text:
        try:
            text = csv_files.first_problem(csvs) or "its rows are not alike, or a quote is not closed"
        except (UnicodeDecodeError, EOFError, OSError) as found:
            text = str(found)
    if "invalid unicode" in text.lower() or "codec can't decode" in text:
        line = re.search(r"Line: (\d+)", text)
        at = f" (line {line[1]})" if line else ""
        return TableError(
            f"{where}: the text is not UTF-8{at}; it may be Latin-1 or Windows-1252. Save it as UTF-8, for instance "
            "with: iconv -f LATIN1 -t UTF-8",
            code="UP-TABLE-04",
        )
    short = without_folders(text.partition(" Possible")[0].partition(" Search space")[0])[:400]
    return TableError(
        f"{where} cannot be read as a table: {short.rstrip('.')}. Check that the file is whole and of the format that "
        "its name says.",
        code="UP-TABLE-04",
    )


def _shown(path: Path | str) -> str:
    """A path or URL for people: without user and password."""
    text = str(path)
    return re.sub(r"//[^/@]*@", "//…@", text) if "://" in text else Path(text).name


def without_folders(text: str) -> str:
    """A text in which files are named without the folders of this machine.

    >>> without_folders("cannot open '/srv/data/a.csv' now")
    "cannot open 'a.csv' now"
    """
    return re.sub(r"(?<![\w./])/(?:[^\s/'\"]+/)+", "", text)
