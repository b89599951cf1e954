"""Bodies that the workspace writes as records: the system as it was observed, the catalogue in force, keys, merges."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from upright.checks.contract import Binding
from upright.checks.recording import recorded_options
from upright.kernel import Ref, canonical_bytes
from upright.ledger import JSON, NewEntry, Recorded
from upright.workspace.resolve import Resolved, answer_rows

if TYPE_CHECKING:
    from upright.catalogue import Catalogue

SYSTEM = "workspace-system/1"
CATALOGUE = "workspace-catalogue/1"
MERGE = "workspace-merge/1"


def body(*, schema: str, ref: str, action: str, actor: str, reason: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """A record's body as the ledger holds it (contracts, section 4)."""
    return {
        "schema": schema,
        "ref": ref,
        "action": action,
        "actor": actor,
        "reason": reason,
        "cause": None,
        "record": dict(record),
    }


def entry(value: Mapping[str, Any], *, index: str, kind: str = "record") -> NewEntry:
    """The ledger entry of a body, in the stream of its own ref."""
    return NewEntry(type=kind, ref=value["ref"], media_type=JSON, body=canonical_bytes(dict(value)), index=index)


def index_of_system(system: Ref) -> str:
    """The index stream that announces a system's streams."""
    return f"index:{system}"


def index_of_subject(subject: Ref, organisation: Ref) -> str:
    """Of a system, a model or a data set its system's index; of all else the organisation's."""
    if subject.type in {"system", "model", "dataset"}:
        return f"index:system:{subject.root}"
    return f"index:{organisation}"


def system_record(resolved: Resolved, catalogue: "Catalogue") -> dict[str, Any]:
    """What is observed of a system today: the ``record`` part of its system record."""
    manifest = resolved.manifest
    system = manifest.system
    return {
        "system": {
            "ref": str(system.ref),
            "stage": system.stage,
            "modality": system.modality,
            "personal_data": system.personal_data,
            "roles": {framework: list(roles) for framework, roles in system.roles.items()},
            "traits": dict(system.traits),
            "owner": system.owner,
        },
        "organisation": str(manifest.organisation.ref),
        "subjects": [subject.to_json() for subject in resolved.subjects],
        "bindings": [binding_record(binding) for binding in resolved.bindings],
        "answers": [
            {"framework": "eu-ai-act", "question": question, "value": value}
            for question, value in answer_rows(manifest)
        ],
        "catalogue": dict(catalogue.digests),
        "gates": catalogue.gates.digest,
        "manifest": manifest.sha256,
    }


def binding_record(binding: Binding) -> dict[str, Any]:
    """A binding as the system record carries it, its limits those that will be judged by."""
    from upright.checks.registry import find_check

    spec = find_check(binding.check)
    limits = spec.limits_of(binding)
    return {
        "id": binding.id,
        "check": spec.name,
        "check_version": spec.version,
        "subject": str(binding.subject),
        "kinds": list(spec.kinds),
        "options": recorded_options(binding),
        "limits": {measure: dict(bounds) for measure, bounds in limits.items()},
        "default_limits": not binding.limits and bool(limits),
    }


def read_body(recorded: Recorded) -> dict[str, Any] | None:
    """The JSON body of an entry that is not evidence; None where it was erased."""
    if recorded.body is None:
        return None
    value: dict[str, Any] = msgspec.json.decode(recorded.body)
    return value


def newest(entries: Iterable[Recorded], schema: str) -> dict[str, Any] | None:
    """The newest body of one schema among the entries of a stream, or None."""
    found = None
    for recorded in entries:
        value = read_body(recorded) if recorded.type == "record" else None
        if value is not None and value.get("schema") == schema:
            found = value
    return found
