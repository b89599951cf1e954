"""Run as a program by the worker: assesses a repository and leaves a bundle; events and outcome as JSON lines.

It is a process of its own so that neither the worker nor those that answer ever load what computes on tables.
"""

import json
import sys
from pathlib import Path
from typing import Any

from upright.kernel import UprightError


def main(folder: str, workspace: str, bundle: str, *only: str) -> int:
    """Assesses the manifest in ``folder`` in a workspace of the server's own, and writes what a push would send."""
    from upright.workspace import Event, Workspace, load_manifest
    from upright.workspace.bundles import push_bytes

    def tell(event: Event) -> None:
        say(event=event.what, binding=event.binding, done=event.done, of=event.of)

    try:
        manifest = load_manifest(Path(folder))
        mine = Workspace.open_or_create(Path(workspace), manifest.organisation.ref.path)
        found = mine.assess(manifest, only=only, fresh=True, on_event=tell)
        Path(bundle).write_bytes(push_bytes(mine, manifest))
    except UprightError as why:
        say(refused=str(why))
        return 1
    say(outcome=found.outcome, outcomes={one.binding: one.outcome for one in found.checks})
    return 0


def say(**what: Any) -> None:
    """One line."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
