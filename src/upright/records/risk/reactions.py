"""What a change means for what was assessed: risks and assessments open again, a review where nobody planned it.

Criteria name the triggers (6.1.2); without criteria every one counts. The gate does not wait for any of this: evidence
that is tied to models and data is old as soon as those are others.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from upright.kernel import Actor, Ref
from upright.records.identity.models import Unit
from upright.records.inventory.models import DataSet, Deployment, Model, Resource, System
from upright.records.risk.actions.reopening import reopen_assessment, reopen_risk_because
from upright.records.risk.against import texts_of
from upright.records.risk.applicability import units_below
from upright.records.risk.models import ChangeReview, ImpactAssessment, Risk, RiskAssessment
from upright.records.risk.models.criteria import TRIGGERS, criteria_for
from upright.records.risk.models.impacts import is_change_plan
from upright.records.trail.door import write
from upright.records.trail.history import steps
from upright.records.trail.reactions import Event, reacts_to
from upright.records.trail.record import record_types

_PLANS = ("change-plan", "document")
_DEMANDS = ("title", "source", "demands", "due")
_OF = {"model": "model", "dataset": "data"}


@reacts_to("assurance.workspace_system.observed")
def reopen_accepted_risks(event: Event, actor: Actor) -> None:
    """Other models or data than those it was assessed for: their digests differ from the state observed before."""
    before, said = _before(event), _record(event)
    if before is None:
        return
    changed = _changed(before, said)
    if changed:
        triggers = {_OF[ref.partition(":")[0]] for ref in changed}
        _react(_systems(str(said.get("about"))), triggers, f"Changed: {', '.join(changed)}.", event, actor)


@reacts_to("inventory.system.changed")
def reopen_for_another_purpose(event: Event, actor: Actor) -> None:
    """Another purpose, or other personal data than before."""
    before, said = _before(event), _record(event)
    named = {"purpose": "purpose", "personal_data": "data", "modality": "model"}
    changed = [name for name in named if before is not None and before.get(name) != said.get(name)]
    if changed:
        what = f"Changed: {', '.join(changed).replace('_', ' ')}."
        _react(_systems(event.entry.ref), {named[one] for one in changed}, what, event, actor)


@reacts_to("inventory.model_version.added")
def reopen_for_a_version(event: Event, actor: Actor) -> None:
    """A new version of a model: ours, or a supplier's."""
    model = Model.objects.filter(ref=str(_record(event).get("model"))).select_related("system", "supplier").first()
    if model is not None and model.versions.count() > 1:
        trigger = "model" if model.supplier is None else "supplier"
        what = f"Version {_record(event).get('label')} of {model.ref}."
        _react([model.system], {trigger}, what, event, actor)


@reacts_to("inventory.deployment.added")
def reopen_for_a_deployment(event: Event, actor: Actor) -> None:
    """A system that ran already runs somewhere else, or for others."""
    said = _record(event)
    found = Deployment.objects.filter(ref=event.entry.ref).select_related("system").first()
    others = [] if found is None else list(found.system.deployments.exclude(pk=found.pk))
    if found is None or not others:
        return
    is_new = found.jurisdiction not in {one.jurisdiction for one in others}
    triggers = {"population", "jurisdiction"} if is_new else {"population"}
    _react([found.system], triggers, f"Deployed anew: {said.get('name')}, {found.jurisdiction}.", event, actor)


@reacts_to("inventory.supplier.changed")
def reopen_for_a_supplier(event: Event, actor: Actor) -> None:
    """A supplier provides something else than before."""
    before, said = _before(event), _record(event)
    if before is None or before.get("provides") == said.get("provides"):
        return
    systems = {
        one.system.pk: one.system
        for kind in (Model, DataSet, Resource)
        for one in kind.objects.filter(supplier__ref=event.entry.ref).select_related("system")
    }
    _react(systems.values(), {"supplier"}, f"{event.entry.ref} provides something else.", event, actor)


