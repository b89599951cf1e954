"""Adding and changing a record whose type has no rule of its own: ask for the right, then write.

A type whose adding has rules names the verb that adds it (``added_by``): no form, route or import has another way.

The rights are ``<app>.<type>.add`` and ``.change``, the events ``<app>.<type>.added`` and ``.changed``. A type with
rules (an approval, a state) has verbs in its app's ``actions.py`` instead, or beside.
"""

from collections.abc import Iterable, Mapping
from inspect import signature
from typing import Any, Protocol, TypeVar

from upright.kernel import Actor
from upright.records.identity.power import Powers, powers_of, rights
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.record import Record, find

Edited = TypeVar("Edited", bound=Record)


class Adder(Protocol[Edited]):
    """The verb that adds a record of a type with rules; it asks for rights itself.

    One that also takes ``powers`` is given those at hand, so that an import does not read them again for each row.
    """

    def __call__(self, record: Edited, /, *, actor: Actor, reason: str) -> Edited:
        """Adds it."""


_ADDERS: dict[type[Record], Adder[Any]] = {}
_TAKES_POWERS: set[Adder[Any]] = set()
_TOLD: dict[type[Record], frozenset[str]] = {}


def added_by(model: type[Edited], verb: Adder[Edited], *, told: Iterable[str] = ()) -> None:
    """Says which verb adds records of a type.

    ``told``: fields in which the verb keeps who acts, and an import keeps whom its file names (``take_over``).
    """
    _ADDERS[model] = verb
    _TOLD[model] = frozenset(told)
    if "powers" in signature(verb).parameters:
        _TAKES_POWERS.add(verb)


def has_adder(model: type[Record]) -> bool:
    """Whether adding a record of a type has rules of its own."""
    return model in _ADDERS


def told_fields(model: type[Record]) -> frozenset[str]:
    """Where an import keeps who did something, as its file says."""
    return _TOLD.get(model, frozenset())


def may_be_added(model: type[Record]) -> bool:
    """Whether anybody at all adds records of a type by a form: some role may, or a verb has rules for it."""
    return model in _ADDERS or right_of(model, "add") in rights()


def right_of(model: type[Record], verb: str) -> str:
    """The right to do something with a type, such as ``inventory.system.change``."""
    return f"{model._meta.app_label}.{model.ref_type.replace('-', '_')}.{verb}"


def add(record: Edited, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Edited:
    """Writes a new record.

    Raises:
        DeniedError: the actor may not add one in its unit.
        ValidationError: a field is not what its model allows.
    """
    verb = _ADDERS.get(type(record))
    if verb is not None:
        more = {"powers": powers} if verb in _TAKES_POWERS else {}
        verb(record, actor=actor, reason=reason, **more)
        return record
    right = right_of(type(record), "add")
    (powers or powers_of(actor)).must(right, record)
    _demand_untouched(record, type(record)())
    return write(record, actor=actor, action=f"{right}ed", reason=reason)


def edit(record: Edited, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Edited:
    """Writes a changed record; it is asked for where the record lay before, and where it lies now.

    Raises:
        DeniedError: the actor may not change it.
        RefusedError: its state does not allow edits, or what a verb alone changes was changed (a state, a stage).
        ConflictError: someone else wrote it since it was read.
        ValidationError: a field is not what its model allows.
    """
    right = right_of(type(record), "change")
    mine = powers or powers_of(actor)
    stored = type(record)._base_manager.get(pk=record.pk)
    demand_editable(stored, powers=mine)
    _demand_untouched(record, stored)
    mine.must(right, record)
    return write(record, actor=actor, action=f"{right}d", reason=reason)


def demand_editable(stored: Record, *, powers: Powers) -> None:
    """Raises unless somebody may edit a record as it stands.

    Raises:
        DeniedError: they have no such right.
        StandingError: its state does not allow edits.
    """
    powers.must(right_of(type(stored), "change"), stored)
    why = stored.frozen()
    if why is not None:
        raise StandingError(f"{stored.ref} cannot be edited: {why}.", code="UP-DOOR-11")


def take_over(record: Edited, told: Mapping[str, str], *, actor: Actor, reason: str = "") -> Edited:
    """Keeps whom a file names as having done it, of a record that an import has just added: told, not witnessed.

    Who imported it stays its writer in the ledger, so neither of the two approves it.

    Raises:
        RefusedError: no import, a record that is not new, another field, or nobody who is here.
    """
    if actor.via != "import" or record.version != 1 or not told.keys() <= told_fields(type(record)):
        raise RefusedError(
            f"{record.ref}: {', '.join(told)} says who acts, and only an import takes it from elsewhere.",
            code="UP-DOOR-13",
        )
    for name, ref in told.items():
        demand_known(ref)
        setattr(record, name, ref)
    return write(record, actor=actor, action=f"{right_of(type(record), 'add').rpartition('.')[0]}.told", reason=reason)


def decided_elsewhere(text: str) -> RefusedError:
    """Why no import takes what came about by a verb."""
    return RefusedError(
        f"“{text[:80]}” came about by a verb, and what was decided elsewhere was not witnessed here, so no import "
        "counts it. Leave the column out; decide it here where it is still to hold.",
        code="UP-IMPORT-06",
    )


def demand_known(ref: str) -> None:
    """Returns nothing if a reference names a person who is here, active or not.

    Raises:
        RefusedError: nobody, or no person.
    """
    if not ref.startswith("person:") or find(ref) is None:
        raise RefusedError(f"“{ref[:80]}” names nobody here; import persons first.", code="UP-IMPORT-07")


def _demand_untouched(record: Record, stored: Record) -> None:
    """What no form writes changes by the verb that has rules for it, and by no edit."""
    for field in record._meta.concrete_fields:
        if field.editable or field.name in {"id", "ref", "version"}:
            continue
        found, was = getattr(record, field.attname), getattr(stored, field.attname)
        if found != was:
            raise RefusedError(
                f"{record.ref or record.ref_type}: {field.name} would go from {was!r} to {found!r}, and only a verb "
                "changes it; look among the moves of its page.",
                code="UP-DOOR-12",
            )
