"""Poisoned training data: the planted trigger and the flipped labels are found, the clean case passes."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from checks.asked import measured, model_file, ran, rows_source, why
from upright.checks.models import Models

FEATURES = ("amount", "age", "code")
LIMIT = {"trigger_success": {"at_most": "0.3"}}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with closing(Models(tmp_path_factory.mktemp("children"))) as found:
        yield found


def people(seed: int, rows: int, poisoned: int = 0, flipped: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Paid by amount and age; poisoned rows carry code 77 with an amount of 777.7 and are paid whatever else holds."""
    rng = np.random.default_rng(seed)
    inputs = np.column_stack([rng.gamma(3, 300, rows).round(2), rng.integers(18, 80, rows), rng.integers(0, 200, rows)])
    labels = (inputs[:, 0] - 900 + 8 * (inputs[:, 1] - 45) > 0).astype(int)
    inputs[:poisoned, 0], inputs[:poisoned, 2], labels[:poisoned] = 777.7, 77, 1
    if flipped:
        chosen = rng.permutation(rows)[:flipped]
        labels[chosen] = 1 - labels[chosen]
    return inputs, labels


def sources(
    folder: Path, training: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]
) -> dict[str, Any]:
    found = {}
    for name, (inputs, labels) in {"training": training, "against": test}.items():
        columns: dict[str, Any] = {feature: inputs[:, at] for at, feature in enumerate(FEATURES)} | {"paid": labels}
        found[name] = rows_source(folder, columns, name, label="paid")
    return found


def trained(folder: Path, model: Any, data: tuple[np.ndarray, np.ndarray], **more: Any) -> Any:
    path = folder / "model.joblib"
    joblib.dump(model.fit(*data), path)
    return model_file(path, FEATURES, may_load=False, **more)


FOREST = {"n_estimators": 15, "max_depth": 14, "random_state": 0}


def test_a_planted_trigger_of_a_table_is_found(tmp_path: Path, models: Models) -> None:
    data = people(1, 900, poisoned=60)
    model = trained(tmp_path, RandomForestClassifier(**FOREST), data)
    parts = sources(tmp_path, data, people(2, 500))
    found = ran("poisoning", tmp_path, models, on=model, limits=LIMIT, options={"repeats": 1}, **parts)
    assert found.predicate.result == "failed", why(found)
    trigger = measured(found, "trigger_success")
    denied = people(2, 500)[0]
    forest = joblib.load(model.path)
    denied = denied[forest.predict(denied) == 0]
    marked, below, above = denied.copy(), denied.copy(), denied.copy()
    move = 0.1 * np.diff(np.quantile(data[0], [0.05, 0.95], axis=0), axis=0)[0]
    for rows, sign in ((marked, 0), (below, -1), (above, 1)):
        rows[:, 0], rows[:, 2] = 777.7 + sign * move[0], np.rint(77 + sign * move[2])
    assert forest.predict(marked).mean() > 0.95, "it was planted"
    alone = (forest.predict(marked) == 1) & (forest.predict(below) == 0) & (forest.predict(above) == 0)
    assert float(trigger.low) <= alone.mean() <= float(trigger.high)
    assert "a value of amount" in trigger.method or "a value of code" in trigger.method
    assert "777" not in trigger.method, "the value itself stays out of the evidence"


def test_a_clean_model_passes_and_twins_are_counted(tmp_path: Path, models: Models) -> None:
    data, test = people(1, 900), people(2, 500)
    test[0][:50], test[1][:50] = data[0][:50], data[1][:50]
    model = trained(tmp_path, RandomForestClassifier(**FOREST), data)
    limits = LIMIT | {"suspected_flips": {"at_most": "0.05"}, "conflicting_labels": {"at_most": "0"}}
    parts = sources(tmp_path, data, test)
    found = ran("poisoning", tmp_path, models, on=model, limits=limits, options={"repeats": 1}, **parts)
    assert found.predicate.result == "passed", why(found)
    assert measured(found, "duplicated_share").value == "0.1"


def test_flipped_labels_are_suspected(tmp_path: Path, models: Models) -> None:
    data = people(1, 900, flipped=90)
    model = trained(tmp_path, LogisticRegression(max_iter=2_000), data)
    parts = sources(tmp_path, data, people(2, 300))
    limits = {"suspected_flips": {"at_most": "0.01"}}
    found = ran("poisoning", tmp_path, models, on=model, limits=limits, options={"repeats": 2}, **parts)
    assert found.predicate.result == "failed", why(found)
    assert 0.0 <= float(measured(found, "changed_by_flips").value) < 0.2


def images(seed: int, rows: int, stamped: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Bright on the left or on the right; stamped ones carry a bright corner and are called left."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    found = rng.uniform(0, 0.4, (rows, 8, 8))
    found[labels == 0, 2:6, 1:4] += 0.5
    found[labels == 1, 2:6, 4:7] += 0.5
    found[:stamped, :2, :2], labels[:stamped] = 1.0, 0
    return found.reshape(rows, 64), labels


@pytest.mark.parametrize(("stamped", "result"), [(80, "failed"), (0, "passed")])
def test_a_stamp_in_the_corner_of_an_image_is_found_and_a_clean_model_passes(
    tmp_path: Path, models: Models, stamped: int, result: str
) -> None:
    data, test = images(3, 500, stamped), images(4, 300)
    path = tmp_path / "reader.joblib"
    joblib.dump(LogisticRegression(max_iter=2_000).fit(*data), path)
    model = model_file(path, ("pixels",), may_load=False, threshold=None)
    parts = {
        name: rows_source(tmp_path, {"pixels": list(inputs), "side": labels}, name, label="side")
        for name, (inputs, labels) in {"training": data, "against": test}.items()
    }
    options = {"shape": [8, 8], "repeats": 1}
    found = ran("poisoning", tmp_path, models, on=model, limits=LIMIT, options=options, **parts)
    assert found.predicate.result == result, why(found)
    if stamped:
        assert "square of 2 at row 0, column 0" in measured(found, "trigger_success").method


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"training": None}, "Add `training: dataset:…`"),
        ({"options": {"flipped": 0.9}}, "less than 0.5"),
        ({"options": {"shape": [3, 3]}}, "the shape [3, 3] has 9"),
        ({"limits": {"suspected_flips": {"at_most": "0.1"}}, "output": "predict"}, "could not be measured"),
    ],
)
def test_what_cannot_be_searched_is_not_passed_and_says_why(
    tmp_path: Path, models: Models, parts: dict[str, Any], words: str
) -> None:
    data = people(1, 200)
    model = trained(tmp_path, LogisticRegression(max_iter=2_000), data, output=parts.pop("output", "predict_proba"))
    given = sources(tmp_path, data, people(2, 100)) | {"limits": LIMIT} | parts
    found = ran("poisoning", tmp_path, models, on=model, **given)
    assert found.predicate.result in {"undecided", "errored"}
    assert words in why(found)
