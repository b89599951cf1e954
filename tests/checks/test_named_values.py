"""A column taken for another: what a cell of it holds is named in no answer, unless so many rows hold it that it is no
one's own.
"""

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from checks.tabular import ask, roles, table, why
from cli.running import Runner
from upright.checks.contract import Columns

PERSON = "Zyxcanary Ann"
ROWS = 400
LIMITS = {
    "group-fairness": {"selection_rate_difference": {"at_most": "0.1"}},
    "performance": {"accuracy": {"at_least": "0.7"}},
}


def rows(**changed: Any) -> dict[str, Any]:
    draw = np.random.default_rng(4)
    plain = {"g": draw.choice(["a", "b"], ROWS), "y": draw.integers(0, 2, ROWS), "p": draw.integers(0, 2, ROWS)}
    return plain | {"s": draw.random(ROWS)} | changed


def persons(often: str = "yes") -> list[str]:
    return [f"{PERSON} {at}" if at < 3 else "no" if at % 2 else often for at in range(ROWS)]


@pytest.mark.parametrize(
    ("check", "changed", "more", "said"),
    [
        ("group-fairness", {"y": persons()}, {}, r"'y' holds 5 values \('no', 'yes' and 3 more in fewer than 10 rows"),
        ("group-fairness", {"p": persons()}, {}, r"'p' holds 5 values \('no', 'yes' and 3 more"),
        ("group-fairness", {"p": [f"{PERSON} {at}" for at in range(ROWS)]}, {}, "400 values .400 in fewer than 10"),
        ("group-fairness", {"p": [PERSON, *["no"] * (ROWS - 1)]}, {}, "never holds .* it holds 'no' and 1 more in"),
        ("group-fairness", {"g": persons()}, {"reference": {"g": "c"}}, "it has 'no', 'yes' and 3 more"),
        (
            "group-fairness", {"y": persons("1"), "p": persons("1")},
            {"options": {"task": "multiclass", "classes": ("1", "no")}}, "holds 3 in fewer than 10 rows each, which is",
        ),
        ("performance", {"y": persons()}, {}, r"'y' holds 5 values \('no', 'yes' and 3 more"),
        ("performance", {"y": [PERSON, *["no"] * (ROWS - 1)]}, {}, "holds 'no' and 1 more in fewer than 10 rows; say"),
        (
            "performance", {"y": [PERSON, *["no"] * (ROWS - 1)]}, {"options": {"positive": "yes"}},
            "never is the positive value 'yes'; it holds 'no' and 1 more",
        ),
    ],
)  # fmt: skip
def test_a_message_names_only_values_of_many_rows(
    tmp_path: Path, check: str, changed: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    given = table(tmp_path, rows(**changed), **roles(columns=Columns(label="y", prediction="p", score="s")))
    found = ask(check, given, tmp_path, limits=LIMITS[check], **more)
    assert found.result in {"undecided", "errored"}
    assert re.search(said, why(found)), why(found)
    assert PERSON.encode() not in msgspec.json.encode(found)


MANIFEST = """\
upright: 1
organisation: {id: m, name: M}
system: {id: s, purpose: p, roles: {iso42001: [user]}, stage: verification-validation, modality: tabular}
datasets:
  - {id: t, path: t.parquet, role: evaluation, columns: {label: y, prediction: p, score: s},
     recorded_decisions: true, protected: [g], favourable: 1}
checks:
  fair: {check: group-fairness, on: dataset:t, limits: {selection_rate_difference: {at_most: "0.1"}}}
"""


@pytest.mark.parametrize("column", ["y", "p"])
def test_no_output_of_the_commands_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "upright.yaml").write_text(MANIFEST)
    table(tmp_path, rows(**{column: persons("1")}))
    run = Runner(capsys)
    files = ("--sarif", "s.sarif", "--junit", "j.xml", "--bundle", "e.bundle", "--debug")
    said = [run("assess", *files), run("mitigate", "fair", "--debug"), run("assess", "--format", "json")]
    said += [run("report", "assessment", "--out", "r.html"), run("pack", "--out", "p.zip")]
    assert "3 more in fewer than 10 rows" in said[1].err
    assert not [one for one in said if PERSON in one.out + one.err]
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "t.parquet"]
    assert {"s.sarif", "j.xml", "e.bundle", "r.html", "p.zip"} <= {path.name for path in written}
    assert not [path for path in written if PERSON.encode() in path.read_bytes()]
