"""From a manifest with a list of packages to posture: a change in the list or in what it includes is seen."""

import json
from datetime import UTC, datetime
from pathlib import Path

from checks.supply.records import record, until, write_folder
from upright.workspace import Workspace, load_manifest

HASH = "--hash=sha256:" + "ab" * 32
MANIFEST = """\
upright: 1
organisation: {id: meridian}
system:
  id: lending
  purpose: Ranks applications.
  roles: {iso42001: [producer]}
  stage: verification-validation
  modality: tabular
models:
  - {id: scorer, path: model.bin, requirements: requirements.txt}
checks:
  dependency-vulnerabilities: {on: model:scorer, options: {snapshot: osv}}
"""


def standing(workspace: Workspace, path: Path) -> str:
    _, _, posture = workspace.posture(manifest=load_manifest(path))
    return next(str(one.status) for one in posture.verdicts if one.requirement == "iso42001:A.4.4")


def test_evidence_of_dependencies_follows_the_list_and_its_parts(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    recent = now.isoformat().replace("+00:00", "Z")
    write_folder(tmp_path / "osv", [record("A-1", "torch", *until("2.0"), modified=recent)])
    (tmp_path / "model.bin").write_bytes(b"model")
    (tmp_path / "requirements.txt").write_text("-r more.txt\n")
    (tmp_path / "more.txt").write_text(f"torch==2.1 {HASH}\n")
    path = tmp_path / "upright.yaml"
    path.write_text(MANIFEST)
    workspace = Workspace.open_or_create(tmp_path, "meridian")
    found = workspace.assess(load_manifest(path))
    assert found.outcome == "passed", found.checks[0].reasons
    before = standing(workspace, path)
    assert before == "partly", "one of its asks is met"
    (tmp_path / "more.txt").write_text(f"torch==1.0 {HASH}\n")
    assert standing(workspace, path) == "stale"
    again = workspace.assess(load_manifest(path))
    assert again.outcome == "failed"
    assert standing(workspace, path) == "failing"
    evidence = workspace.evidence()[-1].statement
    assert evidence is not None
    kept = {one.name: one.sha256 for one in evidence.predicate.artefacts}
    blob = workspace.layout.read_blob(kept["vulnerabilities.json"])
    assert json.loads(blob)["vulnerabilities"][0]["ids"] == ["A-1"]
