"""Assess: run what is bound, file each result at once, say what was reused, and where that leaves posture."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from upright.checks.contract import Binding
from upright.checks.recording import recorded_options
from upright.evidence.dsse import sign
from upright.evidence.statement import Statement, SubjectRef
from upright.kernel import Signer, parse_time, time_text
from upright.workspace import judge
from upright.workspace.creation import ensure_enrolled
from upright.workspace.errors import ManifestError
from upright.workspace.evidence_log import evidence_entry, evidence_rows
from upright.workspace.resolve import input_digests
from upright.workspace.values import Assessment, BindingChange, CheckOutcome, Event, EvidenceRow, OnEvent, Outcome

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.checks.contract import CheckSpec
    from upright.checks.run import Event as RunEvent
    from upright.checks.run import Ran
    from upright.workspace.manifest import Manifest
    from upright.workspace.observing import Observation
    from upright.workspace.workspace import Workspace


def assess(
    workspace: "Workspace",
    manifest: "Manifest",
    *,
    only: tuple[str, ...],
    fresh: bool,
    bundle: Path | str | None,
    seed: int,
    on_event: OnEvent | None,
) -> Assessment:
    """See ``Workspace.assess``."""
    tell: OnEvent = on_event or (lambda _: None)
    chosen = _chosen(manifest, only)
    ensure_enrolled(workspace)
    signer = workspace.evidence_signer()
    observation = workspace.observe(manifest)
    for change in observation.changes:
        if change.needs_approval:
            tell(Event(what="changed", binding=change.binding, note=f"{change.what}: {change.detail}"))
    if workspace.record(observation):
        tell(Event(what="recorded", note=str(manifest.system.ref)))
    bindings = [binding for binding in observation.resolved.bindings if binding.id in chosen]
    reusable = {} if fresh else dict(_reusable(workspace, bindings, observation.catalogue))
    run = _Run(workspace, observation, tell, len(bindings))
    found = {binding.id: run.reuse(binding, reusable[binding.id]) for binding in bindings if binding.id in reusable}
    left = [binding for binding in bindings if binding.id not in reusable]
    for ran in _measure(left, workspace, seed, run.progress):
        found[ran.binding.id] = run.file(ran, signer)
    outcomes = tuple(found[binding.id] for binding in bindings)
    assessment = _conclude(workspace, manifest, observation, outcomes, only)
    tell(Event(what="posture", outcome=assessment.outcome, done=len(bindings), of=len(bindings)))
    if bundle is None:
        return assessment
    from upright.workspace.bundles import write_bundle

    return write_bundle(workspace, manifest, assessment, Path(bundle))


class _Run:
    """Files results one by one; what was filed stays filed, whatever happens to the next."""

    def __init__(self, workspace: "Workspace", observation: "Observation", tell: OnEvent, of: int) -> None:
        self.workspace, self.catalogue, self.tell, self.of = workspace, observation.catalogue, tell, of
        self.digests = {subject.ref: subject for subject in observation.resolved.subjects}
        self.done = 0

    def progress(self, event: "RunEvent") -> None:
        if event.what != "ended":
            at = Event(what=event.what, binding=event.binding.id, done=self.done, of=self.of, part=event.part)
            self.tell(at)

    def file(self, ran: "Ran", signer: Signer) -> CheckOutcome:
        binding = ran.binding
        subject = SubjectRef.of(binding.subject.bare, binding.on.digest)
        statement = Statement(subject=(subject,), predicate=ran.predicate)
        envelope = sign(statement, signer)
        for artefact in ran.artefacts:
            self.workspace.layout.put_blob(artefact.data)
        index = self.workspace.append([evidence_entry(envelope, self.workspace.organisation)])[0]
        self.done += 1
        outcome = self._outcome(binding, statement, envelope.id, index, reused=False)
        self.tell(Event(what="filed", binding=binding.id, outcome=outcome.outcome, done=self.done, of=self.of))
        return outcome

    def reuse(self, binding: Binding, row: EvidenceRow) -> CheckOutcome:
        if row.statement is None or row.id is None:
            raise AssertionError("an erased entry is never reused")
        self.done += 1
        outcome = self._outcome(binding, row.statement, row.id, row.index, reused=True)
        note = f"unchanged since {row.statement.predicate.ended}"
        self.tell(
            Event(what="reused", binding=binding.id, outcome=outcome.outcome, note=note, done=self.done, of=self.of)
        )
        return outcome

    def _outcome(
        self, binding: Binding, statement: Statement, evidence: str, index: int, *, reused: bool
    ) -> CheckOutcome:
        said = statement.predicate
        return CheckOutcome(
            binding=binding.id,
            check=binding.check,
            subject=str(binding.subject),
            outcome=said.result,
            evidence=evidence,
            index=index,
            reused=reused,
            kinds=said.kinds,
            speaks_to=self.catalogue.speaks_to(said.kinds),
            measurements=said.measurements,
            reasons=said.reasons,
            statement=statement,
        )


def _chosen(manifest: "Manifest", only: tuple[str, ...]) -> set[str]:
    from upright.workspace.safe_yaml import suggest

    known = [check.id for check in manifest.checks]
    for name in only:
        if name not in known:
            raise ManifestError(f"{manifest.path.name} has no check {name!r}.{suggest(name, known)}", code="UP-MAN-43")
    return set(only or known)


def _measure(
    bindings: list[Binding], workspace: "Workspace", seed: int, on_event: Callable[["RunEvent"], None]
) -> "Iterator[Ran]":
    if not bindings:
        return
    from upright.checks.contract import Context
    from upright.checks.models import Models
    from upright.checks.run import run_all
    from upright.checks.tables import Tables

    with tempfile.TemporaryDirectory(prefix="upright-") as folder:
        scratch = Path(folder)
        with contextlib.closing(Tables(scratch)) as tables, contextlib.closing(Models(scratch)) as models:
            context = Context(
                seed=seed,
                scratch=scratch,
                open_table=tables.open,
                clock=workspace.clock,
                models=models,
                resume=workspace.layout.resume,
            )
            yield from run_all(bindings, context, on_event)


def _reusable(
    workspace: "Workspace", bindings: list[Binding], catalogue: "Catalogue"
) -> Iterator[tuple[str, EvidenceRow]]:
    """Of each binding the newest evidence, where a new run could only say the same and it is still fresh."""
    from upright.checks.registry import find_check

    now = workspace.clock()
    keys = {name: state.key for name, state in workspace.keys().items() if state.is_current}
    withdrawn = _withdrawn(workspace)
    for binding in bindings:
        rows = list(evidence_rows(workspace.log.stream(str(binding.ref)), keys))
        row = rows[-1] if rows else None
        if row is None or row.statement is None or not row.signers or row.id in withdrawn:
            continue
        spec = find_check(binding.check)
        age = now - parse_time(row.statement.predicate.ended)
        if _is_same(binding, spec, row.statement) and _is_fresh(age, judge.strictest_freshness(catalogue, spec.kinds)):
            yield binding.id, row


def _withdrawn(workspace: "Workspace") -> set[str]:
    found = set()
    for ref in workspace.log.streams():
        if ref.startswith("attestation:") and ref.endswith("/withdrawal"):
            for row in evidence_rows(workspace.log.stream(ref), {}):
                part = None if row.statement is None else row.statement.predicate.record
                if part is not None:
                    found.add(str(part.data.get("evidence", "")).removeprefix("sha256:"))
    return found


def _is_same(binding: Binding, spec: "CheckSpec", statement: Statement) -> bool:
    said = statement.predicate
    if said.result == "errored" or (said.result == "undecided" and (not said.measurements or said.reproduced == "no")):
        return False  # the machine may have been in the way, and may not be now
    return (
        said.check is not None
        and (said.check.name, said.check.version) == (spec.name, spec.version)
        and said.options == recorded_options(binding)
        and said.limits == {name: dict(bounds) for name, bounds in spec.limits_of(binding).items()}
        and _reads_the_same(binding, statement)
    )


def _reads_the_same(binding: Binding, statement: Statement) -> bool:
    """Whether a run would read today what this evidence says was read; what it cannot tell counts as no."""
    read = {given.ref: given.digest for given in statement.predicate.inputs}
    today = {str(ref): digest for ref, digest in input_digests(binding).items()}
    return read == {ref: today.get(ref, "") for ref in read} and str(binding.subject) in read


def _is_fresh(age: timedelta, fresh_for: timedelta | None) -> bool:
    return fresh_for is None or timedelta(0) <= age < fresh_for


def _conclude(
    workspace: "Workspace",
    manifest: "Manifest",
    observation: "Observation",
    outcomes: tuple[CheckOutcome, ...],
    only: tuple[str, ...],
) -> Assessment:
    facts, catalogue, posture = workspace.posture()
    outcome = overall(outcomes)
    system = str(manifest.system.ref)
    frameworks = judge.posture_json(posture, catalogue)
    digest = facts.digest()
    verdict = judge.verdict_entry(
        "assess",
        system,
        {
            "at": time_text(parse_time(posture.at)),
            "facts": digest,
            "catalogue": dict(catalogue.digests),
            "outcome": outcome,
            "only": list(only),
            "checks": [{"binding": o.binding, "outcome": o.outcome, "evidence": o.evidence} for o in outcomes],
            "posture": {
                name: {key: value for key, value in counts.items() if key not in {"at", "facts"}}
                for name, counts in frameworks.items()
            },
        },
    )
    stream = workspace.log.stream(verdict.ref)
    if not judge.same_verdict(stream[-1] if stream else None, verdict):
        workspace.append([verdict])
    return Assessment(
        system=system,
        outcome=outcome,
        checks=outcomes,
        changes=observation.changes,
        posture=frameworks,
        at=posture.at,
        facts=digest,
        size=workspace.log.size,
        origin=workspace.origin,
        standing=posture,
        notes=_notes(observation.changes, outcomes, only),
    )


def overall(outcomes: tuple[CheckOutcome, ...]) -> Outcome:
    """Failed if any failed; else errored or undecided if any is, or if there is none; else passed."""
    found = {outcome.outcome for outcome in outcomes}
    worst: tuple[Outcome, ...] = ("failed", "errored", "undecided")
    return next((word for word in worst if word in found), "passed" if found else "undecided")


def _notes(
    changes: tuple[BindingChange, ...], outcomes: tuple[CheckOutcome, ...], only: tuple[str, ...]
) -> tuple[str, ...]:
    notes = []
    waiting = [change.binding for change in changes if change.needs_approval]
    if waiting:
        notes.append(
            f"Not approved yet: {', '.join(waiting)}. Until a person approves, what the log held before rules, "
            "and what the new one measures does not count. To approve as they stand: upright attest binding-approval "
            "--reason WHY, signed by a person's key (once: upright key new person, and what that says)."
        )
    reused = sum(outcome.reused for outcome in outcomes)
    if reused:
        notes.append(f"{reused} of {len(outcomes)} reused unchanged, fresh evidence; --fresh runs them again.")
    if not outcomes:
        notes.append("There is no check in the manifest, so nothing was measured.")
    if only:
        notes.append(f"Only {', '.join(only)} was asked for.")
    return tuple(notes)
