"""Membership inference: a model that learnt its rows by heart is found, one that did not passes."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from checks.asked import measured, model_file, python_model, ran, rows_source, why
from upright.checks.contract import ModelSource, TableSource
from upright.checks.models import Models

FEATURES = tuple("abcdef")
LIMITS = {"attack_auc": {"at_most": "0.6"}}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with closing(Models(tmp_path_factory.mktemp("children"))) as found:
        yield found


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Noisy labels, so that only learning by heart gets them all right."""
    folder = tmp_path_factory.mktemp("privacy")
    rng = np.random.default_rng(6)
    inputs = rng.normal(size=(1_200, 6)).round(4)
    labels = (inputs[:, 0] + rng.normal(0, 1.5, 1_200) > 0).astype(int)
    half = slice(0, 600), slice(600, 1_200)
    made: dict[str, Any] = {}
    for name, rows in zip(("training", "against"), half, strict=True):
        columns = {feature: inputs[rows, at] for at, feature in enumerate(FEATURES)} | {"paid": labels[rows]}
        made[name] = rows_source(folder, columns, name, label="paid")
    for name, model in {"tree": DecisionTreeClassifier(random_state=0), "line": LogisticRegression(C=0.05)}.items():
        path = folder / f"{name}.joblib"
        joblib.dump(model.fit(inputs[half[0]], labels[half[0]]), path)
        made[name] = model_file(path, FEATURES, may_load=False)
    return made


def attacked(tmp_path: Path, models: Models, model: ModelSource, given: dict[str, Any], **parts: Any) -> Any:
    about = {"training": given["training"], "against": given["against"], "limits": LIMITS} | parts
    return ran("privacy-leakage", tmp_path, models, on=model, **about)


def test_a_tree_that_learnt_its_rows_by_heart_is_found(tmp_path: Path, models: Models, given: dict[str, Any]) -> None:
    found = attacked(tmp_path, models, given["tree"], given, options={"shadows": 8})
    assert found.predicate.result == "failed", why(found)
    best = max(float(one.value) for one in found.predicate.measurements if one.name == "attack_auc")
    assert best > 0.65
    assert {one.group["attack"] for one in found.predicate.measurements} == {
        "loss threshold", "confidence", "modified entropy", "shadow models",
    }  # fmt: skip
    inputs = {one.ref for one in found.predicate.inputs}
    assert inputs == {"model:s/scorer", "dataset:s/training", "dataset:s/against"}
    assert "training" in found.predicate.options


def test_a_regularised_line_passes(tmp_path: Path, models: Models, given: dict[str, Any]) -> None:
    found = attacked(tmp_path, models, given["line"], given, options={"shadows": 8})
    assert found.predicate.result == "passed", why(found)
    assert 0.4 < float(measured(found, "attack_auc", attack="loss threshold").value) < 0.6


def test_a_model_that_cannot_be_trained_anew_is_attacked_without_shadows(
    tmp_path: Path, models: Models, given: dict[str, Any]
) -> None:
    model = python_model(tmp_path, "return 1 / (1 + np.exp(-c['a']))", FEATURES)
    found = attacked(tmp_path, models, model, given)
    assert {one.group["attack"] for one in found.predicate.measurements} == {
        "loss threshold", "confidence", "modified entropy",
    }  # fmt: skip
    assert [one.what for one in found.predicate.not_examined] == ["the attack with shadow models"]


def test_rows_on_both_sides_are_no_non_members(tmp_path: Path, models: Models, given: dict[str, Any]) -> None:
    found = attacked(tmp_path, models, given["line"], given, against=given["training"], options={"shadows": 0})
    assert found.predicate.result == "undecided"
    assert "cannot be told apart" in why(found)


def without_label(source: TableSource) -> TableSource:
    return replace(source, columns=replace(source.columns, label=None))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"training": None}, "Add `training: dataset:…`"),
        ({"against": None}, "Add `against: dataset:…`"),
        ({"options": {"shadows": 3}}, "an even number"),
        ({"options": {"false_alarm_rate": 0.7}}, "less than 0.5"),
        ({"training": "no label"}, "names no label"),
        ({"output": "predict"}, "no probabilities of known classes"),
        ({"options": {"rows": 50, "shadows": 0}}, "100 are needed"),
    ],
)
def test_what_cannot_be_attacked_is_undecided_and_says_why(
    tmp_path: Path, models: Models, given: dict[str, Any], parts: dict[str, Any], words: str
) -> None:
    model = replace(given["line"], output=parts.pop("output", "predict_proba"))
    if parts.get("training") == "no label":
        parts["training"] = without_label(given["training"])
    found = attacked(tmp_path, models, model, given, **parts)
    assert found.predicate.result in {"undecided", "errored"}
    assert words in why(found)
