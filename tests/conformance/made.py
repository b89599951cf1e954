"""What every check can be run on: one small table of people with decisions and scores, and the model behind them.

A check whose fitting input is neither names it in ``tests/conformance/fitting/<check_with_underscores>.py``:

    def fitting(folder: Path) -> Fitting: ...

which writes what it needs into ``folder`` (tables as Parquet), or, where something must be closed afterwards, is a
context manager that gives a ``Fitting``. Most need no more than
``return replace(on_a_table(folder), limits={...})``.
"""

import hashlib
import importlib.util
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from upright.checks.contract import Binding, CheckSpec, Columns, Limits, ModelSource, Source, TableSource
from upright.kernel import Ref

SYSTEM = Ref("system", "made")
FEATURES = ("age", "income", "late")
CANARY = "canary-of-a-person"
RARE = "X"
RARE_ROWS = 2
_FOLDER = Path(__file__).parent / "fitting"


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """An input on which a check can do its work, and says passed or failed with these limits and options."""

    on: Source
    against: TableSource | ModelSource | None = None
    training: TableSource | None = None
    model: ModelSource | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=dict)
    reference: Mapping[str, str] = field(default_factory=dict)
    strata: tuple[str, ...] = ()
    traits: Mapping[str, str] = field(default_factory=dict)
    results: tuple[str, ...] = ("passed", "failed")
    """Other results belong here only where no small input can be decided; say why beside it."""

    def binding(self, spec: CheckSpec) -> Binding:
        return Binding(
            id="made",
            system=SYSTEM,
            check=spec.name,
            on=self.on,
            against=self.against,
            training=self.training,
            model=self.model,
            options=self.options,
            limits=self.limits,
            reference=self.reference,
            strata=self.strata,
            traits=self.traits,
        )


@contextmanager
def fitting_for(spec: CheckSpec, folder: Path) -> Iterator[Fitting]:
    """The input that the check names, else the table or the model below."""
    path = _FOLDER / f"{spec.name.replace('-', '_')}.py"
    if not path.exists():
        yield on_a_model(folder) if spec.about == ("model",) else on_a_table(folder)
        return
    found = importlib.util.spec_from_file_location(f"conformance_fitting_{path.stem}", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    given = module.fitting(folder)
    if isinstance(given, Fitting):
        yield given
        return
    with given as inside:
        yield inside


def people(rows: int = 400) -> pa.Table:
    """Columns of every common type; sex is missing for some and ``X`` for two; a text names a person in each row."""
    generator = np.random.default_rng(20)
    sex = generator.choice(["F", "M"], rows).astype(object)
    sex[5:9] = None
    sex[10 : 10 + RARE_ROWS] = RARE
    age = generator.integers(18, 90, rows)
    income = np.round(generator.gamma(4.0, 700.0, rows), 2)
    late = generator.integers(0, 4, rows)
    score = 1 / (1 + np.exp(-((age - 50) / 20 + (income - 2_800) / 1_500 - late / 2 + 0.8)))
    return pa.table(
        {
            "applicant": [f"{CANARY}-{at:04d}" for at in range(rows)],
            "age": age,
            "income": income,
            "late": late,
            "region": pa.array(generator.choice(["north", "south", "west"], rows)),
            "sex": pa.array(sex, pa.string()),
            "paid": (generator.random(rows) < score).astype("int8"),
            "decision": (score >= 0.5).astype("int8"),
            "score": score,
            "day": pa.array(np.datetime64("2026-01-01") + np.arange(rows) % 300),
        }
    )


def table_source(folder: Path, table: pa.Table | None = None, *, name: str = "people", **more: Any) -> TableSource:
    """A table written to ``folder`` as a check sees it."""
    path = folder / f"{name}.parquet"
    pq.write_table(people() if table is None else table, path)
    about: dict[str, Any] = {
        "ref": Ref("dataset", f"made/{name}"),
        "path": path,
        "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        "hold": "bytes",
        "columns": Columns(label="paid", prediction="decision", score="score"),
        "favourable": "1",
        "protected": ("sex",),
        "declared": {"origin": "Made", "licence": "CC0-1.0", "collected": "2026", "steps": ["none"]},
    }
    return TableSource(**about | more)


@cache
def _trained() -> bytes:
    """Bytes of a logistic regression on ``FEATURES``, trained once on the people's ``paid``."""
    import joblib
    from sklearn.linear_model import LogisticRegression

    table, into = people(), io.BytesIO()
    inputs = np.column_stack([table[name].to_numpy() for name in FEATURES])
    joblib.dump(LogisticRegression(max_iter=500).fit(inputs, table["paid"].to_numpy()), into)
    return into.getvalue()


def model_source(folder: Path, **more: Any) -> ModelSource:
    """That regression, written to ``folder`` as a check sees it."""
    path = folder / "model.joblib"
    path.write_bytes(_trained())
    about: dict[str, Any] = {
        "ref": Ref("model", "made/scorer"),
        "path": path,
        "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        "hold": "bytes",
        "adapter": "sklearn",
        "features": FEATURES,
        "output": "predict_proba",
        "positive": "1",
        "threshold": "0.5",
    }
    return ModelSource(**about | more)


def on_a_table(folder: Path) -> Fitting:
    """The people alone; a check of two tables names ``against`` itself."""
    return Fitting(on=table_source(folder))


def on_a_model(folder: Path) -> Fitting:
    """The regression alone; a check that also wants rows names ``against=table_source(folder)`` itself."""
    return Fitting(on=model_source(folder))
