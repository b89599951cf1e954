"""``discover`` lists what it found, says what it did not look for, and loads nothing."""

import pickle
from pathlib import Path

from cli.running import Runner


def test_models_and_tables_are_listed_with_what_was_not_looked_for(run: Runner, folder: Path) -> None:
    (folder / "model.pkl").write_bytes(pickle.dumps([1], protocol=4))
    (folder / "table.csv").write_text("label,sex\n1,f\n0,m\n")
    (folder / "broken.parquet").write_bytes(b"PAR1")
    found = run("discover", "--format", "json").document
    assert [(one["path"], one["format"]) for one in found["models"]] == [("model.pkl", "pickle")]
    assert {one["path"]: one["problem"] is None for one in found["tables"]} == {
        "broken.parquet": False,
        "table.csv": True,
    }
    assert any("source code" in line for line in found["not_looked_for"])
    shown = run("discover", folder)
    assert shown.status == 0
    assert "label label; protected sex" in shown.out
    assert "cannot be read: " in shown.out
    assert "not looked for: AI that source code calls" in shown.out


def test_an_empty_folder_is_no_error_and_a_missing_one_is(run: Runner, folder: Path) -> None:
    assert "0 model files, 0 tables" in run("discover").out
    assert run("discover", "nowhere").status == 2
