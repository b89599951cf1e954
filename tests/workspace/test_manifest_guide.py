"""The guide to the manifest names every key that the reader takes, and its example is a manifest."""

import re
from pathlib import Path

import pytest

from upright.workspace import load_manifest, read
from upright.workspace.manifest import BOUNDS, COLUMNS, DATASET_ROLES, MODALITIES
from workspace.manifests import write_project

GUIDE = Path(__file__).resolve().parents[2] / "docs/guide/manifest.md"
KEYS = {
    "top": read._TOP,
    "system": read._SYSTEM,
    "model": read._MODEL,
    "dataset": read._DATASET,
    "check": read._CHECK,
    "columns": COLUMNS,
    "roles": DATASET_ROLES,
    "modalities": MODALITIES,
    "bounds": BOUNDS,
}


@pytest.mark.parametrize("part", KEYS)
def test_every_key_and_word_stands_in_the_guide(part: str) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [key for key in KEYS[part] if not re.search(rf"`[^`]*\b{key}\b[^`]*`", text)] == []


def test_the_guide_names_no_key_that_there_is_not() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert len(named) > 40
    assert named - {key for keys in KEYS.values() for key in keys} == set()


def test_the_example_of_the_guide_is_a_manifest(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    found = load_manifest(write_project(tmp_path, example[1]))
    assert (found.system.id, [check.id for check in found.checks]) == ("lending", ["fairness", "data-quality"])