@reacts_to("governance.obligation.added")
def reopen_for_a_law(event: Event, actor: Actor) -> None:
    """A new obligation of the unit in which a system lies."""
    _react(_systems_below(event), {"law"}, f"A new obligation: {event.entry.ref}.", event, actor)


@reacts_to("governance.obligation.approved")
def reopen_for_a_changed_law(event: Event, actor: Actor) -> None:
    """An obligation that was in force demands something else than when it was approved before."""
    past = [one for one in steps(event.entry.ref) if one.entry < event.index and one.action.endswith(".approved")]
    before, said = (past[-1].record or {}) if past else {}, _record(event)
    changed = [name for name in _DEMANDS if past and before.get(name) != said.get(name)]
    if changed:
        what = f"{event.entry.ref} changed: {', '.join(changed)}."
        _react(_systems_below(event), {"law"}, what, event, actor)


@reacts_to("governance.obligation.withdrawn")
def reopen_for_a_law_that_ended(event: Event, actor: Actor) -> None:
    """An obligation is in force no more."""
    _react(_systems_below(event), {"law"}, f"{event.entry.ref} is in force no more.", event, actor)


def _systems_below(event: Event) -> Iterable[System]:
    """Those of the unit that a record lies in, and of all below it."""
    unit = Unit.objects.filter(ref=str(_record(event).get("unit"))).first()
    return () if unit is None else System.objects.filter(unit__in=list(units_below(unit)))


def _react(systems: Iterable[System], triggers: set[str], what: str, event: Event, actor: Actor) -> None:
    for system in systems:
        criteria = criteria_for(system.unit)
        counted = sorted(triggers & set(TRIGGERS if criteria is None else criteria.triggers))
        if not counted:
            continue
        for risk in Risk.objects.filter(system=system).exclude(state=Risk.State.CLOSED):
            if risk.state == Risk.State.ACCEPTED or risk.current_likelihood is not None:
                why = f"Changed since it was rated. {what}"
                reopen_risk_because(risk, why, actor=actor, cause=event.index)
        for kind in (ImpactAssessment, RiskAssessment):
            for one in kind.objects.filter(system=system, state=kind.State.APPROVED, reopened_because=""):
                reopen_assessment(one, f"Changed since it was approved. {what}", actor=actor, cause=event.index)
        _review(system, counted[0], what, event, actor)


def _review(system: System, trigger: str, what: str, event: Event, actor: Actor) -> None:
    """A change that no approved plan names is unintended: somebody reviews it."""
    if not ChangeReview.objects.filter(system=system, observed=event.index).exists():
        review = ChangeReview(
            system=system,
            unit=system.unit,
            owner=system.owner,
            trigger=trigger,
            what=what,
            plan=planned(system),
            observed=event.index,
        )
        write(review, actor=actor, action="risk.change_review.added", reason=what, cause=event.index)


def planned(system: System) -> str:
    """The newest approved change plan that names this system by its reference; empty: none does."""
    for name in _PLANS:
        model = record_types().get(name)
        for one in () if model is None else model.objects.filter(state="approved").order_by("-ref"):
            if system.ref in texts_of(one) and is_change_plan(one.ref):
                return str(one.ref)
    return ""


def _systems(ref: str) -> list[System]:
    return list(System.objects.filter(ref=ref))


def _record(event: Event) -> Mapping[str, Any]:
    found = event.body.get("record")
    return found if isinstance(found, Mapping) else {}


def _before(event: Event) -> Mapping[str, Any] | None:
    past = [one.record for one in steps(str(Ref.parse(event.entry.ref))) if one.entry < event.index and one.record]
    return past[-1] if past else None


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    old, new = _digests(before), _digests(after)
    return sorted(ref for ref in {*old, *new} if old.get(ref) != new.get(ref))


def _digests(state: Mapping[str, Any]) -> dict[str, Any]:
    found = {str(one["ref"]): one.get("digest") for one in state.get("subjects", ()) if isinstance(one, dict)}
    return {ref: digest for ref, digest in found.items() if ref.partition(":")[0] in _OF}
