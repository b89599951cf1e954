"""Models as the libraries write them, made at set-up: each must be clean, or it is a false alarm."""

import gzip
import io
import pickle
import uuid
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import joblib
import numpy as np
from threadpoolctl import threadpool_limits


def estimators() -> Iterator[tuple[str, Any]]:
    """Every public estimator of scikit-learn that can be made without arguments, fitted where it can be."""
    from sklearn.utils import all_estimators

    rng = np.random.RandomState(0)
    X = rng.uniform(0.1, 1.0, (60, 4))
    y = (X[:, 0] + 0.3 * rng.uniform(size=60) > 0.7).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, cls in all_estimators():
            try:
                model = cls()
            except TypeError:
                continue
            made = _fitted(model, X, y)
            if made is None:
                made = _fitted(model, X, np.column_stack([y, 1 - y]))
            if made is not None:
                yield name, made


def _fitted(model: Any, X: Any, y: Any) -> Any:
    from sklearn.base import clone

    fresh = clone(model)
    for name, value in (("n_estimators", 3), ("max_iter", 5), ("n_components", 2), ("random_state", 0), ("cv", 2)):
        if name in fresh.get_params():
            fresh.set_params(**{name: value})
    try:
        return fresh.fit(X, y)
    except Exception:  # not every estimator takes this table, or several labels
        return None


