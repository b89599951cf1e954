"""A proposal guesses from names and values, says what it guessed, and asks for the rest."""

import os
import pickle
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from upright.discovery import guess_table, propose_manifest
from upright.discovery.columns import Column, TableGuess, guess


def column(name: str, *values: object) -> Column:
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return Column(
        name=name,
        is_number=bool(numbers),
        values=tuple(dict.fromkeys(values)),
        low=min(numbers, default=None),
        high=max(numbers, default=None),
    )


def guessed(*columns: Column) -> TableGuess:
    return guess(columns)


BIT = (0, 1, 1)
SHARE = (0.1, 0.25, 0.9)


@pytest.mark.parametrize(
    ("columns", "meanings"),
    [
        ([column("y_true", *BIT), column("y_pred", *BIT)], {"label": "y_true", "prediction": "y_pred"}),
        ([column("Outcome", "a", "b"), column("Decision", *BIT)], {"label": "Outcome", "prediction": "Decision"}),
        ([column("denied", *BIT), column("p_denied", *SHARE)], {"label": "denied", "score": "p_denied"}),
        (
            [column("defaulted", *BIT), column("owner", *BIT), column("p_default", *SHARE)],
            {"label": "defaulted", "score": "p_default"},
        ),
        ([column("churned", *BIT), column("tenure", 1, 2, 3)], {"label": "churned"}),
        ([column("one", *BIT), column("other", *BIT)], {}),
        ([column("score", 300, 850, 400)], {}),
        ([column("weight", -1, 2, 3)], {}),
        ([column("sample_weight", 1, 2, 3)], {"weight": "sample_weight"}),
        ([column("decided_at", "2024-01-01", "2024-01-02", "2024-01-03")], {"time": "decided_at"}),
    ],
)
def test_what_a_column_means_is_guessed_from_its_name_and_values(
    columns: Iterable[Column], meanings: dict[str, str]
) -> None:
    assert guessed(*columns).meanings == meanings


def test_protected_columns_are_never_features_and_neither_is_a_rows_number() -> None:
    found = guessed(
        column("customer_id", 1, 2, 3),
        column("sex", 0, 1, 1),
        column("ageGroup", "a", "b", "c"),
        column("income", 1.5, 2.5, 3),
        column("usage", *range(30)),
        column("label", *BIT),
    )
    assert found.protected == ("sex", "ageGroup")
    assert found.features == ("income", "usage")


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "parquet", "arrow"])
def test_a_table_of_every_form_is_sampled(tmp_path: Path, ending: str) -> None:
    import duckdb

    path = tmp_path / f"table.{ending}"
    rows = pa.table({"label": [0, 1] * 20, "p": [0.25, 0.5, 0.75, 1.0] * 10})
    if ending == "arrow":
        with pa.ipc.new_file(str(path), rows.schema) as writer:
            writer.write_table(rows)
    elif ending == "parquet":
        pq.write_table(rows, path)
    else:
        kind = "(FORMAT json)" if ending == "jsonl" else "(HEADER)"
        duckdb.sql(f"COPY (SELECT * FROM rows) TO '{path}' {kind}")
    found = guess_table(path)
    assert found.problem is None
    assert found.meanings == {"label": "label", "score": "p"}


@pytest.mark.parametrize("content", [b"", b"PAR1 cut off", b"\xff\xfe\x00"])
def test_a_table_that_cannot_be_read_is_named_and_left_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.parquet").write_bytes(content)
    text = propose_manifest(tmp_path).text
    assert "# broken.parquet looks like a table but could not be read: " in text
    assert "datasets" not in yaml.safe_load(text)


def test_a_hostile_name_stays_a_name(tmp_path: Path) -> None:
    path = 'a\nchecks: {x: 1}\n"#.csv'
    (tmp_path / path).write_text('label,"sex\nsystem: y"\n1,a\n0,b\n')
    (tmp_path / "line\u2028break.csv").write_text("")
    (tmp_path / "no.csv").write_text("label,p\n1,0.5\n0,0.7\n1,0.2\n")
    proposal = propose_manifest(tmp_path)
    found = yaml.safe_load(proposal.text)
    assert {each["path"] for each in found["datasets"]} == {path, "no.csv", "line\u2028break.csv"} - {
        name for name in ("line\u2028break.csv",) if "could not be read" in proposal.text
    }
    assert set(found) == {"upright", "organisation", "system", "datasets", "checks"}
    assert all("\n" not in question for question in proposal.questions)


def test_a_name_that_no_manifest_can_hold_is_left_out(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")).write_text("a\n1\n")
    (tmp_path / "back\\slash.csv").write_text("a\n1\n")
    assert "datasets" not in yaml.safe_load(propose_manifest(tmp_path).text)


def test_questions_stand_in_the_text_under_their_number(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps([1], protocol=4))
    (tmp_path / "table.csv").write_text("label,p\n1,0.5\n0,0.7\n1,0.2\n")
    proposal = propose_manifest(tmp_path)
    assert len(proposal.questions) > 6
    for number, question in enumerate(proposal.questions, 1):
        assert f"# QUESTION {number}: {question}\n" in proposal.text


def test_an_empty_folder_proposes_what_can_be_answered_and_nothing_else(tmp_path: Path) -> None:
    proposal = propose_manifest(tmp_path)
    assert set(yaml.safe_load(proposal.text)) == {"upright", "organisation", "system"}
    assert any("None was found here" in question for question in proposal.questions)


def test_more_files_than_are_proposed_are_counted(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"t{number:02}.csv").write_text("label\n1\n0\n")
    text = propose_manifest(tmp_path).text
    assert "There are 4 more files here" in text
    assert len(yaml.safe_load(text)["datasets"]) == 16


def test_the_same_folder_gives_the_same_text(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("label,sex\n1,f\n0,m\n")
    (tmp_path / "a.csv").write_text("label,sex\n1,f\n0,m\n")
    assert propose_manifest(tmp_path) == propose_manifest(tmp_path)
