"""The catalogue holds what the standards and laws hold: counts and ids against known facts."""

import re

import pytest
from jsonschema import Draft202012Validator

from upright.catalogue import Catalogue, requirement_document
from upright.checks.registry import checks
from upright.kernel.schemas import load

COUNTS = {"iso42001": 70, "nist-ai-rmf": 72, "eu-ai-act": 60, "gdpr": 21}
# Clauses of ISO/IEC 42001:2023 from its public table of contents; Annex A group sizes from Table A.1.
CLAUSES = [
    "4.1", "4.2", "4.3", "4.4", "5.1", "5.2", "5.3", "6.1.1", "6.1.2", "6.1.3", "6.1.4", "6.2", "6.3",
    "7.1", "7.2", "7.3", "7.4", "7.5.1", "7.5.2", "7.5.3", "8.1", "8.2", "8.3", "8.4",
    "9.1", "9.2.1", "9.2.2", "9.3.1", "9.3.2", "9.3.3", "10.1", "10.2",
]  # fmt: skip
CONTROL_GROUPS = {"A.2": 3, "A.3": 2, "A.4": 5, "A.5": 4, "A.6.1": 2, "A.6.2": 7} | {
    "A.7": 5, "A.8": 4, "A.9": 3, "A.10": 3
}  # fmt: skip
# Subcategories per category of NIST AI 100-1.
NIST = {
    "GOVERN": (7, 3, 2, 3, 2, 2),
    "MAP": (6, 3, 5, 2, 2),
    "MEASURE": (3, 13, 3, 3),
    "MANAGE": (4, 4, 2, 3),
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def test_each_framework_has_its_known_number_of_requirements(catalogue):
    assert {name: len(f.requirements) for name, f in catalogue.frameworks.items()} == COUNTS


def test_iso_42001_has_every_assessable_clause_and_every_control(catalogue):
    rows = catalogue.frameworks["iso42001"].requirements
    assert [r.local for r in rows if r.type == "clause"] == CLAUSES
    controls = [r.local for r in rows if r.type == "control"]
    expected = [f"{group}.{n}" for group, size in CONTROL_GROUPS.items() for n in range(2, size + 2)]
    assert controls == expected
    assert len(controls) == 38


def test_annex_c_has_eleven_objectives_and_seven_risk_sources(catalogue):
    annex = catalogue.frameworks["iso42001"].facts["annex_c"]
    assert [o["id"] for o in annex["objectives"]] == [f"C.2.{n}" for n in range(1, 12)]
    assert [s["id"] for s in annex["risk_sources"]] == [f"C.3.{n}" for n in range(1, 8)]


def test_nist_has_every_subcategory_and_twelve_generative_risks(catalogue):
    framework = catalogue.frameworks["nist-ai-rmf"]
    expected = [
        f"{function}-{n}.{m}"
        for function, sizes in NIST.items()
        for n, size in enumerate(sizes, 1)
        for m in range(1, size + 1)
    ]
    assert [r.local for r in framework.requirements] == expected
    assert all(r.display == r.local.replace("-", " ") for r in framework.requirements)
    assert [r["id"] for r in framework.facts["genai_profile"]["risks"]] == [f"GAI-{n}" for n in range(1, 13)]


def test_the_ai_act_carries_its_dates_fines_clocks_and_annexes(catalogue):
    facts = catalogue.frameworks["eu-ai-act"].facts
    tiers = {tier["id"]: tier for tier in facts["fines"]["tiers"]}
    assert (tiers["tier-1"]["max_eur"], tiers["tier-1"]["max_turnover_percent"]) == (35_000_000, 7)
    assert (tiers["tier-2"]["max_eur"], tiers["tier-2"]["max_turnover_percent"]) == (15_000_000, 3)
    days = {case["id"]: case["days"] for case in facts["incident_deadlines"]["cases"]}
    assert (days["INC-A"], days["INC-B"], days["INC-C"]) == (15, 2, 10)
    assert len(facts["annex_iv"]) == 9
    assert set(facts["annex_viii"]) == {"section_a", "section_b", "section_c"}
    assert {row["min"] for row in facts["retention"]} == {"P6M", "P10Y"}
    assert [rule["id"] for rule in facts["legacy_rules"]] == ["LEG-1", "LEG-2", "LEG-3", "LEG-4"]
    assert len(facts["roles"]) == 9
    assert all(not standard["presumption_of_conformity"] for standard in facts["standards"])


@pytest.mark.parametrize(
    ("requirement", "route", "date"),
    [
        ("AIA-9", "high-risk-annex-iii", "2027-12-02"),
        ("AIA-9", "high-risk-annex-i-a", "2028-08-02"),
        ("AIA-4", "all", "2025-02-02"),
        ("AIA-50-1", "transparency-interaction", "2026-08-02"),
        ("AIA-50-2", "transparency-synthetic-content-legacy", "2026-12-02"),
        ("AIA-5", "5(1)(ba)", "2026-12-02"),
        ("AIA-53-a", "all", "2025-08-02"),
    ],
)
def test_each_route_of_the_ai_act_has_its_date(catalogue, requirement, route, date):
    assert catalogue.requirement(f"eu-ai-act:{requirement}").applies.dates[route] == date


def test_every_duty_whose_date_is_not_confirmed_is_marked_and_says_why(catalogue):
    unsure = [r for r in catalogue.frameworks["eu-ai-act"].requirements if not r.facts["date_confirmed"]]
    assert {r.local for r in unsure} == {
        "AIA-4a", "AIA-6-4", "AIA-43", "AIA-47", "AIA-48", "AIA-49-1", "AIA-49-2", "AIA-49-3",
        "AIA-71", "AIA-72", "AIA-73", "AIA-86",
    }  # fmt: skip
    for requirement in unsure:
        assert not requirement.confirmed
        assert any(caution.startswith("Date not confirmed") for caution in requirement.cautions)


def test_what_is_not_confirmed_shows_in_the_cautions_of_its_framework(catalogue):
    text = {name: " ".join(f.cautions) for name, f in catalogue.frameworks.items()}
    assert "LEG-4" in text["eu-ai-act"]
    assert "EN-18286" in text["eu-ai-act"]
    assert "COM(2025) 837" in text["gdpr"]
    assert "revision" in text["nist-ai-rmf"]
    assert "VerifyWise" in text["iso42001"]
    assert "C-203/22" in " ".join(catalogue.requirement("gdpr:GDPR-15").cautions)


def test_asks_are_marked_as_our_own_judgement_and_not_confirmed(catalogue):
    rows = requirement_document(catalogue.requirements.values())["requirements"]
    assert all(ask["judgement"] == "own" and ask["confirmed"] is False for row in rows for ask in row["asks"])


def test_there_are_eighty_threats_and_every_one_is_treated(catalogue):
    assert len({threat["id"] for threat in catalogue.threats}) == 80
    assert all(threat["treated_by"]["requirements"] for threat in catalogue.threats)
    assert not any("vision" in threat["applies_to"] for threat in catalogue.threats)


def test_the_crosswalks_hold_every_pair(catalogue):
    nist = catalogue.crosswalks["iso42001-nist-ai-rmf"]
    assert len(nist["links"]) == 319
    assert sum(link["source"] == "own" for link in nist["links"]) == 39
    assert {link["to"] for link in nist["links"]} == {r.id for r in catalogue.frameworks["nist-ai-rmf"].requirements}
    act, gdpr = catalogue.crosswalks["iso42001-eu-ai-act"], catalogue.crosswalks["iso42001-gdpr"]
    assert len(act["unmapped"]["refs"]) + len(gdpr["unmapped"]["refs"]) == 23
    assert {link["strength"] for link in (*act["links"], *gdpr["links"])} == {"supports", "partly covers"}
    assert not any(crosswalk["confirmed"] for crosswalk in catalogue.crosswalks.values())


def test_every_kind_has_a_schema_that_its_example_fits_and_few_fields(catalogue):
    for kind in catalogue.kinds.values():
        Draft202012Validator.check_schema(kind.fields)
        Draft202012Validator(kind.fields).validate(kind.example)
        assert 2 <= len(kind.fields["properties"]) <= 8, kind.id
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", kind.id)


def test_a_schema_refuses_a_record_without_substance(catalogue):
    for name, bad in {
        "statement-of-applicability": {"version": "1", "rows": [], "approved_on": "2026-01-01"},
        "risk-treatment-plan": {"rows": [{}], "links": ["x"], "effective": True, "approved_on": "2026-01-01"},
        "ai-policy": {"version": ""},
    }.items():
        assert list(Draft202012Validator(catalogue.kind(name).fields).iter_errors(bad)), name


@pytest.mark.parametrize(
    ("row", "is_fit"),
    [
        ({"control": "A.2.2", "included": True, "reason": "r", "needed_by": ["risk:2026-0001"]}, True),
        ({"control": "A.2.2", "included": True, "reason": "r", "needed_by": []}, False),
        ({"control": "A.2.2", "included": True, "reason": "r"}, False),
        ({"control": "A.10.4", "included": False, "reason": "r"}, False),
        ({"control": "A.10.4", "included": False, "reason": "r", "ground": "too-costly"}, False),
        ({"control": "A.10.4", "included": False, "reason": "r", "ground": "risk-assessment-shows-no-need"}, True),
    ],
)
def test_a_row_of_applicability_points_at_a_need_or_names_one_of_two_grounds(catalogue, row, is_fit):
    schema = Draft202012Validator(catalogue.kind("statement-of-applicability").fields)
    assert schema.is_valid({"version": "1", "rows": [row], "approved_on": "2026-01-01"}) is is_fit


def test_documents_that_weigh_most_need_two_keys(catalogue):
    two = {kind.id for kind in catalogue.kinds.values() if kind.keys == 2}
    assert two == {"statement-of-applicability", "scope-statement", "waiver"}


def test_only_checks_that_exist_are_called_built_and_logs_are_planned(catalogue):
    built = {k.id for k in catalogue.kinds.values() if k.produced_by == "check" and k.status == "built"}
    assert built == {kind for spec in checks().values() for kind in spec.kinds}
    logs = {k.id for k in catalogue.kinds.values() if k.produced_by == "log" and k.status == "built"}
    assert logs == {"access-log"}, "'upright evidence import' makes it"


def test_every_control_asks_for_its_own_evaluation_or_a_check_that_can_be_bound(catalogue):
    for requirement in catalogue.frameworks["iso42001"].requirements:
        if requirement.type != "control":
            continue
        evaluations = [kind for kind in requirement.kinds if kind.startswith("control-evaluation.")]
        checks = [kind for kind in requirement.kinds if catalogue.kind(kind).produced_by == "check"]
        assert evaluations or checks, requirement.id
        assert evaluations in ([], [f"control-evaluation.{requirement.local.lower()}"])


def test_an_evaluation_of_one_control_speaks_to_no_other(catalogue):
    families = [kind for kind in catalogue.kinds.values() if kind.family == "control-evaluation"]
    assert families
    assert all(len(catalogue.asked_by[kind.id]) == 1 for kind in families)


def test_a_gate_stands_before_every_stage(catalogue):
    assert catalogue.stages[0] == "inception"
    assert catalogue.stages[-1] == "retirement"
    assert set(catalogue.gates.stages) == set(catalogue.stages)
    assert all(catalogue.gates.stages.values())
    assert all(item.why for items in catalogue.gates.stages.values() for item in items)


def test_group_fairness_speaks_to_the_impact_on_groups(catalogue):
    assert "iso42001:A.5.4" in catalogue.speaks_to(["group-fairness"])


def test_the_listing_fits_its_published_schema(catalogue):
    assert Draft202012Validator(load("requirements")).is_valid(requirement_document(catalogue.requirements.values()))
