"""AI that a folder shows is found, declared or not; what cannot be told leaves the answer open."""

import json
from pathlib import Path

import pytest

from upright.catalogue import Catalogue
from upright.checks.contract import Context
from upright.checks.inventory.tree import fingerprint
from upright.checks.registry import checks
from upright.checks.run import Ran, run_one
from upright.checks.tables import Tables
from upright.workspace import Workspace, load_manifest
from upright.workspace.errors import ManifestError
from upright.workspace.resolve import resolve

HEAD = """\
upright: 1
allow_external: true
organisation: {id: meridian, name: Meridian}
system: {id: desk, name: Desk, purpose: Answers letters., stage: verification-validation, modality: text}
"""
CHECK = 'checks:\n  inventory-match: {on: "system:desk"}\n'
PICKLE = b"\x80\x04N."
CLEAN = "import json\n\nprint(json.dumps({}))\n"


def found(folder: Path, files: dict[str, str | bytes], parts: str = "", check: str = CHECK) -> Ran:
    for name, text in {"upright.yaml": HEAD + parts + check, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (binding,) = resolve(load_manifest(folder / "upright.yaml"), Catalogue.load()).bindings
    return run_one(binding, Context(seed=7, scratch=folder, open_table=Tables(folder).open))


def bill(**parts: object) -> str:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [], **parts})


def counts(ran: Ran) -> dict[str, str]:
    told = {one.name: one.value for one in ran.predicate.measurements if one.value is not None}
    return {name: value for name, value in told.items() if value != "0" and name not in {"signs", "sources"}}


def said(ran: Ran) -> str:
    return " | ".join(reason.because for reason in ran.predicate.reasons)


def test_every_technical_kind_has_a_check_that_produces_it() -> None:
    produced = {kind for spec in checks().values() for kind in spec.kinds}
    asked = {kind.id for kind in Catalogue.load().kinds.values() if kind.produced_by == "check"}
    assert "inventory-match" in asked
    assert asked - produced == set()
    assert all(Catalogue.load().kinds[kind].status == "built" for kind in asked)


@pytest.mark.parametrize(
    ("measure", "name", "files"),
    [
        ("undeclared_services", "anthropic", {"a.py": "import anthropic\n"}),
        ("undeclared_services", "openai", {"a.py": "from openai import OpenAI\nOpenAI()\n"}),
        ("undeclared_services", "openai", {"a.py": "import openai\n"}),
        ("undeclared_services", "google-ai", {"a.py": "from google import genai\n"}),
        ("undeclared_services", "mistral", {"a.py": "import importlib\nimportlib.import_module('mistralai')\n"}),
        ("undeclared_services", "aws-ai", {"a.py": "import boto3\nboto3.client('bedrock-runtime')\n"}),
        ("undeclared_services", "azure-ai", {"a.py": CLEAN, "conf/app.yaml": "at: https://x.openai.azure.com/v1\n"}),
        ("undeclared_services", "groq", {"a.py": CLEAN, "Dockerfile": "ENV GROQ_API_KEY=x\n"}),
        ("undeclared_services", "openai", {"a.ts": 'import OpenAI from "openai";\n'}),
        ("undeclared_services", "cohere", {"a.py": CLEAN, "requirements-dev.txt": "cohere==5.0.0\n"}),
        ("undeclared_services", "llm.corp:8000", {"a.py": "U = 'http://llm.corp:8000/v1/chat/completions'\n"}),
        ("undeclared_services", "10.0.0.5:1", {"a.py": "from openai import OpenAI\nOpenAI(base_url='http://10.0.0.5:1/v1')\n"}),
        ("undeclared_components", "torch", {"a.py": "import torch.nn as nn\n"}),
        ("undeclared_components", "scikit-learn", {"a.py": "def f():\n    from sklearn.svm import SVC\n"}),
        ("undeclared_models", "old/m.pkl", {"a.py": CLEAN, "old/m.pkl": PICKLE}),
        ("undeclared_models", "renamed.dat", {"a.py": CLEAN, "renamed.dat": PICKLE}),
        ("undeclared_models", "org/bert", {"a.py": "AutoModel.from_pretrained('org/bert')\n"}),
        ("undeclared_data_sets", "imdb", {"a.py": "load_dataset('imdb')\n"}),
        ("undeclared_data_sets", "d.csv", {"a.py": CLEAN, "d.csv": "a,b\n1,2\n"}),
        ("undeclared_services", "deepl", {"n.ipynb": json.dumps(
            {"cells": [{"cell_type": "code", "source": ["!pip list\n", "import deepl\n"]}]})}),
        ("undeclared_models", "judge", {"a.py": CLEAN, "sbom.json": json.dumps(
            {"bomFormat": "CycloneDX", "specVersion": "1.6",
             "components": [{"type": "machine-learning-model", "name": "judge"}]})}),
    ],
)  # fmt: skip
def test_what_is_planted_and_not_declared_is_found_by_name(
    measure: str, name: str, files: dict[str, str | bytes], tmp_path: Path
) -> None:
    ran = found(tmp_path, files)
    assert ran.predicate.result == "failed", said(ran)
    assert counts(ran) == {measure: "1"}
    assert f" {name} " in said(ran)
    assert "is not declared: " in said(ran)


