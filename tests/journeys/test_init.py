"""From a folder with a model and a table to an assessment, by the command and answers to its questions alone."""

import csv
import re
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from cli.running import Runner

ANSWERS = {
    "  id:\n  name:\n": "  id: meridian\n  name: Meridian Credit Union\n",
    "  purpose:\n": "  purpose: Ranks loans by the risk of default, for an officer to decide.\n",
    "  # roles:": "  roles:",
    "  stage:\n": "  stage: verification-validation\n",
    "  # personal_data:": "  personal_data:",
    '    # threshold: "0.5"': '    threshold: "0.5"',
    "    # favourable: …": "    favourable: 0",
    "    # origin:": "    origin: Own loans",
    "    # licence:": "    licence: Own data",
    "    # collected:": "    collected:",
    "    # steps: [none]": "    steps: [none]",
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


def write_model_and_table(folder: Path) -> None:
    """2,000 loans whose risk depends on income and debt alone, scored by a model that was trained on them."""
    draw = np.random.default_rng(7)
    rows = np.round(np.c_[draw.uniform(1, 9, 2000), draw.uniform(0, 5, 2000)], 3)
    defaulted = (draw.uniform(size=2000) < 1 / (1 + np.exp(rows[:, 0] - rows[:, 1] - 1))).astype(int)
    model = LogisticRegression().fit(rows, defaulted)
    joblib.dump(model, folder / "model.joblib")
    score = model.predict_proba(rows)[:, 1]
    with (folder / "loans.csv").open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["loan_id", "income", "debt", "sex", "defaulted", "decision", "p_default"])
        for number in range(2000):
            out.writerow(
                [number, *map(float, rows[number]), "mf"[number % 2], defaulted[number], int(score[number] >= 0.5),
                 repr(float(score[number]))]
            )  # fmt: skip


def test_init_proposes_a_manifest_that_works_once_its_questions_are_answered(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "loans"
    folder.mkdir()
    write_model_and_table(folder)
    monkeypatch.chdir(folder)

    assert run("init").status == 0
    unanswered = run("assess")
    assert unanswered.status == 2
    assert re.search(r"upright\.yaml:\d+: organisation\.id is empty, and so are system\.purpose \(line", unanswered.err)
    assert not (folder / ".upright").exists()

    text = (folder / "upright.yaml").read_text(encoding="utf-8")
    for question, answered in ANSWERS.items():
        assert text.count(question) == 1, question
        text = text.replace(question, answered)
    (folder / "upright.yaml").write_text(text, encoding="utf-8")

    answer = run("assess", "--format", "json")
    found = {each["binding"]: each for each in answer.document["checks"]}
    assert set(found) == {"group-fairness", "performance", "data-quality", "data-provenance", "model-file-scan"}
    assert {each["outcome"] for each in found.values()} <= {"passed", "failed", "undecided"}
    assert {name: found[name]["outcome"] for name in ("performance", "data-provenance", "model-file-scan")} == {
        "performance": "passed",
        "data-provenance": "passed",
        "model-file-scan": "passed",
    }
    assert answer.status in {0, 1, 3}
    assert all("cannot be scored" not in reason["because"] for each in found.values() for reason in each["reasons"])
    shown = run("evidence", "show", found["performance"]["evidence"], "--format", "json").document
    assert shown["statement"]["predicate"]["reproduced"] == "yes"
