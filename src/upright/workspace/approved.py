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
    was loosened, changed or dropped waits for a ``binding-approval`` that a person's key signed and that names the
    manifest in which it stands so.
    """
    approved: dict[str, Mapping[str, Any]] = {}
    seen: dict[str, dict[str, Mapping[str, Any]]] = {}
    for recorded in entries:
        if recorded.type == "record" and recorded.ref == str(system):
            value = read_body(recorded)
            if value is not None and value.get("schema") == SYSTEM:
                now = {binding["id"]: binding for binding in value["record"]["bindings"]}
                seen[value["record"]["manifest"]] = now
                for change in binding_changes(approved, now.values()):
                    if not change.needs_approval:
                        approved[change.binding] = now[change.binding]
        elif recorded.type == "evidence" and recorded.ref == f"attestation:{system}/{APPROVAL}":
            manifest, names = _approval(recorded, keys)
            for name in names if manifest in seen else ():
                new = seen[manifest].get(name)
                if new is None:
                    approved.pop(name, None)
                else:
                    approved[name] = new
    return approved


def _approval(recorded: Recorded, keys: "Mapping[str, VerifierKey]") -> tuple[str, list[str]]:
    """The manifest that an approval is about, and the bindings it names; none where no person's key signed it."""
    if recorded.body is None:
        return "", []
    envelope = Envelope.parse(recorded.body)
    part = envelope.statement.predicate.record
    signed = [keys[fingerprint] for fingerprint in verify(envelope, keys)]
    if part is None or part.state != "approved" or not any(key.name.startswith("person/") for key in signed):
        return "", []
    return str(part.data.get("manifest", "")), [str(binding) for binding in part.data.get("bindings", ())]
