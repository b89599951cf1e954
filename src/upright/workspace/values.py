"""What a workspace answers: frozen values, each with the JSON that ``--format json`` prints."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from upright.evidence import Measurement, Reason

if TYPE_CHECKING:
    from upright.evidence import Statement
    from upright.posture import Posture

Outcome = Literal["passed", "failed", "undecided", "errored"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened while assessing; for progress, never for judgement.

    ``what``: ``started`` (a check starts), ``working`` (it is ``part`` of 1 through), ``filed`` (its evidence is in the
    log), ``reused``, ``changed`` (a binding was loosened, removed or changed), ``recorded`` (a new system record),
    ``posture``. ``done`` of ``of`` checks.
    """

    what: Literal["started", "working", "filed", "reused", "changed", "recorded", "posture"]
    binding: str = ""
    outcome: str = ""
    note: str = ""
    done: int = 0
    of: int = 0
    part: float = 0.0


OnEvent = Callable[[Event], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class BindingChange:
    """How a binding of the manifest differs from the approved one.

    ``loosened``, ``removed`` and ``changed`` are not in force until someone approves them (``binding-approval``);
    ``tightened`` and ``added`` are at once.
    """

    binding: str
    what: Literal["loosened", "removed", "changed", "tightened", "added"]
    detail: str

    @property
    def needs_approval(self) -> bool:
        """Whether the approved binding rules until a person approves this change."""
        return self.what in {"loosened", "removed", "changed"}

    def to_json(self) -> dict[str, Any]:
        """As in ``assess --format json``."""
        return {
            "binding": self.binding,
            "change": self.what,
            "detail": self.detail,
            "needs_approval": self.needs_approval,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOutcome:
    """One check of an assessment; ``evidence`` is the id in 64 hex digits, ``index`` its place in the log."""

    binding: str
    check: str
    subject: str
    outcome: Outcome
    evidence: str
    index: int
    reused: bool
    kinds: tuple[str, ...]
    speaks_to: tuple[str, ...]
    measurements: tuple[Measurement, ...]
    reasons: tuple[Reason, ...]
    statement: "Statement"

    def to_json(self) -> dict[str, Any]:
        """As in contracts, section 10: numbers are numbers, made from the recorded strings."""
        return {
            "binding": self.binding,
            "check": self.check,
            "subject": self.subject,
            "outcome": self.outcome,
            "evidence": f"sha256:{self.evidence}",
            "reused": self.reused,
            "measurements": [measurement_json(one) for one in self.measurements],
            "reasons": [{"limit": r.limit, "outcome": r.outcome, "because": r.because} for r in self.reasons],
            "not_examined": [
                {"what": n.what, "why": n.why, "count": n.count} for n in self.statement.predicate.not_examined
            ],
            "kinds": list(self.kinds),
            "speaks_to": list(self.speaks_to),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessment:
    """What ``assess`` found. ``posture`` has one mapping per framework with counts, ``at`` and digests.

    ``standing`` is the whole posture behind them, and no part of the document.
    """

    system: str
    outcome: Outcome
    checks: tuple[CheckOutcome, ...]
    changes: tuple[BindingChange, ...]
    posture: Mapping[str, Mapping[str, Any]]
    at: str
    facts: str
    size: int
    origin: str
    standing: "Posture" = field(repr=False)
    notes: tuple[str, ...] = ()
    bundle: str | None = None

    @property
    def exit_status(self) -> int:
        """1 if a check failed, else 3 if any is undecided or errored (or there is none), else 0."""
        return {"failed": 1, "passed": 0}.get(self.outcome, 3)

    def to_json(self) -> dict[str, Any]:
        """The document of ``assess --format json`` (schema ``assess``)."""
        return {
            "upright": 1,
            "system": self.system,
            "outcome": self.outcome,
            "checks": [check.to_json() for check in self.checks],
            "changes": [change.to_json() for change in self.changes],
            "posture": {name: dict(found) for name, found in self.posture.items()},
            "log": {"origin": self.origin, "size": self.size},
            "notes": list(self.notes),
            "bundle": self.bundle,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Filed:
    """Evidence that was filed: its id, where it stands, and what it counts as.

    ``is_new`` is False where the same evidence already stood there. ``state`` is ``draft`` where ``missing_keys``
    more signatures by other people are needed.
    """

    evidence: str
    index: int
    stream: str
    is_new: bool
    state: str
    signers: tuple[str, ...] = ()
    missing_keys: int = 0

    def to_json(self) -> dict[str, Any]:
        """As ``attest --format json`` prints it."""
        return {
            "upright": 1,
            "evidence": f"sha256:{self.evidence}",
            "index": self.index,
            "stream": self.stream,
            "new": self.is_new,
            "state": self.state,
            "signers": list(self.signers),
            "missing_keys": self.missing_keys,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceRow:
    """One evidence entry of the log; an erased one has no statement."""

    id: str | None
    index: int
    recorded: str
    stream: str
    signers: tuple[str, ...] = ()
    statement: "Statement | None" = None

    def to_json(self) -> dict[str, Any]:
        """As ``evidence list --format json`` prints it."""
        row: dict[str, Any] = {
            "evidence": f"sha256:{self.id}" if self.id else None,
            "index": self.index,
            "recorded": self.recorded,
            "stream": self.stream,
            "signers": list(self.signers),
            "erased": self.statement is None,
        }
        if self.statement is not None:
            said = self.statement.predicate
            row |= {
                "kinds": list(said.kinds),
                "subjects": [subject.name for subject in self.statement.subject],
                "binding": said.binding,
                "source": said.source,
                "result": said.result,
                "ended": said.ended,
                "check": None if said.check is None else {"name": said.check.name, "version": said.check.version},
                "state": None if said.record is None else said.record.state,
            }
        return row


@dataclass(frozen=True, kw_only=True, slots=True)
class MergedBundle:
    """What became of one bundle. ``unattributed`` counts envelopes that no enrolled key signed: they open no gate."""

    file: str
    origin: str
    size: int
    added: int
    known: int
    unattributed: int
    connected: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As ``evidence merge --format json`` prints it."""
        return {
            "file": self.file,
            "origin": self.origin,
            "size": self.size,
            "added": self.added,
            "known": self.known,
            "unattributed": self.unattributed,
            "connected": self.connected,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """What became of all bundles of one merge; ``forks`` are those that were refused, with the reason."""

    bundles: tuple[MergedBundle, ...]
    forks: tuple[str, ...] = field(default=())

    @property
    def exit_status(self) -> int:
        """1 where a fork was found, else 0."""
        return 1 if self.forks else 0

    def to_json(self) -> dict[str, Any]:
        """The document of ``evidence merge --format json``."""
        return {"upright": 1, "bundles": [one.to_json() for one in self.bundles], "forks": list(self.forks)}


def measurement_json(measurement: Measurement) -> dict[str, Any]:
    """A measurement with its numbers as JSON numbers; at most 15 digits, which a double keeps."""
    number = {
        name: None if (text := getattr(measurement, name)) is None else float(text)
        for name in ("value", "low", "high", "confidence", "decided_at")
    }
    return {
        "name": measurement.name,
        "group": dict(measurement.group),
        "against": None if measurement.against is None else dict(measurement.against),
        **number,
        "n": measurement.n,
        "unit": measurement.unit,
        "method": measurement.method,
        "outcome": measurement.outcome,
    }
