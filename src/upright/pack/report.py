"""What the verification of a pack found (contracts, section 10: ``verify``)."""

from typing import Any, Literal

import msgspec

from upright.ledger import Problem

EXIT_INTACT, EXIT_BROKEN, EXIT_OPEN = 0, 1, 3


class Trust(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose log it is: the key the verifier was given, the key that signed, and whether they are one."""

    given: str | None
    log_key: str | None
    trusted: bool


class Checked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of each were looked at and compared."""

    files: int = 0
    leaves: int = 0
    streams: int = 0
    signatures: int = 0
    items: int = 0
    posture: int = 0
    gate: int = 0


class VerifyReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer of ``upright verify``.

    Attributes:
        outcome: ``broken`` if there is any problem, else ``partial`` if the pack says so of itself or its posture is
            of a moment before its newest evidence, else ``intact``. Who signed is said by ``trust``, apart.
        since: the older checkpoint that the log was shown to extend, or None.
        asserted: what the maker says and nothing in the pack shows. not_checked: what was left out, and why.
    """

    upright: Literal[1] = 1
    outcome: Literal["intact", "broken", "partial"]
    trust: Trust
    checkpoint: str | None
    since: str | None
    checked: Checked
    asserted: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def exit_status(self) -> int:
        """0 intact and trusted, 1 broken, 3 intact but the signer is unknown, or partial."""
        if self.outcome == "broken":
            return EXIT_BROKEN
        return EXIT_INTACT if self.outcome == "intact" and self.trust.trusted else EXIT_OPEN

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found
