"""Who acts: every change names one, and how he or she was known to be that one."""

from dataclasses import dataclass
from typing import Literal

from upright.kernel.refs import Ref

Via = Literal["login", "token", "system", "import"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (``person:<uuid>``) who logged in or sent a token, or a part of the server (``system:reactions``).

    >>> Actor.system("migration").ref
    Ref(type='system', path='migration', digest=None)
    """

    ref: Ref
    via: Via = "login"

    @classmethod
    def system(cls, part: str) -> "Actor":
        """A part of the server that acts by itself; it holds no role and approves nothing."""
        return cls(Ref("system", part), "system")

    @property
    def is_person(self) -> bool:
        """Whether a human being stands behind it."""
        return self.ref.type == "person"

    def __str__(self) -> str:
        return str(self.ref)
