"""``upright mitigate``: numbers beside a count by hand, the page, the proposal, and what cannot be weighed."""

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from cli.running import Runner
from upright.mitigation.thresholds import GAPS

MANIFEST = """\
upright: 1
organisation: {id: meridian, name: Meridian}
system:
  id: loans
  name: Loans
  purpose: Ranks loans.
  roles: {iso42001: [user]}
  stage: verification-validation
  modality: tabular
  personal_data: true
datasets:
  - id: scored
    path: scored.parquet
    role: evaluation
    columns: {label: repaid, prediction: decision, score: p}
    recorded_decisions: true
    protected: ["sex<b>"]
    favourable: 1
  - id: bare
    path: scored.parquet
    columns: {prediction: decision}
    recorded_decisions: true
    protected: ["sex<b>"]
    favourable: 1
checks:
  fair: {check: group-fairness, on: "dataset:scored", limits: {selection_rate_ratio: {at_least: "0.8"}}}
  bare: {check: group-fairness, on: "dataset:bare", limits: {selection_rate_ratio: {at_least: "0.8"}}}
"""


@pytest.fixture
def scored(folder: Path) -> pa.Table:
    generator = np.random.default_rng(6)
    sex = np.array(["F"] * 500 + ["M"] * 500 + ["X"] * 3)
    score = np.round(generator.beta(2, 2, 1_003) * np.where(sex == "F", 0.8, 1.0), 3)
    repaid = (generator.random(1_003) < score).astype("int8")
    table = pa.table({"sex<b>": sex, "p": score, "repaid": repaid, "decision": (score >= 0.5).astype("int8")})
    pq.write_table(table, folder / "scored.parquet")
    (folder / "upright.yaml").write_text(MANIFEST)
    return table


def test_each_choice_is_what_counting_the_rows_gives(run: Runner, scored: pa.Table) -> None:
    answer = run("mitigate", "fair", "--format", "json")
    assert answer.status == 0, answer.err
    said = answer.document
    assert said["left_out"] == {"X": 3}
    assert said["rows"] == 1_000
    columns = {name: scored[name].to_numpy(zero_copy_only=False)[:1_000] for name in scored.column_names}
    assert said["choices"][0]["id"] == "today"
    for choice in said["choices"]:
        chosen = np.zeros(1_000, dtype=bool)
        rates = []
        for cost in choice["costs"]:
            inside = columns["sex<b>"] == cost["group"]
            before = inside & (columns["decision"] == 1)
            here = before if cost["threshold"] is None else inside & (columns["p"] >= cost["threshold"])
            chosen |= here
            rates.append(here.sum() / inside.sum())
            assert cost["selection_rate"] == pytest.approx(rates[-1], abs=1e-6)
            assert (cost["better"], cost["worse"]) == (int((here & ~before).sum()), int((before & ~here).sum()))
            assert cost["changed"] == cost["better"] + cost["worse"]
        assert choice["accuracy"] == pytest.approx((chosen == columns["repaid"]).mean(), abs=1e-6)
        assert choice["gap"] == pytest.approx(max(rates) - min(rates), abs=1e-6)
        for name in ("gap", "accuracy"):
            low, high = choice[f"{name}_interval"]
            assert 0.0 <= low <= choice[name] <= high <= 1.0
    assert {one["kind"] for one in said["choices"]} == {"today", "blind", "aware"}
    assert "legal advice" in said["law"]


@pytest.mark.parametrize("gap", GAPS)
def test_every_gap_can_be_traded_and_is_shown_in_words(run: Runner, scored: pa.Table, gap: str) -> None:
    answer = run("mitigate", "fair", "--gap", gap)
    assert answer.status == 0, answer.err
    assert "blind-1: accuracy" in answer.out
    assert "3 rows are too few" in answer.out


def test_the_page_is_one_file_whose_markup_holds_and_where_names_are_only_text(
    run: Runner, scored: pa.Table, folder: Path
) -> None:
    assert run("mitigate", "fair", "-o", "page.html").status == 0
    page = (folder / "page.html").read_text()
    assert "<b>" not in page
    assert "sex&lt;b&gt;" in page
    assert "http" not in page
    assert "<script" not in page
    start = page.index('<svg viewBox="0 0 720')
    svg = page[start : page.index("</svg>", start) + 6]
    assert len(ET.fromstring(svg).findall("circle")) >= 2
    assert "prefers-color-scheme:dark" in page


