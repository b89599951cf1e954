"""Each example binds every check there is, or says in its manifest why one does not apply to it."""

import re
from pathlib import Path

import pytest
import yaml

from upright.checks.registry import checks

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MANIFESTS = sorted(EXAMPLES.glob("*/upright.yaml"))
HEAD = "# Not bound, and why:\n"


def subjects(manifest: dict[str, object]) -> set[str]:
    """What there is in a system for checks to be about."""
    found = {"system"}
    if manifest["models"]:
        found.add("model")
    if manifest["datasets"]:
        found.add("dataset")
    return found


def reasons(text: str) -> dict[str, str]:
    """The reasons by check, from the comment that ends the manifest."""
    _, head, rest = text.partition(HEAD)
    assert head, "the manifest does not say what it leaves out"
    lines = [re.fullmatch(r"#   ([a-z-]+): (.+)", line) for line in rest.splitlines()]
    assert all(lines), rest
    return {line[1]: line[2] for line in lines if line}


def test_there_is_an_example_of_a_table_of_images_and_of_language() -> None:
    modalities = {yaml.safe_load(path.read_text())["system"]["modality"] for path in MANIFESTS}
    assert modalities == {"tabular", "image", "llm"}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_each_check_is_bound_or_the_manifest_says_why_not(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    manifest = yaml.safe_load(text)
    about = subjects(manifest)
    apply = {name for name, spec in checks().items() if about & set(spec.about)}
    bound = {one.get("check", name) for name, one in manifest["checks"].items()}
    left_out = reasons(text)
    assert bound <= apply
    assert bound | set(left_out) == apply, "neither bound nor left out with a reason"
    assert not bound & set(left_out), "bound, and said to be left out"
    for name, why in left_out.items():
        assert len(why.split()) >= 4, (name, why)
    if manifest["system"]["modality"] != "llm":
        assert {"llm-red-team", "llm-quality", "garak"} <= set(left_out)
    if manifest["system"]["modality"] == "tabular":
        assert set(left_out) == {"llm-red-team", "llm-quality", "garak"}, "of a table everything else applies"
