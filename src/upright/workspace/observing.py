"""A manifest as it is today, beside what the log holds of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upright.workspace import judge, records
from upright.workspace.approvals import binding_changes
from upright.workspace.approved import approved_bindings
from upright.workspace.resolve import Resolved, resolve

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.workspace.manifest import Manifest
    from upright.workspace.values import BindingChange
    from upright.workspace.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Observation:
    """A manifest as it is today against what the log holds; nothing has been written.

    ``record`` is the body of the system record that would be written; ``is_new`` says that it differs from the newest.
    """

    resolved: Resolved
    catalogue: "Catalogue"
    body: Mapping[str, Any]
    changes: "tuple[BindingChange, ...]"
    is_new: bool


def observe(workspace: "Workspace", manifest: "Manifest") -> Observation:
    """Digests what the manifest names today and compares it with the log. Writes nothing.

    Raises:
        ManifestError: an unknown check or word, a file that cannot be digested.
    """
    catalogue = workspace.catalogue()
    resolved = resolve(manifest, catalogue)
    found = records.system_record(resolved, catalogue)
    system = manifest.system.ref
    approved = approved_bindings(workspace.log.entries(), system, workspace.public_keys())
    changes = binding_changes(approved, found["bindings"])
    reasons = [f"{change.binding} {change.what}" for change in changes if change.needs_approval]
    body = records.body(
        schema=records.SYSTEM,
        ref=str(system),
        action="inventory.system.observed",
        actor=workspace.actor(),
        reason="; ".join(reasons) or "As the manifest and its files are now.",
        record=found,
    )
    is_new = workspace.system_record(system) != found
    return Observation(resolved=resolved, catalogue=catalogue, body=body, changes=changes, is_new=is_new)


def record(workspace: "Workspace", observation: Observation) -> tuple[int, ...]:
    """Writes the catalogue and the system record where they differ from the newest; returns the new indices."""
    new = []
    digest = judge.keep_catalogue(workspace.layout, observation.catalogue)
    stream = workspace.log.stream(f"catalogue:{workspace.organisation.path}")
    last = records.newest(stream, records.CATALOGUE)
    if last is None or last["record"]["frozen"] != digest:
        new.append(judge.catalogue_entry(digest, workspace.organisation, workspace.actor()))
    if observation.is_new:
        index = records.index_of_system(observation.resolved.manifest.system.ref)
        new.append(records.entry(observation.body, index=index))
    return workspace.append(new) if new else ()
