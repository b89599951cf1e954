"""Each adapter against its own library: what the confined child answers is what the library says in this process."""

import hashlib
import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from upright.checks.asking import AskingError
from upright.checks.confined.adapters import ADAPTERS
from upright.checks.contract import ModelSource
from upright.checks.models import Models, NoModelError
from upright.checks.sandbox import SandboxLimits
from upright.kernel import Ref

ROWS = 300
RNG = np.random.default_rng(3)
INPUTS = RNG.normal(size=(ROWS, 4))
INPUTS[::17, 2] = np.nan
FEATURES = ("a", "b", "c", "d")
THREE = (INPUTS[:, 0] > 0).astype(int) + (INPUTS[:, 1] > 0.5)
TWO = (INPUTS[:, 0] + 0.3 * INPUTS[:, 3] > 0.2).astype(int)
COLUMNS = {name: INPUTS[:, at] for at, name in enumerate(FEATURES)}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    with closing(Models(tmp_path_factory.mktemp("children"))) as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def source(path: Path, **more: Any) -> ModelSource:
    about: dict[str, Any] = {
        "ref": Ref("model", f"s/{path.stem.lower()}"),
        "path": path,
        "digest": hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "0" * 64,
        "hold": "bytes",
        "features": FEATURES,
        "output": "predict_proba",
        "may_load": True,
    }
    return ModelSource(**about | more)


