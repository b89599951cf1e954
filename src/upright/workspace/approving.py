"""A person's approval of the bindings as the manifest has them now, written from what waits."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from upright.workspace.approved import APPROVAL
from upright.workspace.errors import AttestError

if TYPE_CHECKING:
    from upright.workspace.manifest import Manifest
    from upright.workspace.workspace import Workspace


def write_approval(workspace: "Workspace", manifest: "Manifest", reason: str, folder: Path) -> Path:
    """Writes the file to attest as ``binding-approval``: each binding of the manifest that waits for one.

    Raises:
        AttestError: nothing waits (UP-ATT-09).
    """
    waiting = [change.binding for change in workspace.observe(manifest).changes if change.needs_approval]
    if not waiting:
        raise AttestError(
            f"No binding of {manifest.system.ref} waits for approval: each is in force as {manifest.path.name} has it. "
            "'upright assess' says when one waits.",
            code="UP-ATT-09",
        )
    file = folder / f"{APPROVAL}.json"
    file.write_text(json.dumps({"manifest": manifest.sha256, "bindings": waiting, "reason": reason}, indent=1))
    return file
