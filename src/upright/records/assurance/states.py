"""Which bindings of a system are in force, by posture's own rule, and what a newly observed state would change."""

from collections.abc import Iterable, Mapping
from typing import Any

from upright.records.assurance.models import BindingApproval, WorkspaceSystem
from upright.records.inventory.models import System
from upright.records.trail.history import steps
from upright.workspace.approvals import binding_changes
from upright.workspace.values import BindingChange


def approved_now(system: System, newest: WorkspaceSystem | None = None) -> dict[str, Mapping[str, Any]]:
    """The binding records in force, by id: approved ones, and stricter limits observed since.

    ``newest`` is a state that is about to be written and not to be counted yet.
    """
    events: list[tuple[int, Any]] = []
    for step in steps(f"workspace-system:{system.reference.path}"):
        if step.record is not None:
            events.append((step.entry, step.record))
    for approval in BindingApproval.objects.filter(about=system, state=BindingApproval.State.APPROVED):
        decided = [step for step in steps(approval.ref) if step.record and step.record.get("state") == "approved"]
        if decided:
            events.append((decided[0].entry, approval))
    approved: dict[str, Mapping[str, Any]] = {}
    seen: dict[str, dict[str, Mapping[str, Any]]] = {}
    for _, event in sorted(events, key=lambda pair: pair[0]):
        if isinstance(event, BindingApproval):
            _approve(approved, seen.get(event.manifest, {}), event.bindings)
        else:
            now = {one["id"]: one for one in event["bindings"]}
            seen[event["manifest"]] = now
            _tighten(approved, now)
    if newest is not None:
        _tighten(approved, {one["id"]: one for one in newest.bindings})
    return approved


def proposed_changes(
    approved: Mapping[str, Mapping[str, Any]], bindings: Iterable[Mapping[str, Any]]
) -> tuple[BindingChange, ...]:
    """How a state's bindings differ from those in force; all but tightened ones wait for an approval."""
    return binding_changes(approved, bindings)


def _approve(
    approved: dict[str, Mapping[str, Any]], seen: Mapping[str, Mapping[str, Any]], names: Iterable[str]
) -> None:
    for name in names:
        if name in seen:
            approved[name] = seen[name]
        else:
            approved.pop(name, None)


def _tighten(approved: dict[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> None:
    for one in binding_changes(approved, now.values()):
        if one.what == "tightened":
            approved[one.binding] = now[one.binding]
