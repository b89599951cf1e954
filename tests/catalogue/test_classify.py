"""Classification under the AI Act: hand-worked cases, and an independent walk over every completion of open answers."""

import itertools
from functools import cache

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from upright.catalogue import Catalogue, CatalogueError, classify
from upright.catalogue.loading import own_data
from upright.kernel.schemas import load

CATALOGUE = Catalogue.load()
SYSTEM = {"Q0": "no", "Q1": "yes", "Q2": "yes", "Q3": "no", "Q4": "no", "Q5": "no", "Q8": "no", "Q13": "no"} | {
    f"Q12-{n}": "no" for n in range(1, 6)
}
MODEL = {"Q0": "yes", "Q0-1": "yes", "Q0-2": "no", "Q13": "yes"}
MORTGAGE = SYSTEM | {"Q8": "III-5-b", "Q9": "yes"}
# From mild to severe, contracts section 11.
ORDER = (
    "out-of-scope",
    "minimal",
    "transparency",
    "annex-iii-exempt",
    "gpai",
    "gpai-systemic",
    "high-risk",
    "prohibited",
)


def _dates(found):
    return {duty.id: duty.applies_from for duty in found.obligations}


def test_the_mortgage_system_is_high_risk_by_annex_iii_because_it_profiles():
    found = classify(MORTGAGE, CATALOGUE)
    assert found.outcomes == ("OUT-HR-III",)
    assert found.classes == ("high-risk-annex-iii",)
    assert (found.undetermined, found.possible, found.severity) == ((), (), "high-risk")
    dates = _dates(found)
    assert len(dates) == 44
    assert dates["AIA-9"] == dates["AIA-27"] == dates["AIA-86"] == "2027-12-02"
    assert dates["AIA-4"] == "2025-02-02"
    assert any("III-5-b" in line for line in found.because)


def test_a_system_that_matches_nothing_is_minimal_and_still_owes_literacy():
    found = classify(SYSTEM, CATALOGUE)
    assert found.outcomes == ("OUT-MINIMAL",)
    assert set(_dates(found)) == {"AIA-4", "AIA-4a", "AIA-5"}


def test_a_prohibited_practice_ends_the_walk_whatever_else_is_answered():
    found = classify(MORTGAGE | {"Q4": "PRO-c"}, CATALOGUE)
    assert found.outcomes == ("OUT-PROHIBITED",)
    assert found.severity == "prohibited"
    assert "AIA-5" in _dates(found)


def test_a_practice_whose_ban_begins_later_is_prohibited_all_the_same():
    assert classify(SYSTEM | {"Q4": ["PRO-ba"]}, CATALOGUE).outcomes == ("OUT-PROHIBITED",)


def test_a_product_of_section_a_with_an_annex_iii_purpose_holds_both_classes_and_the_earlier_date():
    found = classify(MORTGAGE | {"Q5": "yes", "Q6": "yes", "Q7": "yes"}, CATALOGUE)
    assert found.outcomes == ("OUT-HR-I-A", "OUT-HR-III")
    assert _dates(found)["AIA-9"] == "2027-12-02"
    alone = classify(SYSTEM | {"Q5": "yes", "Q6": "yes", "Q7": "yes"}, CATALOGUE)
    assert _dates(alone)["AIA-9"] == "2028-08-02"
    assert "AIA-27" not in _dates(alone)


def test_a_product_of_section_b_keeps_the_precautionary_duties_alone():
    found = classify(SYSTEM | {"Q5": "yes", "Q6": "yes", "Q7": "no"}, CATALOGUE)
    assert found.outcomes == ("OUT-HR-I-B",)
    assert set(_dates(found)) == {"AIA-4", "AIA-5"}


def test_an_exempt_system_registers_and_records_its_assessment():
    found = classify(SYSTEM | {"Q8": "III-5-b", "Q9": "no", "Q10": "EX-a", "Q11": "yes"}, CATALOGUE)
    assert found.outcomes == ("OUT-III-EXEMPT",)
    assert {"AIA-6-4", "AIA-49-2"} < set(_dates(found))