def test_several_protected_columns_are_weighed_by_their_intersections(
    run: Runner, scored: pa.Table, folder: Path
) -> None:
    old = np.arange(1_003) % 3 == 0
    pq.write_table(scored.append_column("old", pa.array(old)), folder / "scored.parquet")
    (folder / "upright.yaml").write_text(MANIFEST.replace('protected: ["sex<b>"]', 'protected: ["sex<b>", old]'))
    said = run("mitigate", "fair", "--by", "sex<b>", "--by", "old", "--format", "json").document
    assert said["by"] == ["sex<b>", "old"]
    groups = {cost["group"]: cost["rows"] for cost in said["choices"][0]["costs"]}
    sex = np.array(scored["sex<b>"])
    assert groups == {
        f"{s} / {str(o).lower()}": int(((sex == s) & (old == o)).sum()) for s in ("F", "M") for o in (False, True)
    }
    assert {one["group"] for one in said["weights"]} == set(groups)
    shown = run("mitigate", "fair", "--by", "sex<b>", "--by", "old")
    assert "by sex<b> and old" in shown.out
    many = scored.append_column("old", pa.array(np.arange(1_003) % 20))
    pq.write_table(many, folder / "scored.parquet")
    refused = run("mitigate", "fair", "--by", "old")
    assert (refused.status, "UP-MITIGATE-15" in refused.err) == (2, True)


def test_rows_without_a_decision_are_counted_and_not_weighed(run: Runner, scored: pa.Table, folder: Path) -> None:
    decisions = [None if at % 10 == 0 else value for at, value in enumerate(scored["decision"].to_pylist())]
    at = scored.column_names.index("decision")
    pq.write_table(scored.set_column(at, "decision", pa.array(decisions, pa.int8())), folder / "scored.parquet")
    said = run("mitigate", "fair", "--format", "json").document
    assert (said["undecided_rows"], said["rows"]) == (101, 900)
    assert "101 rows without a decision" in run("mitigate", "fair", "-o", "page.html").out


def test_without_recorded_decisions_today_is_the_threshold_in_use(run: Runner, scored: pa.Table, folder: Path) -> None:
    (folder / "upright.yaml").write_text(
        MANIFEST.replace(
            "columns: {label: repaid, prediction: decision, score: p}", "columns: {label: repaid, score: p}"
        )
    )
    said = run("mitigate", "fair", "--format", "json").document
    assert said["threshold"] == 0.5
    p, repaid = (scored[name].to_numpy(zero_copy_only=False)[:1_000] for name in ("p", "repaid"))
    assert said["choices"][0]["accuracy"] == pytest.approx(((p >= 0.5) == repaid).mean(), abs=1e-6)


def test_a_proposal_is_a_treatment_plan_that_is_refused_until_a_person_completes_it(
    run: Runner, workspace: Path, scored: pa.Table, folder: Path
) -> None:
    import jsonschema

    from upright.catalogue import Catalogue

    assert run("mitigate", "fair", "--choice", "aware-1", "--propose", "plan.yaml").status == 0
    text = (folder / "plan.yaml").read_text()
    assert "legal advice" in text
    plan = yaml.safe_load(text)
    fields = Catalogue.load().kinds["risk-treatment-plan"].fields
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plan, dict(fields))
    plan["rows"][0] |= {"owner": "person:lending-owner", "due": "2026-12-31"}
    plan["approved_on"] = "2026-11-01"
    jsonschema.validate(plan, dict(fields))
    action = plan["rows"][0]["action"]
    assert action.startswith("Decide by thresholds F from")
    assert "instead of as today. On 1000 rows: accuracy 0." in action
    assert "People lose the favourable decision: " in action
    assert " in F" in action
    assert "--about system:loans --file" in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("fare",), "UP-MITIGATE-10"),
        (("bare",), "UP-MITIGATE-11"),
        (("fair", "--by", "age"), "UP-MITIGATE-13"),
        (("fair", "--gap", "luck"), "UP-MITIGATE-02"),
        (("fair", "--choice", "blind-1"), "UP-MITIGATE-20"),
        (("fair", "--choice", "blind-999", "--propose", "plan.yaml"), "UP-MITIGATE-21"),
        (("fair", "--choice", "today", "--propose", "plan.yaml"), "UP-MITIGATE-21"),
        (("fair", "-o", "no/such/folder/page.html"), "UP-MITIGATE-22"),
    ],
)
def test_what_cannot_be_weighed_says_why(run: Runner, scored: pa.Table, arguments: tuple[str, ...], code: str) -> None:
    answer = run("mitigate", *arguments)
    assert answer.status == 2
    assert code in answer.err