def wrapped() -> Iterator[tuple[str, Any]]:
    """Estimators that hold others, and what surrounds models in practice."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.ensemble import (
        BaggingClassifier,
        GradientBoostingClassifier,
        HistGradientBoostingClassifier,
        RandomForestClassifier,
        StackingClassifier,
        VotingClassifier,
    )
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.feature_selection import RFE, SelectKBest
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
    from sklearn.metrics import f1_score, make_scorer
    from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, StratifiedKFold
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.RandomState(1)
    X = rng.uniform(0.1, 1.0, (80, 4))
    y = (X[:, 0] > 0.5).astype(int)
    mixed = np.column_stack([X[:, :2].astype(object), rng.choice(["a", "b"], 80), rng.choice(["c", "d"], 80)])
    texts = ["good model", "bad model", "good data", "bad idea"] * 5
    log = make_pipeline(StandardScaler(), LogisticRegression())
    numeric = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer([("n", numeric, [0, 1]), ("c", OneHotEncoder(handle_unknown="ignore"), [2, 3])])
    yield "pipeline-of-columns", make_pipeline(columns, RandomForestClassifier(5, random_state=0)).fit(mixed, y)
    yield "pipeline-ordinal", make_pipeline(OrdinalEncoder(), HistGradientBoostingClassifier(max_iter=3)).fit(mixed, y)
    yield "union", make_pipeline(FeatureUnion([("a", StandardScaler()), ("b", SelectKBest(k=2))]), SVC()).fit(X, y)
    yield "grid", GridSearchCV(log, {"logisticregression__C": [0.1, 1.0]}, cv=2).fit(X, y)
    yield (
        "grid-scored",
        GridSearchCV(
            log, {"logisticregression__C": [0.1, 1.0]}, cv=StratifiedKFold(2), scoring=make_scorer(f1_score)
        ).fit(X, y),
    )
    yield (
        "random-search",
        RandomizedSearchCV(
            DecisionTreeClassifier(), {"max_depth": [1, 2]}, n_iter=2, cv=2, random_state=0, scoring="roc_auc"
        ).fit(X, y),
    )
    yield "calibrated", CalibratedClassifierCV(log, cv=2).fit(X, y)
    yield "calibrated-isotonic", CalibratedClassifierCV(SVC(), method="isotonic", cv=2).fit(X, y)
    yield "stacking", StackingClassifier([("a", log), ("b", DecisionTreeClassifier())], cv=2).fit(X, y)
    yield "voting", VotingClassifier([("a", log), ("b", KNeighborsClassifier())]).fit(X, y)
    yield "bagging", BaggingClassifier(log, 3).fit(X, y)
    yield "boosting", GradientBoostingClassifier(n_estimators=3).fit(X, y)
    yield "kd-tree", KNeighborsClassifier(algorithm="kd_tree").fit(X, y)
    yield "ball-tree", KNeighborsClassifier(algorithm="ball_tree", metric="manhattan").fit(X, y)
    yield "gaussian-process", GaussianProcessRegressor(1.0 * kernels.RBF() + kernels.WhiteKernel()).fit(X, y)
    yield (
        "texts-counted",
        make_pipeline(CountVectorizer(), SGDClassifier(max_iter=20, tol=None)).fit(texts, [1, 0] * 10),
    )
    yield (
        "texts-weighed",
        make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression()).fit(texts, [1, 0] * 10),
    )
    yield "function", make_pipeline(FunctionTransformer(np.log1p), LinearRegression()).fit(X, y)
    yield "target", TransformedTargetRegressor(LinearRegression(), func=np.log1p, inverse_func=np.expm1).fit(X, y)
    yield "rfe", RFE(DecisionTreeClassifier(), n_features_to_select=2).fit(X, y)
    yield "one-vs-rest", OneVsRestClassifier(log).fit(X, y)
    yield "multi-output", MultiOutputClassifier(DecisionTreeClassifier()).fit(X, np.column_stack([y, 1 - y]))
    yield "bundle", {"model": log.fit(X, y), "features": ["a", "b"], "threshold": 0.5, "classes": np.array(["n", "y"])}


def boosted() -> Iterator[tuple[str, Any]]:
    """XGBoost's and LightGBM's models, alone and within scikit-learn's."""
    import lightgbm as lgb
    import xgboost as xgb
    from sklearn.compose import ColumnTransformer
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.RandomState(2)
    X = rng.uniform(size=(60, 4))
    y = (X[:, 0] > 0.5).astype(int)
    few: dict[str, Any] = {"n_estimators": 2, "n_jobs": 1}
    quiet: dict[str, Any] = {**few, "verbose": -1, "min_child_samples": 2}
    yield "xgb-classifier", (classifier := xgb.XGBClassifier(**few).fit(X, y))
    yield "xgb-booster", classifier.get_booster()
    yield "xgb-dart", xgb.XGBRegressor(booster="dart", **few).fit(X, y)
    yield "xgb-linear", xgb.XGBRegressor(booster="gblinear", **few).fit(X, y)
    yield "xgb-forest", xgb.XGBRFClassifier(**few).fit(X, y)
    yield "xgb-ranker", xgb.XGBRanker(**few).fit(X, y, group=[30, 30])
    yield "xgb-unfitted", xgb.XGBClassifier()
    stopping = xgb.XGBClassifier(n_estimators=9, n_jobs=1, callbacks=[xgb.callback.EarlyStopping(rounds=2)])
    yield "xgb-stopped-early", stopping.fit(X, y, eval_set=[(X, y)], verbose=False)
    yield "xgb-search", GridSearchCV(xgb.XGBClassifier(**few), {"max_depth": [1, 2]}, cv=2).fit(X, y)
    yield "lgb-classifier", (gradient := lgb.LGBMClassifier(**quiet).fit(X, y))
    yield "lgb-booster", gradient.booster_
    yield "lgb-linear-trees", lgb.LGBMRegressor(linear_tree=True, **quiet).fit(X, y)
    yield "lgb-ranker", lgb.LGBMRanker(**quiet).fit(X, y, group=[30, 30])
    yield "lgb-unfitted", lgb.LGBMClassifier()
    ended = lgb.LGBMClassifier(n_estimators=9, n_jobs=1, verbose=-1)
    yield "lgb-stopped-early", ended.fit(X, y, eval_X=X, eval_y=y, callbacks=[lgb.early_stopping(2, verbose=False)])
    columns = ColumnTransformer([("numbers", StandardScaler(), [0, 1, 2, 3])])
    yield "xgb-in-pipeline", make_pipeline(columns, xgb.XGBClassifier(**few)).fit(X, y)
    yield "lgb-in-pipeline", make_pipeline(StandardScaler(), lgb.LGBMClassifier(**quiet)).fit(X, y)