def python_file(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize("ending", [".ubj", ".json"])
def test_xgboost_answers_as_its_library_does(folder: Path, models: Models, ending: str) -> None:
    import xgboost

    rows = xgboost.DMatrix(INPUTS, THREE if ending == ".ubj" else TWO, feature_names=list(FEATURES), nthread=1)
    how = {"objective": "multi:softprob", "num_class": 3} if ending == ".ubj" else {"objective": "binary:logistic"}
    booster = xgboost.train({"max_depth": 3, "nthread": 1, **how}, rows, 8)
    path = folder / f"booster{ending}"
    booster.save_model(path)
    session = models.open(source(path))
    expected = booster.predict(rows)
    assert session.about.library == f"xgboost {xgboost.__version__}"
    assert session.about.classes == ((0, 1, 2) if ending == ".ubj" else (0, 1))
    contributions = booster.predict(rows, pred_contribs=True)
    if ending == ".ubj":
        np.testing.assert_allclose(session.matrix(COLUMNS), expected, atol=1e-7)
        assert session.labels(COLUMNS) == expected.argmax(axis=1).tolist()
        np.testing.assert_allclose(session.contributions(COLUMNS, of=2), contributions[:, 2], atol=1e-6)
    else:
        np.testing.assert_allclose(session.scores(COLUMNS), expected, atol=1e-7)
        assert session.labels(COLUMNS) == (expected > 0.5).astype(int).tolist()
        np.testing.assert_allclose(session.contributions(COLUMNS), contributions, atol=1e-6)


def test_lightgbm_answers_as_its_library_does(folder: Path, models: Models) -> None:
    import lightgbm
    import pandas as pd

    frame = pd.DataFrame({"a": INPUTS[:, 0], "town": pd.Categorical(np.where(INPUTS[:, 1] > 0, "x", "y"))})
    quiet = {"verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5, "objective": "binary"}
    booster = lightgbm.train(quiet, lightgbm.Dataset(frame, TWO), 10)
    path = folder / "booster.txt"
    booster.save_model(path)
    session = models.open(source(path, features=("a", "town")))
    rows = {"town": frame["town"].tolist(), "a": INPUTS[:, 0]}
    np.testing.assert_allclose(session.scores(rows), booster.predict(frame), atol=1e-12)
    np.testing.assert_allclose(session.contributions(rows), booster.predict(frame, pred_contrib=True), atol=1e-12)
    assert session.labels(rows) == (booster.predict(frame) > 0.5).astype(int).tolist()


@pytest.mark.parametrize("wrapped", [True, False], ids=["wrapper", "booster"])
@pytest.mark.parametrize("made_by", ["xgboost", "lightgbm"])
def test_a_booster_that_joblib_saved_answers_with_and_without_its_wrapper(
    folder: Path, models: Models, made_by: str, wrapped: bool
) -> None:
    import joblib
    import lightgbm
    import xgboost

    if made_by == "xgboost":
        model = xgboost.XGBClassifier(n_estimators=8, max_depth=3, n_jobs=1).fit(INPUTS, TWO)
        margin = model.predict(INPUTS, output_margin=True)
        booster = model.get_booster()
    else:
        model = lightgbm.LGBMClassifier(n_estimators=8, n_jobs=1, verbose=-1, min_child_samples=5).fit(INPUTS, TWO)
        margin, booster = model.booster_.predict(INPUTS, raw_score=True), model.booster_
    path = folder / f"{made_by}-{wrapped}.joblib"
    joblib.dump(model if wrapped else booster, path)
    session = models.open(source(path))
    expected = 1.0 / (1.0 + np.exp(-margin))
    assert session.about.library == f"{made_by} {importlib.import_module(made_by).__version__}"
    np.testing.assert_allclose(session.scores(COLUMNS), expected, atol=1e-6)
    assert session.labels(COLUMNS) == (expected > 0.5).astype(int).tolist()
    if not wrapped:
        np.testing.assert_allclose(session.contributions(COLUMNS).sum(axis=1), margin, atol=1e-5)


@pytest.mark.parametrize("form", ["wrapper", "booster", "own file"])
@pytest.mark.parametrize("made_by", ["xgboost", "lightgbm"])
def test_texts_that_a_booster_was_trained_with_are_its_categories_in_any_rows(
    folder: Path, models: Models, made_by: str, form: str
) -> None:
    """Rows that hold other texts first, or not all of them, must not be given other codes."""
    import joblib
    import lightgbm
    import pandas as pd
    import xgboost

    towns = np.array(["x", "y", "z"])[RNG.integers(0, 3, ROWS)]
    frame = pd.DataFrame({"a": np.nan_to_num(INPUTS[:, 0]), "town": pd.Categorical(towns)})
    label = (frame["a"] + 2.0 * (towns == "z") > 0.5).astype(int)
    if made_by == "xgboost":
        model: Any = xgboost.XGBClassifier(n_estimators=8, n_jobs=1, enable_categorical=True).fit(frame, label)
        booster, ending = model.get_booster(), ".ubj"
    else:
        model = lightgbm.LGBMClassifier(n_estimators=8, n_jobs=1, verbose=-1).fit(frame, label)
        booster, ending = model.booster_, ".txt"
    path = folder / f"texts-{made_by}-{form[:3]}{ending if form == 'own file' else '.joblib'}"
    if form == "own file":
        booster.save_model(path)
    else:
        joblib.dump(model if form == "wrapper" else booster, path)
    session = models.open(source(path, features=("a", "town")))
    whole = {"a": frame["a"].to_numpy(), "town": towns.tolist()}
    expected = model.predict_proba(frame)[:, 1]
    np.testing.assert_allclose(session.scores(whole), expected, atol=1e-6)
    some = np.flatnonzero(towns != "x")[::-1]
    part = {"a": whole["a"][some], "town": towns[some].tolist()}
    np.testing.assert_allclose(session.scores(part), expected[some], atol=1e-6)
    if form == "wrapper":
        session.fit(whole, label.tolist(), slot="anew", seed=1)
        np.testing.assert_allclose(session.scores(part, slot="anew"), expected[some], atol=1e-6)
        session.drop(["anew"])


def test_texts_for_a_booster_of_numbers_are_refused_with_words(folder: Path, models: Models) -> None:
    import joblib
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=2, n_jobs=1).fit(np.nan_to_num(INPUTS), TWO)
    joblib.dump(model, folder / "numbers.joblib")
    texts = {**COLUMNS, "b": ["x"] * ROWS}
    with pytest.raises(AskingError, match="XGBoost reads numbers; a feature holds texts"):
        models.open(source(folder / "numbers.joblib")).scores(texts)


@pytest.fixture(scope="module")
def onnx_files(folder: Path) -> dict[str, Any]:
    from skl2onnx import to_onnx
    from sklearn.linear_model import LinearRegression, LogisticRegression

    whole = np.nan_to_num(INPUTS).astype(np.float32)
    three, line = LogisticRegression().fit(whole, THREE), LinearRegression().fit(whole, INPUTS[:, 0])
    maps = to_onnx(three, whole[:1])
    tensors = to_onnx(three, whole[:1], options={id(three): {"zipmap": False}})
    for name, graph in {"maps": maps, "tensors": tensors, "line": to_onnx(line, whole[:1])}.items():
        (folder / f"{name}.onnx").write_bytes(graph.SerializeToString())
    columns = {name: whole[:, at] for at, name in enumerate(FEATURES)}
    return {"columns": columns, "three": three.predict_proba(whole), "line": line.predict(whole)}


@pytest.mark.parametrize("name", ["maps", "tensors"])
def test_onnx_classifiers_answer_as_what_they_were_made_of(
    folder: Path, models: Models, onnx_files: dict[str, Any], name: str
) -> None:
    session = models.open(source(folder / f"{name}.onnx"))
    np.testing.assert_allclose(session.matrix(onnx_files["columns"]), onnx_files["three"], atol=1e-5)
    assert session.labels(onnx_files["columns"]) == onnx_files["three"].argmax(axis=1).tolist()
    with pytest.raises(AskingError, match="name the positive one"):
        session.scores(onnx_files["columns"])


def test_an_onnx_regression_gives_its_predictions(folder: Path, models: Models, onnx_files: dict[str, Any]) -> None:
    session = models.open(source(folder / "line.onnx", output="predict"))
    np.testing.assert_allclose(session.scores(onnx_files["columns"]), onnx_files["line"], atol=1e-5)


def test_an_image_is_given_to_a_graph_in_its_own_shape(folder: Path, models: Models) -> None:
    from onnx import TensorProto, helper

    pixels = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 1, 2, 2])
    sums = helper.make_tensor_value_info("sums", TensorProto.FLOAT, ["n", 1])
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("ReduceSum", ["flat", "axes"], ["sums"], keepdims=1),
    ]
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    graph = helper.make_graph(nodes, "sum", [pixels], [sums], [axes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = folder / "image.onnx"
    path.write_bytes(model.SerializeToString())
    images = RNG.random((5, 4)).round(3)
    session = models.open(source(path, features=("pixels",), output="predict"))
    np.testing.assert_allclose(session.scores({"pixels": images}), images.sum(axis=1), atol=1e-6)
    with pytest.raises(AskingError, match="3 numbers for each row"):
        session.scores({"pixels": images[:, :3]})


FUNCTIONS = """
import numpy as np
CLASSES = ["no", "yes"]
def predict_proba(columns):
    p = 1 / (1 + np.exp(-columns["a"]))
    print("a library that talks on standard output")
    return np.column_stack([1 - p, p])
def predict(columns):
    return ["yes" if a >= 0 else "no" for a in columns["a"]]
"""


def test_a_python_file_answers_by_its_functions(folder: Path, models: Models) -> None:
    about = source(python_file(folder, "functions", FUNCTIONS), positive="yes", threshold="0.6")
    session = models.open(about)
    expected = 1 / (1 + np.exp(-INPUTS[:, 0]))
    np.testing.assert_allclose(session.scores(COLUMNS), expected, atol=1e-12)
    assert session.labels(COLUMNS) == ["yes" if a >= 0 else "no" for a in INPUTS[:, 0]]
    assert session.decisions(COLUMNS) == ["positive" if p >= 0.6 else "negative" for p in expected]


def test_a_python_file_is_not_run_unless_its_owner_allows_it(folder: Path, models: Models) -> None:
    path = python_file(folder, "guarded", f"open({str(folder / 'ran')!r}, 'w')\ndef predict(columns): return [0]")
    with pytest.raises(NoModelError, match="may_load"):
        models.open(source(path, may_load=False))
    with pytest.raises(NoModelError, match="PermissionError"):
        models.open(source(path))
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return [1.0]", "another number of results"),
        ("return np.zeros((len(columns['a']), 2, 2))", "3 dimensions"),
        ("return ['high'] * len(columns['a'])", "could not convert"),
        ("raise RuntimeError('no idea')", "RuntimeError: no idea"),
        ("import os; os._exit(3)", "the child ended with status 3"),
        ("import os; os.write(3, b'x' * 100); return columns['a']", "of the agreed form"),
        ("import time; time.sleep(90)", "took more than 9 s"),
        ("return bytearray(2**32)", "more memory than it may use"),
    ],
)
def test_a_model_that_misbehaves_leaves_one_sentence_behind(folder: Path, body: str, words: str) -> None:
    name = f"odd-{hashlib.sha256(body.encode()).hexdigest()[:8]}"
    path = python_file(folder, name, f"import numpy as np\ndef predict(columns):\n    {body}\n")
    limits = SandboxLimits(wall_seconds=9, memory_bytes=2**31)
    with (
        closing(Models(folder / name, limits)) as models,
        pytest.raises(AskingError, match="UP-MODEL") as caught,
    ):
        models.open(source(path, output="predict")).scores(COLUMNS)
    assert words in str(caught.value)


