"""The check as a user runs it: a knife-edge is found, a smooth model passes, what cannot be done says why."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.asked import digest, measured, model_file, python_model, ran, rows_source, why
from upright.checks.models import Models

RNG = np.random.default_rng(12)
ROWS = 400
COLUMNS = {
    "debt": RNG.gamma(2.0, 300.0, ROWS),
    "late": RNG.integers(0, 9, ROWS),
    "town": RNG.choice(["north", "south", "east"], ROWS).tolist(),
    "who": [f"canary-{n}" for n in range(ROWS)],
}
FEATURES = ("debt", "late", "town")
SMOOTH = "return 1 / (1 + np.exp(-(np.asarray(c['debt']) - 1300) / 100))"
KNIFE_EDGE = "return (np.floor(np.asarray(c['debt']) / 10) % 2) * 0.6 + 0.2"
LIMIT = {"flipped_within_budget": {"at_most": "0.2"}}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with closing(Models(tmp_path_factory.mktemp("children"))) as found:
        yield found


def test_a_smooth_model_passes_and_its_share_is_that_of_geometry(tmp_path: Path, models: Models) -> None:
    rows = rows_source(tmp_path, COLUMNS)
    model = python_model(tmp_path, SMOOTH, FEATURES)
    found = ran("adversarial-robustness", tmp_path, models, on=model, against=rows, limits=LIMIT)
    assert found.predicate.result == "passed", why(found)
    spread = np.diff(np.quantile(COLUMNS["debt"], [0.05, 0.95]))[0]
    near = (np.abs(COLUMNS["debt"] - 1300) / spread <= 0.1).mean()
    share = measured(found, "flipped_within_budget")
    assert float(share.low) - 0.02 <= near <= float(share.high) + 0.02
    assert [one.name for one in found.artefacts] == ["flip-distance.svg", "flips.json"]
    said = json.loads(found.artefacts[1].data)
    assert set(said["flips_that_move"]) == {"debt"}
    assert b"canary" not in found.artefacts[0].data + found.artefacts[1].data


def test_a_knife_edge_is_found(tmp_path: Path, models: Models) -> None:
    rows = rows_source(tmp_path, COLUMNS)
    model = python_model(tmp_path, KNIFE_EDGE, FEATURES)
    found = ran("adversarial-robustness", tmp_path, models, on=model, against=rows, limits=LIMIT)
    assert found.predicate.result == "failed", why(found)
    assert float(measured(found, "flipped_within_budget").value) > 0.95
    assert float(measured(found, "median_flip_distance").value) < 0.01
    assert float(measured(found, "changed_by_noise").value) > 0.3


def test_an_immutable_knife_edge_flips_nothing_and_is_said_to_be_left_out(tmp_path: Path, models: Models) -> None:
    rows = rows_source(tmp_path, COLUMNS)
    model = python_model(tmp_path, KNIFE_EDGE, FEATURES)
    options = {"immutable": ["debt"], "rows": 100}
    found = ran("adversarial-robustness", tmp_path, models, on=model, against=rows, limits=LIMIT, options=options)
    assert measured(found, "flipped_within_budget").value == "0"
    assert [(one.what, one.why) for one in found.predicate.not_examined] == [("changes of debt", "named immutable")]


def test_damage_is_measured_and_a_model_that_refuses_missing_values_has_no_share_of_them(
    tmp_path: Path, models: Models
) -> None:
    body = """
        debt = np.asarray(c['debt'], dtype=float)
        if np.isnan(debt).any() or None in c['town'] or np.isnan(np.asarray(c['late'], dtype=float)).any():
            raise ValueError('Input contains NaN')
        return (debt > 600) * 1.0
    """
    rows = rows_source(tmp_path, COLUMNS)
    limits = {"changed_by_missing": {"at_most": "0.1"}}
    model = python_model(tmp_path, body, FEATURES)
    found = ran("adversarial-robustness", tmp_path, models, on=model, against=rows, limits=limits)
    assert found.predicate.result == "undecided"
    assert "the model refuses such rows" in why(found)
    assert "Input contains NaN" in why(found)
    assert float(measured(found, "changed_by_units").value) > 0.1
    assert 0.05 < float(measured(found, "changed_by_out_of_range").value) < 0.6


def test_a_model_that_ignores_its_input_is_not_moved_by_damage(tmp_path: Path, models: Models) -> None:
    rows = rows_source(tmp_path, COLUMNS)
    model = python_model(tmp_path, "return np.full(len(c['debt']), 0.9)", FEATURES)
    limits = {f"changed_by_{name}": {"at_most": "0.1"} for name in ("noise", "missing", "units", "out_of_range")}
    limits["median_flip_distance"] = {"at_least": "1"}
    found = ran("adversarial-robustness", tmp_path, models, on=model, against=rows, limits=limits)
    assert found.predicate.result == "passed", why(found)


def test_hop_skip_jump_finds_the_border_of_a_line_too(tmp_path: Path, models: Models) -> None:
    columns = {"a": RNG.normal(size=60), "b": RNG.normal(size=60) * 5, "n": RNG.integers(0, 40, 60)}
    body = "return (c['a'] + c['b'] / 5 + np.asarray(c['n']) / 40 > 0.5) * 1.0"
    model = python_model(tmp_path, body, ("a", "b", "n"))
    options = {"rows": 12, "hop_skip_jump": True, "least_rows": 10}
    rows = rows_source(tmp_path, columns)
    found = ran("adversarial-robustness", tmp_path, models, on=model, against=rows, limits=LIMIT, options=options)
    plain = ran(
        "adversarial-robustness", tmp_path, models, on=model, against=rows, limits=LIMIT,
        options={"rows": 12, "least_rows": 10},
    )  # fmt: skip
    assert found.predicate.measurements, why(found)
    both, alone = (float(measured(one, "median_flip_distance").value) for one in (found, plain))
    assert 0.0 < both <= alone + 1e-9


def digits_graph(folder: Path, body: str) -> Any:
    from onnx import TensorProto, helper

    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 1, 8, 8])
    out = helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", 1])
    weights = np.zeros((64, 1), dtype=np.float32)
    weights[:, 0] = 1 / 64 if body == "brightness" else 0.0
    if body == "one pixel":
        weights[27, 0] = 1.0
    steep, middle = (8.0, 0.5) if body == "brightness" else (200.0, 0.5)
    held = [
        helper.make_tensor("w", TensorProto.FLOAT, [64, 1], weights.flatten()),
        helper.make_tensor("m", TensorProto.FLOAT, [1], [middle]),
        helper.make_tensor("s", TensorProto.FLOAT, [1], [steep]),
    ]
    nodes = [
        helper.make_node("Flatten", ["pixels"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["sum"]),
        helper.make_node("Sub", ["sum", "m"], ["over"]),
        helper.make_node("Mul", ["over", "s"], ["scaled"]),
        helper.make_node("Sigmoid", ["scaled"], ["probability"]),
    ]
    graph = helper.make_graph(nodes, "digits", [pixels], [out], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = folder / f"{body.replace(' ', '-')}.onnx"
    path.write_bytes(model.SerializeToString())
    return model_file(path, ("image",))


def test_an_image_model_that_hangs_on_one_pixel_fails_and_one_that_sees_the_whole_passes(
    tmp_path: Path, models: Models
) -> None:
    dark, bright = RNG.uniform(0.0, 0.4, (150, 64)), RNG.uniform(0.6, 1.0, (150, 64))
    rows = rows_source(tmp_path, {"image": np.concatenate([dark, bright]).tolist()})
    results = {}
    for body in ("one pixel", "brightness"):
        found = ran(
            "adversarial-robustness", tmp_path, models, on=digits_graph(tmp_path, body), against=rows,
            options={"shape": [8, 8], "strength": 3}, limits={"flipped_within_budget": {"at_most": "0.1"}},
        )  # fmt: skip
        results[body] = found.predicate.result, why(found)
        assert {one.group.get("strength") for one in found.predicate.measurements} == {None, "1", "2", "3"}
    assert (results["one pixel"][0], results["brightness"][0]) == ("failed", "passed"), results


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"against": None}, "names none. Add `against: dataset:…`"),
        ({"options": {"rows": 0}}, "expected 1 to 5,000"),
        ({"options": {"budget": 0}}, "expected a number above 0"),
        ({"options": {"shape": [8]}}, "expected [height, width]"),
        ({"options": {"shape": [8, 8]}}, "something else than numbers"),
        ({"options": {"immutable": ["nobody"]}}, "no column 'nobody'"),
        ({"features": ("debt", "salary")}, "no column 'salary'"),
        ({"features": ()}, "names no features"),
        ({"may_load": False}, "may_load"),
        ({"output": "predict", "threshold": None}, "predicts numbers, and no threshold"),
    ],
)
def test_what_cannot_be_measured_is_not_passed_and_says_why(
    tmp_path: Path, models: Models, parts: dict[str, Any], words: str
) -> None:
    path = tmp_path / "numbers.py"
    path.write_text("def predict(c): return [0.5 + at / 7 for at in range(len(c['debt']))]\npredict_proba = predict\n")
    given: dict[str, Any] = {
        "features": FEATURES,
        **{k: v for k, v in parts.items() if k not in ("against", "options")},
    }
    model = model_file(path, **given)
    assert model.digest == digest(path)
    found = ran(
        "adversarial-robustness", tmp_path, models, on=model, limits=LIMIT, options=parts.get("options", {}),
        against=None if "against" in parts else rows_source(tmp_path, COLUMNS),
    )  # fmt: skip
    assert found.predicate.result in {"undecided", "errored"}
    assert words in why(found)
