"""Which value of a label counts as positive."""

from typing import TYPE_CHECKING, Any

from upright.checks.contract import TableSource
from upright.kernel import InputError
from upright.measures.decisions import demand_two_values
from upright.measures.errors import MeasureInputError
from upright.measures.tally import collect, demand_single_values
from upright.measures.values import is_value, values_shown

if TYPE_CHECKING:
    from ibis.expr.types import Table


def label_values(table: "Table", label: str) -> list[tuple[Any, int]]:
    """Values of a label of two classes with their rows; missing and NaN left out.

    Raises:
        MeasureInputError: more than two values.
    """
    demand_single_values(table, [label])
    found = table.group_by(label).agg(rows=table.count()).limit(1_000)
    rows = [(value, int(count)) for value, count in collect(found) if value is not None and value == value]
    demand_two_values(label, rows)
    return rows


def positive_value(table: "Table", source: TableSource, label: str, declared: str | None) -> Any:
    """The label's value that counts as positive: the declared one, else 1 or true.

    Raises:
        InputError: none was declared, and neither is there.
        MeasureInputError: the declared one never occurs, or there are more than two values.
    """
    values = label_values(table, label)
    for value, _ in values:
        if is_value(declared if declared is not None else "1", value):
            return value
    _, shown = values_shown(values)
    if declared is None and len(values) == 1 and is_value("0", values[0][0]):
        return type(values[0][0])(1)
    if declared is None:
        raise InputError(
            f"{source.ref}: label {label!r} holds {shown}; say which one is positive with the option `positive`.",
            code="UP-CHECK-37",
        )
    raise MeasureInputError(
        f"{source.ref}: label {label!r} never is the positive value {declared!r}; it holds {shown}. With one "
        "class alone nothing can be ranked or recalled; give a table with both, or correct the value.",
        code="UP-MEASURE-10",
    )
