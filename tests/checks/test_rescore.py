"""Re-scoring: the table's predictions are held against what the model itself gives, in the sandbox."""

import hashlib
import os
import pickle
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from upright.checks import rescore as room
from upright.checks.contract import Binding, Columns, Context, ModelSource, TableSource
from upright.checks.models import Models
from upright.checks.rescore import reproduce, rescore, same_value
from upright.checks.sandbox import SandboxLimits
from upright.checks.tables import Tables
from upright.kernel import Ref

FEATURES = ("income", "debt", "late")
THRESHOLD = 0.25


def source(path: Path, **more: Any) -> ModelSource:
    about: dict[str, Any] = {
        "ref": Ref("model", "s/scorer"),
        "path": path,
        "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        "hold": "bytes",
        "adapter": "sklearn",
        "features": FEATURES,
        "output": "predict_proba",
        "positive": "1",
        "threshold": str(THRESHOLD),
    }
    return ModelSource(**about | more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(1_000, 3))
    inputs[rng.random(inputs.shape) < 0.0] = np.nan
    labels = (inputs @ [1.0, -2.0, 0.5] + rng.normal(size=1_000) > 0).astype(int)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(inputs, labels)
    path = tmp_path_factory.mktemp("model") / "model.joblib"
    joblib.dump(model, path)
    return path, inputs, model.predict_proba(inputs)[:, 1]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with closing(Models(tmp_path_factory.mktemp("children"))) as found:
        yield found


def context(folder: Path, models: Models | None = None, **more: Any) -> Context:
    return Context(seed=11, scratch=folder, open_table=Tables(folder).open, models=models, **more)


def rows_of(inputs: np.ndarray, size: int = 50) -> dict[str, list[float]]:
    return {name: inputs[:size, at].tolist() for at, name in enumerate(FEATURES)}


def bound(folder: Path, model: ModelSource, columns: dict[str, Any], **more: Any) -> Binding:
    path = folder / "table.parquet"
    pq.write_table(pa.table(columns), path)
    table = TableSource(
        ref=Ref("dataset", "s/rows"),
        path=path,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        hold="bytes",
        columns=Columns(**more or {"prediction": "decision", "score": "p"}),
        predictions_of=model.ref,
    )
    return Binding(id="b", system=Ref("system", "s"), check="performance", on=table, model=model)


def honest(inputs: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    columns: dict[str, Any] = {name: inputs[:, at] for at, name in enumerate(FEATURES)}
    return columns | {"p": scores, "decision": (scores >= THRESHOLD).astype("int8")}


def test_an_honest_table_is_reproduced(tmp_path: Path, trained: Any, models: Models) -> None:
    path, inputs, scores = trained
    found = reproduce(bound(tmp_path, source(path), honest(inputs, scores)), context(tmp_path, models))
    assert (found.reproduced, found.rows, found.mismatched) == ("yes", 200, 0), found.why


def test_scores_that_are_off_by_a_hundred_thousandth_are_found_and_by_a_tenth_of_a_millionth_are_not(
    tmp_path: Path, trained: Any, models: Models
) -> None:
    path, inputs, scores = trained
    given = context(tmp_path, models)
    close = rescore(source(path), rows_of(inputs), (scores[:50] + 1e-7).tolist(), None, given)
    off = rescore(source(path), rows_of(inputs), (scores[:50] + 1e-5).tolist(), None, given)
    assert (close.reproduced, close.result) == ("yes", "passed")
    assert (off.reproduced, off.result, off.mismatched) == ("no", "failed", 50)


def test_one_flipped_decision_among_the_sampled_rows_is_found(tmp_path: Path, trained: Any, models: Models) -> None:
    path, inputs, scores = trained
    decisions = (scores[:50] >= THRESHOLD).astype(int).tolist()
    assert rescore(source(path), rows_of(inputs), None, decisions, context(tmp_path, models)).reproduced == "yes"
    decisions[17] = 1 - decisions[17]
    found = rescore(source(path), rows_of(inputs), None, decisions, context(tmp_path, models))
    assert (found.result, found.mismatched) == ("failed", 1)
    assert "1 of 50 rows differ" in found.detail


def test_the_table_of_another_model_fails(tmp_path: Path, trained: Any, models: Models) -> None:
    path, inputs, scores = trained
    found = reproduce(bound(tmp_path, source(path), honest(inputs, 1 - scores)), context(tmp_path, models))
    assert found.reproduced == "no"
    assert found.mismatched > 150


def test_without_a_threshold_decisions_are_what_the_model_predicts(
    tmp_path: Path, trained: Any, models: Models
) -> None:
    path, inputs, scores = trained
    decisions = (scores[:50] >= 0.5).tolist()
    model = source(path, threshold=None)
    assert rescore(model, rows_of(inputs), None, decisions, context(tmp_path, models)).reproduced == "yes"


def test_a_model_that_wants_named_columns_and_texts_is_scored(tmp_path: Path, models: Models) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"income": [1.0, 2.0, 3.0, 4.0] * 10, "town": ["a", "b", "a", "c"] * 10})
    labels = [0, 1, 1, 0] * 10
    encode = ColumnTransformer([("town", OneHotEncoder(), ["town"])], remainder="passthrough")
    model = make_pipeline(encode, LogisticRegression()).fit(frame, labels)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    rows = {"town": frame["town"].tolist(), "income": frame["income"].tolist()}
    scores = model.predict_proba(frame)[:, 1].tolist()
    about = source(path, features=("town", "income"))
    assert rescore(about, rows, scores, None, context(tmp_path, models)).reproduced == "yes"
    rows["town"][0] = "b"
    assert rescore(about, rows, scores, None, context(tmp_path, models)).mismatched == 1


