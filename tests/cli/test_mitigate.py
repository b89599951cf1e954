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
    for choice in said["choices"]:
        chosen = np.zeros(1_000, dtype=bool)
        rates = []
        for cost in choice["costs"]:
            inside = columns["sex<b>"] == cost["group"]
            here = inside & (columns["p"] >= cost["threshold"])
            before = inside & (columns["p"] >= 0.5)
            chosen |= here
            rates.append(here.sum() / inside.sum())
            assert cost["selection_rate"] == pytest.approx(rates[-1], abs=1e-6)
            assert cost["changed"] == abs(int(here.sum()) - int(before.sum()))
        assert choice["accuracy"] == pytest.approx((chosen == columns["repaid"]).mean(), abs=1e-6)
        assert choice["gap"] == pytest.approx(max(rates) - min(rates), abs=1e-6)
    assert {one["kind"] for one in said["choices"]} == {"blind", "aware"}
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
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    assert len(ET.fromstring(svg).findall("circle")) >= 2


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
    assert plan["rows"][0]["action"].startswith("Decide by thresholds F from")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("fare",), "UP-MITIGATE-10"),
        (("bare",), "UP-MITIGATE-11"),
        (("fair", "--by", "age"), "UP-MITIGATE-13"),
        (("fair", "--gap", "luck"), "UP-MITIGATE-02"),
        (("fair", "--choice", "blind-1"), "UP-MITIGATE-20"),
        (("fair", "--choice", "blind-999", "--propose", "plan.yaml"), "UP-MITIGATE-21"),
        (("fair", "-o", "no/such/folder/page.html"), "UP-MITIGATE-22"),
    ],
)
def test_what_cannot_be_weighed_says_why(run: Runner, scored: pa.Table, arguments: tuple[str, ...], code: str) -> None:
    answer = run("mitigate", *arguments)
    assert answer.status == 2
    assert code in answer.err
