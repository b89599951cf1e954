"""Who acts in the request at hand; set by the middleware, read where third-party code saves an account."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from upright.kernel import Actor

NOBODY = Actor.system("login")
_ACTOR: ContextVar[Actor] = ContextVar("upright_actor", default=NOBODY)


def current_actor() -> Actor:
    """The person who is logged in, or ``system:login`` while nobody is (yet)."""
    return _ACTOR.get()


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Says who acts while the block runs."""
    token = _ACTOR.set(actor)
    try:
        yield
    finally:
        _ACTOR.reset(token)