DECLARED = """\
models:
  - {id: scorer, path: m.pkl, adapter: sklearn, requirements: requirements.txt}
  - {id: writer, path: "https://api.openai.com/v1", adapter: openai, served_as: gpt-x}
  - {id: reader, path: "https://llm.corp:8000/v1", adapter: openai, served_as: reader-7b}
datasets:
  - {id: letters, path: letters.csv}
  - {id: parts, path: "parts/*.csv"}
suppliers:
  - {id: maker, name: A maker, provides: [model:writer, model:reader]}
  - {id: words, name: Anthropic PBC, provides: [model:writer]}
"""
WHOLE: dict[str, str | bytes] = {
    "m.pkl": PICKLE,
    "letters.csv": "a\n1\n",
    "parts/one.csv": "a\n1\n",
    "requirements.txt": "scikit-learn==1.5.0\n",
    "app.py": "import anthropic, sklearn\nfrom openai import OpenAI\nOpenAI()\n"
    "OpenAI(base_url='https://llm.corp:8000/v1')\n",
}


def test_a_folder_in_which_all_is_declared_passes_and_says_what_it_did_not_see(tmp_path: Path) -> None:
    ran = found(tmp_path, {**WHOLE, ".env": "GROQ_API_KEY=secret", "lib.so": b"\x7fELF"}, DECLARED)
    assert ran.predicate.result == "passed", said(ran)
    assert counts(ran) == {}
    aside = {one.why: one.count for one in ran.predicate.not_examined}
    assert aside["hidden: their names begin with a dot"] >= 1
    assert aside["archives and compiled code, which are not opened"] == 1
    (artefact,) = ran.artefacts
    by = {one["name"]: one["by"] for one in json.loads(artefact.data)["declared"]}
    assert by["m.pkl"] == "model:desk/scorer"
    assert by["parts/one.csv"] == "dataset:desk/parts"
    assert by["anthropic"] == "supplier:words"
    assert str(tmp_path).encode() not in artefact.data