def test_a_child_that_was_stopped_is_started_anew_for_the_next_check(folder: Path) -> None:
    text = (
        "def predict(columns):\n    if len(columns['a']) > 3:\n        import os; os._exit(1)\n    return columns['a']"
    )
    path = python_file(folder, "fragile", text)
    with closing(Models(folder / "again")) as models:
        about = source(path, output="predict")
        with pytest.raises(AskingError):
            models.open(about).scores(COLUMNS)
        few = {name: values[:3] for name, values in COLUMNS.items()}
        np.testing.assert_array_equal(models.open(about).scores(few), INPUTS[:3, 0])


def test_many_rows_go_in_pieces_and_come_back_in_order(folder: Path, models: Models) -> None:
    text = "def predict(columns):\n    assert len(columns['a']) < 2_200_000\n    return columns['a'] * 2"
    session = models.open(source(python_file(folder, "double", text), features=("a",), output="predict"))
    many = np.arange(2_500_000.0)
    np.testing.assert_array_equal(session.scores({"a": many}), many * 2)


def test_a_missing_library_is_named_with_the_extra_that_brings_it(folder: Path, models: Models) -> None:
    path = folder / "scripted.pt"
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(NoModelError, match=r"needs torch.*pip install 'upright\[torch\]'"):
        models.open(source(path))