def test_profiling_overrides_every_exception():
    found = classify(SYSTEM | {"Q8": "III-4-a", "Q9": "yes", "Q10": "EX-a", "Q11": "yes"}, CATALOGUE)
    assert found.outcomes == ("OUT-HR-III",)


def test_transparency_comes_on_top_and_brings_its_duties_and_those_of_any_system():
    found = classify(SYSTEM | {"Q12-1": "yes", "Q12-2": "yes"}, CATALOGUE)
    assert found.outcomes == ("OUT-T1", "OUT-T2")
    assert _dates(found)["AIA-50-2"] == "2026-08-02"
    assert {"AIA-4", "AIA-4a", "AIA-5", "AIA-50-5"} < set(_dates(found))


def test_a_model_on_its_own_owes_the_model_duties_and_not_those_of_a_system():
    found = classify(MODEL | {"Q14": "no", "Q15": "no"}, CATALOGUE)
    assert found.outcomes == ("OUT-GPAI",)
    assert set(_dates(found)) == {"AIA-53-a", "AIA-53-b", "AIA-53-c", "AIA-53-d", "AIA-54"}
    assert set(_dates(found).values()) == {"2025-08-02"}


def test_an_open_source_model_is_relieved_of_three_duties_unless_the_risk_is_systemic():
    relieved = classify(MODEL | {"Q14": "no", "Q15": "yes"}, CATALOGUE)
    assert set(_dates(relieved)) == {"AIA-53-c", "AIA-53-d"}
    systemic = classify(MODEL | {"Q14": "yes", "Q15": "yes"}, CATALOGUE)
    assert {"AIA-52", "AIA-53-a", "AIA-54", "AIA-55"} < set(_dates(systemic))
    assert systemic.severity == "gpai-systemic"


def test_an_option_that_does_not_stop_is_recorded_and_the_walk_goes_on():
    found = classify(MORTGAGE | {"Q3": "X6"}, CATALOGUE)
    assert found.outcomes == ("OUT-HR-III",)
    assert any("X6" in line and "goes on" in line for line in found.because)
    assert classify(MORTGAGE | {"Q3": ["X5", "X1"]}, CATALOGUE).outcomes == ("OUT-EXCLUDED",)


def test_an_unknown_answer_follows_both_branches_and_names_the_question():
    found = classify(SYSTEM | {"Q8": "III-5-b", "Q9": "unknown", "Q10": "EX-a", "Q11": "yes"}, CATALOGUE)
    assert found.outcomes == ()
    assert found.possible == ("OUT-HR-III", "OUT-III-EXEMPT")
    assert found.undetermined == ("Q9",)
    assert found.severity == "high-risk"
    assert not any(duty.certain for duty in found.obligations)


def test_an_unknown_answer_that_changes_nothing_leaves_the_class_determined():
    found = classify(SYSTEM | {"Q8": "III-5-b", "Q9": "unknown", "Q10": "no"}, CATALOGUE)
    assert found.outcomes == ("OUT-HR-III",)
    assert found.undetermined == ()


def test_no_answers_at_all_count_as_the_worst():
    found = classify({}, CATALOGUE)
    assert found.severity == "prohibited"
    assert found.undetermined[0] == "Q0"
    assert "OUT-MINIMAL" not in found.possible


def test_minimal_is_never_given_while_a_question_is_open():
    found = classify({name: value for name, value in SYSTEM.items() if name != "Q12-4"}, CATALOGUE)
    assert found.outcomes == ()
    assert found.undetermined == ("Q12-4",)


