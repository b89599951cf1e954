"""Is this table fit to train on or to measure with: complete, unique, within range, balanced, representative?"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from upright.checks.contract import Binding, CheckResult, Context, Run, TableSource, check
from upright.checks.inputs import demand_rows, table_of
from upright.checks.judge import judge
from upright.checks.tables import demand_columns
from upright.kernel import InputError, as_decimal
from upright.measures.errors import MeasureInputError
from upright.measures.estimate import Estimate, exact
from upright.measures.quality import Range, TableFacts, plain_share, repeated_rows, table_facts, value_counts
from upright.measures.shares import Least, Share

if TYPE_CHECKING:
    from ibis.expr.types import Table

MEASURES = (
    *("rows", "missing_share", "repeated_share", "out_of_range_share", "constant_columns"),
    *("least_class_share", "share_difference"),
)


@check("data-quality", version="1", kinds=("data-quality",), about=("dataset",), measures=MEASURES)
def data_quality(
    *,
    key: tuple[str, ...] = (),
    ranges: Mapping[str, Mapping[str, str]] = {},
    population: Mapping[str, Mapping[str, str]] = {},
    least_rows: int = 30,
) -> Run:
    """Counts what is missing, repeated, out of range or constant, and compares shares of values with a reference.

    ``key`` names the columns that make a row (else all): rows beyond the first of each are repeated. ``ranges`` are
    bounds by column, ``{age: {at_least: "18", at_most: "99"}}``. ``share_difference`` compares, for protected columns
    and the label, the share of each value with the table in ``against``, or with ``population``,
    ``{sex: {F: "0.51", M: "0.49"}}``. Counts are exact, about this table; share differences carry intervals.
    """
    bounds = {column: _range(column, limit) for column, limit in ranges.items()}
    shares = {column: _known_shares(column, known) for column, known in population.items()}

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        table = context.open_table(source)
        demand_rows(table, source)
        demand_columns(table, [*key, *bounds, *shares], str(source.ref))
        facts = table_facts(table, bounds)
        repeated = repeated_rows(table, key)
        found = [*_counted(facts, repeated), *_balance(table, source)]
        least = Least(rows=least_rows, expected=0.0)
        if isinstance(binding.against, TableSource):
            found += _against_table(table, source, context.open_table(binding.against), least)
        found += _against_population(table, shares, least)
        return judge(found, binding.limits, not_judged=binding.not_judged).as_result()

    return run


def _range(column: str, limit: object) -> Range:
    if not isinstance(limit, Mapping) or not limit or not set(limit) <= {"at_least", "at_most"}:
        raise InputError(
            f'ranges: {column}: expected at_least and at_most with numbers, such as {{at_least: "0"}}.',
            code="UP-CHECK-39",
        )
    low, high = (limit.get(name) for name in ("at_least", "at_most"))
    return (
        None if low is None else float(as_decimal(str(low))),
        None if high is None else float(as_decimal(str(high))),
    )


def _known_shares(column: str, known: object) -> dict[str, float]:
    if not isinstance(known, Mapping) or not known:
        raise InputError(f'population: {column}: expected shares by value, such as {{F: "0.51"}}.', code="UP-CHECK-39")
    shares = {str(value): float(as_decimal(str(share))) for value, share in known.items()}
    if not 0.999 <= sum(shares.values()) <= 1.001 or min(shares.values()) < 0.0:
        raise InputError(
            f"population: {column}: the shares add up to {sum(shares.values()):g}; expected 1.", code="UP-CHECK-39"
        )
    return shares


def _counted(facts: TableFacts, repeated: int) -> Iterator[Estimate]:
    rows = facts.rows
    yield exact("rows", rows, n=rows, unit="rows")
    yield exact("repeated_share", repeated / rows, n=rows, unit="share")
    yield exact("constant_columns", sum(one.constant for one in facts.columns), n=rows, unit="columns")
    for one in facts.columns:
        named = {"column": one.name}
        yield exact("missing_share", one.missing / rows, n=rows, unit="share", group=named)
        present = rows - one.missing
        if one.outside is not None and present:
            yield exact("out_of_range_share", one.outside / present, n=present, unit="share", group=named)


def _balance(table: "Table", source: TableSource) -> Iterator[Estimate]:
    """Share of the rarest label; only where the label has few values."""
    label = source.columns.label
    if label is None:
        return
    try:
        counts = value_counts(table, label)
    except MeasureInputError:
        return
    total = sum(counts.values())
    rarest = min(counts, key=lambda value: (counts[value], value))
    yield exact("least_class_share", counts[rarest] / total, n=total, unit="share", group={label: rarest})


def _against_table(table: "Table", source: TableSource, other: "Table", least: Least) -> Iterator[Estimate]:
    label = (source.columns.label,) if source.columns.label else ()
    for column in dict.fromkeys([*source.protected, *label]):
        demand_columns(other, [column], "the table in `against`")
        counts, others = value_counts(table, column), value_counts(other, column)
        rows, other_rows = sum(counts.values()), sum(others.values())
        for value in sorted({*counts, *others}):
            share = plain_share(counts.get(value, 0), rows)
            reference = plain_share(others.get(value, 0), other_rows)
            yield _difference(column, value, share, reference.value, _both(share, reference), "newcombe", least)


def _both(share: Share, reference: Share) -> Callable[[float], tuple[float, float]]:
    return lambda level: share.minus(reference, level)


def _against_population(
    table: "Table", population: Mapping[str, Mapping[str, float]], least: Least
) -> Iterator[Estimate]:
    for column, known in population.items():
        counts = value_counts(table, column)
        rows = sum(counts.values())
        for value in sorted({*counts, *known}):
            share, expected = plain_share(counts.get(value, 0), rows), known.get(value, 0.0)
            yield _difference(column, value, share, expected, _one(share, expected), "wilson", least)


def _one(share: Share, expected: float) -> Callable[[float], tuple[float, float]]:
    def interval(level: float) -> tuple[float, float]:
        low, high = share.interval(level)
        return low - expected, high - expected

    return interval


def _difference(
    column: str, value: str, share: Share, reference: float | None, interval: Any, method: str, least: Least
) -> Estimate:
    return Estimate(
        name="share_difference",
        value=None if share.value is None or reference is None else share.value - reference,
        n=share.rows,
        unit="difference",
        method=method,
        interval=interval,
        group={column: value},
        unfit=least.missing(share),
        absolute=True,
    )
