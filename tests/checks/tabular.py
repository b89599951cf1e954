"""A check run on columns given by name, for the tests of the checks on tables."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from upright.checks.contract import Binding, Columns, Context, TableSource
from upright.checks.run import run_one
from upright.checks.tables import Tables
from upright.evidence.statement import Predicate
from upright.kernel import Ref


def table(folder: Path, data: dict[str, Any], name: str = "t", **more: Any) -> TableSource:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table({key: pa.array(values) for key, values in data.items()}), path)
    about: dict[str, Any] = {"ref": Ref("dataset", f"s/{name}"), "path": path, "digest": "1" * 64, "hold": "bytes"}
    return TableSource(**about | more)


def ask(check: str, on: Any, folder: Path, **more: Any) -> Predicate:
    """The predicate of one run."""
    binding = Binding(id=check, system=Ref("system", "s"), check=check, on=on, **more)
    tables = Tables(folder / "scratch")
    said = run_one(binding, Context(seed=3, scratch=folder / "scratch", open_table=tables.open)).predicate
    tables.close()
    return said


def roles(**more: Any) -> dict[str, Any]:
    """How the tests' columns are called: y, p, s; group g; 1 is favourable."""
    about: dict[str, Any] = {"columns": Columns(label="y", prediction="p"), "protected": ("g",), "favourable": "1"}
    return about | more


def why(said: Predicate) -> str:
    return " | ".join(one.because for one in said.reasons)
