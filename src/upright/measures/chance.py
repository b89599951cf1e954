"""How likely chance alone is to show this much: tails of the distributions that tests for change need.

Written out because the base install has no SciPy; the tests hold each to SciPy's.
"""

import math
from collections.abc import Callable, Sequence

from upright.measures.intervals import normal_quantile

_HALVINGS = 45


def chi_squared_tail(value: float, degrees: int) -> float:
    """P(X >= value) of the chi-squared distribution with whole degrees of freedom.

    Source: Abramowitz & Stegun, 26.4.4 and 26.4.5, summed on the log scale so that large values do not overflow.

    >>> round(chi_squared_tail(3.841459, 1), 6), round(chi_squared_tail(18.307, 10), 4)
    (0.05, 0.05)
    """
    if value <= 0.0 or degrees < 1:
        return 1.0
    half = value / 2.0
    odd = degrees % 2
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    power = 0.5 if odd else 0.0
    while power < degrees / 2.0:
        total += math.exp(power * math.log(half) - half - math.lgamma(power + 1.0))
        power += 1.0
    return min(1.0, total)


def kolmogorov_tail(value: float) -> float:
    """P(K >= value) of the Kolmogorov distribution, the limit of the scaled greatest gap between two step functions.

    For two samples it errs on the safe side: with ties, or in small samples, so large a gap is rarer still.

    >>> round(kolmogorov_tail(1.3581), 4), kolmogorov_tail(0.0)
    (0.05, 1.0)
    """
    if value < 0.2:
        return 1.0
    total = 0.0
    for step in range(1, 101):
        term = math.exp(-2.0 * (step * value) ** 2)
        total += term if step % 2 else -term
        if term < 1e-18:
            break
    return min(1.0, max(0.0, 2.0 * total))


def kolmogorov_quantile(alpha: float) -> float:
    """The gap that chance exceeds with probability ``alpha``, from the first term, so never too small."""
    return math.sqrt(-math.log(alpha / 2.0) / 2.0)


def shifted_chi_squared_below(value: float, degrees: int, shift: float) -> float:
    """P(X <= value) of the noncentral chi-squared distribution: exact for one degree of freedom, else to 0.013.

    Source: Sankaran 1963, his third and best normal approximation.
    """
    if value <= 0.0:
        return 0.0
    if degrees == 1:
        root, away = math.sqrt(value / 2.0), math.sqrt(shift / 2.0)
        return 0.5 * (math.erf(root - away) + math.erf(root + away))
    first, second, third = (degrees + shift, 2 * (degrees + 2 * shift), 8 * (degrees + 3 * shift))
    power = 1.0 - first * third / (3.0 * second**2)
    scale = second / (2.0 * first**2)
    middle = 1.0 + power * (power - 1.0) * (scale - (2.0 - power) * (1.0 - 3.0 * power) * scale**2 / 2.0)
    spread = power * math.sqrt(2.0 * scale) * (1.0 + (1.0 - power) * (1.0 - 3.0 * power) * scale / 2.0)
    return 0.5 * math.erfc(-((value / first) ** power - middle) / spread / math.sqrt(2.0))


def shift_interval(value: float, degrees: int, level: float, widen: float = 1.0) -> tuple[float, float]:
    """The shifts (noncentralities) under which a chi-squared value as large, or as small, is not rare.

    ``widen`` is how much greater the standard deviation of the value is than that distribution's. A value smaller than
    chance gives on average is no sign of less than nothing: the upper end is read as if it were the average.
    """
    tail = (1.0 - level) / 2.0
    z = normal_quantile(level)

    def below(seen: float, shift: float) -> float:
        mean = degrees + shift
        return shifted_chi_squared_below(max(0.0, mean + (seen - mean) / widen), degrees, shift)

    read = max(value, float(degrees))
    most = (math.sqrt(read) + z * widen + 1.0) ** 2 + z * widen * math.sqrt(8.0 * degrees) + degrees
    low = 0.0
    if below(value, 0.0) > 1.0 - tail:
        low = falling(lambda shift: below(value, shift), 1.0 - tail, 0.0, most)
    return low, falling(lambda shift: below(read, shift), tail, 0.0, most)


def falling(curve: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Where a falling curve passes ``target`` between ``low`` and ``high``, by halving."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if curve(middle) > target:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def holm(chances: Sequence[float]) -> list[float]:
    """p-values adjusted for their number: below a rate, all together raise a false alarm at most at that rate.

    Source: Holm 1979.

    >>> [round(one, 3) for one in holm([0.04, 0.01, 0.03])]
    [0.06, 0.03, 0.06]
    """
    adjusted = [0.0] * len(chances)
    worst = 0.0
    for place, where in enumerate(sorted(range(len(chances)), key=lambda one: chances[one])):
        worst = max(worst, min(1.0, (len(chances) - place) * chances[where]))
        adjusted[where] = worst
    return adjusted
