"""The mortgage system's evidence: pushed from the repository that really ran the checks, today."""

from pathlib import Path
from tempfile import TemporaryDirectory

from upright.site.demo.story import Cast


def push_from(folder: Path, cast: Cast) -> None:
    """Enrols the workspace's keys, pushes what it holds, and has the bindings approved.

    Raises:
        WorkspaceError: there is no workspace in the folder.
    """
    from upright.records.assurance.actions import approve_bindings, enrol_key, push
    from upright.records.assurance.models import BindingApproval
    from upright.records.work.checks import enrol_check_key
    from upright.workspace import Workspace, load_manifest
    from upright.workspace.bundles import push_bytes, read_bundle

    workspace, mira = Workspace.open(folder), cast.actor("mira")
    for state in workspace.keys().values():
        if state.is_current and state.role in {"evidence", "person"}:
            enrol_key(str(state.key), state.role, actor=mira, reason="Known from the lending repository.")  # type: ignore[arg-type]
    with TemporaryDirectory() as name:
        path = Path(name) / "mortgage.bundle"
        path.write_bytes(push_bytes(workspace, load_manifest(folder)))
        push(read_bundle(path), actor=cast.actor("olu"))
    enrol_check_key(actor=mira)
    for proposal in BindingApproval.objects.filter(state="proposed"):
        approve_bindings(proposal, actor=mira, reason="The limits that the impact assessment sets.")
