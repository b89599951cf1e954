"""Explanations, against scikit-learn, against all subsets, and with explanations that are wrong on purpose."""

import itertools
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.inspection import permutation_importance

from checks.asked import measured, model_file, python_model, ran, rows_source, why
from upright.checks.explaining import mixing
from upright.checks.explaining.importance import permuted_changes, rank_stability, spearman
from upright.checks.explaining.mixing import Mixer
from upright.checks.explaining.shapley import fidelity, sampled_shapley
from upright.checks.models import Models

RNG = np.random.default_rng(9)
ROWS = 300
COLUMNS: dict[str, Any] = {
    "strong": RNG.normal(size=ROWS),
    "weak": RNG.normal(size=ROWS),
    "town": RNG.choice(["x", "y"], ROWS).tolist(),
    "nothing": RNG.integers(0, 9, ROWS),
}
NAMES = tuple(COLUMNS)


def curved(c: dict[str, Any]) -> np.ndarray:
    town = np.array([value == "x" for value in c["town"]])
    line = 2 * np.asarray(c["strong"]) + 0.3 * np.asarray(c["weak"]) * town + 0.4 * town
    return 1 / (1 + np.exp(-line))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with closing(Models(tmp_path_factory.mktemp("children"))) as found:
        yield found


def test_permutation_importance_is_that_of_scikit_learn() -> None:
    inputs = np.column_stack([COLUMNS["strong"], COLUMNS["weak"], COLUMNS["nothing"]])

    class Model:
        def fit(self, *_: Any) -> "Model":
            return self

        def predict(self, values: Any) -> Any:
            return np.tanh(values[:, 0]) + 0.2 * values[:, 1] ** 2

    def loss(model: Any, values: Any, true: Any) -> float:
        return -float(np.abs(model.predict(values) - true).mean())

    model = Model()
    theirs = permutation_importance(model, inputs, model.predict(inputs), scoring=loss, n_repeats=60, random_state=0)
    mixer = Mixer({"a": inputs[:, 0], "b": inputs[:, 1], "c": inputs[:, 2]}, ("a", "b", "c"))

    def ask(c: Any) -> Any:
        return model.predict(np.column_stack([c["a"], c["b"], c["c"]]))

    ours = permuted_changes(ask, mixer, repeats=60, rng=np.random.default_rng(1), progress=lambda *_: None)
    np.testing.assert_allclose(ours.mean(axis=0), theirs.importances_mean, atol=0.02)
    assert ours[:, 2].max() == 0.0


def test_sampled_shapley_values_are_those_of_all_subsets() -> None:
    mixer = Mixer({name: values[:25] for name, values in COLUMNS.items()}, NAMES)
    rows = np.arange(4)
    everyone = np.arange(mixer.rows)

    def value(row: int, inside: tuple[int, ...]) -> float:
        mask = np.zeros((mixer.rows, 4), dtype=bool)
        mask[:, list(inside)] = True
        return float(curved(mixer.mixed(np.full(mixer.rows, row), everyone, mask)).mean())

    exact = np.zeros((4, 4))
    for row, at in itertools.product(range(4), range(4)):
        others = [one for one in range(4) if one != at]
        for size in range(4):
            for subset in itertools.combinations(others, size):
                weight = math.factorial(size) * math.factorial(3 - size) / math.factorial(4)
                exact[row, at] += weight * (value(row, (*subset, at)) - value(row, subset))
    found, start = sampled_shapley(lambda c, _: curved(c), mixer, rows, orders=4_000, rng=np.random.default_rng(2))
    np.testing.assert_allclose(found, exact, atol=0.02)
    np.testing.assert_allclose(found.sum(axis=1) + start, curved(mixer.columns(rows)), atol=1e-9)


def test_a_true_explanation_is_faithful_and_a_shuffled_one_is_not() -> None:
    mixer = Mixer(COLUMNS, NAMES)
    rows = np.arange(80)
    true, _ = sampled_shapley(lambda c, _: curved(c), mixer, rows, orders=40, rng=np.random.default_rng(3))
    wrong = np.random.default_rng(4).permuted(true, axis=1)
    told = [
        fidelity(lambda c, _: curved(c), mixer, rows, one, subsets=12, others=8, seed=1, least=30)
        for one in (true, wrong)
    ]
    assert told[0].value is not None
    assert told[1].value is not None
    assert told[0].value > 0.9
    assert told[1].value < 0.5
    low, high = told[0].at(0.95) or (0, 0)
    assert low < told[0].value < high


def test_mixes_that_share_a_request_score_as_each_does_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    mixer = Mixer({name: values[:40] for name, values in COLUMNS.items()}, NAMES)
    draw = np.random.default_rng(9)
    mixes = [
        (np.arange(size), draw.integers(0, 40, size), draw.random((size, 4)) < 0.5) for size in (3, 1, 40, 7, 7, 12)
    ]
    alone = [curved(mixer.mixed(*mix)) + mix[0] for mix in mixes]
    rows, everything = np.arange(20), []
    for numbers, requests in ((1, [3, 1, 40, 7, 7, 12]), (4 * 44, [44, 26]), (1 << 17, [70])):
        monkeypatch.setattr(mixing, "_NUMBERS_AT_ONCE", numbers)
        asked: list[int] = []

        def score(columns: dict[str, Any], rows: np.ndarray, asked: list[int] = asked) -> np.ndarray:
            asked.append(len(rows))
            return curved(columns) + rows

        for found, expected in zip(mixing.scores_of(score, mixer, mixes), alone, strict=True):
            np.testing.assert_array_equal(found, expected)
        assert asked == requests
        shares, start = sampled_shapley(score, mixer, rows, orders=5, rng=np.random.default_rng(3))
        told = fidelity(score, mixer, rows, shares, subsets=6, others=3, seed=1, least=10)
        everything.append((shares.tolist(), start.tolist(), told.value, told.at(0.95)))
    assert everything[0] == everything[1] == everything[2]
    values = [0.5, -1.0, 2.0]
    found = curved(mixer.with_values(NAMES[0], values)).reshape(3, 40)
    for at, value in enumerate(values):
        np.testing.assert_array_equal(found[at], curved({**mixer.columns(np.arange(40)), NAMES[0]: np.full(40, value)}))


