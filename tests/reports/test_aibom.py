"""The bill of a whole system, made from a workspace: valid, whole where checks wrote bills, unknown where none did."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from checks.supply.test_aibom import demand_valid, unknown
from reports import made
from upright.reports import report_named
from upright.reports.builtin.aibom import system_bill
from upright.workspace import Workspace, load_manifest
from workspace.manifests import MANIFEST, write_project

HASH = "--hash=sha256:" + "ab" * 32
WITH_BILL = MANIFEST.replace(
    "  - {id: scorer, path: model.joblib,",
    "  - {id: other, path: other.bin}\n  - {id: scorer, path: model.joblib, requirements: requirements.txt,",
).replace("recorded_decisions: true", "predictions_of: scorer") + (
    "  aibom: {on: model:scorer, against: dataset:applications, options: {licence: MIT}}\n"
    "  data-provenance: {on: dataset:applications}\n"
)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = write_project(tmp_path, WITH_BILL)
    (tmp_path / "other.bin").write_bytes(b"other")
    (tmp_path / "requirements.txt").write_text(f"torch==2.1.0 {HASH}\n")
    return path


def bill(workspace: Workspace, manifest: Path) -> dict:
    dossier = workspace.dossier(manifest=load_manifest(manifest))
    data = report_named("aibom").render(dossier)
    assert data == report_named("aibom").render(dossier)
    return demand_valid(data)


def test_a_systems_bill_joins_what_checks_wrote_and_names_what_is_unknown(manifest: Path) -> None:
    workspace = Workspace.open_or_create(manifest.parent, "meridian")
    workspace.assess(load_manifest(manifest), only=["aibom", "data-provenance"])
    document = bill(workspace, manifest)
    parts = {one["bom-ref"]: one for one in document["components"]}
    assert set(parts) == {
        "dataset:lending/applications",
        "model:lending/other",
        "model:lending/scorer",
        "pkg:pypi/torch@2.1.0",
    }
    assert document["metadata"]["component"]["name"] == "Lending"
    assert unknown(parts["model:lending/other"]) == "files, dependencies, training_data, licence"
    assert "files" not in unknown(parts["model:lending/scorer"])
    assert parts["dataset:lending/applications"]["supplier"] == {"name": "bureau"}
    graph = {row["ref"]: row["dependsOn"] for row in document["dependencies"]}
    assert graph["system:lending"] == ["dataset:lending/applications", "model:lending/other", "model:lending/scorer"]
    assert graph["model:lending/scorer"] == ["dataset:lending/applications", "pkg:pypi/torch@2.1.0"]
    whole = {row["aggregate"]: row["dependencies"] for row in document["compositions"]}
    assert "model:lending/other" in whole["incomplete"]


def test_a_model_that_changed_since_is_unknown_again(manifest: Path) -> None:
    workspace = Workspace.open_or_create(manifest.parent, "meridian")
    workspace.assess(load_manifest(manifest), only=["aibom"])
    assert "pkg:pypi/torch@2.1.0" in json.dumps(bill(workspace, manifest))
    (manifest.parent / "model.joblib").write_bytes(b"another model")
    document = bill(workspace, manifest)
    parts = {one["bom-ref"]: one for one in document["components"]}
    assert "pkg:pypi/torch@2.1.0" not in parts
    assert unknown(parts["model:lending/scorer"]) == "files, dependencies, training_data, licence"


def test_the_model_card_holds_what_was_measured_on_the_models_predictions() -> None:
    document = demand_valid(json.dumps(system_bill(made.dossier())).encode())
    assert document["metadata"]["timestamp"] == made.AT
    parts = {one["bom-ref"]: one for one in document["components"]}
    assert unknown(parts[made.MODEL]) == "files, dependencies, training_data, licence"
    card = parts[made.MODEL]["modelCard"]
    metrics = card["quantitativeAnalysis"]["performanceMetrics"]
    interval = {"lowerBound": "0.7841", "upperBound": "0.8377"}
    assert {"type": "auc", "value": "0.8123", "confidenceInterval": interval} in metrics
    assert all(one["value"] is not None for one in metrics)
    harmed = [one["groupAtRisk"] for one in card["considerations"]["fairnessAssessments"]]
    assert harmed == ["minority = 1"]


def test_evidence_that_is_stale_withdrawn_or_unattributed_is_not_in_the_card() -> None:
    whole = made.dossier()
    for change in ({"signer": "unattributed"}, {"withdrawn_by": "e" * 64}, {"inputs": ()}):
        items = [msgspec.structs.replace(one, **change) for one in whole.facts.items]
        if change == {"inputs": ()}:
            items = [
                msgspec.structs.replace(
                    one, inputs=tuple(msgspec.structs.replace(given, digest="0" * 64) for given in one.inputs)
                )
                for one in whole.facts.items
            ]
        changed = replace(whole, facts=msgspec.structs.replace(whole.facts, items=tuple(items)))
        assert "quantitativeAnalysis" not in json.dumps(system_bill(changed)), change
