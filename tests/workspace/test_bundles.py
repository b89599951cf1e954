"""Bundles of a CI matrix: each job a log of its own, all merged into one, once, by whoever comes first, and no fork."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from upright.kernel import canonical_bytes
from upright.workspace import BundleError, Workspace, load_manifest

MANIFEST = """\
upright: 1
organisation: {id: meridian, name: Meridian Credit Union}
system:
  id: loans
  purpose: Decides on small loans.
  roles: {iso42001: [producer, user]}
  stage: verification-validation
  modality: tabular
datasets:
  - {id: decisions, path: decisions.csv, role: evaluation}
checks:
  one: {check: data-provenance, on: dataset:decisions}
  two: {check: data-provenance, on: dataset:decisions, limits: {contradictions: {at_most: "0"}}}
"""


def project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "decisions.csv").write_text("group,decision\na,1\nb,0\n")
    (folder / "upright.yaml").write_text(MANIFEST)
    return folder


def opened(folder: Path) -> Workspace:
    return Workspace.open_or_create(folder, "meridian")


def job(folder: Path, binding: str) -> Path:
    """One job of the matrix: a fresh checkout, one binding, a bundle."""
    bundle = folder / f"{binding}.bundle"
    opened(project(folder)).assess(load_manifest(folder), only=[binding], bundle=bundle)
    return bundle


@pytest.fixture
def receiver(tmp_path: Path) -> Workspace:
    folder = project(tmp_path / "receiver")
    workspace = opened(folder)
    workspace.record(workspace.observe(load_manifest(folder)))
    return workspace


def filed(workspace: Workspace) -> list[str | None]:
    return [row.id for row in workspace.evidence()]


def test_the_jobs_of_a_matrix_end_in_one_log_and_merging_twice_changes_nothing(
    tmp_path: Path, receiver: Workspace
) -> None:
    bundles = [job(tmp_path / name, name) for name in ("one", "two")]
    merged = receiver.merge(bundles)
    assert [(one.added, one.known, one.unattributed) for one in merged.bundles] == [(1, 0, 0), (1, 0, 0)]
    assert {row.stream for row in receiver.evidence()} == {"binding:loans/one", "binding:loans/two"}
    size, head = receiver.log.size, receiver.log.checkpoint
    again = receiver.merge(bundles)
    assert [(one.added, one.known) for one in again.bundles] == [(0, 1), (0, 1)]
    assert (receiver.log.size, receiver.log.checkpoint) == (size, head)
    assert receiver.verify().is_intact


def test_a_later_bundle_of_the_same_log_extends_the_earlier_one_in_either_order(
    tmp_path: Path, receiver: Workspace
) -> None:
    folder = project(tmp_path / "job")
    workspace = opened(folder)
    first, second = tmp_path / "first", tmp_path / "second"
    workspace.assess(load_manifest(folder), only=["one"], bundle=first)
    workspace.assess(load_manifest(folder), only=["two"], bundle=second)
    merged = receiver.merge([second, first])
    assert [one.connected for one in merged.bundles] == ["first", "extends"]
    assert not merged.forks
    assert receiver.merge([first]).bundles[0].connected == "older"
    assert len(filed(receiver)) == 2


def test_a_fork_of_one_origin_is_reported_and_never_merged(tmp_path: Path, receiver: Workspace) -> None:
    import shutil

    folder = project(tmp_path / "job")
    workspace = opened(folder)
    workspace.record(workspace.observe(load_manifest(folder)))
    shutil.copytree(folder, tmp_path / "twin")
    (left, right) = tmp_path / "left", tmp_path / "right"
    workspace.assess(load_manifest(folder), only=["one"], bundle=left)
    state = workspace.state_head
    state.unlink()  # as on another host, where nobody knows of the first history
    twin = Workspace.open(tmp_path / "twin")
    twin.assess(load_manifest(tmp_path / "twin"), only=["one"], fresh=True, bundle=right)
    assert receiver.merge([left]).exit_status == 0
    before = filed(receiver)
    merged = receiver.merge([right])
    assert merged.exit_status == 1
    assert "is a fork of meridian/" in merged.forks[0]
    assert filed(receiver) == before
    size = receiver.log.size
    assert receiver.merge([right]).forks == merged.forks
    assert receiver.log.size == size  # written down once


def rewritten(bundle: Path, out: Path, part: str, change: Callable[[Any], Any]) -> Path:
    with zipfile.ZipFile(bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in files if name.startswith(part))
    files[name] = canonical_bytes(change(json.loads(files[name])))
    with zipfile.ZipFile(out, "w") as archive:
        for each, data in files.items():
            archive.writestr(each, data)
    return out


def flip(text: str, at: int = 60) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


TAMPERED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "envelope": ("envelopes/", lambda found: found | {"payload": flip(found["payload"], 400)}),
    "signature": (
        "envelopes/", lambda found: found | {"signatures": [found["signatures"][0] | {"sig": "A" * 86 + "=="}]}
    ),
    "leaf": ("proofs/", lambda found: found | {"leaf": flip(found["leaf"])}),
    "salt": ("proofs/", lambda found: found | {"salt": "0" * 64}),
    "path": ("proofs/", lambda found: found | {"proof": [flip(found["proof"][0], 5), *found["proof"][1:]]}),
    "index": ("proofs/", lambda found: found | {"index": found["index"] - 1}),
    "checkpoint": ("bundle.json", lambda found: found | {"checkpoint": found["checkpoint"].replace("\n1", "\n2", 1)}),
    "log key": ("bundle.json", lambda found: found | {"log_key": found["log_key"][:-4] + "AAAA"}),
    "origin": ("bundle.json", lambda found: found | {"origin": found["origin"][:-1] + "x"}),
    "one left out": ("bundle.json", lambda found: found | {"evidence": []}),
    "unknown key": ("bundle.json", lambda found: found | {"note": "trust me"}),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_bundle_is_refused_by_name_and_nothing_of_it_is_taken_in(
    tmp_path: Path, receiver: Workspace, what: str
) -> None:
    part, change = TAMPERED[what]
    bundle = rewritten(job(tmp_path / "job", "one"), tmp_path / "bad.bundle", part, change)
    good = job(tmp_path / "good", "two")
    size = receiver.log.size
    with pytest.raises(BundleError, match=r"bad\.bundle.*UP-BUN-0[24]"):
        receiver.merge([good, bundle])
    assert receiver.log.size == size


def test_evidence_by_a_key_that_nobody_enrolled_is_taken_in_unattributed(
    tmp_path: Path, receiver: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("XDG_CONFIG_HOME", str(tmp_path / "other-config"))
        bundle = job(tmp_path / "job", "one")
    assert receiver.merge([bundle]).bundles[0].unattributed == 1
    assert receiver.evidence()[0].signers == ()


def test_a_bundle_of_another_organisation_or_system_is_refused(tmp_path: Path, receiver: Workspace) -> None:
    folder = project(tmp_path / "job")
    text = (folder / "upright.yaml").read_text()
    (folder / "upright.yaml").write_text(text.replace("id: loans", "id: cards"))
    opened(folder).assess(load_manifest(folder), only=["one"], bundle=tmp_path / "cards.bundle")
    with pytest.raises(BundleError, match="is about system:cards, which is not here"):
        receiver.merge([tmp_path / "cards.bundle"])
    other = project(tmp_path / "other")
    (other / "upright.yaml").write_text(text.replace("id: meridian", "id: acme"))
    Workspace.create(other, "acme").assess(load_manifest(other), only=["one"], bundle=tmp_path / "acme.bundle")
    with pytest.raises(BundleError, match="is of organisation 'acme'"):
        receiver.merge([tmp_path / "acme.bundle"])


def test_two_processes_that_merge_the_same_bundles_at_once_file_each_once(tmp_path: Path, receiver: Workspace) -> None:
    bundles = [str(job(tmp_path / name, name)) for name in ("one", "two")]
    command = [sys.executable, "-m", "upright", "evidence", "merge", "--format", "json"]
    processes = [
        subprocess.Popen([*command, *some], cwd=receiver.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for some in (bundles, bundles[::-1])
    ]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert json.loads(out)["forks"] == []
    merged = Workspace.open(receiver.folder)
    assert len(filed(merged)) == len(set(filed(merged))) == 2
    assert merged.verify().is_intact


def test_a_bundle_with_any_stretch_damaged_is_refused_as_such(tmp_path: Path) -> None:
    from upright.workspace.bundles import read_bundle

    path = tmp_path / "damaged.bundle"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle.json", json.dumps({"upright": 1, "filler": [str(n * n) for n in range(500)]}))
    whole = path.read_bytes()
    for at in range(0, len(whole), 29):
        path.write_bytes(whole[:at] + bytes(byte ^ 0xA5 for byte in whole[at : at + 20]) + whole[at + 20 :])
        with pytest.raises(BundleError):
            read_bundle(path)
