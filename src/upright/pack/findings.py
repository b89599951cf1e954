"""What a verification collects on its way."""

from dataclasses import dataclass, field

import msgspec

from upright.kernel import UprightError
from upright.ledger import Problem

MOST_PROBLEMS = 1_000
# What a hostile document can raise in code that trusts its shape; each becomes a problem, never a traceback.
HOSTILE_SHAPES = (
    msgspec.MsgspecError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(slots=True)
class Findings:
    """Problems, open points and counts, in the order in which they were found."""

    problems: list[Problem] = field(default_factory=list)
    asserted: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    is_partial: bool = False
    left_out: int = 0

    def problem(self, code: str, file: str, *, expected: str, got: str, entry: int | None = None) -> None:
        """Notes one problem; beyond a thousand they are only counted."""
        if len(self.problems) >= MOST_PROBLEMS:
            self.left_out += 1
            return
        self.problems.append(Problem(code=code, file=file, entry=entry, expected=expected, got=got))

    def refused(self, why: Exception, file: str, expected: str, *, code: str = "", entry: int | None = None) -> None:
        """Notes what an error says of a file."""
        if isinstance(why, UprightError):
            self.problem(code or why.code, file, expected=expected, got=why.message, entry=entry)
        else:
            self.problem(code, file, expected=expected, got=f"{type(why).__name__}: {why}"[:300], entry=entry)
