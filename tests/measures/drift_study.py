"""How often tables without drift raise an alarm, and how often the distances' intervals hold the truth.

Values fall into cells by NumPy here, as the engine finds them (a test holds the two together), so that hundreds of
tables take seconds; the tests run it small.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from math import sqrt

import numpy as np
from scipy.stats import norm

from upright.measures.chance import holm
from upright.measures.cuts import NumberCuts, number_cuts
from upright.measures.distances import drift_estimates
from upright.measures.drift import PARTS, Pair, _runs, difference_chance, number_pair, value_pair
from upright.measures.tally import Tally

Generator = np.random.Generator
SIZES = ((30, 30), (100, 1_000), (1_000, 100), (1_000, 1_000))


def zipf(generator: Generator, rows: int, values: int) -> np.ndarray:
    weights = 1 / np.arange(1, values + 1) ** 1.5
    return generator.choice(values, rows, p=weights / weights.sum()).astype(str)


def with_gaps(values: np.ndarray, generator: Generator) -> np.ndarray:
    return np.where(generator.random(len(values)) < 0.1, np.nan, values)


COLUMNS: Mapping[str, Callable[[Generator, int], np.ndarray]] = {
    "normal": lambda g, n: g.normal(size=n),
    "long tail": lambda g, n: g.lognormal(0, 2, n),
    "longer tail": lambda g, n: g.standard_cauchy(n),
    "mostly zero": lambda g, n: np.where(g.random(n) < 0.6, 0.0, g.lognormal(0, 1, n)),
    "whole": lambda g, n: g.integers(0, 8, n).astype(float),
    "rare flag": lambda g, n: (g.random(n) < 0.03).astype(float),
    "gaps": lambda g, n: with_gaps(g.normal(size=n), g),
    "two": lambda g, n: g.integers(0, 2, n).astype(str),
    "twelve": lambda g, n: g.integers(0, 12, n).astype(str),
    "forty": lambda g, n: zipf(g, n, 40),
    "four hundred": lambda g, n: zipf(g, n, 400),
}


def cell_tally(cuts: NumberCuts, values: np.ndarray) -> Tally:
    """As ``count_numbers`` counts."""
    present = values[~np.isnan(values)]
    away = present - cuts.origin
    cells = cuts.locate(present)
    sums = [np.bincount(cells, weights=one, minlength=cuts.total + 2) for one in (None, away, away**2)]
    rows = [(int(cell), int(sums[0][cell]), sums[1][cell], sums[2][cell]) for cell in np.unique(cells)]
    if len(present) < len(values):
        rows.append((None, len(values) - len(present), 0.0, 0.0))
    return Tally.of(("cell",), ("rows", "total", "squares"), rows)


def pair_of(base: np.ndarray, new: np.ndarray) -> Pair:
    if base.dtype.kind == "f":
        cuts = number_cuts(base[np.isfinite(base)])
        return number_pair(cuts, cell_tally(cuts, base), cell_tally(cuts, new))
    return value_pair(*(Tally.of(("value",), ("rows",), list(Counter(one.tolist()).items())) for one in (base, new)))


def alarms(rows: int, others: int, runs: int, seed: int, rate: float = 0.05) -> int:
    """How many of so many pairs of tables without drift fail."""
    generator = np.random.default_rng([seed, rows, others])
    found = 0
    for _ in range(runs):
        chances = [
            difference_chance(pair_of(make(generator, rows), make(generator, others))) for make in COLUMNS.values()
        ]
        found += min(holm(chances)) < rate
    return found


def truths(pair: Pair, shift: float, scale: float) -> dict[str, float]:
    """Of a standard normal baseline against one moved and stretched, in this pair's parts and unit."""
    grid = np.linspace(-12, 12 + shift, 20_001)
    gap = np.abs(norm.cdf(grid) - norm.cdf(grid, shift, scale))
    part = _runs(pair.base.cells, pair.base.present / PARTS)
    edges = np.concatenate([[-np.inf], pair.cuts.edges(), [np.inf]])
    p, q = (
        np.maximum(np.bincount(part, weights=np.diff(norm.cdf(edges, *one))), 1e-12) for one in ((0, 1), (shift, scale))
    )
    divergence = (p * np.log2(2 * p / (p + q)) + q * np.log2(2 * q / (p + q))).sum() / 2
    return {
        "ks": float(gap.max()),
        "wasserstein": float(gap.sum() * (grid[1] - grid[0]) / sqrt(pair.base.variance)),
        "psi": float(((p - q) * np.log(p / q)).sum()),
        "js": sqrt(max(0.0, divergence)),
    }


def held(rows: int, others: int, shift: float, scale: float, runs: int, seed: int = 0) -> dict[str, float]:
    """Share of 95 % intervals that hold the truth, by measure."""
    generator = np.random.default_rng([seed, rows, others])
    hits = Counter[str]()
    for _ in range(runs):
        pair = pair_of(generator.normal(size=rows), generator.normal(shift, scale, size=others))
        true = truths(pair, shift, scale)
        for one in drift_estimates(pair, group={}):
            low, high = one.at(0.95)
            hits[one.name] += low - 1e-9 <= true[one.name] <= high + 1e-9
    return {name: count / runs for name, count in hits.items()}
