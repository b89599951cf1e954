"""Who acts in the request at hand, and how far a token reaches; set for a request, read where rights are asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.kernel import Actor

if TYPE_CHECKING:
    from upright.records.trail.record import Record

OF_SYSTEM = ("system", "about")
"""The fields that say which system a record belongs to: a link, or a reference."""
NOBODY = Actor.system("login")
_ACTOR: ContextVar[Actor] = ContextVar("upright_actor", default=NOBODY)


@dataclass(frozen=True)
class Scope:
    """What a token of ``person`` may at most; an empty set leaves that side as wide as the person's powers."""

    person: str
    rights: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()

    def covers(self, right: str, about: "Record | None" = None) -> bool:
        """Whether a right about a record lies within; one bound to systems reaches nothing that belongs to none."""
        if self.rights and right not in self.rights:
            return False
        return not self.systems or about is None or system_of(about) in self.systems


_SCOPE: ContextVar[Scope | None] = ContextVar("upright_scope", default=None)


def current_actor() -> Actor:
    """The person who is logged in, or ``system:login`` while nobody is (yet)."""
    return _ACTOR.get()


def current_scope() -> Scope | None:
    """How far the token of the request at hand reaches; None: no token was shown."""
    return _SCOPE.get()


@contextmanager
def acting(actor: Actor, scope: Scope | None = None) -> Iterator[None]:
    """Says who acts while the block runs, and with a token within which scope."""
    token, scoped = _ACTOR.set(actor), _SCOPE.set(scope)
    try:
        yield
    finally:
        _ACTOR.reset(token)
        _SCOPE.reset(scoped)


def system_of(record: "Record") -> str:
    """The reference of the system that a record is, or belongs to; empty: none."""
    if record.ref_type == "system":
        return str(record.ref)
    for name in OF_SYSTEM:
        above = getattr(record, name, None)
        if getattr(above, "ref_type", "") == "system":
            return str(above.ref)  # type: ignore[union-attr]  # it has a reference's type
        if isinstance(above, str) and above.startswith("system:"):
            return above
    return ""