def pandas_objects() -> Iterator[tuple[str, Any]]:
    """Frames, series and indexes, and a model trained on a frame."""
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = pd.DataFrame({"age": [20, 30, 40, 50], "pay": [1.0, 2.0, 3.0, 4.0], "kind": ["a", "b", "a", "b"]})
    chosen = make_column_transformer((StandardScaler(), ["age", "pay"]), (OneHotEncoder(), ["kind"]))
    yield "frame", frame
    yield "frame-of-numbers", frame[["age", "pay"]]
    yield "frame-indexed", frame.set_index("kind")
    yield (
        "frame-mixed",
        frame.assign(
            when=pd.date_range("2026-01-01", periods=4),
            cat=frame["kind"].astype("category"),
            flag=[True, False, True, None],
            whole=pd.array([1, 2, None, 4], dtype="Int64"),
            span=pd.to_timedelta([1, 2, 3, 4], unit="D"),
        ),
    )
    yield "frame-nested-index", frame.set_index(["kind", "age"])
    yield "frame-of-dates", pd.DataFrame({"x": range(3)}, index=pd.date_range("2026-01-01", periods=3, freq="D"))
    yield "series", frame["pay"]
    yield "series-of-texts", frame["kind"]
    yield "series-of-objects", pd.Series([1, "a", None], dtype=object)
    yield "index", frame.columns
    yield "range-index", pd.RangeIndex(5)
    yield "timestamp", pd.Timestamp("2026-01-01")
    yield "timestamp-zone", pd.Timestamp("2026-01-01", tz="UTC")
    yield "missing", [pd.NA, pd.NaT]
    yield "model-on-a-frame", make_pipeline(chosen, LogisticRegression()).fit(frame, [0, 1, 0, 1])


def numpy_files() -> Iterator[tuple[str, bytes]]:
    """Files of numpy itself."""
    for name, array in (
        ("floats", np.arange(6.0)),
        ("ints", np.arange(6).reshape(2, 3)),
        ("texts", np.array(["a", "bc"])),
        ("structured", np.zeros(2, [("a", "f8"), ("b", "i4", (2,))])),
        ("empty", np.zeros(0)),
        ("number", np.array(1.0)),
        ("objects", np.array([1, "a", None, [2.0]], dtype=object)),
        ("fortran", np.asfortranarray(np.ones((2, 3)))),
        ("dates", np.array(["2026-01-01"], dtype="M8[D]")),
        ("big-endian", np.arange(3, dtype=">i4")),
    ):
        out = io.BytesIO()
        np.save(out, array)
        yield f"npy-{name}", out.getvalue()
    for name, save in (("npz", np.savez), ("npz-deflated", np.savez_compressed)):
        out = io.BytesIO()
        save(out, a=np.arange(5.0), b=np.array(["x", None], dtype=object))
        yield name, out.getvalue()


def dumped(value: Any, protocol: int) -> bytes:
    """As the standard library pickles it."""
    return pickle.dumps(value, protocol)


def with_joblib(value: Any, compress: Any = 0, protocol: int | None = None) -> bytes:
    """As joblib dumps it."""
    out = io.BytesIO()
    joblib.dump(value, out, compress=compress, protocol=protocol)
    return out.getvalue()


@cache
def models() -> dict[str, Any]:
    """All Python objects of the corpus."""
    with threadpool_limits(1):
        return {
            **{f"estimator-{name}": model for name, model in estimators()},
            **{f"wrapped-{name}": model for name, model in wrapped()},
            **{f"boosted-{name}": model for name, model in boosted()},
            **{f"pandas-{name}": value for name, value in pandas_objects()},
        }


def values() -> dict[str, Any]:
    """What stands beside models in a file: ids and counts."""
    ids = [uuid.UUID(int=number) for number in range(3)]
    counts = Counter(approved=12, denied=5)
    return {"ids": ids, "counts": counts, "both": {"runs": ids, "seen": counts, "words": Counter("abca")}}


@cache
def benign_files() -> dict[str, bytes]:
    """Every file of the corpus: each model as joblib and by one protocol in turn, some in each compression."""
    found: dict[str, bytes] = dict(numpy_files())
    for count, (name, model) in enumerate(models().items()):
        protocol = count % 6
        found[f"{name}.pickle{protocol}"] = dumped(model, protocol)
        found[f"{name}.joblib"] = with_joblib(model)
    for protocol in range(6):
        found |= {f"{name}.pickle{protocol}": dumped(value, protocol) for name, value in values().items()}
    some = models()["wrapped-pipeline-of-columns"]
    for protocol in range(2, 6):
        found[f"joblib-protocol-{protocol}"] = with_joblib(some, protocol=protocol)
    for how in ("zlib", "gzip", "bz2", "xz", "lzma"):
        found[f"joblib-{how}"] = with_joblib(some, compress=(how, 3))
    found["pickle-gzip"] = gzip.compress(dumped(some, 4))
    return found