@pytest.mark.parametrize(
    ("answers", "code", "says"),
    [
        ({"Q99": "yes"}, "UP-CAT-10", "Q99"),
        ({"Q8": "III-5-z"}, "UP-CAT-11", "III-5-"),
        ({"Q1": "maybe"}, "UP-CAT-11", "yes, no, unknown"),
        ({"Q8": []}, "UP-CAT-11", "expected"),
        ({"Q8": ["yes", "III-2"]}, "UP-CAT-11", "'yes'"),
        ({"Q1": True}, "UP-CAT-11", "expected"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_what_was_expected(answers, code, says):
    with pytest.raises(CatalogueError) as caught:
        classify(answers, CATALOGUE)
    assert caught.value.code == code
    assert says in caught.value.message


def test_a_catalogue_without_the_act_cannot_classify():
    frozen = CATALOGUE.frozen()
    del frozen["frameworks"]["eu-ai-act"]
    with pytest.raises(CatalogueError, match="UP-CAT-09"):
        classify({}, Catalogue.thaw(frozen))


# --- an independent walk ------------------------------------------------------------------------------------------


@cache
def _law():
    text = (own_data() / "eu-ai-act" / "framework.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["facts"]["classification"]


def _walk(answers):
    """The walk of one complete set of yes and no, step by step, as the reference words it."""
    questions = {question["id"]: question for question in _law()["questions"]}
    outcomes, here = [], _law()["start"]
    while here:
        yes = not outcomes if questions[here].get("automatic") else answers[here] == "yes"
        branch = questions[here]["if_yes" if yes else "if_no"]
        outcomes += branch["add_outcomes"]
        here = None if branch["stop"] else branch["next"]
    return set(outcomes)


def _level(outcomes):
    classes = {outcome["id"]: outcome["class_id"] for outcome in _law()["outcomes"]}
    order = [level["classes"] for level in _law()["severity"]]
    return max(next(n for n, level in enumerate(order) if classes[name] in level) for name in outcomes)


QUESTIONS = [question["id"] for question in _law()["questions"] if not question.get("automatic")]
complete = st.fixed_dictionaries({name: st.sampled_from(["yes", "no"]) for name in QUESTIONS})


def test_severity_follows_the_order_of_the_contracts():
    assert tuple(level["id"] for level in _law()["severity"]) == ORDER
    named = [name for level in _law()["severity"] for name in level["classes"]]
    assert len(named) == len(set(named))
    assert {outcome["class_id"] for outcome in _law()["outcomes"]} <= set(named)


@given(complete)
@settings(max_examples=300)
def test_a_complete_set_of_answers_gives_what_a_plain_walk_gives(answers):
    found = classify(answers, CATALOGUE)
    assert set(found.outcomes) == _walk(answers)
    assert (found.possible, found.undetermined) == ((), ())
    assert found.severity == ORDER[_level(found.outcomes)]


@given(complete, st.sets(st.sampled_from(QUESTIONS), max_size=5))
@settings(max_examples=200)
def test_open_answers_give_what_all_their_completions_give(answers, hidden):
    found = classify({name: value for name, value in answers.items() if name not in hidden}, CATALOGUE)
    ends = [
        _walk(answers | dict(zip(hidden, filled, strict=True)))
        for filled in itertools.product(["yes", "no"], repeat=len(hidden))
    ]
    certain = set.intersection(*ends)
    assert set(found.outcomes) == certain
    assert set(found.possible) == set.union(*ends) - certain - {"OUT-MINIMAL"}
    assert bool(found.undetermined) == (len(set.union(*ends)) > len(certain))
    assert set(found.undetermined) <= hidden


@given(complete, st.sets(st.sampled_from(QUESTIONS), max_size=6))
@settings(max_examples=200)
def test_knowing_less_is_never_milder(answers, hidden):
    whole = classify(answers, CATALOGUE)
    less = classify({name: ("unknown" if name in hidden else value) for name, value in answers.items()}, CATALOGUE)
    assert ORDER.index(less.severity) >= ORDER.index(whole.severity)
    assert set(_dates(whole)) <= set(_dates(less))


@given(complete, st.sets(st.sampled_from(QUESTIONS), max_size=6))
@settings(max_examples=100)
def test_the_document_fits_its_published_schema(answers, hidden):
    found = classify({name: value for name, value in answers.items() if name not in hidden}, CATALOGUE)
    assert Draft202012Validator(load("classify")).is_valid(found.to_json())