def test_a_regression_is_scored_by_its_predictions(tmp_path: Path, models: Models) -> None:
    inputs = np.arange(60.0).reshape(20, 3) ** 1.5
    model = LinearRegression().fit(inputs, inputs.sum(axis=1))
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    about = source(path, output="predict", threshold=None, positive=None)
    predicted = model.predict(inputs).tolist()
    assert rescore(about, rows_of(inputs), predicted, None, context(tmp_path, models)).reproduced == "yes"


def test_a_hostile_model_is_never_loaded_even_if_its_owner_allows_it(
    tmp_path: Path, trained: Any, models: Models
) -> None:
    class Hostile:
        def __reduce__(self) -> Any:
            return os.system, (f"touch {tmp_path / 'ran'}",)

    path = tmp_path / "model.joblib"
    path.write_bytes(pickle.dumps(Hostile()))
    _, inputs, scores = trained
    for may_load in (False, True):
        model = source(path, may_load=may_load)
        found = rescore(model, rows_of(inputs), scores[:50].tolist(), None, context(tmp_path, models))
        assert (found.reproduced, found.result) == ("no", "undecided")
        assert "dangerous" in found.detail
    assert not (tmp_path / "ran").exists()


def test_a_suspicious_model_is_loaded_only_if_its_owner_allows_it(tmp_path: Path, trained: Any, models: Models) -> None:
    path, inputs, scores = trained
    odd = tmp_path / "odd.joblib"
    odd.write_bytes(path.read_bytes() + b"\x00")
    refused = rescore(source(odd), rows_of(inputs), scores[:50].tolist(), None, context(tmp_path, models))
    allowed = rescore(
        source(odd, may_load=True), rows_of(inputs), scores[:50].tolist(), None, context(tmp_path, models)
    )
    assert (refused.reproduced, allowed.reproduced) == ("no", "yes")
    assert "may_load" in refused.detail


def test_a_model_that_is_not_the_one_that_was_named_is_not_loaded(tmp_path: Path, trained: Any, models: Models) -> None:
    path, inputs, scores = trained
    model = source(path, digest="0" * 64)
    found = rescore(model, rows_of(inputs), scores[:50].tolist(), None, context(tmp_path, models))
    assert found.reproduced == "no"
    assert "changed" in found.detail


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"adapter": "abacus"}, "no adapter"),
        ({"output": "predict_fortune"}, "not known"),
        ({"output": "decision_function_"}, "not known"),
        ({"positive": "7"}, "positive class"),
    ],
)
def test_what_cannot_be_scored_again_says_why(
    tmp_path: Path, trained: Any, models: Models, change: Any, words: str
) -> None:
    path, inputs, scores = trained
    found = rescore(source(path, **change), rows_of(inputs), scores[:50].tolist(), None, context(tmp_path, models))
    assert (found.reproduced, found.result) == ("no", "undecided")
    assert words in found.detail


def test_a_table_without_the_features_is_not_reproduced_and_says_which_column_lacks(
    tmp_path: Path, trained: Any, models: Models
) -> None:
    path, inputs, scores = trained
    columns = honest(inputs, scores)
    del columns["late"]
    found = reproduce(bound(tmp_path, source(path), columns), context(tmp_path, models))
    assert found.reproduced == "no"
    assert "'late'" in found.why


def test_a_child_that_needs_too_much_is_stopped_and_the_check_goes_on(tmp_path: Path, trained: Any) -> None:
    path, inputs, scores = trained
    given = context(tmp_path, sandbox=SandboxLimits(memory_bytes=2**27))
    found = rescore(source(path), rows_of(inputs), scores[:50].tolist(), None, given)
    assert (found.reproduced, found.result) == ("no", "undecided")


def test_rows_without_a_recorded_result_are_left_out_and_a_table_of_only_those_is_not_reproduced(
    tmp_path: Path, trained: Any, models: Models
) -> None:
    path, inputs, scores = trained
    some = [None if at % 2 else score for at, score in enumerate(scores[:50].tolist())]
    assert rescore(source(path), rows_of(inputs), some, None, context(tmp_path, models)).rows == 25
    assert rescore(source(path), rows_of(inputs), [None] * 50, None, context(tmp_path, models)).reproduced == "no"


def test_the_same_table_and_model_are_scored_once_for_all_bindings(
    tmp_path: Path, trained: Any, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, inputs, scores = trained
    binding = bound(tmp_path, source(path), honest(inputs, scores))
    first = reproduce(binding, context(tmp_path, models))
    monkeypatch.setattr(room, "opened", None)
    assert reproduce(replace(binding, id="other"), context(tmp_path, models)) == first


def test_the_sample_is_seeded_and_has_no_repeats(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": list(range(5_000)), "half": [n / 2 for n in range(5_000)]}), tmp_path / "t.parquet")
    about = TableSource(ref=Ref("dataset", "s/t"), path=tmp_path / "t.parquet", digest="0" * 64, hold="bytes")
    table = Tables(tmp_path).open(about)
    first, again, other = (room.sample(table, ["n", "half"], seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first["n"])) == 200
    assert all(half == n / 2 for n, half in zip(first["n"], first["half"], strict=True))


def test_values_that_mean_the_same_are_the_same() -> None:
    assert same_value(1, "1.0")
    assert same_value(True, 1)
    assert same_value("deny", "deny")
    assert not same_value("0", "1")
    assert not same_value(None, "0")
    assert same_value(51.25, 51.2500001)
    assert not same_value(51.25, 51.26)
    assert not same_value(10_000_000, 10_000_001)