def test_what_is_declared_and_nowhere_named_or_supplied_is_counted(tmp_path: Path) -> None:
    parts = DECLARED.replace("model:writer, model:reader", "model:reader").replace("provides: [model:writer]", "")
    ran = found(tmp_path, {**WHOLE, "app.py": "import sklearn\nH = 'llm.corp'\n"}, parts.replace("PBC, }", "PBC}"))
    assert ran.predicate.result == "failed"
    assert counts(ran) == {"undeclared_suppliers": "1", "declared_not_found": "2"}
    assert "model:desk/writer is hosted, and no supplier provides it" in said(ran)
    assert "supplier:words is declared, and says nothing that it provides" in said(ran)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "holds no source code"),
        ({"a.py": "def f(:\n"}, "a.py: it is no Python that can be parsed"),
        ({"a.py": "x = 1\n\0"}, "a.py: it is no Python that can be parsed"),
        ({"a.py": "(" * 5_000}, "a.py: it is no Python that can be parsed"),
        ({"a.py": b"# \xff\n"}, "a.py: it is not UTF-8"),
        ({"a.py": CLEAN, "n.ipynb": "{}"}, "n.ipynb: it is no notebook"),
        ({"a.py": CLEAN, "uv.lock": "["}, "uv.lock: "),
        ({"a.py": CLEAN, "bom.json": bill(services=5)}, "bom.json: one of its services has no list of endpoints"),
        ({"a.py": CLEAN, "bom.json": bill(services=[{"endpoints": 5}])}, "bom.json: one of its services has no list"),
        ({"a.py": CLEAN, "bom.json": bill(metadata={"component": {"name": 7}})}, "bom.json: one of its components has"),
        ({"a.py": "AutoModel.from_pretrained(name)\n"}, "a.py:1: which model it brings is put together while running"),
        ({"a.py": "from openai import OpenAI\nOpenAI(base_url=url)\n"}, "a.py:2: the address that its client asks"),
        ({"a.py": CLEAN, "big.json": b" " * (5 * 2**20 + 1)}, "big.json: it is larger than 5 MiB"),
        ({"a.py": CLEAN, "/".join("abcdefghijklmn") + "/x.py": CLEAN}, "folders deep"),
    ],
)
def test_what_cannot_be_told_is_undecided_and_says_where(
    files: dict[str, str | bytes], words: str, tmp_path: Path
) -> None:
    ran = found(tmp_path, files)
    assert ran.predicate.result == "undecided", said(ran)
    assert words in said(ran)


def test_a_link_to_a_folder_is_not_followed_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "more").symlink_to(tmp_path)
    ran = found(tmp_path / "in", {"a.py": CLEAN})
    assert ran.predicate.result == "undecided"
    assert "more: it is a link to a folder" in said(ran)


def accepting(names: str) -> str:
    return f'checks:\n  inventory-match: {{on: "system:desk", options: {{accepted: {{{names}}}}}}}\n'


def test_an_accepted_finding_is_shown_with_its_reason_and_a_stale_one_keeps_it_from_passing(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.py": "import torch\n", "b.py": "x ="}
    ran = found(tmp_path, files, check=accepting("torch: In a test only, b.py: A template"))
    assert ran.predicate.result == "passed", said(ran)
    assert "accepted, as the binding says: In a test only" in {one.why for one in ran.predicate.not_examined}
    stale = found(tmp_path, {**files, "a.py": CLEAN}, check=accepting("torch: In a test only, b.py: A template"))
    assert stale.predicate.result == "undecided"
    assert "accepted names 'torch', and nothing was found under that name" in said(stale)
    without = found(tmp_path, files, check=accepting("torch: ''"))
    assert without.predicate.result == "errored"
    assert "UP-CHECK-87" in said(without)


def test_evidence_ages_with_the_sources_and_no_other_system_can_be_named(tmp_path: Path) -> None:
    found(tmp_path, WHOLE, DECLARED)
    manifest = load_manifest(tmp_path / "upright.yaml")
    workspace = Workspace.open_or_create(tmp_path, "meridian")
    first, again = (workspace.assess(manifest).checks[0] for _ in range(2))
    assert (first.outcome, first.reused, again.reused) == ("passed", False, True)
    facts, _, _ = workspace.posture()
    assert facts.systems == ("system:desk",), "the inventory is no system of its own"
    (tmp_path / "new.py").write_text("import replicate\n")
    after = workspace.assess(manifest).checks[0]
    assert (after.outcome, after.reused) == ("failed", False)
    (tmp_path / "upright.yaml").write_text(HEAD + CHECK.replace("system:desk", "system:other"))
    with pytest.raises(ManifestError, match=r"'system:other' is not among"):
        load_manifest(tmp_path / "upright.yaml")


def test_the_fingerprint_of_a_folder_is_the_same_elsewhere_and_changes_with_any_source(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(CLEAN)
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")
    (tmp_path / "two" / "a.py").write_text(CLEAN + "#")
    assert fingerprint(tmp_path / "one") != fingerprint(tmp_path / "two")
