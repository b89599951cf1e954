"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "upright"
PYTHON = sorted(SOURCE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
HEAVY = (
    "pandas",
    "ibis",
    "duckdb",
    "pyarrow",
    "numpy",
    "sklearn",
    "scipy",
    "torch",
    "django",
    "jinja2",
    "cryptography",
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_every_room_has_its_tests() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    assert rooms
    without = {room for room in rooms if not list((ROOT / "tests" / room).rglob("test_*.py"))}
    assert without == set()


@pytest.mark.parametrize("word", ["utils", "util", "helpers", "helper", "common", "misc", "base"])
def test_no_module_is_a_catch_all(word: str) -> None:
    assert [path for path in PYTHON if word in path.with_suffix("").parts] == []


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    assert len(PYTHON) > 50
    assert {p.relative_to(ROOT): n for p in PYTHON if (n := len(p.read_text().splitlines())) > 400} == {}


def test_no_star_import_and_nothing_unpickles() -> None:
    found = []
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
                found.append(f"{path.name}:{node.lineno} star import")
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                if any(name.split(".")[0] in {"pickle", "joblib", "dill", "cloudpickle"} for name in names):
                    found.append(f"{path.relative_to(SOURCE)}:{node.lineno} can unpickle")
    # The one place that loads a model is the program that runs inside the sandboxed child.
    assert [line for line in found if not line.startswith("checks/")] == []
    assert len({line.partition(":")[0] for line in found}) <= 1


def test_every_test_asserts_something() -> None:
    words = ("assert", "raises", "verify_", "check_", "expect")
    silent = []
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            if not any(word in ast.unparse(node) for word in words):
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert len(TESTS) > 20
    assert silent == []


def test_an_error_code_has_one_form() -> None:
    codes = re.findall(r'code="([^"{]+)"', "\n".join(path.read_text() for path in PYTHON))
    assert len(codes) > 50
    assert {code for code in codes if not re.fullmatch(r"UP-[A-Z]+-\d{2,3}", code)} == set()


MACHINE_OR_INDEX = re.compile(rb"(?:^|[^A-Za-z0-9_.])/(?:root|home/[a-z]+)/|index-url|https?://[^ \"]+/simple\b")
# It reads the options of other people's requirement files, so it has to know their names; addresses are none of them.
NAMES_THE_OPTIONS = {"src/upright/checks/supply/requirements.py": (b'"--index-url"', b'"--extra-index-url"')}


def test_no_tracked_file_names_a_machine_or_a_package_index() -> None:
    here = Path(__file__).resolve()
    found = []
    for path in tracked():
        name, data = str(path.relative_to(ROOT)), path.read_bytes()
        for option in NAMES_THE_OPTIONS.get(name, ()):
            assert option in data, f"{name} no longer needs its exemption"
            data = data.replace(option, b"")
        if path != here and MACHINE_OR_INDEX.search(data):
            found.append(name)
    assert found == []


def test_the_rule_finds_an_index_however_it_is_given() -> None:
    for line in (
        b"--index-url=http://a.example",
        b"--extra-index-url x",
        b"PIP_INDEX: https://a.example/simple",
        b" /" + b"root/x",  # in two parts, so that this file holds no such path itself
    ):
        assert MACHINE_OR_INDEX.search(line)


def closure(name: str, seen: set[str]) -> set[str]:
    for line in requires(name) or []:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        key = requirement.name.lower().replace("_", "-")
        if key not in seen:
            seen.add(key)
            closure(requirement.name, seen)
    return seen


def test_the_base_install_brings_no_server_no_pandas_no_torch() -> None:
    base = closure("upright", set())
    assert {"ibis-framework", "cryptography"} <= base
    assert base & {"django", "pandas", "torch", "scikit-learn", "starlette", "flask", "matplotlib"} == set()


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom upright.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stderr.strip() == "[]"


def test_the_package_loads_nothing_but_itself() -> None:
    program = f"import sys, upright; print([name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_every_dependency_has_its_line_in_the_decisions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        listed += extra
    names = {Requirement(line).name.lower() for line in listed} - {"upright"}
    decisions = "\n".join(path.read_text().lower() for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert {name for name in names if f"`{name}`" not in decisions} == set()


def test_the_linter_leaves_no_file_of_the_product_out() -> None:
    ruff = Path(sys.executable).with_name("ruff")
    shown = subprocess.run([ruff, "check", "--show-files", "."], cwd=ROOT, capture_output=True, text=True, check=True)
    looked_at = {Path(line).resolve() for line in shown.stdout.splitlines()}
    assert {path.resolve() for path in (ROOT / "src").rglob("*.py")} - looked_at == set()
