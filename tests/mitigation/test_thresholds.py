"""The frontier against a search over every pair of thresholds, and reweighing against its definition row by row."""

import itertools

import numpy as np
import pytest

from upright.measures.errors import MeasureInputError
from upright.mitigation.reweighing import reweighing
from upright.mitigation.thresholds import GAPS, Groups, _Teller, choices, decided_at


def histograms(seed: int, bins: int = 8, rows: int = 40, groups: int = 2) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {
        f"g{at}": generator.multinomial(rows, np.full(2 * bins, 0.5 / bins)).reshape(2, bins) * 1.0
        for at in range(groups)
    }


def today(cells: dict[str, np.ndarray], threshold: float = 0.5) -> Groups:
    """Groups of whom a threshold decides today."""
    return Groups({name: decided_at(one, threshold) for name, one in cells.items()})


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
    found = choices(today(cells), gap=gap, favourable_is_positive=True)
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
    found = choices(today(histograms(9, 64, 2_000, 3)), gap="selection_rate", favourable_is_positive=True)
    for blind in (one for one in found if one.kind == "blind"):
        within = [one.accuracy for one in found if one.kind == "aware" and one.gap <= blind.gap + 0.011]
        assert max(within) >= blind.accuracy - 1e-12


def test_a_choice_says_what_it_costs_whom() -> None:
    cells = histograms(3)
    found = choices(today(cells), gap="selection_rate", favourable_is_positive=False)
    for one in found[1:]:
        for cost in one.costs:
            edge = round(cost.threshold * 8)
            told, before = by_hand(cells[cost.group], edge), by_hand(cells[cost.group], 4)
            assert cost.selection_rate == pytest.approx(told["selection_rate"])
            assert cost.true_positive_rate == pytest.approx(told["true_positive_rate"])
            assert cost.false_positive_rate == pytest.approx(told["false_positive_rate"])
            assert cost.accuracy == pytest.approx(told["right"] / told["rows"])
            moved = round((told["selection_rate"] - before["selection_rate"]) * 40)
            assert (cost.changed, cost.worse, cost.better) == (abs(moved), max(0, moved), max(0, -moved))


def recorded(seed: int, groups: int = 2, rows: int = 300) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Rows of (decision, outcome, bin) whose decisions follow no threshold, and their histogram."""
    generator = np.random.default_rng(seed)
    people = {
        f"g{at}": np.stack([generator.integers(0, top, rows) for top in (2, 2, 8)], axis=1) for at in range(groups)
    }
    cells = {name: np.zeros((2, 2, 8)) for name in people}
    for name, some in people.items():
        np.add.at(cells[name], tuple(some.T), 1.0)
    return people, cells


@pytest.mark.parametrize("groups", [2, 3])
def test_today_is_the_decisions_as_recorded_and_each_choice_says_who_gains_and_who_loses(groups: int) -> None:
    people, cells = recorded(5, groups)
    found = choices(Groups(cells), gap="true_positive_rate", favourable_is_positive=True, seed=1)
    assert [one.kind for one in found].count("today") == 1
    now = found[0]
    everyone = np.concatenate(list(people.values()))
    assert (now.kind, now.accuracy) == ("today", pytest.approx((everyone[:, 0] == everyone[:, 1]).mean()))
    rates = [some[some[:, 1] == 1, 0].mean() for some in people.values()]
    assert now.gap == pytest.approx(max(rates) - min(rates))
    assert {cost.threshold for cost in now.costs} == {None}
    assert [(cost.changed, cost.worse, cost.better) for cost in now.costs] == [(0, 0, 0)] * groups
    for one in found[1:]:
        for cost in one.costs:
            some = people[cost.group]
            then = some[:, 2] >= round(float(cost.threshold or 0.0) * 8)
            gained, lost = int((then & (some[:, 0] == 0)).sum()), int((~then & (some[:, 0] == 1)).sum())
            assert (cost.better, cost.worse, cost.changed) == (gained, lost, gained + lost)


@pytest.mark.parametrize("groups", [2, 4])
def test_intervals_of_a_choice_fixed_beforehand_hold_the_truth_as_often_as_they_say(groups: int) -> None:
    """A choice is fixed on no rows at all: the same threshold in each of 400 tables."""
    generator = np.random.default_rng(groups)
    chances = np.linspace(0.4, 0.6, groups)
    held_gap = held_accuracy = 0
    for _ in range(400):
        cells = {}
        for at, chance in enumerate(chances):
            table = generator.multinomial(300, [0.5 * (1 - chance), 0.5 * chance, 0.5 * (1 - chance), 0.5 * chance])
            cells[f"g{at}"] = table.reshape(2, 2) * 1.0
        one = _Teller(today(cells), "selection_rate", True, 1).today()
        held_gap += one.gap_interval[0] <= chances[-1] - chances[0] <= one.gap_interval[1]
        held_accuracy += one.accuracy_interval[0] <= 0.5 <= one.accuracy_interval[1]
    assert min(held_gap, held_accuracy) / 400 >= 0.93 - 4 * (0.93 * 0.07 / 400) ** 0.5
    assert max(held_gap, held_accuracy) < 400


def test_rates_of_fewer_than_five_people_are_withheld() -> None:
    cells = {"a": np.zeros((2, 8)) + 10.0, "b": np.zeros((2, 8)) + 10.0}
    cells["b"][1] = [4, 0, 0, 0, 0, 0, 0, 0]
    for one in choices(today(cells), gap="selection_rate", favourable_is_positive=True):
        assert one.costs[1].true_positive_rate is None
        assert one.costs[1].false_positive_rate is not None


def test_what_cannot_be_weighed_is_refused() -> None:
    one = histograms(1)
    with pytest.raises(MeasureInputError, match=r"there are 1 groups.*UP-MITIGATE-01"):
        today({"g0": one["g0"]})
    with pytest.raises(MeasureInputError, match=r"'g1' has no rows.*UP-MITIGATE-01"):
        today({"g0": one["g0"], "g1": one["g1"] * 0})
    with pytest.raises(MeasureInputError, match="UP-MITIGATE-02"):
        choices(today(one), gap="accuracy", favourable_is_positive=True)
    one["g1"][1] = 0
    with pytest.raises(MeasureInputError, match=r"'g1' has no row.*UP-MITIGATE-03"):
        choices(today(one), gap="true_positive_rate", favourable_is_positive=True)


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
