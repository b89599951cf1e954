"""Runs checks: seeded, each on its own, one crash never stopping the rest, each ending in a predicate of evidence."""

import functools
import logging
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import msgspec

from upright.checks.contract import (
    ArtefactBytes,
    Binding,
    CheckResult,
    CheckSpec,
    Context,
    Outcome,
    Reproduction,
    Run,
    TableSource,
)
from upright.checks.judge import demand_known
from upright.checks.recording import recorded_options
from upright.checks.registry import find_check
from upright.checks.tables import reading_errors, without_folders
from upright.evidence.statement import MAX_PAYLOAD, Artefact, CheckId, Input, NotExamined, Predicate, Reason
from upright.kernel import UprightError, sha256_hex, time_text
from upright.kernel.interrupt import heed
from upright.measures.errors import MeasureInputError

LOG = logging.getLogger(__name__)
_MOST_EVIDENCE = MAX_PAYLOAD - 64 * 1024  # room for the statement around the predicate
_RECORDED = (
    *("upright", "numpy", "duckdb", "ibis-framework", "pyarrow", "scikit-learn"),
    *("xgboost", "xgboost-cpu", "lightgbm", "onnxruntime", "torch", "adversarial-robustness-toolbox"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """For a progress bar: a binding has started, is so far (``part`` of 1), or has ended with a result."""

    what: Literal["started", "working", "ended"]
    binding: Binding
    done: int
    of: int
    part: float = 0.0
    result: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A binding's predicate, with the bytes of its artefacts."""

    binding: Binding
    predicate: Predicate
    artefacts: tuple[ArtefactBytes, ...] = ()


def demand_runnable(bindings: Iterable[Binding]) -> None:
    """Finds, before anything runs, what no data could make right.

    Raises:
        InputError: an unknown check or option, or a limit on what the check does not measure.
    """
    for binding in bindings:
        _ready(find_check(binding.check), binding)


def run(
    bindings: Iterable[Binding], context: Context, on_event: Callable[[Event], None] | None = None
) -> Iterator[tuple[Binding, Predicate]]:
    """Runs each binding in turn. Nothing is raised for a check that cannot do its work: its predicate says so."""
    for ran in run_all(bindings, context, on_event):
        yield ran.binding, ran.predicate


def run_all(
    bindings: Iterable[Binding], context: Context, on_event: Callable[[Event], None] | None = None
) -> Iterator[Ran]:
    """The same, with the bytes of artefacts.

    Raises:
        UnknownCheckError: before anything runs, as evidence of an unknown check would be of no kind.
    """
    told = on_event or (lambda _event: None)
    waiting = list(bindings)
    for binding in waiting:
        find_check(binding.check)
    for done, binding in enumerate(waiting):
        told(Event(what="started", binding=binding, done=done, of=len(waiting)))
        ran = run_one(binding, replace(context, progress=_telling(told, binding, done, len(waiting))))
        told(Event(what="ended", binding=binding, done=done + 1, of=len(waiting), result=ran.predicate.result))
        yield ran


def _telling(told: Callable[[Event], None], binding: Binding, done: int, of: int) -> Callable[[int, int], None]:
    """What a long check calls, as events of its binding."""

    def progress(part: int, parts: int) -> None:
        share = part / parts if parts else 0.0
        told(Event(what="working", binding=binding, done=done, of=of, part=share))

    return progress


def run_one(binding: Binding, context: Context) -> Ran:
    """Runs one binding.

    Raises:
        UnknownCheckError: there is no such check.
        Interrupted: Ctrl-C was pressed meanwhile, whatever the check made of it.
    """
    spec = find_check(binding.check)
    started = time_text(context.clock())
    result = _attempt(spec, binding, context)
    heed()  # a query that Ctrl-C cut short looks like a check that errored
    ended = max(started, time_text(context.clock()))
    predicate = _predicate(spec, binding, context, result, started, ended)
    size = len(msgspec.json.encode(predicate))
    if size > _MOST_EVIDENCE:
        because = (
            f"the evidence would be {size:,} bytes with {len(result.measurements):,} measurements; at most "
            f"{_MOST_EVIDENCE:,} are filed. Measure fewer columns, or columns with fewer values [UP-CHECK-42]"
        )
        result = _stopped("errored", because)
        predicate = _predicate(spec, binding, context, result, started, ended)
    return Ran(binding=binding, predicate=predicate, artefacts=result.artefacts)


def _predicate(
    spec: CheckSpec, binding: Binding, context: Context, result: CheckResult, started: str, ended: str
) -> Predicate:
    return Predicate(
        source="check",
        kinds=spec.kinds,
        system=str(binding.system.bare),
        binding=binding.id,
        check=CheckId(name=binding.check, version=spec.version),
        options=recorded_options(binding),
        limits={name: dict(limit) for name, limit in spec.limits_of(binding).items()},
        result=result.result,
        measurements=result.measurements,
        reasons=result.reasons,
        not_examined=result.not_examined,
        inputs=_inputs(binding, result),
        reproduced=result.reproduced,
        seed=context.seed_of(binding),
        environment=environment(),
        started=started,
        ended=ended,
        artefacts=tuple(
            Artefact(name=one.name, media_type=one.media_type, size=len(one.data), sha256=sha256_hex(one.data))
            for one in result.artefacts
        ),
    )


def _ready(spec: CheckSpec, binding: Binding) -> Run:
    demand_known(spec.name, binding.limits, spec.measures)
    return spec.configure(binding.options)


def _attempt(spec: CheckSpec, binding: Binding, context: Context) -> CheckResult:
    """Data that is unfit leaves the question undecided; anything else that goes wrong is an error of the run.

    Where it went wrong is logged for ``--debug`` and stands in no evidence.
    """
    try:
        result = _ready(spec, binding)(replace(binding, limits=spec.limits_of(binding)), context)
        return _with_reproduction(spec, binding, context, result)
    except MeasureInputError as why:
        LOG.debug("A check stopped", exc_info=True)
        return _stopped("undecided", without_folders(str(why)))
    except UprightError as why:
        LOG.debug("A check stopped", exc_info=True)
        return _stopped("errored", without_folders(str(why)))
    except Exception as why:  # one check's crash is recorded, and never stops the rest
        LOG.debug("A check stopped", exc_info=True)
        return _stopped("errored", _crash(why))


def _stopped(result: Literal["undecided", "errored"], because: str) -> CheckResult:
    return CheckResult(result=result, reasons=(Reason(limit="", outcome=result, because=because),))


def _crash(why: Exception) -> str:
    text = without_folders(" ".join(str(why).split()))[:400]
    if isinstance(why, reading_errors()):
        return f"The data could not be read or counted: {text} [UP-CHECK-41]"
    return f"The check stopped with {type(why).__name__}: {text} [UP-CHECK-40]"


def _with_reproduction(spec: CheckSpec, binding: Binding, context: Context, result: CheckResult) -> CheckResult:
    """Where the table names its model, a sample is scored again: another model's table fails, whatever it shows."""
    if not spec.uses_predictions or not isinstance(binding.on, TableSource) or binding.on.predictions_of is None:
        return result
    found = _reproduce(binding, context)
    if found.mismatched:
        because = (
            f"the model gives another result for {found.mismatched} of {found.rows} sampled rows, so this table is "
            "not what the model decides"
        )
        reason = Reason(limit="predictions_of", outcome="failed", because=because)
        return replace(result, result="failed", reasons=(reason, *result.reasons), reproduced="no")
    if found.reproduced == "yes":
        return replace(result, reproduced="yes")
    missed = NotExamined(what=f"whether {binding.on.predictions_of} made the predictions", why=found.why, count=1)
    return replace(result, reproduced="no", not_examined=(*result.not_examined, missed))


def _reproduce(binding: Binding, context: Context) -> Reproduction:
    if binding.model is None:
        return Reproduction(reproduced="no", why="the model's file is not known here")
    from upright.checks.rescore import reproduce

    return reproduce(binding, context)


def _inputs(binding: Binding, result: CheckResult) -> tuple[Input, ...]:
    found = {}
    for _, source in binding.sources():
        if source is None:
            continue
        found[str(source.ref.bare)] = Input(ref=str(source.ref.bare), digest=source.digest, hold=source.hold)
        people = source.people if isinstance(source, TableSource) else None
        if people is not None:
            ref = f"{source.ref.bare}/people"
            found[ref] = Input(ref=ref, digest=people.digest, hold=people.hold)
    for extra in result.inputs:
        found[str(extra.ref.bare)] = Input(
            ref=str(extra.ref.bare), digest=extra.digest, hold=extra.hold, from_=extra.from_, to=extra.to
        )
    return tuple(found[ref] for ref in sorted(found))


def environment() -> dict[str, Any]:
    """What the run stood on: Python, operating system and architecture by name, versions of what computes."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "packages": dict(_versions()),
    }


@functools.cache
def _versions() -> Mapping[str, str]:
    """Read once: what is imported does not change while a process lives, and looking costs 0.02 CPU s a check."""
    found = {}
    for name in _RECORDED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
