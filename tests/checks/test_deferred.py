"""SciPy's statistics, read late in the child: the same module, the same answers."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import joblib
import numpy as np
import pytest
import scipy.stats
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from checks.test_adapters import COLUMNS, INPUTS, TWO, source
from upright.checks.confined.deferred import defer_statistics
from upright.checks.models import Models

_WAYS = {
    "by an inner module, which nothing in scikit-learn does": """
import sklearn.linear_model, sklearn.impute, sklearn.isotonic
assert [name for name in sys.modules if name.startswith("scipy.stats")] == ["scipy.stats"]
from sklearn.preprocessing._data import stats
import scipy.stats._stats_py as inner
assert inner is sys.modules["scipy.stats._stats_py"] is sys.modules["scipy.stats"]._stats_py
assert inner.__spec__.origin == inner.__file__ and stats._stats_py is inner
assert stats is sys.modules["scipy.stats"] is sys.modules["scipy"].stats and type(stats) is type(sys)
""",
    "by names taken at once": """
from scipy.stats import chi2, rankdata
assert len([name for name in sys.modules if name.startswith("scipy.stats")]) == 1
assert rankdata([3, 1, 2]).tolist() == [3, 1, 2]
assert abs(chi2(2).isf(0.05) - 5.991464547) < 1e-8 and abs(chi2.ppf(0.95, 2) - 5.991464547) < 1e-8
import scipy
assert scipy.stats.rankdata is not rankdata and scipy.stats.chi2.name == chi2.name == "chi2"
""",
    "by a class to inherit from": """
from scipy.stats import rv_continuous
assert isinstance(rv_continuous, type)
""",
    "by names that are none": """
import scipy
assert not hasattr(scipy.stats, "there_is_none")
try:
    import scipy.stats.there_is_none
except ModuleNotFoundError as why:
    assert "there_is_none" in str(why)
else:
    raise SystemExit("found")
""",
    "by several threads at once": """
import threading
from scipy.stats import gmean, spearmanr
found, start = [], threading.Barrier(4)
def ask():
    start.wait()
    found.append((gmean([1, 4]), spearmanr([1, 2, 3], [1, 2, 3]).statistic, sys.modules["scipy.stats"].norm.cdf(0)))
threads = [threading.Thread(target=ask) for _ in range(4)]
[one.start() for one in threads]
[one.join() for one in threads]
assert len(found) == 4 and {tuple(map(float, one)) for one in found} == {(2.0, 1.0, 0.5)}, found
""",
}


@pytest.mark.parametrize("way", _WAYS)
def test_the_statistics_are_read_at_the_first_use_and_are_then_the_whole_module(way: str) -> None:
    begin = "import sys; from upright.checks.confined.deferred import defer_statistics; defer_statistics()"
    command = [sys.executable, "-W", "error", "-c", begin + _WAYS[way]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_was_read_before_stays() -> None:
    before, finders = sys.modules["scipy.stats"], list(sys.meta_path)
    defer_statistics()
    assert sys.modules["scipy.stats"] is before is scipy.stats
    assert sys.meta_path == finders


def test_models_that_need_the_statistics_answer_and_learn_in_the_child_as_here(tmp_path: Path) -> None:
    bent = QuantileTransformer(n_quantiles=50, output_distribution="normal")
    model = make_pipeline(SimpleImputer(), bent, LogisticRegression()).fit(INPUTS, TWO)
    rises = IsotonicRegression(increasing="auto").fit(INPUTS[:, 0], TWO)
    for name, one in (("bent", model), ("rises", rises)):
        joblib.dump(one, tmp_path / f"{name}.joblib")
    with closing(Models(tmp_path / "children")) as models:
        found = models.open(source(tmp_path / "bent.joblib")).scores(COLUMNS)
        np.testing.assert_allclose(found, model.predict_proba(INPUTS)[:, 1], rtol=0, atol=1e-12)
        session = models.open(source(tmp_path / "rises.joblib", features=("a",), output="predict"))
        falling = (1 - TWO).tolist()
        session.fit({"a": COLUMNS["a"]}, falling, slot="other", seed=1)
        here = clone(rises).fit(INPUTS[:, 0], falling).predict(INPUTS[:, 0])
        assert session.matrix({"a": COLUMNS["a"]}, slot="other").ravel().tolist() == here.tolist()
