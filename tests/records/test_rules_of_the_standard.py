"""Each rule that the standard imposes has a test that tries to break it; bad input is refused with rule and clause."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.assurance.test_audits import internal, programme
from records.examples import EXAMPLES
from records.examples.building import day
from records.organisation import Organisation, actor_of
from records.risk.settled import settled
from records.rules import RULES, Rule
from upright.kernel import Actor, InputError
from upright.records.assurance.auditing import AuditorAssignment
from upright.records.assurance.correction_actions import confirm_effectiveness, finish_corrective_action
from upright.records.assurance.judging import catalogue
from upright.records.assurance.reviewing import ReviewDecision
from upright.records.governance.models import Document
from upright.records.identity import controlled
from upright.records.identity.actions import accept, confirm, delegate
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Delegation, Person
from upright.records.inventory.models import Model, Supplier
from upright.records.risk import actions
from upright.records.trail.door import refresh
from upright.records.trail.verify import verify

ROOT = Path(__file__).parent
SOURCE = ROOT.parents[1] / "src" / "upright"
ASKS = ("assert", "refused(", "pytest.raises(", "stands(")


@cache
def _tests(path: str) -> dict[str, str]:
    """The source of each test of a file, with what the file says besides: its helpers and tables."""
    text = (ROOT / path).read_text()
    nodes = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
    found = {one.name: ast.get_source_segment(text, one) or "" for one in nodes}
    tests = {name: source for name, source in found.items() if name.startswith("test_")}
    for source in tests.values():
        text = text.replace(source, "")
    return {name: source + text for name, source in tests.items()}


@cache
def _refusals() -> str:
    return "\n".join(one.read_text() for one in sorted((SOURCE / "records").rglob("*.py")))


def wanting(rule: Rule) -> Iterator[str]:
    """What is missing of a rule: a test that tries to break it, a refusal with its code, a clause."""
    if f"iso42001:{rule.clause}" not in catalogue().requirements:
        yield f"{rule.clause} is no clause"
    sources = []
    for one in rule.tests:
        path, _, name = one.partition("::")
        found = [source for test, source in _tests(path).items() if test.endswith(name)] if name else []
        if len(found) != 1:
            yield f"{one} is {len(found)} tests"
        sources += found
    if not any(word in source for source in sources for word in ASKS):
        yield "no test tries to break it"
    if not rule.codes and not rule.shows:
        yield "nothing says what a test looks at"
    yield from (f"no test asks for {one}" for one in (*rule.codes, *rule.shows) if not any(one in s for s in sources))
    yield from (f"nothing refuses with {one}" for one in rule.codes if re.search(f'"{one}"', _refusals()) is None)


def test_each_rule_of_the_standard_has_a_test_that_tries_to_break_it() -> None:
    assert [f"{rule.id}: {one}" for rule in RULES for one in wanting(rule)] == []
    ids = [rule.id.split("-") for rule in RULES]
    for family in dict.fromkeys(name for name, _ in ids):
        numbers = [int(number) for name, number in ids if name == family]
        assert numbers == list(range(1, len(numbers) + 1)), family
    assert len({rule.says for rule in RULES}) == len(RULES) == 54


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"tests": ()}, "no test tries to break it"),
        ({"tests": ("risk/test_applicability.py::rows_are_pretty",)}, "is 0 tests"),
        ({"codes": ("UP-RISK-99",)}, "no test asks for UP-RISK-99"),
        ({"codes": ("UP-RISK-99",)}, "nothing refuses with UP-RISK-99"),
        ({"codes": (), "shows": ()}, "nothing says what a test looks at"),
        ({"shows": ("a word that no test has",)}, "no test asks for a word"),
        ({"clause": "6.9"}, "6.9 is no clause"),
    ],
)
def test_a_rule_that_nothing_tries_to_break_is_found(wrong: dict[str, Any], says: str) -> None:
    assert list(wanting(RULES[0])) == []
    assert any(says in one for one in wanting(replace(RULES[0], **wrong)))


@pytest.mark.parametrize("lacking", ["owner", "due", "resources"])
def test_a_decision_of_a_review_lacks_neither_owner_nor_date_nor_resources(
    meridian: Organisation, lacking: str
) -> None:
    made: dict[str, Any] = {"management-review": add(EXAMPLES["management-review"](meridian, {}), actor=lead(meridian))}
    given = {"owner": meridian.owner, "due": day(90), "resources": "A course."}  # "owner", "due", "resources"
    given[lacking] = "" if lacking == "resources" else None
    decision = ReviewDecision(review=made["management-review"], decision="A second auditor.", **given)
    with pytest.raises(ValidationError) as caught:
        add(decision, actor=lead(meridian))
    assert set(caught.value.message_dict) == {lacking}


def lead(meridian: Organisation) -> Actor:
    return actor_of(meridian.lead)


def test_bad_input_is_refused_with_the_rule_and_the_clause(meridian: Organisation) -> None:
    set_up = settled(meridian)
    ada, olu, bo, rana = set_up.ada, set_up.olu, set_up.bo, set_up.rana
    _chain_with_a_loop(set_up.org, rana, bo)
    document = add(_document(meridian), actor=ada)
    document.review_by = day(-1)
    expect_refused("UP-FIELD-08", "7.5.2", lambda: edit(document, actor=ada))
    document.review_by = day(0)
    edit(document, actor=ada)
    expect_refused("UP-CTRL-03", "7.5.2", lambda: controlled.submit(refresh(document), actor=ada))
    risk = set_up.example("risk")
    risk.review_by = day(-1)
    expect_refused("UP-FIELD-08", "8.2", lambda: edit(risk, actor=ada))
    risk = refresh(risk)
    actions.close_risk(risk, actor=olu, reason="The system is gone.")
    expect_refused("UP-RISK-07", "6.1.3", lambda: set_up.example("treatment", risk=risk))
    second = add(_document(meridian, supersedes=document), actor=ada)
    document = refresh(document)
    document.supersedes = second
    expect_refused("UP-CTRL-01", "7.5.3", lambda: edit(document, actor=ada))
    statement = set_up.example("statement-of-applicability")
    row = statement.rows.get(control="A.5.5")
    row.decision, row.reason = "excluded", "We see no need."
    expect_refused("UP-RISK-41", "6.1.3", lambda: edit(row, actor=ada))
    row.decision, row.ground, row.reason = "included", "", " "
    expect_refused("UP-RISK-42", "6.1.3", lambda: edit(row, actor=ada))
    bureau = Supplier(name="Bureau", provides="Scores", country="DE", criticality="high", unit=meridian.root)
    add(Model(system=set_up.system, short_name="b", name="B", supplier=add(bureau, actor=ada)), actor=ada)
    supplied = statement.rows.get(control="A.10.3")
    supplied.decision, supplied.reason, supplied.ground = "excluded", "None.", "risk-assessment-shows-no-need"
    expect_refused("UP-RISK-43", "6.1.3", lambda: edit(supplied, actor=ada))
    audit = internal(meridian, programme(meridian), ["iso42001:A.6"], systems=[set_up.system.ref])
    owner = AuditorAssignment(audit=audit, auditor=meridian.owner, is_lead=True)
    expect_refused("UP-AUD-02", "9.2.2", lambda: add(owner, actor=ada))
    made = {"system": set_up.system}
    made["nonconformity"] = add(EXAMPLES["nonconformity"](meridian, made), actor=ada)  # type: ignore[assignment]
    action: Any = EXAMPLES["corrective-action"](meridian, made)
    action.owner = Person.objects.get(ref=str(bo.ref))
    add(action, actor=ada)
    finish_corrective_action(action, actor=bo, reason="The checklist asks for it.")
    expect_refused("UP-CORR-08", "10.2", lambda: confirm_effectiveness(refresh(action), actor=bo, reason="It works."))
    assert refresh(action).state == "done"
    assert verify().outcome == "intact"


def _document(meridian: Organisation, **more: Any) -> Document:
    given = {"title": "AI policy", "subtype": "ai-policy", "text": "We …", "review_by": day(300)}
    return Document(unit=meridian.root, owner=meridian.owner, **(given | more))


def _chain_with_a_loop(meridian: Organisation, rana: Any, bo: Any) -> None:
    """Rana lends Olu what Rana may; he can neither lend it back nor on, so no chain of approvals comes round."""
    olu = actor_of(meridian.owner)

    def lent(giver: Any, receiver: Any) -> Delegation:
        person = {one: Person.objects.get(ref=str(one.ref)) for one in (giver, receiver)}
        return Delegation(
            giver=person[giver],
            receiver=person[receiver],
            rights=["risk.risk.accept"],
            unit=meridian.lending,
            starts=day(0),
            ends=day(20),
        )

    given = delegate(lent(rana, olu), actor=rana, reason="On leave.")
    accept(confirm(given, actor=bo, reason="Agreed."), actor=olu)
    for receiver in (rana, bo):
        expect_refused(
            "UP-ROLE-06", "5.3", lambda to=receiver: delegate(lent(olu, to), actor=olu, reason="Round it goes.")
        )


def expect_refused(code: str, clause: str, verb: Any) -> None:
    """By the code of the rule; in words that name the clause."""
    with pytest.raises((InputError, ValidationError)) as caught:
        verb()
    error = caught.value
    if isinstance(error, InputError):
        said = [(error.code, str(error))]
    else:
        said = [(one.code, one.message) for errors in error.error_dict.values() for one in errors]
    assert [one for one, _ in said] == [code]
    assert f"({clause})" in said[0][1]
