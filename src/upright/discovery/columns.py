"""What the columns of a table probably mean, from their names and a sample of their values."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SAMPLE_ROWS = 5_000
MOST_GROUPS = 20

_WORDS: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "timestamp", "date", "datetime", "created", "created_at", "decided_at", "datum", "zeitpunkt"),
    "prediction": (
        "prediction",
        "predicted",
        "pred",
        "yhat",
        "y_pred",
        "decision",
        "decided",
        "model_output",
        "vorhersage",
        "prognose",
        "entscheidung",
    ),
    "score": (
        "score",
        "probability",
        "prob",
        "proba",
        "p",
        "y_score",
        "y_prob",
        "confidence",
        "risk",
        "wahrscheinlichkeit",
        "risiko",
    ),
    "label": (
        "label",
        "target",
        "y",
        "y_true",
        "actual",
        "outcome",
        "truth",
        "ground_truth",
        "observed",
        "class",
        "ergebnis",
        "zielwert",
        "ziel",
        "klasse",
    ),
    "weight": ("weight", "sample_weight", "weights", "gewicht"),
}
_AMOUNTS = frozenset(
    [
        "price",
        "cost",
        "costs",
        "value",
        "demand",
        "sales",
        "revenue",
        "salary",
        "rent",
        "consumption",
        "yield",
        "duration",
        "preis",
        "kosten",
        "wert",
        "nachfrage",
        "umsatz",
        "gehalt",
        "miete",
        "verbrauch",
        "ertrag",
        "dauer",
    ]
)
"""What numbers that are predicted are mostly called: read only where nothing else could be the label."""
_WHOLE_ONLY = frozenset({"class", "klasse"})
"""Words that name a label alone, and something that a model reads with others: ``energy_class``, ``ticket_class``."""
_PROTECTED = frozenset(
    [
        "sex",
        "gender",
        "race",
        "ethnicity",
        "ethnic",
        "minority",
        "age",
        "religion",
        "disability",
        "nationality",
        "citizenship",
        "orientation",
        "pregnancy",
        "pregnant",
        "marital",
        "married",
        "black",
        "white",
        "hispanic",
        "asian",
        "origin",
        "agegroup",
        "agerange",
        "geschlecht",
        "alter",
        "altersgruppe",
        "herkunft",
        "religionszugehörigkeit",
        "staatsangehörigkeit",
        "behinderung",
        "familienstand",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's name, type, and up to 21 different values of a sample (more are cut)."""

    name: str
    is_number: bool
    values: tuple[Any, ...]
    low: float | None = None
    high: float | None = None

    @property
    def is_binary(self) -> bool:
        """Exactly two different values."""
        return len(self.values) == 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TableGuess:
    """What a table's columns probably mean; ``features`` are the numeric ones that mean nothing else."""

    columns: tuple[Column, ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)
    protected: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def shows_predictions(self) -> bool:
        """Whether a column looks like what a model or a person decided."""
        return bool({"prediction", "score"} & set(self.meanings))

    @property
    def task(self) -> str:
        """What kind of answer it shows: ``classification`` of two classes, ``multiclass`` or ``regression``."""
        named = self.meanings.get("prediction") or self.meanings.get("label")
        if named is None or self.column(named).is_binary:
            return "classification"
        shown = self.column(named)
        if shown.is_number and len(shown.values) > MOST_GROUPS:
            return "regression"
        return "multiclass" if len(shown.values) > 2 else "classification"

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def binary(self) -> tuple[str, ...]:
        """Columns with two values that mean nothing yet: what a label or a decision could be."""
        taken = {*self.meanings.values(), *self.protected}
        return tuple(column.name for column in self.columns if column.is_binary and column.name not in taken)


def guess_table(path: Path) -> TableGuess:
    """Samples the first 5,000 rows through DuckDB; a table that cannot be read comes back with the ``problem``."""
    from upright.checks.tables import TableError, demand_commas, unreadable

    csvs = [path] if path.name.lower().endswith((".csv", ".csv.gz")) else []
    try:
        if csvs:
            demand_commas(path, path.name)
        columns = sample_columns(path)
    except TableError as why:
        return TableGuess(problem=why.message)
    except Exception as why:  # noqa: BLE001 - a proposal names what it could not read, whatever the reader raised
        return TableGuess(problem=unreadable(path.name, why, csvs).message)
    return guess(columns)


def guess(columns: Iterable[Column]) -> TableGuess:
    """The probable meaning of sampled columns; each column means at most one thing."""
    columns = tuple(columns)
    meanings: dict[str, str] = {}
    protected = tuple(column.name for column in columns if _is_protected(column))
    free = [column for column in columns if column.name not in protected]
    for meaning, words in _WORDS.items():
        found = _best(meaning, words, [column for column in free if column.name not in meanings.values()])
        if found is not None:
            meanings[meaning] = found.name
    if "label" not in meanings:
        label = _label([column for column in free if column.name not in meanings.values()], meanings.get("score"))
        if label is not None:
            meanings["label"] = label.name
    taken = {*meanings.values(), *protected}
    features = tuple(
        column.name for column in columns if column.is_number and column.name not in taken and not _is_key(column.name)
    )
    return TableGuess(columns=columns, meanings=meanings, protected=protected, features=features)


