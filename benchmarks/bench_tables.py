"""Tables: drift of 20 numeric and 10 categorical columns beside Evidently; personal data by its form beside presidio.

Evidently's DataDriftPreset reads two tables in memory at 100,000 rows; ours reads Parquet files and makes intervals and
adjusted chances. presidio's pattern recognisers of the same types are called one by one, without a language model.
"""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROWS = 100_000
MANY_ROWS = 1_000_000
VALUES = 100_000
_LEVELS = (3, 8, 20, 60, 200)


def run(quick: bool) -> list[dict[str, Any]]:
    """Rows for RESULTS.md: CPU of drift at two sizes, values looked at per CPU second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [*drift(folder, 0.1 if quick else 1.0), *personal(folder, VALUES // 10 if quick else VALUES)]


def drift(folder: Path, size: float) -> list[dict[str, Any]]:
    rows, many = int(ROWS * size), int(MANY_ROWS * size)
    files = [folder / "base.parquet", folder / "new.parquet"]
    for seed, path in enumerate(files):
        write(path, many, seed)
    first, big = timed(lambda: ours(folder, "drift", *files)), least(lambda: ours(folder, "drift", *files))
    for seed, path in enumerate(files):
        write(path, rows, seed)
    small = least(lambda: ours(folder, "drift", *files))
    peer = evidently_on(files)
    what = "drift of 20 numeric and 10 categorical columns"
    return [
        {
            "what": f"{what}, {rows:,} rows x 2: target ratio < 1/10",
            "ours": small,
            "peer": peer,
            "ratio": small / peer,
            "unit": "CPU s",
            "note": "peer: Evidently DataDriftPreset at its defaults, the tables in memory",
        },
        {
            "what": f"{what}, {many:,} rows x 2: target < 4",
            "ours": big,
            "peer": peer,
            "ratio": big / peer,
            "unit": "CPU s",
            "note": f"peer: Evidently at {rows:,} rows; ours {first:.1f} in a new process, imports included",
        },
    ]


def timed(work: Callable[[], Any]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def least(work: Callable[[], Any]) -> float:
    return min(timed(work) for _ in range(3))


def write(path: Path, rows: int, seed: int) -> None:
    """Four shapes of numbers and five numbers of categories; nothing has changed between the seeds."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(seed)
    shapes = (
        lambda: generator.normal(size=rows),
        lambda: generator.lognormal(size=rows),
        lambda: generator.integers(0, 1_000, rows).astype("float64"),
        lambda: generator.exponential(3.0, rows),
    )
    columns: dict[str, Any] = {f"number {at}": shapes[at % 4]() for at in range(20)}
    for at in range(10):
        levels = _LEVELS[at % 5]
        places = np.minimum(generator.geometric(2 / levels, rows) - 1, levels - 1).astype("int16")
        names = pa.array([f"level {one}" for one in range(levels)])
        columns[f"category {at}"] = pa.DictionaryArray.from_arrays(pa.array(places), names).cast(pa.string())
    pq.write_table(pa.table(columns), path)


def ours(folder: Path, check: str, base: Path, new: Path | None = None) -> Any:
    """The check itself, as ``assess`` runs it."""
    from upright.checks.contract import Binding, Context, TableSource
    from upright.checks.run import run_one
    from upright.checks.tables import Tables
    from upright.kernel import Ref

    tables = Tables(folder / "scratch")
    sources = [
        TableSource(ref=Ref("dataset", f"bench/{path.stem}"), path=path, digest=str(at) * 64, hold="bytes")
        for at, path in enumerate((base, new)) if path is not None
    ]  # fmt: skip
    limits = {"psi": {"at_most": "0.1"}, "p_value": {"at_least": "0.001"}} if new else {}
    binding = Binding(
        id="bench", system=Ref("system", "bench"), check=check, on=sources[-1], limits=limits,
        against=sources[0] if new else None,
    )  # fmt: skip
    ran = run_one(binding, Context(seed=1, scratch=folder / "scratch", open_table=tables.open))
    tables.close()
    if ran.predicate.result not in {"passed", "failed"}:
        raise AssertionError(f"{ran.predicate.result}: {ran.predicate.reasons}")
    return ran


