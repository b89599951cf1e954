"""What a change of a system means for its risks: what was accepted is open again (6.1.2, 8.2)."""

from typing import Any

from upright.kernel import Actor
from upright.records.risk.models import Risk
from upright.records.trail.door import write
from upright.records.trail.history import steps
from upright.records.trail.reactions import Event, reacts_to


@reacts_to("assurance.workspace_system.observed")
def reopen_accepted_risks(event: Event, actor: Actor) -> None:
    """Opens accepted risks of a system whose models, data or bindings are no longer those they were accepted for."""
    said = event.body.get("record") or {}
    before = [step.record for step in steps(event.entry.ref) if step.entry < event.index and step.record]
    if not before:
        return
    changed = _changed(before[-1], said)
    if not changed:
        return
    for risk in Risk.objects.filter(system__ref=str(said.get("about")), state=Risk.State.ACCEPTED):
        risk.state, risk.accepted_by = Risk.State.OPEN, ""
        why = f"Changed since it was accepted: {', '.join(changed)}."
        write(risk, actor=actor, action="risk.risk.reopened", reason=why, cause=event.index)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    old, new = _digests(before), _digests(after)
    return sorted(ref for ref in {*old, *new} if old.get(ref) != new.get(ref))


def _digests(state: dict[str, Any]) -> dict[str, Any]:
    found = {str(one["ref"]): one.get("digest") for one in state.get("subjects", ()) if isinstance(one, dict)}
    return {ref: digest for ref, digest in found.items() if ref.startswith(("model:", "dataset:"))}