def _label(columns: list[Column], score: str | None) -> Column | None:
    """What no name tells: the one column of two values that the score's name speaks of, else the only one there is.

    Where none has two values it is the only number that is called as what is predicted mostly is.
    """
    binary = [column for column in columns if column.is_binary]
    words = _parts(score or "") - {"p", "prob", "proba", "probability", "score", "risk", "model", "y"}
    named = [
        column
        for column in binary
        if any(part.startswith(word) or word.startswith(part) for word in words for part in _parts(column.name))
    ]
    amounts = [
        column
        for column in columns
        if not binary and column.is_number and len(column.values) > MOST_GROUPS and _AMOUNTS & _parts(column.name)
    ]
    return next((some[0] for some in (named, binary, amounts) if len(some) == 1), None)


def _is_key(name: str) -> bool:
    """A row's number or name rather than something that a model reads."""
    return bool({"id", "index", "key", "uuid", "row"} & _parts(name))


def _best(meaning: str, words: tuple[str, ...], columns: list[Column]) -> Column | None:
    fitting = [column for column in columns if _fits(meaning, column)]
    for word in words:
        for column in fitting:
            if _plain(column.name) == word.replace("_", ""):
                return column
    for word in words:
        for column in fitting:
            if len(word) > 3 and word not in _WHOLE_ONLY and word in _parts(column.name):
                return column
    if meaning == "score":
        return next((column for column in fitting if column.name.lower().startswith("p_")), None)
    return None


def _fits(meaning: str, column: Column) -> bool:
    if meaning == "score":
        return column.is_number and not column.is_binary and column.low is not None and _within(column, 0.0, 1.0)
    if meaning == "weight":
        return column.is_number and column.low is not None and column.low >= 0
    if meaning in {"label", "prediction"}:
        return 1 < len(column.values) <= MOST_GROUPS or column.is_number
    return True


def _within(column: Column, low: float, high: float) -> bool:
    return column.low is not None and column.high is not None and low <= column.low and column.high <= high


def _is_protected(column: Column) -> bool:
    is_named = bool(_parts(column.name) & _PROTECTED) or _plain(column.name) in _PROTECTED
    return is_named and 1 < len(column.values) <= MOST_GROUPS


def _parts(name: str) -> set[str]:
    split = re.sub(r"([a-zà-ÿ])([A-ZÀ-Þ])", r"\1_\2", name)
    return {part for part in re.split(r"[\W\d_]+", split.lower()) if part}


def _plain(name: str) -> str:
    return re.sub(r"[\W\d_]", "", name.lower())


def sample_columns(path: Path) -> tuple[Column, ...]:
    """The columns of the first 5,000 rows.

    Raises whatever the reader raises: not a table, truncated, not UTF-8.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": "1GB",
    }
    with duckdb.connect(":memory:", config=config) as connection:
        relation = connection.sql(_query(path, connection), params=None)
        names = relation.columns
        kinds = [str(kind) for kind in relation.types]
        rows = relation.fetchall()
    named = enumerate(zip(names, kinds, strict=True))
    return tuple(_column(name, kind, [row[at] for row in rows]) for at, (name, kind) in named)


def _query(path: Path, connection: Any) -> str:
    text = str(path).replace("'", "''")
    name = path.name.lower()
    if name.endswith(".parquet"):
        return f"SELECT * FROM read_parquet('{text}') LIMIT {SAMPLE_ROWS}"  # noqa: S608 - quoted, a path
    if name.endswith(".jsonl"):
        return f"SELECT * FROM read_json('{text}', format='newline_delimited') LIMIT {SAMPLE_ROWS}"  # noqa: S608
    if name.endswith(".arrow"):
        connection.register("sample", _arrow_head(path))
        return f"SELECT * FROM sample LIMIT {SAMPLE_ROWS}"  # noqa: S608 - a number
    return f"SELECT * FROM read_csv('{text}', delim=',', quote='\"', header=true) LIMIT {SAMPLE_ROWS}"  # noqa: S608


def _arrow_head(path: Path) -> Any:
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        try:
            reader = pa.ipc.open_file(source)
            batches = [reader.get_batch(at) for at in range(min(reader.num_record_batches, 4))]
        except pa.ArrowInvalid:
            source.seek(0)
            stream = pa.ipc.open_stream(source)
            reader, batches = stream, [stream.read_next_batch()]
        return pa.Table.from_batches(batches, schema=reader.schema).slice(0, SAMPLE_ROWS)


_NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "REAL")


def _column(name: str, kind: str, values: list[Any]) -> Column:
    present = [value for value in values if value is not None]
    is_number = any(word in kind.upper() for word in _NUMBERS) and "[" not in kind
    different: dict[str, Any] = {}
    for value in present:
        different.setdefault(str(value), value)
        if len(different) > MOST_GROUPS:
            break
    finite = [float(value) for value in present if is_number and float(value) == float(value)]
    return Column(
        name=name,
        is_number=is_number,
        values=tuple(different.values()),
        low=min(finite, default=None),
        high=max(finite, default=None),
    )
