"""Commands that need no workspace: catalogue, schema, classify, scan, doctor."""

import pickle
from pathlib import Path

import pytest

from cli.running import Runner
from upright.catalogue import Catalogue


def test_frameworks_are_listed_with_what_is_confirmed_of_them(run: Runner) -> None:
    rows = {row["id"]: row for row in run("catalogue", "frameworks", "--format", "json").document["frameworks"]}
    assert (rows["iso42001"]["requirements"], rows["nist-ai-rmf"]["requirements"]) == (70, 72)
    act = Catalogue.load().frameworks["eu-ai-act"]
    assert (
        rows["eu-ai-act"]["confirmed"]
        == sum(one.confirmed for one in act.requirements)
        < rows["eu-ai-act"]["requirements"]
    )
    shown = run("catalogue", "frameworks", "eu-ai-act").out
    assert "Not legal advice" in shown


def test_requirements_carry_what_the_contract_names(run: Runner) -> None:
    rows = run("catalogue", "requirements", "--format", "json").document["requirements"]
    assert len({row["id"] for row in rows}) == len(rows) == 70 + 72 + 60 + 21
    assert {"id", "framework", "title", "asks", "confirmed"} <= rows[0].keys()
    only = run("catalogue", "requirements", "--framework", "gdpr", "--format", "json").document["requirements"]
    assert len(only) == 21


def test_one_requirement_is_shown_with_its_asks_and_its_judgement(run: Runner) -> None:
    shown = run("catalogue", "requirements", "iso42001:A.5.4").out
    assert "impact-assessment" in shown
    assert "our own judgement" in shown


@pytest.mark.parametrize(
    "arguments", [("requirements", "iso42001:A.5.44"), ("requirements", "--framework", "iso"), ("frameworks", "nope")]
)
def test_what_the_catalogue_does_not_hold_is_wrong_use(run: Runner, arguments: tuple[str, ...]) -> None:
    answer = run("catalogue", *arguments)
    assert answer.status == 2
    assert answer.err.count("\n") == 1


def test_kinds_and_threats_are_listed(run: Runner) -> None:
    kinds = run("catalogue", "kinds", "--format", "json").document["kinds"]
    assert "group-fairness" in {row["id"] for row in kinds}
    assert "group-fairness" in run("catalogue", "kinds").out
    assert "80 threats" in run("catalogue", "threats").out


def test_our_own_catalogue_has_no_lint(run: Runner) -> None:
    answer = run("catalogue", "lint", "--format", "json")
    assert (answer.status, answer.document) == (0, {"upright": 1, "problems": []})


def test_a_fault_in_ones_own_folder_is_found_with_file_and_line(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "kinds.yaml").write_text("kinds:\n  - {id: orphan}\n")
    answer = run("catalogue", "lint", tmp_path)
    assert answer.status in {1, 2}
    assert "kinds.yaml" in answer.out + answer.err


def test_a_schema_is_printed_whole_and_all_are_listed(run: Runner) -> None:
    schema = run("schema", "statement").document
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    names = [row["name"] for row in run("schema", "--format", "json").document["schemas"]]
    assert "statement" in names
    assert all(name in run("schema").out for name in names)


def test_open_answers_leave_a_class_undetermined_and_exit_3(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("Q1: yes\n")
    answer = run("classify", file, "--format", "json")
    assert answer.status == 3
    assert answer.document["undetermined"]
    assert "Answer first" in run("classify", file).out


def test_the_answers_of_the_example_find_a_class_with_dated_obligations(run: Runner) -> None:
    file = Path(__file__).parents[2] / "examples" / "mortgage" / "answers.yaml"
    answer = run("classify", file, "--format", "json")
    assert answer.status == 0
    assert answer.document["outcomes"]
    assert {"id", "applies_from"} <= answer.document["obligations"][0].keys()
    assert "not legal advice" in run("classify", file).out


def test_an_answers_file_that_is_no_mapping_is_wrong_use(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("- a\n- b\n")
    assert run("classify", file).status == 2
    assert run("classify", tmp_path / "none.yaml").status == 2


class Hostile:
    """Unpickling it would run a command."""

    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, ("true",)


def test_a_hostile_pickle_is_dangerous_and_exits_1(run: Runner, folder: Path) -> None:
    (folder / "model.pkl").write_bytes(pickle.dumps(Hostile()))
    answer = run("scan", "model.pkl", "--format", "json")
    assert answer.status == 1
    found = answer.document["files"][0]
    assert (found["format"], found["verdict"]) == ("pickle", "dangerous")
    assert any(one["global"] == "posix.system" for one in found["detections"])
    shown = run("scan", "model.pkl")
    assert "x Dangerous" in shown.out
    assert "posix.system" in shown.out


def test_a_clean_file_exits_0_and_an_unknown_one_3(run: Runner, folder: Path) -> None:
    (folder / "clean.pkl").write_bytes(pickle.dumps({"a": [1, 2.5]}))
    (folder / "notes.txt").write_text("hello")
    assert run("scan", "clean.pkl").status == 0
    assert run("scan", "notes.txt").status == 3


def test_a_file_that_is_not_there_is_wrong_use(run: Runner, folder: Path) -> None:
    assert run("scan", "none.pkl").status == 2


def test_doctor_says_what_is_here_and_what_is_absent_is_no_fault(run: Runner, folder: Path) -> None:
    answer = run("doctor", "--format", "json")
    assert answer.status == 0
    found = {(row["area"], row["what"]): row for row in answer.document["findings"]}
    assert found["installed", "base"]["state"] == "ok"
    assert found["keys", "person"]["state"] == "absent"
    assert any(area == "sandbox" for area, _ in found)
    assert "pip install" not in found["installed", "base"]["said"]


def test_doctor_finds_a_key_folder_that_others_can_read(run: Runner, folder: Path) -> None:
    made = Path(run("key", "new", "person", "--format", "json").document["file"])
    made.chmod(0o644)
    answer = run("doctor")
    assert answer.status == 1
    assert "broken" in answer.out


def test_doctor_looks_at_the_log(run: Runner, workspace: Path) -> None:
    assert "entries, intact" in run("doctor").out
