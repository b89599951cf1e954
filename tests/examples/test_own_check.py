"""``examples/own-check``: a package from outside adds a check; it is bound, filed, judged, packed and verified."""

import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import Answer, Runner
from upright.checks.registry import checks

EXAMPLE = Path(__file__).parents[2] / "examples" / "own-check"
CATALOGUE = ("--catalogue", str(EXAMPLE / "catalogue"))
MANIFEST = """\
upright: 1
organisation: {id: acme, name: Acme}
system: {id: lending, purpose: Helps to decide about loans., stage: verification-validation, modality: tabular}
datasets:
  - {id: decisions, path: decisions.csv, role: evaluation, columns: {prediction: decided}, favourable: 1,
     recorded_decisions: true}
checks:
  reasons: {check: reasons-given, on: dataset:decisions, limits: {reasons_given: {at_least: "0.95"}}}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as an installer leaves it: its modules, and its metadata beside them."""
    place = tmp_path_factory.mktemp("site")
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    shutil.copytree(EXAMPLE / "acme_checks", place / "acme_checks", ignore=shutil.ignore_patterns("__pycache__"))
    metadata = place / f"acme_checks-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in project["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    return place


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Path
) -> Iterator[Runner]:
    (tmp_path / "upright.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(installed))
    checks.cache_clear()
    yield Runner(capsys)
    checks.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_checks"]:
        del sys.modules[name]


GIVEN, BLANK, MISSING, GRANTED = "0,income too low", '0,"  "', "0,", "1,"


def decide(*rows: str) -> None:
    Path("decisions.csv").write_text("decided,reason\n" + "".join(f"{row}\n" for row in rows))


def outcome(answer: Answer) -> tuple[int, str]:
    (one,) = answer.document["checks"]
    return answer.status, one["outcome"]


def requirement(run: Runner) -> str:
    verdicts = run("posture", "--framework", "reasons-code", "--format", "json", *CATALOGUE).document["verdicts"]
    (status,) = {one["status"] for one in verdicts if one["requirement"] == "reasons-code:RC-1"}
    return str(status)


def adopt(run: Runner) -> None:
    """Two people adopt the framework of the overlay, in a statement of scope."""
    keys = []
    for _ in range(2):
        keys.append(run("key", "new", "person", "--format", "json").document["fingerprint"])
        assert run("key", "enrol", "person", keys[-1]).status == 0
    scope = {"frameworks": ["reasons-code"], "units": ["Lending"], "systems": ["lending"], "excluded": "Nothing",
             "approved_on": "2026-09-01"}  # fmt: skip
    Path("scope.yaml").write_text(json.dumps(scope))
    signed = [word for key in keys for word in ("--key", key)]
    words = ("attest", "scope-statement", "--about", "organisation:acme", "--file", "scope.yaml", *signed)
    given = run(*words, *CATALOGUE)
    assert given.status == 0, given.err


def test_it_passes_the_clean_case_finds_the_planted_fault_and_is_undecided_on_few_rows(run: Runner) -> None:
    decide(*[GIVEN] * 200, *[GRANTED] * 50)
    assert outcome(run("assess", "--format", "json", *CATALOGUE)) == (0, "passed")
    assert requirement(run) == "unknown"
    adopt(run)
    assert requirement(run) == "met"
    decide(*[GIVEN] * 150, *[BLANK] * 30, *[MISSING] * 20, *[GRANTED] * 50)
    assert outcome(run("assess", "--format", "json", *CATALOGUE)) == (1, "failed")
    assert requirement(run) == "failing"
    decide(*[GIVEN] * 12, *[GRANTED] * 50)
    assert outcome(run("assess", "--format", "json", *CATALOGUE))[1] == "undecided"


def test_its_errors_are_as_ours_with_a_code_and_no_traceback(run: Runner) -> None:
    Path("decisions.csv").write_text("decided,why\n0,x\n1,\n")
    assert "UP-TABLE-05" in run("assess", *CATALOGUE).out
    Path("upright.yaml").write_text(MANIFEST.replace(", favourable: 1", ""))
    decide(*[GIVEN] * 40)
    assert "ACME-01" in run("assess", *CATALOGUE).out


def test_a_pack_is_verified_where_the_package_is_not_installed(run: Runner, tmp_path: Path) -> None:
    decide(*[GIVEN] * 200, *[GRANTED] * 50)
    assert outcome(run("assess", "--format", "json", *CATALOGUE)) == (0, "passed")
    made = run("pack", "-o", "acme.zip", "--format", "json", *CATALOGUE).document

    def elsewhere(*words: str) -> "subprocess.CompletedProcess[str]":
        program = (sys.executable, "-m", "upright", *words, "--format", "json")
        return subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)

    verified = elsewhere("verify", "acme.zip", "--trust", made["log_key"])
    assert (verified.returncode, json.loads(verified.stdout)["problems"]) == (0, []), verified.stderr
    assert "UP-MAN-40" in elsewhere("assess").stdout
