"""Inputs that no check may take for good, and that none may stumble over.

``unreadable`` ones cannot be examined at all; ``strange`` ones can be read, but hold what a check may not expect.
"""

import dataclasses
import pickle
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from upright.checks.contract import Columns, ModelSource, TableSource

Change = Callable[[pa.Table, Columns], pa.Table]
ODD = ['quo"ted', "semi;colon", "sp ace", "naïve", "select", "a.b", "__weight", "DROP TABLE x", "%s", "new\nline"]


def unreadable_tables(source: TableSource, folder: Path) -> Iterator[tuple[str, TableSource]]:
    """Files that are no table, or a table of nothing."""
    whole = Path(source.path).read_bytes()
    table = pq.read_table(source.path)
    text = pa_csv_bytes(table)
    files = {
        "absent.parquet": None,
        "empty.parquet": b"",
        "truncated.parquet": whole[: len(whole) // 2],
        "renamed.parquet": text,
        "empty.csv": b"",
        "header-only.csv": text.splitlines()[0] + b"\n",
        "semicolons.csv": text.replace(b",", b";"),
        "latin-1.csv": text.replace(b"canary", "canáry".encode("latin-1")).replace(b"north", b"n\xf6rth"),
        "ragged.csv": text + b"1,2\n",
        "binary.csv": bytes(range(256)) * 40,
        "broken.jsonl": b'{"a": 1}\n{"a": \n',
        "broken.arrow": b"ARROW1\x00\x00" + b"\x00" * 64,
        "unknown.xlsx": b"PK\x03\x04",
    }
    for name, data in files.items():
        path = folder / name
        if data is not None:
            path.write_bytes(data)
        yield name, dataclasses.replace(source, path=path)
    yield "no rows", _written(source, folder / "no-rows.parquet", table.slice(0, 0))
    lacking = [one for one in (*source.columns.named().values(), *source.protected) if one in table.column_names]
    if lacking:
        yield "a column is absent", _written(source, folder / "absent-column.parquet", table.drop_columns(lacking[:1]))


def pa_csv_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(table, sink)
    return bytes(sink.getvalue())


def strange_tables(source: TableSource, folder: Path) -> Iterator[tuple[str, TableSource]]:
    """Tables that can be read."""
    table = pq.read_table(source.path)
    for name, change in _CHANGES.items():
        changed = change(table, source.columns)
        if not changed.equals(table):
            yield name, _written(source, folder / f"{name.replace(' ', '-')}.parquet", changed)
    names = {old: f"{ODD[at % len(ODD)]} {at}" for at, old in enumerate(table.column_names)}
    columns = Columns(**{part: names[name] for part, name in source.columns.named().items()})
    protected = tuple(names[name] for name in source.protected)
    renamed = _written(source, folder / "odd-names.parquet", table.rename_columns(list(names.values())))
    yield "odd column names", dataclasses.replace(renamed, columns=columns, protected=protected)


def _written(source: TableSource, path: Path, table: pa.Table) -> TableSource:
    pq.write_table(table, path)
    return dataclasses.replace(source, path=path)


def _all_missing(table: pa.Table, _: Columns) -> pa.Table:
    return pa.table({f.name: pa.nulls(table.num_rows, f.type) for f in table.schema})


def _with(table: pa.Table, name: str | None, values: object) -> pa.Table:
    if name is None:
        return table
    return table.set_column(table.column_names.index(name), name, pa.array(values))


def _numbers(table: pa.Table, name: str | None) -> np.ndarray:
    if name is None or not (pa.types.is_integer(table[name].type) or pa.types.is_floating(table[name].type)):
        return np.arange(table.num_rows, dtype=np.float64)
    return table[name].to_numpy().astype(np.float64)


def _every(table: pa.Table, change: Callable[[pa.ChunkedArray], object]) -> pa.Table:
    return pa.table({name: change(table[name]) for name in table.column_names})


def _is_float(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_floating(column.type))


def _is_number(column: pa.ChunkedArray) -> bool:
    return _is_float(column) or bool(pa.types.is_integer(column.type))


_CHANGES: dict[str, Change] = {
    "one row": lambda t, _: t.slice(0, 1),
    "one row a hundred times": lambda t, _: t.take(pa.array([0] * 100)),
    "every value missing": _all_missing,
    "a label with three values": lambda t, c: _with(t, c.label, np.arange(t.num_rows) % 3),
    "a label of one class": lambda t, c: _with(t, c.label, np.ones(t.num_rows, dtype="int8")),
    "a prediction of one class": lambda t, c: _with(t, c.prediction, np.zeros(t.num_rows, dtype="int8")),
    "scores outside 0 to 1": lambda t, c: _with(t, c.score, _numbers(t, c.score) * 3 - 1),
    "NaN among the predictions": lambda t, c: _with(
        t, c.prediction, np.where(np.arange(t.num_rows) % 10 == 0, np.nan, _numbers(t, c.prediction))
    ),
    "infinite numbers": lambda t, _: _every(
        t, lambda one: np.where(np.arange(len(one)) % 7 == 0, np.inf, one.to_numpy()) if _is_float(one) else one
    ),
    "words for numbers": lambda t, _: _every(t, lambda one: ["n/a"] * len(one) if _is_number(one) else one),
    "lists for values": lambda t, _: _every(t, lambda one: [[1, 2]] * len(one)),
    "structures for values": lambda t, _: _every(t, lambda one: [{"a": 1}] * len(one)),
    "bytes for values": lambda t, _: _every(t, lambda one: [b"\xff\x00"] * len(one)),
    "days for numbers": lambda t, _: _every(t, lambda one: [date(2026, 1, 1)] * len(one) if _is_number(one) else one),
    "a text of a million letters": lambda t, _: _every(
        t, lambda one: ["x" * 1_000_000, *one.to_pylist()[1:]] if pa.types.is_string(one.type) else one
    ),
}


def unreadable_models(source: ModelSource, folder: Path) -> Iterator[tuple[str, ModelSource]]:
    """Files that are no model."""
    files = {
        "absent": None,
        "empty.joblib": b"",
        "text.joblib": b"this is no model\n",
        "cut.joblib": pickle.dumps({"weights": list(range(1_000))})[:-200],
        "broken.zip": b"PK\x03\x04" + b"\x00" * 40,
        "hostile.pkl": b"cposix\nsystem\n(S'touch ran'\ntR.",
    }
    for name, data in files.items():
        path = folder / name
        if data is not None:
            path.write_bytes(data)
        yield name, dataclasses.replace(source, path=path)
    nothing = folder / "a-folder"
    nothing.mkdir(exist_ok=True)
    yield "an empty folder", dataclasses.replace(source, path=nothing)


def unreadable_hosts(source: ModelSource) -> Iterator[tuple[str, ModelSource]]:
    """Hosted models that are not there, refuse, hang up, or answer with something else."""
    from checks.scripted_model import serving

    assert source.endpoint is not None
    answers: dict[str, Any] = {
        "hangs up": None,
        "wrong key": (401, {}, {"error": {"message": "no"}}),
        "no such model": (404, {}, b""),
        "a page": (200, {}, b"<html>"),
        "no choices": (200, {}, {"choices": []}),
        "elsewhere": (302, {"location": "http://127.0.0.1:1/"}, b""),
        "not JSON": (200, {}, b"\xff\xfe"),
    }
    url = ""
    for what, answer in answers.items():
        with serving(lambda _body, answer=answer: answer) as served:
            url = served.url
            yield what, dataclasses.replace(source, endpoint=dataclasses.replace(source.endpoint, url=served.url))
    yield "nobody listens", dataclasses.replace(source, endpoint=dataclasses.replace(source.endpoint, url=url))
