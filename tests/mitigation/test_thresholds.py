"""The frontier against a search over every pair of thresholds, and reweighing against its definition row by row."""

import itertools

import numpy as np
import pytest

from upright.measures.errors import MeasureInputError
from upright.mitigation.reweighing import reweighing
from upright.mitigation.thresholds import GAPS, Groups, choices


def histograms(seed: int, bins: int = 8, rows: int = 40, groups: int = 2) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {
        f"g{at}": generator.multinomial(rows, np.full(2 * bins, 0.5 / bins)).reshape(2, bins) * 1.0
        for at in range(groups)
    }


def by_hand(cells: np.ndarray, edge: int) -> dict[str, float]:
    """Rates of one group, row by row."""
    outcomes = [(y, k) for y in (0, 1) for k in range(cells.shape[1]) for _ in range(int(cells[y, k]))]
    chosen = [k >= edge for _, k in outcomes]
    positives = [one for one, (y, _) in zip(chosen, outcomes, strict=True) if y]
    negatives = [one for one, (y, _) in zip(chosen, outcomes, strict=True) if not y]
    return {
        "selection_rate": float(np.mean(chosen)),
        "true_positive_rate": float(np.mean(positives)),
        "false_positive_rate": float(np.mean(negatives)),
        "right": float(sum(positives) + len(negatives) - sum(negatives)),
        "rows": float(len(outcomes)),
    }


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("seed", range(4))
def test_each_frontier_is_the_one_that_trying_every_threshold_gives(seed: int, gap: str) -> None:
    cells = histograms(seed)
    found = choices(Groups(cells), gap=gap, today=0.5, favourable_is_positive=True)
    rates = {name: [by_hand(one, edge) for edge in range(9)] for name, one in cells.items()}
    for kind in ("blind", "aware"):
        pairs = [(k, k) for k in range(9)] if kind == "blind" else list(itertools.product(range(9), repeat=2))
        every = []
        for first, second in pairs:
            a, b = rates["g0"][first], rates["g1"][second]
            every.append((abs(a[gap] - b[gap]), (a["right"] + b["right"]) / 80))
        mine = [one for one in found if one.kind == kind]
        assert mine
        for one in mine:
            assert any(one.gap == pytest.approx(g) and one.accuracy == pytest.approx(acc) for g, acc in every)
            better = max(acc for g, acc in every if g <= one.gap + 1e-9)
            assert one.accuracy == pytest.approx(better)
        assert mine[-1].accuracy == pytest.approx(max(acc for _, acc in every))
        assert [one.gap for one in mine] == sorted(one.gap for one in mine)


def test_thresholds_per_group_are_never_worse_than_one_for_all() -> None:
    found = choices(Groups(histograms(9, 64, 2_000, 3)), gap="selection_rate", today=0.5, favourable_is_positive=True)
    for blind in (one for one in found if one.kind == "blind"):
        within = [one.accuracy for one in found if one.kind == "aware" and one.gap <= blind.gap + 0.011]
        assert max(within) >= blind.accuracy - 1e-12


def test_a_choice_says_what_it_costs_whom() -> None:
    cells = histograms(3)
    found = choices(Groups(cells), gap="selection_rate", today=0.5, favourable_is_positive=False)
    for one in found:
        for cost in one.costs:
            edge = round(cost.threshold * 8)
            told, before = by_hand(cells[cost.group], edge), by_hand(cells[cost.group], 4)
            assert cost.selection_rate == pytest.approx(told["selection_rate"])
            assert cost.true_positive_rate == pytest.approx(told["true_positive_rate"])
            assert cost.false_positive_rate == pytest.approx(told["false_positive_rate"])
            assert cost.accuracy == pytest.approx(told["right"] / told["rows"])
            moved = round((told["selection_rate"] - before["selection_rate"]) * 40)
            assert (cost.changed, cost.worse) == (abs(moved), max(0, moved))


def test_what_cannot_be_weighed_is_refused() -> None:
    one = histograms(1)
    with pytest.raises(MeasureInputError, match=r"there are 1 groups.*UP-MITIGATE-01"):
        Groups({"g0": one["g0"]})
    with pytest.raises(MeasureInputError, match=r"'g1' has no rows.*UP-MITIGATE-01"):
        Groups({"g0": one["g0"], "g1": one["g1"] * 0})
    with pytest.raises(MeasureInputError, match="UP-MITIGATE-02"):
        choices(Groups(one), gap="accuracy", today=0.5, favourable_is_positive=True)
    one["g1"][1] = 0
    with pytest.raises(MeasureInputError, match=r"'g1' has no row.*UP-MITIGATE-03"):
        choices(Groups(one), gap="true_positive_rate", today=0.5, favourable_is_positive=True)


def test_reweighing_makes_group_and_label_independent() -> None:
    generator = np.random.default_rng(4)
    group, label = generator.choice(["a", "b", "c"], 500, p=[0.6, 0.3, 0.1]), generator.integers(0, 2, 500)
    label[group == "b"] = 0
    pairs = list(zip(group.tolist(), map(str, label.tolist()), strict=True))
    found = reweighing({pair: pairs.count(pair) for pair in set(pairs)})
    for (g, y), weight in found.items():
        here, there, both = (group == g).mean(), (label == int(y)).mean(), ((group == g) & (label == int(y))).mean()
        assert weight == pytest.approx(here * there / both)
    assert ("b", "1") not in found
    full = {pair: weight for pair, weight in found.items() if pair[0] != "b"}
    weights = np.array([full.get(pair, 0.0) for pair in pairs])
    shares = {g: (weights * (label == 1))[group == g].sum() / weights[group == g].sum() for g in ("a", "c")}
    assert shares["a"] == pytest.approx(shares["c"])
    with pytest.raises(MeasureInputError, match="UP-MITIGATE-04"):
        reweighing({})
