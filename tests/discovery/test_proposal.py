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
        (
            [column("energy_class", "A", "B", "C"), column("area_m2", *range(30)), column("price_eur", *range(30))],
            {"label": "price_eur"},
        ),
        (
            [column("ticket_class", 1, 2, 3), column("Survived", *BIT), column("fare_price", *range(30))],
            {"label": "Survived"},
        ),
        ([column("sale_price", *range(30)), column("cost", *range(30))], {}),
        ([column("price", 1, 2, 3), column("x", *range(30))], {}),
        ([column("class", "A", "B", "C"), column("x", *range(30))], {"label": "class"}),
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
    assert "# Left out, though it looks like a table: broken.parquet" in text
    assert "datasets" not in yaml.safe_load(text)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"label;p\n1;0,5\n0;0,7\n", "the columns are separated by semicolons"),
        ("label,Geschlecht\n1,männlich\n0,weiblich\n".encode("latin-1"), "it may be Latin-1"),
        ("Prämie,p\n1,2\n".encode("latin-1"), "it may be Latin-1"),
    ],
)
def test_a_table_in_another_dialect_is_left_out_with_what_to_do(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "table.csv").write_bytes(content)
    proposal = propose_manifest(tmp_path)
    assert "datasets" not in yaml.safe_load(proposal.text)
    (told,) = proposal.left_out
    assert told.startswith("table.csv")
    assert said in told
    assert "Save" in told
    assert f"# Left out, though it looks like a table: {told}" in proposal.text


def test_numbers_are_measured_as_numbers_and_no_limit_is_invented(tmp_path: Path) -> None:
    rows = "".join(f"{30 + at % 3},{1000 + 7 * at},{1010 + 7 * at},{'fm'[at % 2]}\n" for at in range(60))
    (tmp_path / "Prämien.csv").write_text("Jahre,Zielwert,Vorhersage,Geschlecht\n" + rows)
    proposal = propose_manifest(tmp_path)
    found = yaml.safe_load(proposal.text)
    (table,) = found["datasets"]
    assert table["id"] == "praemien"
    assert table["columns"] == {"label": "Zielwert", "prediction": "Vorhersage"}
    assert table["protected"] == ["Geschlecht"]
    for name in ("performance", "group-fairness"):
        assert found["checks"][name]["options"] == {"task": "regression"}
        assert "limits" not in found["checks"][name]
    assert any("How far off may the numbers in praemien be" in question for question in proposal.questions)
    assert not any("good for the person" in question for question in proposal.questions)


def test_a_number_to_predict_is_no_feature_and_its_missing_predictions_are_asked_for(tmp_path: Path) -> None:
    rows = ["area_m2,energy_class,price_eur", *(f"{30 + n},{'ABC'[n % 3]},{90000 + 1300 * n}" for n in range(60))]
    (tmp_path / "flats.csv").write_text("\n".join(rows))
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({"any": 1}))
    proposal = propose_manifest(tmp_path)
    found = yaml.safe_load(proposal.text)
    assert found["datasets"][0]["columns"] == {"label": "price_eur"}
    assert found["models"][0]["features"] == ["area_m2"]
    assert any("write its predictions into one" in one for one in proposal.questions)
    assert not any("selection rates" in one for one in proposal.questions)


def test_several_classes_are_compared_as_classes(tmp_path: Path) -> None:
    rows = "".join(f"{'abc'[at % 3]},{'abc'[at % 3]},{'fm'[at % 2]}\n" for at in range(12))
    (tmp_path / "grades.csv").write_text("label,prediction,sex\n" + rows)
    found = yaml.safe_load(propose_manifest(tmp_path).text)
    assert found["checks"]["group-fairness"]["options"] == {"task": "multiclass"}
    assert found["checks"]["performance"]["options"] == {"task": "multiclass"}
    assert found["checks"]["performance"]["limits"] == {"balanced_accuracy": {"at_least": "0.7"}}


def test_predictions_without_a_label_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "live.csv").write_text("income,prediction,sex\n1000,1,f\n1200,0,m\n1300,1,f\n")
    questions = propose_manifest(tmp_path).questions
    assert any("tells what turned out" in question for question in questions)


def test_a_model_is_proposed_with_its_adapter_and_what_its_file_says_it_reads(tmp_path: Path) -> None:
    import lightgbm
    import pandas as pd
    import xgboost

    rows = pd.DataFrame({"zins]": range(60), 'be"trag': [value % 7 for value in range(60)]})
    label = [int(value % 3 == 0) for value in range(60)]
    booster = xgboost.train({}, xgboost.DMatrix(rows.rename(columns={"zins]": "zins)"}), label), num_boost_round=2)
    booster.save_model(tmp_path / "premium.json")
    booster.save_model(tmp_path / "premium.ubj")
    plain = pd.DataFrame({"rate": range(60), "amount": [value % 7 for value in range(60)]})
    lightgbm.train({"verbose": -1}, lightgbm.Dataset(plain, label), num_boost_round=2).save_model(tmp_path / "risk.txt")
    (tmp_path / "config.json").write_text('{"learner": "xgboost"}')
    models = {each["path"]: each for each in yaml.safe_load(propose_manifest(tmp_path).text)["models"]}
    assert {path: each["adapter"] for path, each in models.items()} == {
        "premium.json": "xgboost",
        "premium.ubj": "xgboost",
        "risk.txt": "lightgbm",
    }
    assert models["premium.json"]["features"] == ["zins)", 'be"trag']
    assert models["risk.txt"]["features"] == ["rate", "amount"]
    assert "features" not in models["premium.ubj"]


def test_a_hostile_name_stays_a_name(tmp_path: Path) -> None:
    path = 'a\nchecks: {x: 1}\n"#.csv'
    (tmp_path / path).write_text('label,"sex\nsystem: y"\n1,a\n0,b\n')
    (tmp_path / "line\u2028break.csv").write_text("")
    (tmp_path / "no.csv").write_text("label,p\n1,0.5\n0,0.7\n1,0.2\n")
    proposal = propose_manifest(tmp_path)
    found = yaml.safe_load(proposal.text)
    assert {each["path"] for each in found["datasets"]} == {path, "no.csv", "line\u2028break.csv"} - {
        name for name in ("line\u2028break.csv",) if "Left out" in proposal.text
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
