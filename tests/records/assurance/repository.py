"""A repository with a small system, assessed for real, and what it pushes."""

from pathlib import Path

from upright.workspace import Workspace, load_manifest
from upright.workspace.bundles import Bundle, push_bytes, read_bundle

MANIFEST = """\
upright: 1
organisation: {id: meridian, name: Meridian Credit Union}
system:
  id: loans
  name: Small loans
  purpose: Decides on small loans.
  roles: {iso42001: [producer, user], gdpr: [controller]}
  stage: verification-validation
  modality: tabular
  personal_data: true
  traits: {profiling: yes, automated_decision: no}
datasets:
  - id: decisions
    path: decisions.csv
    role: evaluation
    origin: Decisions of the branch office
    licence: Own records
    collected: 2025-01/2025-06
    steps: [Names removed]
    columns: {prediction: decision, label: paid}
    recorded_decisions: true
    protected: [group]
    favourable: 1
checks:
  fairness: {check: group-fairness, on: dataset:decisions, limits: {selection_rate_difference: {at_most: "0.1"}}}
  quality: {check: data-quality, on: dataset:decisions, limits: {missing_share: {at_most: "0.05"}}}
  where-from: {check: data-provenance, on: dataset:decisions}
"""


def repository(folder: Path, manifest: str = MANIFEST) -> Workspace:
    """A folder with a manifest and 400 decisions that treat group b badly; assessed once."""
    write_files(folder, manifest)
    workspace = Workspace.open_or_create(folder, "meridian")
    workspace.assess(load_manifest(folder))
    return workspace


def write_files(folder: Path, manifest: str = MANIFEST) -> None:
    """The same, not assessed yet."""
    folder.mkdir(parents=True)
    rows = [("a", int(i % 10 < 8), int(i % 10 < 7)) for i in range(200)]
    rows += [("b", int(i % 10 < 4), int(i % 10 < 7)) for i in range(200)]
    lines = ["group,decision,paid", *(f"{group},{decision},{paid}" for group, decision, paid in rows)]
    (folder / "decisions.csv").write_text("\n".join(lines) + "\n")
    (folder / "upright.yaml").write_text(manifest)


def bundle_of(workspace: Workspace) -> Bundle:
    """What a push of this workspace sends, read back."""
    path = workspace.folder / "push.bundle"
    path.write_bytes(push_bytes(workspace, load_manifest(workspace.folder)))
    return read_bundle(path)


def evidence_key(workspace: Workspace) -> str:
    """The vkey that its evidence is signed by."""
    return str(workspace.evidence_signer().vkey)
