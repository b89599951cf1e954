"""What goes wrong at the write door."""

import errno
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError

from upright.kernel import InputError, UprightError


class DoorError(UprightError):
    """Code wrote around the door, or used it wrongly: a fault of ours, never of the user."""

    exit_status = 4


class RefusedError(InputError):
    """A move that the rules refuse; nothing was changed. The message says which rule and what would help."""


class StandingError(RefusedError):
    """A refusal by what stands in the records, such as a state: nothing that is asked with the verb would lift it.

    A page offers no button for what this refuses; what any other refusal asks for may be given with the button's form.
    """


class ConflictError(RefusedError):
    """Somebody else wrote the record since it was read: ``theirs`` stands now, ``ours`` was to be written."""

    def __init__(self, ref: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
        self.ref, self.ours, self.theirs = ref, dict(ours), dict(theirs)
        changed = ", ".join(self.differing) or "nothing you see"
        super().__init__(
            f"{ref} was changed by someone else after you opened it (your version {ours['version']}, now "
            f"{theirs['version']}; different now: {changed}). Nothing of yours was saved; look at both and save again.",
            code="UP-DOOR-03",
        )

    @property
    def differing(self) -> list[str]:
        """The fields in which the two versions differ."""
        return [name for name, value in self.ours.items() if name != "version" and self.theirs.get(name) != value]

    def __reduce__(self) -> tuple[object, ...]:
        return (ConflictError, (self.ref, self.ours, self.theirs))


class TamperedError(RefusedError):
    """A row is not what its newest entry says; to write it again would make good what was done behind the ledger."""

    def __init__(self, ref: str, fields: Sequence[str]) -> None:
        self.ref, self.fields = ref, tuple(fields)
        super().__init__(
            f"{ref} in the database is not what the ledger last recorded of it ({', '.join(fields)}): somebody "
            "changed it behind the ledger. Nothing was written. An operator runs 'upright ledger verify', which says "
            "what was recorded, and puts that back or restores a backup.",
            code="UP-DOOR-10",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (TamperedError, (self.ref, self.fields))


def misfit(field: str, said: str, *, code: str) -> ValidationError:
    """What is wrong with a field, as its model tells it. Django drops a code given beside a mapping; this keeps it.

    >>> misfit("about", "It names no record here.", code="UP-FIELD-03").error_dict["about"][0].code
    'UP-FIELD-03'
    """
    return ValidationError({field: ValidationError(said, code=code)})


def said(why: ValidationError | InputError) -> str:
    """What a refusal says, each sentence followed by its code where it has one of ours.

    >>> said(misfit("about", "It names no record here.", code="UP-FIELD-03"))
    'It names no record here. [UP-FIELD-03]'
    """
    if isinstance(why, InputError):
        return str(why)
    errors = chain.from_iterable(why.error_dict.values()) if hasattr(why, "error_dict") else why.error_list
    return " ".join(f"{one.messages[0]} [{one.code}]" if "UP-" in str(one.code) else one.messages[0] for one in errors)


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_SQLITE_FULL = 13
_POSTGRES_FULL = "53100"


def is_disk_full(why: BaseException | None) -> bool:
    """Whether a disk that has no room left is behind an error: the server's own, or the database's."""
    if isinstance(why, OSError):
        return why.errno in _FULL
    cause = getattr(why, "__cause__", None)
    return getattr(cause, "sqlite_errorcode", 0) == _SQLITE_FULL or getattr(cause, "sqlstate", "") == _POSTGRES_FULL
