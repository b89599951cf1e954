"""What the tests of model checks share: a model as a Python file (its child starts quickly), and a table of rows."""

import hashlib
import textwrap
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from upright.checks.contract import Binding, Columns, Context, ModelSource, TableSource
from upright.checks.models import Models
from upright.checks.run import Ran, run_one
from upright.checks.tables import Tables
from upright.kernel import Ref

SYSTEM = Ref("system", "s")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def python_model(folder: Path, body: str, features: tuple[str, ...], **more: Any) -> ModelSource:
    """``body`` is what ``predict_proba(columns)`` does; it gives the chance of 1."""
    inner = textwrap.indent(textwrap.dedent(body), "    ")
    text = f"import numpy as np\nCLASSES = [0, 1]\ndef chance(c):\n{inner}\n"
    text += (
        "def predict_proba(c):\n    p = np.asarray(chance(c), dtype=float)\n    return np.column_stack([1 - p, p])\n"
    )
    path = folder / f"model-{hashlib.sha256(text.encode()).hexdigest()[:8]}.py"
    path.write_text(text)
    return model_file(path, features, **more)


def model_file(path: Path, features: tuple[str, ...], **more: Any) -> ModelSource:
    about: dict[str, Any] = {
        "ref": Ref("model", "s/scorer"),
        "path": path,
        "digest": digest(path),
        "hold": "bytes",
        "features": features,
        "output": "predict_proba",
        "positive": "1",
        "threshold": "0.5",
        "may_load": True,
    }
    return ModelSource(**about | more)


def rows_source(folder: Path, columns: dict[str, Any], name: str = "rows", **parts: str) -> TableSource:
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(columns), path)
    return TableSource(
        ref=Ref("dataset", f"s/{name}"), path=path, digest=digest(path), hold="bytes", columns=Columns(**parts)
    )


def ran(check: str, folder: Path, models: Models | None, **parts: Any) -> Ran:
    binding = Binding(id="b", system=SYSTEM, check=check, **parts)
    given = Context(seed=5, scratch=folder, open_table=Tables(folder).open, models=models)
    return run_one(binding, given)


def measured(found: Ran, name: str, **group: str) -> Any:
    """The one measurement of this name and group."""
    (one,) = [m for m in found.predicate.measurements if m.name == name and (not group or m.group == group)]
    return one


def why(found: Ran) -> str:
    return " | ".join(reason.because for reason in found.predicate.reasons)
