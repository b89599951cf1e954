"""Group fairness: rates, differences and ratios of every group and intersection, with intervals, from a table.

The peer is fairlearn's MetricFrame on the same rows in memory, points only: its own bootstrap does not end in hours at
this size. Ours reads the Parquet file, counts, and makes 95 % intervals for every number. Values are held to 1e-9.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROWS = 1_000_000
MANY_ROWS = 10_000_000
TOLERANCE = 1e-9


def run(quick: bool) -> list[dict[str, Any]]:
    """Rows for RESULTS.md: CPU beside fairlearn, the agreement of values, memory at ten times the rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = ROWS // 10 if quick else ROWS
        write(folder / "t.parquet", rows)
        ours_cpu, ours = ours_on(folder)
        peer_cpu, theirs = fairlearn_on(folder / "t.parquet")
        apart = max(abs(ours[key] - value) for key, value in theirs.items())
        if apart > TOLERANCE:
            raise AssertionError(f"values differ by {apart}")
        many = MANY_ROWS // 10 if quick else MANY_ROWS
        write(folder / "t.parquet", many)
        memory, seconds = in_a_process(folder)
    note = f"{len(theirs)} values agree to {apart:.1g}; peer: fairlearn MetricFrame, points only"
    return [
        {
            "what": f"group fairness with intervals, {rows:,} rows, 2 protected columns: target ratio < 1/200",
            "ours": ours_cpu,
            "peer": peer_cpu,
            "ratio": ours_cpu / peer_cpu,
            "unit": "CPU s",
            "note": note,
        },
        {
            "what": f"the same, {many:,} rows: resident memory of the whole process, target < 250",
            "ours": memory,
            "peer": None,
            "ratio": None,
            "unit": "MB",
            "note": f"{seconds:.2f} CPU s with start-up and imports",
        },
    ]


def write(path: Path, rows: int) -> None:
    """Seeded decisions, in row groups so that writing stays small too."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(20)
    sexes = pa.array(["F", "M"])
    ages = pa.array(["18-29", "30-44", "45-64", "65+"])
    writer = None
    for start in range(0, rows, 500_000):
        size = min(500_000, rows - start)
        sex, age = generator.integers(0, 2, size), generator.integers(0, 4, size)
        label = generator.random(size) < 0.5
        decision = generator.random(size) < 0.2 + 0.4 * label + 0.05 * sex + 0.03 * age
        table = pa.table(
            {
                "sex": pa.DictionaryArray.from_arrays(pa.array(sex, pa.int8()), sexes).cast(pa.string()),
                "age": pa.DictionaryArray.from_arrays(pa.array(age, pa.int8()), ages).cast(pa.string()),
                "label": label.astype("int8"),
                "decision": decision.astype("int8"),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def ours_on(folder: Path) -> tuple[float, dict[str, float]]:
    """CPU seconds of a warm process (imports and one small run before), least of three; values by rate and group."""
    used, found = [], {}
    measure(folder)
    for _ in range(3):
        before = time.process_time()
        found = measure(folder)
        used.append(time.process_time() - before)
    return min(used), found


def measure(folder: Path) -> dict[str, float]:
    """The check itself, as ``assess`` runs it, with a limit; every interval is made."""
    from upright.checks.contract import Binding, Columns, Context, TableSource
    from upright.checks.run import run_one
    from upright.checks.tables import Tables
    from upright.kernel import Ref

    tables = Tables(folder / "scratch")
    source = TableSource(
        ref=Ref("dataset", "bench/t"),
        path=folder / "t.parquet",
        digest="0" * 64,
        hold="bytes",
        columns=Columns(label="label", prediction="decision"),
        favourable="1",
        protected=("sex", "age"),
    )
    binding = Binding(
        id="bench",
        system=Ref("system", "bench"),
        check="group-fairness",
        on=source,
        limits={"selection_rate_ratio": {"at_least": "0.8"}},
    )
    ran = run_one(binding, Context(seed=1, scratch=folder / "scratch", open_table=tables.open))
    tables.close()
    if ran.predicate.result not in {"passed", "failed"}:
        raise AssertionError(f"{ran.predicate.result}: {ran.predicate.reasons}")
    return {
        f"{one.name} {json.dumps(one.group)}": float(one.value)
        for one in ran.predicate.measurements
        if one.value is not None and one.against is None and one.low is not None
    }


def fairlearn_on(path: Path) -> tuple[float, dict[str, float]]:
    """CPU seconds of MetricFrame over the same groupings and rates, the table already in memory."""
    import pandas as pd
    from fairlearn import metrics as fair
    from sklearn.metrics import accuracy_score, precision_score

    rates = {
        "selection_rate": fair.selection_rate,
        "true_positive_rate": fair.true_positive_rate,
        "false_positive_rate": fair.false_positive_rate,
        "false_negative_rate": fair.false_negative_rate,
        "positive_predictive_value": precision_score,
        "accuracy": accuracy_score,
    }
    table = pd.read_parquet(path)
    found = {}
    before = time.process_time()
    frames = [
        (
            columns,
            fair.MetricFrame(
                metrics=rates,
                y_true=table["label"],
                y_pred=table["decision"],
                sensitive_features=table[columns],
            ).by_group,
        )
        for columns in (["sex"], ["age"], ["sex", "age"])
    ]
    used = time.process_time() - before
    for columns, frame in frames:
        for key, row in frame.iterrows():
            group = dict(zip(columns, key if isinstance(key, tuple) else (key,), strict=True))
            found |= {f"{rate} {json.dumps(group)}": float(row[rate]) for rate in rates}
    return used, found


def in_a_process(folder: Path) -> tuple[float, float]:
    """Peak resident megabytes and CPU seconds of a process that does only this."""
    # Not ru_maxrss: a child begins with the peak of the parent that it was split from.
    program = (
        "import sys; from pathlib import Path; from benchmarks.bench_fairness import measure; "
        "measure(Path(sys.argv[1])); "
        "print(next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')))"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return int(done.stdout.split()[-1]) / 1024, used
