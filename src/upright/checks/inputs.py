"""What several checks ask of their input before they measure."""

from typing import TYPE_CHECKING

from upright.checks.contract import Binding, Endpoint, ModelSource, SystemSource, TableSource
from upright.evidence.statement import Reason
from upright.kernel import InputError
from upright.measures.errors import MeasureInputError
from upright.measures.tally import row_count

if TYPE_CHECKING:
    from ibis.expr.types import Table


def table_of(binding: Binding) -> TableSource:
    """The table a binding is on.

    Raises:
        InputError: it is on something else.
    """
    if not isinstance(binding.on, TableSource):
        raise InputError(
            f"{binding.id}: {binding.check} measures a data set, but `on` names {binding.on.ref}. Name a dataset.",
            code="UP-CHECK-30",
        )
    return binding.on


def model_of(binding: Binding) -> ModelSource:
    """The model a binding is on.

    Raises:
        InputError: it is on something else.
    """
    if not isinstance(binding.on, ModelSource):
        raise InputError(
            f"{binding.id}: {binding.check} looks at a model, but `on` names {binding.on.ref}. Name a model.",
            code="UP-CHECK-30",
        )
    return binding.on


def system_of(binding: Binding) -> SystemSource:
    """The system a binding is on.

    Raises:
        InputError: it is on one of its parts.
    """
    if not isinstance(binding.on, SystemSource):
        raise InputError(
            f"{binding.id}: {binding.check} looks at a whole system, but `on` names {binding.on.ref}. Name the system: "
            f"`on: {binding.system.bare}`.",
            code="UP-CHECK-30",
        )
    return binding.on


def model_file_of(binding: Binding) -> ModelSource:
    """The model file a binding is on.

    Raises:
        InputError: it is on a data set, or on a hosted model, of which there is no file here.
    """
    source = model_of(binding)
    if source.endpoint is not None:
        raise InputError(
            f"{binding.id}: {source.ref} is a hosted model, so there is no file that {binding.check} could read. "
            "Bind the check to a model file, or ask the supplier for an attestation.",
            code="UP-CHECK-90",
        )
    return source


def endpoint_of(binding: Binding) -> tuple[ModelSource, Endpoint]:
    """The hosted model a binding is on.

    Raises:
        InputError: it is on a data set or on a model file.
    """
    source = model_of(binding)
    if source.endpoint is None:
        raise InputError(
            f"{binding.id}: {binding.check} asks a hosted language model, and {source.ref} is a file. Serve it, and "
            "name the address: `path: http://127.0.0.1:8080/v1`, `served_as: NAME`.",
            code="UP-CHECK-91",
        )
    return source, source.endpoint


def demand_rows(table: "Table", source: TableSource) -> int:
    """The number of rows.

    Raises:
        MeasureInputError: there are none.
    """
    rows = row_count(table)
    if rows == 0:
        raise MeasureInputError(
            f"{source.ref} has no rows, so nothing can be measured. Give a table with rows.", code="UP-MEASURE-07"
        )
    return rows


def missing_results(rows: int, of: int, what: str, *, leave_out: bool) -> tuple[Reason, ...]:
    """A reason that keeps a check from passing while rows have no result and nobody said that this is meant.

    A model that answers NaN for hard cases would otherwise be judged on the easy ones.
    """
    if rows == 0 or leave_out:
        return ()
    because = (
        f"{rows:,} of {of:,} rows have no {what} (missing or NaN) and are in no rate; fill them, or set the option "
        "leave_out_missing: true if they are meant to be left out [UP-CHECK-34]"
    )
    return (Reason(limit="", outcome="undecided", because=because),)
