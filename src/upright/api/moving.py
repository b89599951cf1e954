"""Makes a move of a record out of a request's body."""

from enum import Enum
from typing import Any, get_type_hints

from pydantic import BaseModel

from upright.api.callers import Caller
from upright.api.shapes import plain
from upright.desk.description import Move
from upright.desk.moves import make
from upright.desk.visible import visible
from upright.records.trail.errors import misfit
from upright.records.trail.record import Record


def make_move(move: Move, record: Record, caller: Caller, body: BaseModel) -> Record:
    """Calls the verb with what the body says; gives the record that came of it.

    Raises:
        what the verb raises, and ValidationError for a reference that names nothing.
    """
    hints, given = get_type_hints(move), body.model_dump()
    reason = str(given.pop("reason", ""))
    arguments = {name: _argument(plain(hints[name])[0], name, value, caller) for name, value in given.items()}
    made = make(move, record, actor=caller.actor, reason=reason, powers=caller.powers, **arguments)
    return made if isinstance(made, Record) else record


def _argument(hint: Any, name: str, value: Any, caller: Caller) -> Any:
    if value is None:
        return None
    if isinstance(hint, type) and issubclass(hint, Record):
        found = visible(hint, caller.powers).filter(ref=value).first()
        if found is None:
            raise misfit(
                name, f"{value} names no {hint._meta.verbose_name} here that you may read.", code="UP-FIELD-03"
            )
        return found
    return hint(value) if isinstance(hint, type) and issubclass(hint, Enum) else value
