"""The bill of a model: valid CycloneDX by its own library, whole where all is said, and honest where it is not."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from upright.checks.contract import Binding, Context, Endpoint, ModelSource, TableSource
from upright.checks.run import Ran, run_one
from upright.checks.supply.listed import Package
from upright.checks.supply.reading import read_list
from upright.kernel import Ref

HASH = "--hash=sha256:" + "ab" * 32
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def demand_valid(data: bytes) -> dict[str, Any]:
    """Valid by the schema that CycloneDX publishes, and every reference in it points to a part."""
    problem = VALIDATOR.validate_str(data.decode())
    assert problem is None, str(problem)
    document = json.loads(data)
    refs = [one["bom-ref"] for one in parts_of(document)]
    assert len(refs) == len(set(refs))
    for row in document["dependencies"]:
        assert {row["ref"], *row["dependsOn"]} <= set(refs)
    assert Bom.from_json(document) is not None
    return document


def parts_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    whole = [document["metadata"]["component"], *document["components"], *document.get("services", [])]
    return [*whole, *(inner for one in whole for inner in one.get("components", []))]


def unknown(part: dict[str, Any]) -> str:
    return ", ".join(one["value"] for one in part.get("properties", []) if one["name"] == "upright:unknown")


def model(
    folder: Path, requirements: str | None = f"torch==2.1.0+cpu {HASH}\nflask==3.0 {HASH}\n", **more: Any
) -> ModelSource:
    (folder / "model.bin").write_bytes(b"weights")
    path = None
    if requirements is not None:
        path = folder / "requirements.txt"
        path.write_text(requirements)
    about: dict[str, Any] = {
        "ref": Ref("model", "s/scorer"), "path": folder / "model.bin", "digest": hashlib.sha256(b"weights").hexdigest(),
        "hold": "bytes", "requirements": path, "features": ("income", "debt"), "output": "predict_proba",
    }  # fmt: skip
    return ModelSource(**about | more)


def data(folder: Path, **more: Any) -> TableSource:
    (folder / "rows.csv").write_text("a\n1\n")
    declared = {"origin": "Made", "licence": "CC0-1.0", "collected": "2026", "steps": ["none", "two"]}
    digest = hashlib.sha256(b"a\n1\n").hexdigest()
    about = {"ref": Ref("dataset", "s/rows"), "path": folder / "rows.csv", "digest": digest, "hold": "bytes"}
    return TableSource(**about | {"role": "training", "protected": ("sex",), "declared": declared} | more)


def ran(source: ModelSource, against: Any = None, limits: dict | None = None, **options: Any) -> Ran:
    binding = Binding(
        id="b", system=Ref("system", "s"), check="aibom", on=source, against=against, options=options,
        limits=limits or {}, traits={"modality": "tabular"},
    )  # fmt: skip
    clock = lambda: datetime(2026, 5, 1, tzinfo=UTC)  # noqa: E731
    return run_one(binding, Context(seed=1, scratch=Path(), open_table=lambda _: None, clock=clock))  # type: ignore[arg-type, return-value]


def said(found: Ran) -> str:
    return " | ".join(one.because for one in found.predicate.reasons)


def test_a_bill_in_which_all_is_said_passes_and_is_valid(tmp_path: Path) -> None:
    found = ran(
        model(tmp_path), data(tmp_path), licence="Apache-2.0", version="1.0", author="Meridian", task="classification",
        architecture="logistic regression",
    )  # fmt: skip
    assert found.predicate.result == "passed"
    document = demand_valid(found.artefacts[0].data)
    own = document["metadata"]["component"]
    assert own["type"] == "machine-learning-model"
    assert own["licenses"] == [{"expression": "Apache-2.0"}]
    assert own["components"][0]["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(b"weights").hexdigest()}]
    assert own["modelCard"]["modelParameters"]["datasets"] == [{"ref": "dataset:s/rows"}]
    assert unknown(own) == ""
    assert [one["bom-ref"] for one in document["components"]] == [
        "dataset:s/rows", "pkg:pypi/flask@3.0", "pkg:pypi/torch@2.1.0%2Bcpu",
    ]  # fmt: skip
    assert document["components"][0]["hashes"][0]["content"] == hashlib.sha256(b"a\n1\n").hexdigest()
    assert document["compositions"] == [{"aggregate": "complete", "dependencies": ["model:s/scorer"]}]
    assert {one.ref for one in found.predicate.inputs} == {
        "model:s/scorer",
        "model:s/scorer/requirements",
        "dataset:s/rows",
    }


def test_what_nobody_has_said_is_written_as_unknown_and_fails_where_it_is_expected(tmp_path: Path) -> None:
    found = ran(model(tmp_path, requirements=None))
    assert found.predicate.result == "failed"
    for words in ("dependencies unknown", "training_data unknown", "licence unknown", "against: dataset"):
        assert words in said(found)
    document = demand_valid(found.artefacts[0].data)
    assert (
        unknown(document["metadata"]["component"])
        == "dependencies, training_data, licence, version, author, task, architecture"
    )
    assert document["compositions"] == [{"aggregate": "incomplete", "dependencies": ["model:s/scorer"]}]
    relaxed = ran(model(tmp_path, requirements=None), expect=["files"])
    assert relaxed.predicate.result == "passed"
    assert "licence" in [one.what for one in relaxed.predicate.not_examined]


def test_a_package_without_version_stays_in_the_bill_and_leaves_the_dependencies_unknown(tmp_path: Path) -> None:
    source = model(tmp_path, f"torch==2.1.0 {HASH}\nflask>=2\n-e .\ngit+https://me:secret@host/x.git\n")
    found = ran(source, data(tmp_path), licence="MIT", complete=True)
    assert found.predicate.result == "failed"
    document = demand_valid(found.artefacts[0].data)
    assert b"secret" not in found.artefacts[0].data
    loose = [one for one in document["components"] if "purl" not in one and one["type"] == "library"]
    assert {one["name"] for one in loose} == {"flask>=2", "-e .", "git+https://host/x.git"}
    assert {unknown(one) for one in loose} == {"version, licence, hashes"}


def test_a_list_without_hashes_is_whole_only_if_it_is_said_to_be(tmp_path: Path) -> None:
    source = model(tmp_path, "torch==2.1.0\n")
    assert ran(source, data(tmp_path), licence="MIT").predicate.result == "failed"
    assert ran(source, data(tmp_path), licence="MIT", complete=True).predicate.result == "passed"
    broken = ran(model(tmp_path, "{"), data(tmp_path), licence="MIT")
    assert "not JSON" in said(broken)
    demand_valid(broken.artefacts[0].data)


def test_a_folder_gives_each_of_its_files_and_a_glob_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "sub" / "weights.bin").write_bytes(b"w")
    for path in (folder, str(folder / "**" / "*.*")):
        found = ran(model(tmp_path, path=path, digest="1" * 64), expect=["files"])
        document = demand_valid(found.artefacts[0].data)
        files = document["metadata"]["component"]["components"]
        assert [one["name"].rpartition("/")[2] for one in files] == ["config.json", "weights.bin"]
        assert "hashes" not in document["metadata"]["component"], "a folder's digest is of no file"


def test_a_hosted_model_is_a_service_and_its_files_are_unknown(tmp_path: Path) -> None:
    endpoint = Endpoint(url="https://me:pw@host:8443/v1?key=x", model="tiny", version="2026-01", key_env="KEY")
    source = model(tmp_path, path="https://host/v1", hold="declared", endpoint=endpoint)
    found = ran(source, data(tmp_path), licence="MIT")
    assert found.predicate.result == "failed"
    assert "files unknown: the model is hosted elsewhere" in said(found)
    document = demand_valid(found.artefacts[0].data)
    assert document["services"][0]["endpoints"] == ["https://host:8443/v1"]
    assert document["metadata"]["component"]["version"] == "2026-01"
    assert b"pw" not in found.artefacts[0].data


def test_the_same_parts_give_the_same_bytes_in_another_folder_and_a_changed_one_another_serial_number(
    tmp_path: Path,
) -> None:
    bills = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        bills.append(ran(model(tmp_path / name), data(tmp_path / name), licence="MIT").artefacts[0].data)
    assert bills[0] == bills[1]
    other = ran(model(tmp_path), data(tmp_path), licence="MIT", version="2").artefacts[0].data
    assert json.loads(other)["serialNumber"] != json.loads(bills[0])["serialNumber"]
    assert str(tmp_path).encode() not in bills[0]


@pytest.mark.parametrize(
    "text", ["Published data, see contract", "GPL-3.0-only WITH Classpath-exception-2.0", "\u2028 odd", "x" * 5_000]
)
def test_any_licence_text_gives_a_valid_bill(tmp_path: Path, text: str) -> None:
    found = ran(
        model(tmp_path), data(tmp_path, declared={"licence": text, "steps": "one text", "origin": 3}), licence=text
    )
    document = demand_valid(found.artefacts[0].data)
    assert document["metadata"]["component"]["licenses"]


def test_wrong_use_is_said(tmp_path: Path) -> None:
    assert "UP-CHECK-73" in said(ran(model(tmp_path), expect=["licences"]))
    assert "UP-CHECK-74" in said(ran(model(tmp_path), model(tmp_path)))
    assert "UP-CHECK-72" in said(ran(replace(model(tmp_path), path=tmp_path / "absent")))


def test_a_bill_that_was_written_is_read_back_as_the_same_packages(tmp_path: Path) -> None:
    written = ran(model(tmp_path), data(tmp_path), licence="MIT").artefacts[0].data
    (tmp_path / "bom.json").write_bytes(written)
    found = read_list(tmp_path / "bom.json")
    wanted = [("flask", "3.0"), ("torch", "2.1.0+cpu")]
    assert found.packages == [Package(ecosystem="PyPI", name=name, version=version) for name, version in wanted]
