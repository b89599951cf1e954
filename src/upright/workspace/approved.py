"""Which bindings are approved as of the log's end, by posture's rule; for showing what a manifest changes."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from upright.evidence.dsse import Envelope, verify
from upright.kernel import Ref
from upright.ledger import Recorded
from upright.workspace.approvals import binding_changes
from upright.workspace.records import SYSTEM, read_body

if TYPE_CHECKING:
    from upright.ledger import VerifierKey

APPROVAL = "binding-approval"


def approved_bindings(
    entries: Iterable[Recorded], system: Ref, keys: "Mapping[str, VerifierKey]"
) -> dict[str, Mapping[str, Any]]:
    """The binding records in force for a system, by id.

    A binding is approved from the first system record that holds it; a tightened limit is in force at once; one that
    was loosened, changed or dropped waits for a ``binding-approval`` that a person's key signed.
    """
    approved: dict[str, Mapping[str, Any]] = {}
    waiting: dict[str, Mapping[str, Any] | None] = {}
    for recorded in entries:
        if recorded.type == "record" and recorded.ref == str(system):
            value = read_body(recorded)
            if value is not None and value.get("schema") == SYSTEM:
                _take(approved, waiting, value["record"]["bindings"])
        elif recorded.type == "evidence" and recorded.ref == f"attestation:{system}/{APPROVAL}":
            for binding in _approvals(recorded, keys):
                if binding in waiting:
                    _settle(approved, binding, waiting.pop(binding))
    return approved


def _take(
    approved: dict[str, Mapping[str, Any]],
    waiting: dict[str, Mapping[str, Any] | None],
    bindings: list[Mapping[str, Any]],
) -> None:
    now = {binding["id"]: binding for binding in bindings}
    waiting.clear()
    for change in binding_changes(approved, bindings):
        if change.needs_approval:
            waiting[change.binding] = now.get(change.binding)
        else:
            approved[change.binding] = now[change.binding]


def _settle(approved: dict[str, Mapping[str, Any]], binding: str, new: Mapping[str, Any] | None) -> None:
    if new is None:
        approved.pop(binding, None)
    else:
        approved[binding] = new


def _approvals(recorded: Recorded, keys: "Mapping[str, VerifierKey]") -> list[str]:
    if recorded.body is None:
        return []
    envelope = Envelope.parse(recorded.body)
    part = envelope.statement.predicate.record
    signed = [keys[fingerprint] for fingerprint in verify(envelope, keys)]
    if part is None or part.state != "approved" or not any(key.name.startswith("person/") for key in signed):
        return []
    return [str(binding) for binding in part.data.get("bindings", ())]
