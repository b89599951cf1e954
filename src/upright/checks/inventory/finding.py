"""What was found, where; and what could not be told."""

from dataclasses import dataclass, field
from typing import Literal

Sort = Literal["model", "data set", "service", "address", "component"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Found:
    """One sign of AI. ``name``: a path, the name of a service, package or model, or a host with port."""

    sort: Sort
    name: str
    where: str
    sign: str


@dataclass(slots=True)
class Findings:
    """All signs; ``unclear``: (where, why) that leaves the answer open; ``texts`` how many sources were read.

    ``unseen`` counts what is known to be beyond what reading can tell, by why.
    """

    found: set[Found] = field(default_factory=set)
    unclear: list[tuple[str, str]] = field(default_factory=list)
    unseen: dict[str, int] = field(default_factory=dict)
    sources: int = 0

    def add(self, sort: Sort, name: str, where: str, sign: str) -> None:
        """One sign more."""
        self.found.add(Found(sort=sort, name=name, where=where, sign=sign))

    def miss(self, why: str) -> None:
        """One more that reading cannot tell."""
        self.unseen[why] = self.unseen.get(why, 0) + 1
