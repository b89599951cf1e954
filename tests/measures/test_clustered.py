"""Shares of rows that come in clusters: right where rows are independent, honest where they are not."""

import numpy as np
import pytest

from upright.measures.clustered import ClusteredShare, effective_size
from upright.measures.intervals import wilson


def test_clusters_of_one_row_are_plain_rows():
    cases = [1] * 18 + [0] * 42
    share = ClusteredShare(clusters=tuple((case, 1) for case in cases))
    assert share.value == pytest.approx(0.3)
    # A sample's variance has one degree of freedom less than the binomial's: 59 rows, not 60.
    assert effective_size(share.clusters) == pytest.approx(59.0)
    assert share.interval(0.95) == pytest.approx(wilson(0.3, 59.0, 0.95))


def test_replies_that_repeat_each_other_count_once():
    once = [(case, 1) for case in [1] * 6 + [0] * 14]
    thrice = [(3 * case, 3) for case, _ in once]
    assert effective_size(thrice) == pytest.approx(effective_size(once))


def test_where_every_row_agrees_each_cluster_counts_once():
    share = ClusteredShare(clusters=((0, 5),) * 12)
    assert share.interval(0.95) == wilson(0.0, 12.0, 0.95)


def test_the_size_is_never_above_the_rows_and_an_empty_share_knows_nothing():
    assert effective_size([(1, 2)] * 10) == 20.0
    empty = ClusteredShare(clusters=())
    assert empty.value is None
    assert empty.interval(0.95) == (0.0, 1.0)


def test_unclear_rows_count_the_worse_way_on_either_side():
    share = ClusteredShare(clusters=((1, 4),) * 10, unclear=(2,) * 10)
    low, high = share.interval(0.95)
    assert share.value == 0.25
    assert low == pytest.approx(wilson(0.25, 40.0, 0.95)[0])
    assert high == pytest.approx(wilson(0.75, 40.0, 0.95)[1])


@pytest.mark.parametrize(("probes", "seeds"), [(14, 3), (14, 10), (60, 3)])
def test_the_interval_holds_the_truth_as_often_as_it_says(probes, seeds):
    """Probes differ (a beta of mean 0.3), seeds of one are alike: simulated, tolerance from the number of runs."""
    draw = np.random.default_rng(7)
    runs, held = 1_500, 0
    for _ in range(runs):
        rates = draw.beta(1.5, 3.5, size=probes)
        cases = draw.binomial(seeds, rates)
        low, high = ClusteredShare(clusters=tuple((int(c), seeds) for c in cases)).interval(0.95)
        held += low <= 0.3 <= high
    assert held / runs > 0.93 - 3 * np.sqrt(0.05 * 0.95 / runs)
