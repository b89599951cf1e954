"""What a statement must be beyond its types, so that no reader has to guess."""

from typing import TYPE_CHECKING

from upright.evidence.strict_json import EvidenceError
from upright.kernel import Ref, UprightError, as_decimal, parse_time

if TYPE_CHECKING:
    from upright.evidence.statement import Input, Measurement, Predicate, Statement


def check_statement(statement: "Statement") -> None:
    """Refuses a statement that contradicts itself.

    Subjects and inputs are references without digest, no subject twice; times are real moments and ``ended`` is not
    before ``started``; recorded numbers are decimals, ``low`` not above ``high``; a check names its code, a record or
    attestation carries its record part (a check does not), an import its tool.

    Raises:
        EvidenceError: UP-EVIDENCE-06, with the field, what was found and what was expected.
    """
    names = [_bare(f"subject[{i}].name", s.name) for i, s in enumerate(statement.subject)]
    if len(set(names)) != len(names):
        raise _refused("subject", ", ".join(names), "each subject once")
    for position, subject in enumerate(statement.subject):
        if len(subject.digest) != 1:
            raise _refused(f"subject[{position}].digest", str(subject.digest), "exactly one sha256 digest")
    _check_predicate(statement.predicate)


def _check_predicate(predicate: "Predicate") -> None:
    if predicate.system is not None:
        _bare("predicate.system", predicate.system)
    if len(set(predicate.kinds)) != len(predicate.kinds):
        raise _refused("predicate.kinds", ", ".join(predicate.kinds), "each kind once")
    _check_times("predicate", predicate.started, predicate.ended, "started", "ended")
    for position, given in enumerate(predicate.inputs):
        _check_input(f"predicate.inputs[{position}]", given)
    for position, measurement in enumerate(predicate.measurements):
        _check_measurement(f"predicate.measurements[{position}]", measurement)
    for name, limit in predicate.limits.items():
        for bound, text in limit.items():
            _decimal(f"predicate.limits.{name}.{bound}", text)
    _check_parts(predicate)


def _check_parts(predicate: "Predicate") -> None:
    source = predicate.source
    wanted = {
        "check": source == "check",
        "record": source in {"record", "attestation"},
        "imported": source == "imported",
    }
    for part, needed in wanted.items():
        present = getattr(predicate, part) is not None
        if present != needed:
            expected = f"an object, as the source is {source!r}" if needed else f"null, as the source is {source!r}"
            raise _refused(f"predicate.{part}", "an object" if present else "null", expected)


def _check_input(where: str, given: "Input") -> None:
    _bare(f"{where}.ref", given.ref)
    if given.hold != "window":
        if given.from_ is not None or given.to is not None:
            raise _refused(where, f"hold {given.hold!r} with from or to", "from and to only with hold 'window'")
    elif given.from_ is None or given.to is None:
        raise _refused(where, "hold 'window' without from and to", "both moments")
    else:
        _check_times(where, given.from_, given.to, "from", "to")


def _check_measurement(where: str, measurement: "Measurement") -> None:
    for name in ("value", "low", "high", "confidence", "decided_at"):
        text = getattr(measurement, name)
        if text is not None:
            _decimal(f"{where}.{name}", text)
    low, high = measurement.low, measurement.high
    if low is not None and high is not None and as_decimal(low) > as_decimal(high):
        raise _refused(where, f"low {low} above high {high}", "low at most high")


def _check_times(where: str, early: str, late: str, early_name: str, late_name: str) -> None:
    try:
        if parse_time(early) > parse_time(late):
            raise _refused(where, f"{late_name} {late} before {early_name} {early}", f"{late_name} not before it")
    except UprightError as why:
        if isinstance(why, EvidenceError):
            raise
        raise _refused(where, why.message, "recorded times") from None


def _bare(where: str, text: str) -> str:
    try:
        ref = Ref.parse(text)
    except UprightError as why:
        raise _refused(where, text, why.message) from None
    if ref.digest is not None:
        raise _refused(where, text, "a reference without digest; the digest has a field of its own")
    return text


def _decimal(where: str, text: str) -> None:
    try:
        as_decimal(text)
    except UprightError as why:
        raise _refused(where, repr(text), why.message) from None


def _refused(where: str, found: str, expected: str) -> EvidenceError:
    return EvidenceError(
        f"This evidence statement contradicts itself at {where}: found {found}; expected {expected}.",
        code="UP-EVIDENCE-06",
    )