def test_ranks_correlate_as_scipy_says() -> None:
    for _ in range(20):
        one, other = RNG.integers(0, 5, 9).astype(float), RNG.normal(size=9)
        assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)
    assert spearman(np.ones(4), np.arange(4.0)) == 0.0


def test_a_ranking_of_noise_is_unstable_and_a_clear_one_is_not() -> None:
    noise = np.abs(RNG.normal(size=(200, 8)))
    clear = noise * 0.1 + np.arange(8.0)
    shaky, firm = (rank_stability(one, rng=np.random.default_rng(0), least=30) for one in (noise, clear))
    assert (shaky.value or 0.0) < 0.5
    assert firm.value == 1.0


def test_the_check_ranks_explains_and_draws_without_showing_a_value(tmp_path: Path, models: Models) -> None:
    body = """
        town = np.array([value == 'x' for value in c['town']])
        line = 2 * np.asarray(c['strong']) + 0.3 * np.asarray(c['weak']) * town + 0.4 * town
        return 1 / (1 + np.exp(-line))
    """
    columns = COLUMNS | {"strong": COLUMNS["strong"] + 0.123456}
    model = python_model(tmp_path, body, NAMES)
    limits = {"fidelity": {"at_least": "0.7"}, "rank_stability": {"at_least": "0.5"}}
    about = {"on": model, "against": rows_source(tmp_path, columns), "limits": limits}
    found = ran("explainability", tmp_path, models, **about, traits={"personal_data": "yes"})
    assert found.predicate.result == "passed", why(found)
    values = {name: float(measured(found, "importance", feature=name).value) for name in NAMES}
    assert max(values, key=values.__getitem__) == "strong"
    assert values["nothing"] == 0.0
    names = [one.name for one in found.artefacts]
    assert names[0] == "importance.svg"
    assert names[-1] == "explanations.json"
    for one in found.artefacts[:-1]:
        assert ET.fromstring(one.data).tag.endswith("svg")
    told = json.loads(found.artefacts[-1].data)["explanations"]
    assert len(told) == 10
    for one in told:
        total = float(one["starts_from"]) + sum(float(part["adds"]) for part in one["contributions"])
        assert total == pytest.approx(float(one["score"]), abs=1e-4)
        assert not any("value" in part for part in one["contributions"])
    shown = ran("explainability", tmp_path, models, **about, options={"show_values": True, "method": "permutation"})
    first = json.loads(shown.artefacts[-1].data)["explanations"][0]["contributions"]
    assert all("value" in part for part in first)


def test_a_booster_is_explained_by_its_own_contributions(tmp_path: Path, models: Models) -> None:
    import xgboost

    inputs = np.column_stack([COLUMNS["strong"], COLUMNS["weak"], COLUMNS["nothing"]])
    labels = (inputs[:, 0] + 0.5 * inputs[:, 1] > 0).astype(int)
    rows = xgboost.DMatrix(inputs, labels, feature_names=["strong", "weak", "nothing"], nthread=1)
    booster = xgboost.train({"max_depth": 3, "objective": "binary:logistic", "nthread": 1}, rows, 10)
    booster.save_model(tmp_path / "b.ubj")
    model = model_file(tmp_path / "b.ubj", ("strong", "weak", "nothing"))
    source = rows_source(tmp_path, COLUMNS)
    limits = {"fidelity": {"at_least": "0.6"}}
    found = ran("explainability", tmp_path, models, on=model, against=source, limits=limits, options={"rows": ROWS})
    assert found.predicate.result == "passed", why(found)
    expected = np.abs(booster.predict(rows, pred_contribs=True)[:, :3]).mean(axis=0)
    for at, name in enumerate(("strong", "weak", "nothing")):
        assert float(measured(found, "importance", feature=name).value) == pytest.approx(expected[at], abs=1e-5)
    assert json.loads(found.artefacts[-1].data)["method"] == "TreeSHAP"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"against": None}, "Add `against: dataset:…`"),
        ({"features": ("strong",)}, "reads one feature"),
        ({"options": {"method": "tea leaves"}}, "expected auto, permutation or contributions"),
        ({"options": {"method": "contributions"}}, "gives no contributions of its own"),
        ({"options": {"rows": 0}}, "expected 1 to 20,000"),
        ({"body": "return np.full(len(c['town']), 0.5)"}, "nothing to explain"),
    ],
)
def test_what_cannot_be_explained_is_undecided_and_says_why(
    tmp_path: Path, models: Models, parts: dict[str, Any], words: str
) -> None:
    model = python_model(
        tmp_path, parts.get("body", "return np.abs(np.tanh(c['strong']))"), parts.get("features", NAMES)
    )
    found = ran(
        "explainability", tmp_path, models, on=model, options=parts.get("options", {}),
        against=None if "against" in parts else rows_source(tmp_path, COLUMNS),
        limits={"fidelity": {"at_least": "0.1"}},
    )  # fmt: skip
    assert found.predicate.result in {"undecided", "errored"}
    assert words in why(found)
