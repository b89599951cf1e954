"""Whether a requirement applies: three-valued, with the open question named, and never milder than what is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.catalogue import Applicable, Catalogue, Profile, When, applicable_gdpr, narrows

CATALOGUE = Catalogue.load()
MORTGAGE = {"Q0": "no", "Q1": "yes", "Q2": "yes", "Q3": "no", "Q4": "no", "Q5": "no", "Q8": "III-5-b", "Q9": "yes"} | {
    "Q13": "no",
    **{f"Q12-{n}": "no" for n in range(1, 6)},
}
ROLES = {"eu-ai-act": ("provider", "deployer"), "gdpr": ("controller",)}


def profile(*, answers=MORTGAGE, roles=ROLES, traits=None, adopted=None, **more) -> Profile:
    return Profile(roles=roles, traits=traits or {}, answers=answers, adopted=adopted or {}, **more)


def applies(name, **more):
    return Applicable(profile(**more), CATALOGUE).of(CATALOGUE.requirement(name))


def test_a_management_system_always_applies():
    found = Applicable(profile(answers={}, roles={}), CATALOGUE)
    assert {found.of(r).applies for r in CATALOGUE.frameworks["iso42001"].requirements} == {"yes"}


@pytest.mark.parametrize(
    ("adopted", "answer"), [({}, "unknown"), ({"nist-ai-rmf": "yes"}, "yes"), ({"nist-ai-rmf": "no"}, "no")]
)
def test_a_voluntary_framework_applies_by_an_approved_scope(adopted, answer):
    found = applies("nist-ai-rmf:GOVERN-1.1", adopted=adopted)
    assert found.applies == answer
    assert bool(found.question) == (answer == "unknown")


def test_a_duty_of_the_class_and_the_role_applies_from_its_date():
    found = applies("eu-ai-act:AIA-9")
    assert (found.applies, found.applies_from) == ("yes", "2027-12-02")


def test_a_duty_of_another_class_or_another_role_does_not_apply():
    assert applies("eu-ai-act:AIA-50-1").applies == "no"
    assert applies("eu-ai-act:AIA-23").applies == "no"


def test_an_open_question_of_the_classification_leaves_every_uncertain_duty_unknown():
    answers = {name: value for name, value in MORTGAGE.items() if name != "Q12-2"}
    found = applies("eu-ai-act:AIA-50-2", answers=answers)
    assert (found.applies, found.question) == ("unknown", "Answer Q12-2.")
    assert applies("eu-ai-act:AIA-52", answers=answers).applies == "unknown"
    assert applies("eu-ai-act:AIA-9", answers=answers).applies == "yes"
    assert applies("eu-ai-act:AIA-23", answers={}).applies == "unknown"


def test_a_law_without_a_named_role_is_unknown_and_asks_for_it():
    found = applies("eu-ai-act:AIA-9", roles={})
    assert found.applies == "unknown"
    assert "role" in found.question


@pytest.mark.parametrize(("value", "answer"), [("yes", "yes"), ("no", "no"), ("unknown", "unknown"), (None, "unknown")])
def test_a_condition_follows_its_trait_and_a_missing_trait_is_unknown(value, answer):
    traits = {} if value is None else {"workplace_use": value}
    found = applies("eu-ai-act:AIA-26-7", traits=traits)
    assert found.applies == answer
    assert ("workplace" in (found.question or "")) == (answer == "unknown")


def test_every_deployer_of_a_credit_scorer_owes_the_rights_assessment_whoever_it_is():
    assert applies("eu-ai-act:AIA-27").applies == "yes"
    hiring = MORTGAGE | {"Q8": "III-4-a"}
    assert applies("eu-ai-act:AIA-27", answers=hiring).applies == "unknown"
    private = {"public_authority": "no", "public_service": "no"}
    assert applies("eu-ai-act:AIA-27", answers=hiring, traits=private).applies == "no"
    assert applies("eu-ai-act:AIA-27", answers=hiring, traits=private | {"public_service": "yes"}).applies == "yes"


def test_a_rights_assessment_is_found_among_several_points():
    both = MORTGAGE | {"Q8": ["III-4-a", "III-5-c"]}
    assert applies("eu-ai-act:AIA-27", answers=both, traits={"public_authority": "no"}).applies == "yes"


def test_gdpr_follows_its_triggers():
    found = applicable_gdpr({"personal_data": "yes", "profiling": "no", "breach": "yes"}, CATALOGUE)
    assert found["gdpr:GDPR-6"] == found["gdpr:GDPR-33"] == found["gdpr:GDPR-21"] == "yes"
    assert found["gdpr:GDPR-22"] == found["gdpr:GDPR-34"] == found["gdpr:GDPR-9"] == "unknown"
    calm = applicable_gdpr(dict.fromkeys(CATALOGUE.traits, "no"), CATALOGUE)
    assert set(calm.values()) == {"no"}


def test_a_processor_owes_what_binds_processors():
    found = applicable_gdpr({"personal_data": "yes"}, CATALOGUE, roles=["processor"])
    assert {name for name, answer in found.items() if answer == "yes"} == {"gdpr:GDPR-30", "gdpr:GDPR-32"}


@given(
    st.dictionaries(st.sampled_from(sorted(CATALOGUE.traits)), st.sampled_from(["yes", "no", "unknown"])),
    st.sampled_from(sorted(CATALOGUE.traits)),
)
def test_forgetting_a_trait_never_makes_a_duty_go_away(traits, forgotten):
    before = Applicable(profile(traits=traits), CATALOGUE)
    after = Applicable(profile(traits={k: v for k, v in traits.items() if k != forgotten}), CATALOGUE)
    for name in ("eu-ai-act", "gdpr"):
        for requirement in CATALOGUE.frameworks[name].requirements:
            if after.of(requirement).applies == "no":
                assert before.of(requirement).applies == "no", requirement.id


WORDS = profile(stage="deployment", modality="tabular", traits={"personal_data": "yes", "profiling": "no"})


@pytest.mark.parametrize(
    ("when", "answer"),
    [
        (None, "yes"),
        (When(), "yes"),
        (When(modality=("tabular", "text")), "yes"),
        (When(modality=("llm",)), "no"),
        (When(stage=("deployment",)), "yes"),
        (When(stage=("retirement",)), "no"),
        (When(personal_data=True), "yes"),
        (When(personal_data=False), "no"),
        (When(traits={"profiling": "yes"}), "no"),
        (When(traits={"breach": "yes"}), "unknown"),
        (When(traits={"breach": "yes"}, modality=("llm",)), "no"),
        (When(roles=("deployer",)), "yes"),
        (When(roles=("importer",)), "no"),
        (When(class_=("high-risk-annex-iii",)), "unknown"),
    ],
)
def test_words_narrow_an_ask(when, answer):
    assert narrows(when, WORDS, framework="eu-ai-act") == answer


def test_a_class_narrows_an_ask_once_it_is_known():
    when = When(class_=("high-risk-annex-iii",))
    assert narrows(when, WORDS, framework="eu-ai-act", classes=["high-risk-annex-iii"]) == "yes"
    assert narrows(when, WORDS, framework="eu-ai-act", classes=["minimal"]) == "no"