@pytest.mark.parametrize("name", sorted(set(ADAPTERS) - {"http", "open-inference", "torch"}))
def test_a_file_that_is_no_model_is_refused_by_each_adapter(folder: Path, models: Models, name: str) -> None:
    if name == "joblib":
        assert ADAPTERS["joblib"].module == ADAPTERS["sklearn"].module
        return
    path = folder / f"nonsense.{name}"
    path.write_bytes(b"\x00\x01 this is no model \xff" * 9)
    with pytest.raises(NoModelError, match="UP-MODEL-11"):
        models.open(source(path, adapter=name))


def test_an_adapter_for_endpoints_loads_no_file(folder: Path, models: Models) -> None:
    path = python_file(folder, "a-file", "def predict(columns): return columns['a']")
    with pytest.raises(NoModelError, match="asks an endpoint, and the model is a file"):
        models.open(source(path, adapter="http"))
    with pytest.raises(NoModelError, match="is not one file"):
        models.open(source(folder, adapter="python"))
    with pytest.raises(NoModelError, match="names no features"):
        models.open(source(path, features=()))


def test_what_the_child_says_of_itself_is_held_to_its_form(folder: Path) -> None:
    from upright.checks.asking import _about

    good = {
        "library": "x",
        "names": ["a"],
        "classes": None,
        "outputs": ["predict"],
        "fits": False,
        "contributes": False,
    }
    assert _about(good).names == ("a",)
    for name, wrong in {"names": 3, "classes": "ab", "outputs": None}.items():
        with pytest.raises(AskingError, match="UP-MODEL-20"):
            _about(json.loads(json.dumps({**good, name: wrong})))


def test_what_is_hidden_looks_as_if_it_were_not_installed_and_is_there_afterwards() -> None:
    from upright.checks.confined.loaded import hidden

    with hidden("this_is_not_hidden"), hidden("tabnanny"):
        sys.modules.pop("tabnanny", None)
        with pytest.raises(ModuleNotFoundError, match="tabnanny"):
            importlib.import_module("tabnanny")
        assert importlib.import_module("quopri")
    assert importlib.import_module("tabnanny")
    with hidden("tabnanny"):
        assert importlib.import_module("tabnanny")


def test_a_step_that_needs_pandas_gets_it_although_scikit_learn_does_not(folder: Path, models: Models) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.random.default_rng(5).normal(size=(60, 2))
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).set_output(transform="pandas")
    pipeline.fit(rows, rows[:, 0] > 0)
    importlib.import_module("joblib").dump(pipeline, folder / "framed.joblib")
    session = models.open(source(folder / "framed.joblib", features=("a", "b")))
    found = session.matrix({"a": rows[:, 0], "b": rows[:, 1]})
    np.testing.assert_allclose(found, pipeline.predict_proba(rows), atol=1e-12)
