"""Check constraints held against a record in memory: the same answer as the database's, without asking it.

Django asks the database for each constraint of each record that is validated, and validates twice where a form writes.
The database still holds each row to them when it is written, so a condition that is not understood here is left to it.
"""

import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.db.models import F, Model, Q

_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


class UnknownConditionError(Exception):
    """A lookup, a value or a path that only the database understands."""


def holds(condition: Q, record: Model) -> bool:
    """Whether a row of these values may stand: as in SQL, what is unknown through a null is not refused.

    Raises:
        UnknownConditionError: the condition says more than comparisons of the record's own fields.
    """
    return _of(condition, record) is not False


def _of(condition: Q, record: Model) -> bool | None:
    parts = [_of(one, record) if isinstance(one, Q) else _compared(one, record) for one in condition.children]
    if condition.connector == Q.AND:
        found = False if False in parts else None if None in parts else True
    elif condition.connector == Q.OR:
        found = True if True in parts else None if None in parts else False
    else:
        raise UnknownConditionError(condition.connector)
    return None if found is None else found is not condition.negated


def _compared(one: Any, record: Model) -> bool | None:
    if not isinstance(one, tuple):
        raise UnknownConditionError(repr(one))
    name, _, lookup = one[0].partition("__")
    here = _value(name, record)
    if lookup == "isnull" and isinstance(one[1], bool):
        return (here is None) is one[1]
    compare = _COMPARED.get(lookup or "exact")
    there: Any = one[1]
    if isinstance(there, F):
        there = _value(str(there.deconstruct()[1][0]), record)
    if compare is None or (here is not None and there is not None and type(here) is not type(there)):
        raise UnknownConditionError(one[0])
    return None if here is None or there is None else compare(here, there)


def _value(name: str, record: Model) -> Any:
    attnames = _attnames(type(record))
    if name not in attnames:
        raise UnknownConditionError(name)
    return getattr(record, attnames[name])


@cache
def _attnames(model: type[Model]) -> Mapping[str, str]:
    return {field.name: field.attname for field in model._meta.concrete_fields}
