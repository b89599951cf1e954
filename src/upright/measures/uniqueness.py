"""How many rows share the same values: sizes of classes by quasi-identifiers, counted in the database.

Classes of one shard may be continued in another, so these counts do not merge: measure a month whole, not by days.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.measures.intervals import normal_quantile
from upright.measures.tally import collect, demand_single_values

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True, slots=True)
class ClassSizes:
    """How many classes have each size (rows that agree in every quasi-identifier)."""

    classes: Mapping[int, int]

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(size * count for size, count in self.classes.items())

    @property
    def smallest(self) -> int:
        """The k of k-anonymity: rows of the smallest class.

        Source: Sweeney 2002.
        """
        return min(self.classes)

    @property
    def alone(self) -> int:
        """Rows that no other row agrees with."""
        return self.classes.get(1, 0)

    @property
    def pairs(self) -> int:
        """Classes of two rows."""
        return self.classes.get(2, 0)


def class_sizes(table: "Table", columns: Sequence[str]) -> ClassSizes:
    """Counts the classes of a table; a missing value agrees with a missing value.

    Raises:
        MeasureInputError: a column of lists, structures or bytes.
    """
    demand_single_values(table, columns)
    sizes = table.group_by(list(columns)).aggregate(size=lambda t: t.count())
    found = collect(sizes.group_by("size").aggregate(classes=lambda t: t.count()))
    return ClassSizes({int(size): int(count) for size, count in found})


def least_diversity(table: "Table", columns: Sequence[str], sensitive: str) -> int:
    """The l of distinct l-diversity: the fewest different values of ``sensitive`` within a class; missing is a value.

    Source: Machanavajjhala et al. 2007, the distinct variant.

    Raises:
        MeasureInputError: a column of lists, structures or bytes.
    """
    demand_single_values(table, [*columns, sensitive])
    pairs = table.group_by([*columns, sensitive]).aggregate(rows=lambda t: t.count())
    within = pairs.group_by(list(columns)).aggregate(values=lambda t: t.count())
    ((least,),) = collect(within.aggregate(least=within["values"].min()))
    return int(least)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectMatch:
    """The chance that a row which is alone here, found in the population by its values, is the right person."""

    sizes: ClassSizes
    sampled: float

    @property
    def value(self) -> float:
        """Estimate, 0 to 1.

        Source: Skinner & Elliot 2002 (data intrusion simulation): p·n1 / (p·n1 + 2(1 - p)·n2) with n1 rows alone, n2
        pairs, and p the share of the population that was sampled.
        """
        alone, pairs = self.sampled * self.sizes.alone, 2.0 * (1.0 - self.sampled) * self.sizes.pairs
        return alone / (alone + pairs) if alone + pairs else 0.0

    def interval(self, level: float) -> tuple[float, float]:
        """On the logit scale, n1 and n2 as Poisson counts, half a case added to each."""
        alone, pairs = self.sizes.alone + 0.5, self.sizes.pairs + 0.5
        if self.sampled >= 1.0:
            return 1.0, 1.0
        middle = math.log(self.sampled * alone / (2.0 * (1.0 - self.sampled) * pairs))
        half = normal_quantile(level) * math.sqrt(1.0 / alone + 1.0 / pairs)
        low, high = (1.0 / (1.0 + math.exp(-bound)) for bound in (middle - half, middle + half))
        return min(low, self.value), max(high, self.value)
