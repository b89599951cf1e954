"""CVSS base scores of versions 2.0, 3.0 and 3.1, and the words that databases give instead of a score."""

import math
from decimal import Decimal

RATINGS = ("critical", "high", "medium", "low")
_WORDS = {"moderate": "medium", "important": "high", "negligible": "low", "none": "low", "minor": "low"}
_WEIGHTS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0.0, "C": 1.0},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_WEIGHTS_2 = {
    "AV": {"L": "0.395", "A": "0.646", "N": "1"},
    "AC": {"H": "0.35", "M": "0.61", "L": "0.71"},
    "Au": {"M": "0.45", "S": "0.56", "N": "0.704"},
    "C": {"N": "0", "P": "0.275", "C": "0.660"},
    "I": {"N": "0", "P": "0.275", "C": "0.660"},
    "A": {"N": "0", "P": "0.275", "C": "0.660"},
}


def base_score(vector: str) -> float | None:
    """The base score of a vector; ``None`` for version 4, and for what is not a vector.

    Source: CVSS v3.1 specification, section 7.1 and appendix A; v3.0, section 8.1; v2.0, section 3.2.1.
    Checked: all 2,592 base vectors of 3.1 against the specification's formula in exact decimals.

    >>> base_score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), base_score("AV:N/AC:L/Au:N/C:C/I:C/A:C")
    (9.8, 10.0)
    """
    head, *parts = vector.split("/") if vector.startswith("CVSS:") else ["", *vector.split("/")]
    metrics = dict(part.split(":", 1) for part in parts if part.count(":") == 1)
    try:
        if head in {"CVSS:3.0", "CVSS:3.1"}:
            return _score_3(metrics, exact=head.endswith("1"))
        return _score_2(metrics) if not head else None
    except KeyError:
        return None


def _score_3(metrics: dict[str, str], *, exact: bool) -> float:
    weight = {name: values[metrics[name]] for name, values in _WEIGHTS.items()}
    changed = metrics["S"] == "C"
    if changed:
        weight["PR"] = {"N": 0.85, "L": 0.68, "H": 0.5}[metrics["PR"]]
    loss = 1.0 - (1.0 - weight["C"]) * (1.0 - weight["I"]) * (1.0 - weight["A"])
    impact = 7.52 * (loss - 0.029) - 3.25 * (loss - 0.02) ** 15 if changed else 6.42 * loss
    if impact <= 0.0:
        return 0.0
    total = impact + 8.22 * weight["AV"] * weight["AC"] * weight["PR"] * weight["UI"]
    capped = min(1.08 * total if changed else total, 10.0)
    return _up_exact(capped) if exact else math.ceil(capped * 10.0) / 10.0


def _up_exact(value: float) -> float:
    """Up to one decimal, on whole hundred-thousandths, so that floating point cannot push it over."""
    whole = round(value * 100_000)
    return whole / 100_000.0 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10.0


def _score_2(metrics: dict[str, str]) -> float:
    weight = {name: Decimal(values[metrics[name]]) for name, values in _WEIGHTS_2.items()}
    impact = Decimal("10.41") * (1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"]))
    reach = 20 * weight["AV"] * weight["AC"] * weight["Au"]
    factor = Decimal(0) if impact == 0 else Decimal("1.176")
    score = (Decimal("0.6") * impact + Decimal("0.4") * reach - Decimal("1.5")) * factor
    return float(score.quantize(Decimal("0.1"), rounding="ROUND_HALF_UP"))


def rating(score: float) -> str:
    """The word of a score (v3.1, section 5); a score of 0 counts as low, since the record exists.

    >>> rating(9.0), rating(8.9), rating(4.0), rating(3.9)
    ('critical', 'high', 'medium', 'low')
    """
    return "critical" if score >= 9.0 else "high" if score >= 7.0 else "medium" if score >= 4.0 else "low"


def rating_of_word(word: str) -> str | None:
    """The rating that a database gives in words, such as GitHub's ``MODERATE``."""
    plain = word.strip().lower()
    plain = _WORDS.get(plain, plain)
    return plain if plain in RATINGS else None


def worst(ratings: list[str]) -> str | None:
    """The highest of several ratings."""
    return next((one for one in RATINGS if one in ratings), None)
