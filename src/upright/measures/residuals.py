"""Predicted numbers against true ones: mean absolute error and root mean squared error, in the label's unit."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from upright.measures.estimate import Estimate, shown
from upright.measures.intervals import mean_interval, student_quantile
from upright.measures.tally import Tally, tally

if TYPE_CHECKING:
    from ibis.expr.types import Table

_SUMS = ("rows", "fit", "absolute", "squared", "fourth")


def count_residuals(table: "Table", *, by: Sequence[str], label: str, prediction: str) -> Tally:
    """Sums of the absolute error, its square and fourth power by group; ``fit`` counts rows that have both numbers."""
    error = (table[label].cast("float64") - table[prediction].cast("float64")).abs()
    error = error.isnan().fill_null(True).ifelse(None, error)
    fine = table.select(*by, __one=1, __e=error)
    e = fine["__e"]
    found = fine.group_by(["__one", *by]).agg(
        rows=fine.count(), fit=e.count(), absolute=e.sum(), squared=(e * e).sum(), fourth=(e * e * e * e).sum()
    )
    return tally(found, keys=("__one", *by), sums=_SUMS)


def residual_estimates(
    sums: Sequence[float], *, group: Mapping[str, str], least_rows: int, dependent: str = ""
) -> tuple[Estimate, ...]:
    """MAE and RMSE from the sums of one group (in the order of ``count_residuals``)."""
    _, fit, absolute, squared, fourth = sums
    rows = int(fit)
    if rows == 0:
        why = dependent or "no row has both numbers"
        return tuple(
            Estimate(name=name, value=None, n=0, unit="label", method="student", group=group, unfit=why)
            for name in ("mae", "rmse")
        )
    mae, mse = absolute / rows, squared / rows
    mae_error = math.sqrt(max(0.0, mse - mae * mae) / max(rows - 1, 1))
    mse_error = math.sqrt(max(0.0, fourth / rows - mse * mse) / max(rows - 1, 1))
    unfit = dependent or ("" if rows >= least_rows else f"{rows} rows; {least_rows} are needed")

    def around_mae(level: float) -> tuple[float, float]:
        low, high = mean_interval(mae, mae_error, rows, level)
        return max(0.0, low), high

    def around_rmse(level: float) -> tuple[float, float]:
        """On the log scale, where a mean of squares is nearer to symmetric."""
        if mse <= 0.0:
            return 0.0, 0.0
        reach = min(700.0, student_quantile(level, rows - 1.0) * mse_error / mse)
        return math.sqrt(mse * math.exp(-reach)), math.sqrt(mse * math.exp(reach))

    found = (
        Estimate(
            name="mae", value=mae, n=rows, unit="label", method="student", interval=around_mae, group=group, unfit=unfit
        ),
        Estimate(
            name="rmse",
            value=math.sqrt(mse),
            n=rows,
            unit="label",
            method="student on the log scale",
            interval=around_rmse,
            group=group,
            unfit=unfit,
        ),
    )
    return tuple(shown(one, rows) for one in found)
