"""Could a person be singled out of this table by what others may know of them?"""

from collections.abc import Iterator

from upright.checks.contract import Binding, CheckResult, Context, Run, TableSource, check
from upright.checks.inputs import demand_rows, table_of
from upright.checks.judge import judge
from upright.checks.tables import demand_columns
from upright.evidence.statement import NotExamined
from upright.kernel import InputError
from upright.measures.estimate import Estimate, exact
from upright.measures.uniqueness import ClassSizes, CorrectMatch, class_sizes, least_diversity

MEASURES = ("smallest_class", "unique_share", "least_diversity", "correct_match_rate")
_MOST_COLUMNS = 50


@check("reidentification", version="1", kinds=("privacy-leakage",), about=("dataset",), measures=MEASURES)
def reidentification(
    *, quasi_identifiers: tuple[str, ...] = (), sensitive: tuple[str, ...] = (), population: int = 0
) -> Run:
    """Counts how many rows share the same quasi-identifiers: k-anonymity, l-diversity, rows that stand alone.

    ``quasi_identifiers`` are the columns that somebody else may know of a person, such as age, sex and place; the
    protected columns, if none are named. ``smallest_class`` is k: no one can be narrowed down to fewer rows.
    ``unique_share`` is the share of rows alone in their class. ``least_diversity`` is l for each column in
    ``sensitive``: the fewest different values within a class. These are counted, of this table. A row alone in a
    sample may have doubles outside it: with ``population``, the number of people the table was drawn from,
    ``correct_match_rate`` estimates how often a match of such a row would be the right person; without it that is not
    estimated, and the counts are the careful reading. Names and numbers that identify at once are what `pii-scan`
    looks for.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        columns = quasi_identifiers or source.protected
        _demand_fit(source, columns, sensitive, population)
        table = context.open_table(source)
        rows = demand_rows(table, source)
        demand_columns(table, [*columns, *sensitive], str(source.ref))
        if population and population < rows:
            raise InputError(
                f"population: {population:,} people cannot have {rows:,} rows drawn from them; give their number.",
                code="UP-CHECK-99",
            )
        sizes = class_sizes(table, columns)
        found = [*_counted(sizes), *_likely(sizes, population)]
        for column in sensitive:
            least = least_diversity(table, columns, column)
            found.append(exact("least_diversity", least, n=rows, unit="values", group={"column": column}))
        judgement = judge(found, binding.limits, not_judged=binding.not_judged)
        return judgement.as_result(*_not_examined(sizes, population))

    return run


def _demand_fit(source: TableSource, columns: tuple[str, ...], sensitive: tuple[str, ...], population: int) -> None:
    if not columns:
        raise InputError(
            f"{source.ref} names no quasi-identifiers. Set the option `quasi_identifiers: [...]`, or `protected`.",
            code="UP-CHECK-99",
        )
    if len(columns) > _MOST_COLUMNS or population < 0 or set(columns) & set(sensitive):
        raise InputError(
            f"quasi_identifiers: at most {_MOST_COLUMNS} columns, none of them sensitive at once, and a population "
            "that is not negative.",
            code="UP-CHECK-99",
        )


def _counted(sizes: ClassSizes) -> Iterator[Estimate]:
    yield exact("smallest_class", sizes.smallest, n=sizes.rows, unit="rows")
    yield exact("unique_share", sizes.alone / sizes.rows, n=sizes.rows, unit="share")


def _likely(sizes: ClassSizes, population: int) -> Iterator[Estimate]:
    if not population:
        return
    match = CorrectMatch(sizes=sizes, sampled=sizes.rows / population)
    few = (
        "" if sizes.alone + sizes.pairs >= 30 else f"{sizes.alone + sizes.pairs} rows alone or in pairs; 30 are needed"
    )
    yield Estimate(
        name="correct_match_rate", value=match.value, n=sizes.rows, unit="share", method="skinner-elliot",
        interval=match.interval, unfit=few,
    )  # fmt: skip


def _not_examined(sizes: ClassSizes, population: int) -> Iterator[NotExamined]:
    if not population:
        why = "the option `population` is not given, so how often a match would be right is not estimated"
        yield NotExamined(what="the population behind the table", why=why, count=sizes.alone)
