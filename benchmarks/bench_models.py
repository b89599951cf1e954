"""Models: what asking them many times costs."""

import hashlib
import resource
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

ROWS = 2_000
FEATURES = tuple(f"x{at}" for at in range(14))


def run(quick: bool) -> list[dict[str, Any]]:
    """Rows for RESULTS.md: robustness of a line and of a forest, children included; wall time, as a user waits."""
    import joblib
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(ROWS, len(FEATURES)))
    labels = (inputs[:, 0] - inputs[:, 1] + 0.5 * inputs[:, 2] * inputs[:, 3] + rng.normal(0, 0.5, ROWS) > 0).astype(
        int
    )
    models = {
        "a logistic regression": LogisticRegression(),
        "a forest of 100 trees": RandomForestClassifier(random_state=1),
    }
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(pa.table({f: inputs[:, at] for at, f in enumerate(FEATURES)}), folder / "rows.parquet")
        for about, model in models.items():
            joblib.dump(model.fit(inputs, labels), folder / "model.joblib")
            seconds, cpu, asked = _robustness(folder, 50 if quick else 200)
            note = f"{asked:,} rows asked, {cpu:.1f} CPU s; target under 60 s"
            what = f"`adversarial-robustness` of {about}, {'50' if quick else '200'} rows, 14 features"
            found.append({"what": what, "ours": seconds, "peer": None, "ratio": None, "unit": "s (wall)", "note": note})
    return found


def _robustness(folder: Path, rows: int) -> tuple[float, float, int]:
    from upright.checks.contract import Binding, Context, ModelSource, TableSource
    from upright.checks.models import Models
    from upright.checks.run import run_one
    from upright.checks.tables import Tables
    from upright.kernel import Ref

    def digest(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    path, table = folder / "model.joblib", folder / "rows.parquet"
    model = ModelSource(
        ref=Ref("model", "b/m"), path=path, digest=digest(path), hold="bytes", features=FEATURES,
        output="predict_proba", positive="1", threshold="0.5",
    )  # fmt: skip
    source = TableSource(ref=Ref("dataset", "b/rows"), path=table, digest=digest(table), hold="bytes")
    binding = Binding(
        id="b", system=Ref("system", "b"), check="adversarial-robustness", on=model, against=source,
        options={"rows": rows}, limits={"flipped_within_budget": {"at_most": "0.9"}},
    )  # fmt: skip
    before, started = _cpu(), time.perf_counter()
    with closing(Models(folder / "children")) as models:
        context = Context(seed=0, scratch=folder, open_table=Tables(folder).open, models=models)
        ran = run_one(binding, context)
        asked = models.open(model).rows_asked
    if ran.predicate.result not in {"passed", "failed"}:
        sys.exit(f"robustness ended {ran.predicate.result}: {ran.predicate.reasons}")
    return time.perf_counter() - started, _cpu() - before, asked


def _cpu() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
