"""Closed-form confidence intervals, from counts. Sizes may be effective sizes, so they are floats."""

import math
from statistics import NormalDist

_NORMAL = NormalDist()
_MOST_SPREAD = 300.0  # on the log scale, so that its exponential is a number


def normal_quantile(level: float) -> float:
    """The z of a two-sided interval: 1.959964 at level 0.95.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level {level} is not between 0 and 1")
    return -_NORMAL.inv_cdf((1.0 - level) / 2.0)


def student_quantile(level: float, degrees: float) -> float:
    """The t of a two-sided interval, by the Cornish-Fisher expansion to the fourth order.

    Within 0.4 % of the exact quantile from 8 degrees of freedom at levels up to 0.999 (tests hold it to SciPy).
    Source: Abramowitz & Stegun, 26.7.5.
    """
    z = normal_quantile(level)
    v = max(degrees, 1.0)
    first = (z**3 + z) / 4.0
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96.0
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384.0
    fourth = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160.0
    return z + first / v + second / v**2 + third / v**3 + fourth / v**4


def wilson(share: float, size: float, level: float) -> tuple[float, float]:
    """Score interval of a share (0 to 1) seen in ``size`` rows, without continuity correction.

    Source: Wilson 1927; Newcombe 1998a, method 3. Checked: against SciPy's ``binomtest(...).proportion_ci``.

    >>> [round(bound, 4) for bound in wilson(0.5, 10, 0.95)]
    [0.2366, 0.7634]
    """
    if size <= 0.0:
        return 0.0, 1.0
    z2 = normal_quantile(level) ** 2
    middle = (share + z2 / (2.0 * size)) / (1.0 + z2 / size)
    half = math.sqrt(z2 * (share * (1.0 - share) / size + z2 / (4.0 * size * size))) / (1.0 + z2 / size)
    low = 0.0 if share <= 0.0 else max(0.0, middle - half)
    high = 1.0 if share >= 1.0 else min(1.0, middle + half)
    return low, high


def none_found(size: float, level: float) -> tuple[float, float]:
    """Interval of a share of which no case was seen in ``size`` rows: at 95 % the upper bound is about 3 over size.

    Source: Hanley & Lippman-Hand 1983 (the exact one-sided bound behind the "rule of three").

    >>> [round(bound, 5) for bound in none_found(1000, 0.95)]
    [0.0, 0.00299]
    """
    return 0.0, 1.0 if size <= 0.0 else 1.0 - (1.0 - level) ** (1.0 / size)


def newcombe(share: float, size: float, other_share: float, other_size: float, level: float) -> tuple[float, float]:
    """Interval of ``share - other_share`` of two independent groups, from their Wilson intervals.

    Source: Newcombe 1998b, method 10 (hybrid score).

    >>> [round(bound, 4) for bound in newcombe(56 / 70, 70, 48 / 80, 80, 0.95)]
    [0.0524, 0.3339]
    """
    low, high = wilson(share, size, level)
    other_low, other_high = wilson(other_share, other_size, level)
    gap = share - other_share
    return (
        gap - math.hypot(share - low, other_high - other_share),
        gap + math.hypot(high - share, other_share - other_low),
    )


def log_ratio(share: float, size: float, other_share: float, other_size: float, level: float) -> tuple[float, float]:
    """Interval of ``share / other_share`` of two independent groups, on the log scale.

    Katz where both shares are above 0. Where one is 0, half a case is added to both (Walters), and the bound that
    cannot be known is 0 or infinity.

    Source: Katz et al. 1978; Walters 1985.

    >>> [round(bound, 3) for bound in log_ratio(0.3, 100, 0.5, 100, 0.95)]
    [0.42, 0.858]
    """
    if size <= 0.0 or other_size <= 0.0 or (share <= 0.0 and other_share <= 0.0):
        return 0.0, math.inf
    z = normal_quantile(level)
    if share > 0.0 and other_share > 0.0:
        variance = (1.0 - share) / (share * size) + (1.0 - other_share) / (other_share * other_size)
        spread = min(_MOST_SPREAD, z * math.sqrt(variance))
        ratio = share / other_share
        return ratio * math.exp(-spread), ratio * math.exp(spread)
    cases, other_cases = share * size + 0.5, other_share * other_size + 0.5
    ratio = (cases / (size + 0.5)) / (other_cases / (other_size + 0.5))
    variance = 1 / cases - 1 / (size + 0.5) + 1 / other_cases - 1 / (other_size + 0.5)
    spread = min(_MOST_SPREAD, z * math.sqrt(max(variance, 0.0)))
    if share <= 0.0:
        return 0.0, ratio * math.exp(spread)
    return ratio * math.exp(-spread), math.inf


def on_logit(value: float, error: float, level: float) -> tuple[float, float]:
    """Interval of a number in (0, 1) with standard error ``error``, made on the log-odds scale so it stays inside.

    At 0 or 1, or without a positive error, it is the whole range.
    """
    if not 0.0 < value < 1.0 or not error > 0.0:
        return 0.0, 1.0
    reach = normal_quantile(level) * error / (value * (1.0 - value))
    odds = math.log(value / (1.0 - value))
    return _logistic(odds - reach), _logistic(odds + reach)


def _logistic(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))


def mean_interval(value: float, error: float, size: float, level: float) -> tuple[float, float]:
    """Student interval of a mean with standard error ``error`` over ``size`` rows."""
    reach = student_quantile(level, size - 1.0) * error
    return value - reach, value + reach