def patterns(folder: Path, path: Path) -> int:
    """The part of the check that looks for forms: neither names nor judgement, nor the child that reads names."""
    from upright.checks.contract import TableSource
    from upright.checks.personal.scan import scan_table
    from upright.checks.tables import Tables
    from upright.kernel import Ref

    tables = Tables(folder / "scratch")
    source = TableSource(ref=Ref("dataset", f"bench/{path.stem}"), path=path, digest="0" * 64, hold="bytes")
    columns = len(list(scan_table(tables.open(source))))
    tables.close()
    return columns


def evidently_on(files: list[Path]) -> float:
    """CPU seconds of the preset, the tables already in memory and one small run before."""
    import pandas as pd
    from evidently import Dataset, Report
    from evidently.presets import DataDriftPreset

    base, new = (Dataset.from_pandas(pd.read_parquet(path).astype({f"category {at}": "object" for at in range(10)}))
                 for path in files)  # fmt: skip
    return least(lambda: Report([DataDriftPreset()]).run(new, base).dict())


def personal(folder: Path, rows: int) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = texts(rows)
    found = {}
    for name, values in columns.items():
        pq.write_table(pa.table({name: values}), folder / f"{name}.parquet")
        found[name] = rows / least(lambda name=name: patterns(folder, folder / f"{name}.parquet"))
    pq.write_table(pa.table(columns), folder / "all.parquet")
    together = len(columns) * rows / least(lambda: ours(folder, "pii-scan", folder / "all.parquet"))
    few = {name: values[: rows // 50] for name, values in columns.items()}
    used = least(lambda: presidio_on([text for values in few.values() for text in values]))
    peer = sum(len(values) for values in few.values()) / used
    slowest = min(found, key=lambda name: found[name])
    shown = ", ".join(f"{name} {each:,.0f}" for name, each in found.items())
    return [
        {
            "what": f"personal data by form, {len(columns)} columns of {rows:,} different values: target > 100,000",
            "ours": together,
            "peer": peer,
            "ratio": together / peer,
            "unit": "values per CPU s",
            "note": "peer: presidio's recognisers of e-mail, card, IBAN, IP, telephone and five national numbers",
        },
        {
            "what": f"the pattern part alone, a column of different values, the slowest ({slowest}): target > 100,000",
            "ours": found[slowest],
            "peer": None,
            "ratio": None,
            "unit": "rows per CPU s",
            "note": shown,
        },
    ]


def texts(rows: int) -> dict[str, list[str]]:
    """Columns in which all is personal, in which chance makes it seem so, and in which nothing is."""
    draw = random.Random(1)

    def digits(count: int) -> str:
        return "".join(draw.choices("0123456789", k=count))

    return {
        "mail": [f"user.{at}@example.org" for at in range(rows)],
        "telephone": [f"call +49 30 {draw.randrange(10**6, 10**7)} after noon" for _ in range(rows)],
        "account": [iban(digits(18)) for _ in range(rows)],
        "card": [f"4{digits(15)}" for _ in range(rows)],
        "eleven": [str(draw.randrange(10**10, 10**11)) for _ in range(rows)],
        "grouped": [f"4{digits(3)} {digits(4)} {digits(4)} {digits(4)}" for _ in range(rows)],
        "prose": [
            f"order {digits(8)} of 2026-01-31 was late, {digits(3)} {digits(3)} {digits(4)} by AB{digits(6)}, refunded"
            for _ in range(rows)
        ],
        "note": [f"order {at} was late by {draw.randrange(9)} days, refunded" for at in range(rows)],
    }


def iban(account: str) -> str:
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def presidio_on(values: list[str]) -> int:
    import tldextract
    from presidio_analyzer import predefined_recognizers as known

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # else each run asks the internet for its list
    names = ("EmailRecognizer", "CreditCardRecognizer", "IbanRecognizer", "IpRecognizer", "PhoneRecognizer",
             "PlPeselRecognizer", "NhsRecognizer", "InAadhaarRecognizer", "FiPersonalIdentityCodeRecognizer",
             "EsNifRecognizer")  # fmt: skip
    every = [getattr(known, name)() for name in names]
    return sum(len(one.analyze(text, one.supported_entities, None) or ()) for text in values for one in every)
