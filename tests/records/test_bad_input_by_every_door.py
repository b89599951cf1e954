"""The bad inputs that the standard's rules refuse, tried by every door and by every way round (0291)."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

import upright.records
from records.assurance.test_audits import competent, internal, programme
from records.assurance.test_audits import person as somebody
from records.examples import EXAMPLES
from records.examples.building import day
from records.organisation import SETUP, Organisation, actor_of
from records.risk.settled import Settled, settled
from records.test_every_type import made_all
from records.test_rules_of_the_standard import expect_refused
from upright.desk.description import record_type
from upright.desk.forms import form_class, form_data
from upright.kernel import Actor
from upright.records.assurance import audit_actions as audits
from upright.records.assurance import correction_actions as correction
from upright.records.assurance.auditing import AuditorAssignment, AuditSample
from upright.records.assurance.correction import CorrectiveAction
from upright.records.collaboration.actions import assign as assign_task
from upright.records.collaboration.actions import close_task
from upright.records.identity.actions import accept, confirm, delegate
from upright.records.identity.controlled import Controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Delegation, Person, Role, RoleAssignment, Unit
from upright.records.identity.power import powers_of, rights
from upright.records.inventory.actions import refuse_use
from upright.records.operations.models import OversightAssignment
from upright.records.risk import actions
from upright.records.risk.models import Treatment
from upright.records.trail.door import refresh, write, write_many
from upright.records.trail.erasure import erase
from upright.records.trail.record import Record, record_types
from upright.records.trail.verify import verify

Verb = Callable[[], Any]


def refused(code: str, words: str, verb: Verb) -> None:
    """By this code, in words that name the clause or the reason; for edits that a state freezes too."""
    with pytest.raises((ValidationError, Exception)) as caught:
        verb()
    why = caught.value
    if isinstance(why, ValidationError):
        found = [(str(one.code), str(one.message)) for errors in why.error_dict.values() for one in errors]
    else:
        found = [(str(getattr(why, "code", "")), str(why))]
    assert [one for one, _ in found] == [code], found
    assert words in found[0][1]


# A treatment of a closed risk.


def test_a_closed_risk_is_not_treated_by_adding_pointing_changing_or_deciding(meridian: Organisation) -> None:
    here = settled(meridian)
    risk, other = here.example("risk"), here.example("risk")
    treatment, elsewhere = here.example("treatment", risk=risk), here.example("treatment", risk=other)
    actions.close_risk(risk, actor=here.olu, reason="The system is gone.")
    expect_refused("UP-RISK-07", "6.1.3", lambda: here.example("treatment", risk=refresh(risk)))
    elsewhere = refresh(elsewhere)
    elsewhere.risk = refresh(risk)
    expect_refused("UP-RISK-07", "6.1.3", lambda: edit(elsewhere, actor=here.ada))
    described = record_type("treatment")
    stored = refresh(elsewhere)
    form = form_class(described)(form_data(stored, described) | {"risk": risk.ref}, instance=stored)
    assert [one.code for one in form.errors.as_data()["risk"]] == ["UP-RISK-07"]
    stays = refresh(treatment)
    stays.plan = "Another plan."
    refused("UP-DOOR-11", "(6.1.3)", lambda: edit(stays, actor=here.ada))
    expect_refused("UP-RISK-07", "6.1.3", lambda: actions.approve_treatment(refresh(treatment), actor=here.bo))
    assert refresh(elsewhere).risk == other
    assert Treatment.objects.filter(risk=risk).count() == 1
    actions.reopen_risk(refresh(risk), actor=here.olu, reason="It is back.")
    stays = refresh(treatment)
    stays.plan = "Another plan."
    edit(stays, actor=here.ada)
    elsewhere = refresh(elsewhere)
    elsewhere.risk = refresh(risk)
    edit(elsewhere, actor=here.ada)
    assert verify().outcome == "intact"


# A cycle of superseding documents.


def test_nothing_comes_to_supersede_itself_of_whatever_type_and_however_long_the_way(meridian: Organisation) -> None:
    made, ada, tried = made_all(meridian), actor_of(meridian.lead), 0
    for name, first in made.items():
        described = record_type(name)
        if not isinstance(first, Controlled) or "supersedes" not in described.written:
            continue
        others = [type(first)(**_fields(first)) for _ in range(2)]
        for one, before in zip(others, (first, others[0]), strict=True):
            one.supersedes = before
            try:
                one.validate_constraints()
                add(one, actor=ada)
            except ValidationError:  # a type of which a unit has one: to itself is all that can be tried
                break
        chain = [first, *(one for one in others if not one.is_new)]
        for last in chain:
            circle = refresh(first)
            circle.supersedes = refresh(last)
            expect_refused("UP-CTRL-01", "7.5.3", lambda one=circle: edit(one, actor=ada))
            stored = refresh(first)
            form = form_class(described)(form_data(stored, described) | {"supersedes": last.ref}, instance=stored)
            assert "UP-CTRL-01" in [one.code for one in form.errors.as_data()["supersedes"]], name
            with pytest.raises(ValidationError):
                write_many([circle], actor=ada, action="tests.thing.changed")
            tried += 1
        assert refresh(first).supersedes is None
    assert tried > 60
    assert verify().outcome == "intact"


def _fields(record: Record) -> dict[str, Any]:
    own = {"id", "ref", "version", "supersedes"}
    return {one.name: getattr(record, one.name) for one in record._meta.concrete_fields if one.name not in own}


def test_what_replaces_another_or_lies_below_it_comes_to_an_end_too(meridian: Organisation) -> None:
    here = settled(meridian)
    risk = here.example("risk")
    first = here.example("treatment", risk=risk)
    second = here.example("treatment", risk=risk, replaces=first)
    for last in (first, second):
        circle = refresh(first)
        circle.replaces = last
        expect_refused("UP-RISK-29", "6.1.3", lambda one=circle: edit(one, actor=here.ada))
    cards = write(Unit(name="Cards", parent=meridian.lending), actor=SETUP, action="identity.unit.added")
    for below in (meridian.lending, cards):
        lending = refresh(meridian.lending)
        lending.parent = below
        expect_refused(
            "UP-FIELD-04", "5.3", lambda one=lending: write(one, actor=SETUP, action="identity.unit.changed")
        )
    assert verify().outcome == "intact"


# An exclusion without ground.


@pytest.mark.parametrize("reason", ["", " ", "\u00a0", "\u200b\u200b", "—", " . "])
def test_an_exclusion_without_ground_or_reason_is_refused_by_verb_and_form(meridian: Organisation, reason: str) -> None:
    here = settled(meridian)
    row = here.example("statement-of-applicability").rows.get(control="A.5.5")
    described = record_type("soa-row")
    ground = "risk-assessment-shows-no-need"
    for given, field, code in (
        ({"decision": "excluded", "ground": "", "reason": "We see no need."}, "ground", "UP-RISK-41"),
        ({"decision": "included", "ground": ground, "reason": "We see the need."}, "ground", "UP-RISK-41"),
        ({"decision": "excluded", "ground": ground, "reason": reason}, "reason", "UP-RISK-42"),
        ({"decision": "included", "ground": "", "reason": reason}, "reason", "UP-RISK-42"),
    ):
        stored = refresh(row)
        for name, value in given.items():
            setattr(stored, name, value)
        expect_refused(code, "6.1.3", lambda one=stored: edit(one, actor=here.ada))
        with pytest.raises(ValidationError):
            write_many([stored], actor=here.ada, action="risk.soa_row.changed")
        plain = refresh(row)
        form = form_class(described)(form_data(plain, described) | given, instance=plain)
        assert code in [str(one.code) for one in form.errors.as_data()[field]]
    assert refresh(row).decision == "undecided"


@pytest.mark.parametrize("reason", ["", "\u200b", "—"])
def test_every_verb_that_asks_for_a_reason_asks_for_a_word(meridian: Organisation, reason: str) -> None:
    ada = actor_of(meridian.lead)
    supplier = add(EXAMPLES["supplier"](meridian, {}), actor=ada)
    use = add(EXAMPLES["use"](meridian, {"supplier": supplier}), actor=ada)
    task = assign_task(supplier, "Ask them.", assignee=meridian.lead, actor=ada)
    given = write(
        RoleAssignment(person=meridian.owner, role=Role.RISK_OWNER, unit=meridian.root, starts=day(0)),
        actor=SETUP,
        action="identity.role.granted",
    )
    verbs: tuple[tuple[str, Verb], ...] = (
        ("UP-ROLE-13", lambda: confirm(given, actor=ada, reason=reason)),
        ("UP-INV-06", lambda: refuse_use(use, actor=ada, reason=reason)),
        ("UP-TASK-03", lambda: close_task(task, actor=ada, reason=reason, state="dropped")),
        ("UP-DOOR-09", lambda: erase(supplier, actor=SETUP, reason=reason)),
    )
    for code, verb in verbs:
        refused(code, "reason", verb)
    stored = [refresh(one) for one in (given, use, task, supplier)]
    assert {one.version for one in stored} == {1}


def test_no_verb_takes_a_mark_for_a_reason() -> None:
    """A reason is judged by ``says_nothing`` alone: blank or not is another question."""
    folder = Path(upright.records.__file__).parent
    found = [str(one) for one in folder.rglob("*.py") if re.search(r"not (\w+\.)?\w*reason\.strip", one.read_text())]
    assert not found


# An auditor who owned the system.


def test_who_oversaw_reviewed_or_handled_something_in_scope_does_not_audit_it(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)
    system = add(meridian.system(), actor=ada)
    wim, zoe = (somebody(meridian, name, Role.AIMS_MANAGER) for name in ("Wim", "Zoe"))
    for number, one in enumerate((wim, zoe)):
        competent(one, f"document:2026-09{number + 10}")
    given = EXAMPLES["oversight-assignment"](meridian, {"system": system})
    assert isinstance(given, OversightAssignment)
    given.overseer = wim
    add(given, actor=ada)
    audit = internal(meridian, programme(meridian), ["iso42001:A.5"], systems=[system.ref])
    expect_refused("UP-AUD-02", "9.2.2", lambda: assign(audit, wim, ada))
    assign(audit, zoe, ada, is_lead=True)
    assert audits.start_audit(refresh(audit), actor=ada).state == "under-way"


def assign(audit: Any, who: Person, actor: Actor, **more: Any) -> AuditorAssignment:
    return audits.assign_auditor(AuditorAssignment(audit=refresh(audit), auditor=who, **more), actor=actor)


def test_who_comes_to_own_what_is_in_scope_neither_starts_nor_reports(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)
    system = add(meridian.system(), actor=ada)
    wim = somebody(meridian, "Wim", Role.INTERNAL_AUDITOR)
    competent(wim, "document:2026-0910")
    plan = programme(meridian)

    def planned() -> Any:
        made = internal(meridian, plan, ["iso42001:A.5"], systems=[system.ref])
        assign(made, wim, ada, is_lead=True)
        return made

    before, under_way = planned(), planned()
    audits.start_audit(refresh(under_way), actor=ada)
    sample = AuditSample(audit=refresh(under_way), what="system", since=day(-3), until=day(0), size=1)
    audits.draw_sample(sample, actor=actor_of(wim))
    system = refresh(system)
    system.owner = wim
    edit(system, actor=ada, reason="Olu left.")
    expect_refused("UP-AUD-02", "9.2.2", lambda: audits.start_audit(refresh(before), actor=ada))

    def report() -> Any:
        return audits.report_audit(refresh(under_way), conclusion="It conforms.", actor=actor_of(wim))

    expect_refused("UP-AUD-02", "9.2.2", report)
    system = refresh(system)
    system.owner = meridian.owner
    edit(system, actor=ada, reason="Olu is back.")
    expect_refused("UP-AUD-02", "9.2.2", report)
    assert refresh(under_way).state == "under-way"


def test_an_audit_by_others_that_becomes_an_internal_one_asks_its_team_again(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)
    system = add(meridian.system(), actor=ada)
    zoe = somebody(meridian, "Zoe", Role.INTERNAL_AUDITOR)
    audit = internal(meridian, programme(meridian), ["iso42001:A.5"], systems=[system.ref], kind="certification")
    assign(audit, zoe, ada, is_lead=True)
    changed = refresh(audit)
    changed.kind = "internal"
    edit(changed, actor=ada)
    with pytest.raises(Exception, match="UP-AUD-08"):
        audits.start_audit(refresh(audit), actor=ada)
    competent(zoe, "document:2026-0910")
    assert audits.start_audit(refresh(audit), actor=ada).state == "under-way"


# An effectiveness check by the person who acted.


def test_an_effect_is_not_checked_by_who_acted_before_somebody_else_was_named(meridian: Organisation) -> None:
    here = settled(meridian)
    made: dict[str, Record] = {"system": here.system}
    made["nonconformity"] = add(EXAMPLES["nonconformity"](meridian, made), actor=here.ada)
    action = EXAMPLES["corrective-action"](meridian, made)
    assert isinstance(action, CorrectiveAction)
    bo = Person.objects.get(ref=str(here.bo.ref))
    action.owner = bo
    add(action, actor=here.ada)
    action.owner = meridian.owner  # in whose name it is finished, although Bo did it
    edit(action, actor=here.ada, reason="Olu writes it up.")
    correction.finish_corrective_action(refresh(action), actor=here.ada, reason="The checklist asks for it.")
    for verb in (correction.confirm_effectiveness, correction.report_ineffective):
        expect_refused(
            "UP-CORR-08", "10.2", lambda one=verb: one(refresh(action), actor=here.bo, reason="I see that it works.")
        )
    late = refresh(action)
    late.owner = bo
    refused("UP-DOOR-11", "done", lambda: edit(late, actor=here.ada))
    other = somebody(meridian, "Pat", Role.AIMS_MANAGER)
    correction.confirm_effectiveness(refresh(action), actor=actor_of(other), reason="None since.")
    assert refresh(action).state == "effective"


def test_a_treatment_is_not_judged_by_who_it_was_taken_from(meridian: Organisation) -> None:
    here = settled(meridian)
    treatment = here.example("treatment", risk=here.example("risk"))
    treatment.owner = Person.objects.get(ref=str(here.bo.ref))
    edit(treatment, actor=here.ada)
    treatment.owner = meridian.owner
    edit(treatment, actor=here.ada)
    pat = somebody(meridian, "Pat", Role.AIMS_MANAGER)
    actions.approve_treatment(refresh(treatment), actor=actor_of(pat))
    actions.finish_treatment(refresh(treatment), actor=here.ada, reason="Trained.")
    for verb in (actions.confirm_treatment, actions.reject_treatment):
        refused("UP-RISK-05", "", lambda one=verb: one(refresh(treatment), actor=here.bo, reason="I see it."))
    actions.confirm_treatment(refresh(treatment), actor=actor_of(pat), reason="Measured.")
    assert refresh(treatment).state == "effective"


# An approval chain with a loop.

_APPROVES = ("approve", "accept", "confirm", "receive", "report", "release")


def test_no_right_that_approves_comes_round_by_lending(meridian: Organisation) -> None:
    here = settled(meridian)
    olu = meridian.owner
    lent = sorted(one for one in rights() if one.rpartition(".")[2] in _APPROVES and _held(here, one))
    assert len(lent) > 20
    given = delegate(_lent(here.bo, olu, lent, meridian.lending), actor=here.bo, reason="On leave.")
    accept(confirm(given, actor=here.ada, reason="Agreed."), actor=here.olu)
    for right in lent:
        for back in (meridian.lead, Person.objects.get(ref=str(here.bo.ref))):
            expect_refused(
                "UP-ROLE-06",
                "5.3",
                lambda one=right, to=back: delegate(
                    _lent(here.olu, to, [one], meridian.lending), actor=here.olu, reason="Round it goes."
                ),
            )
    bo = Person.objects.get(ref=str(here.bo.ref))
    refused(
        "UP-ROLE-01",
        "",
        lambda: delegate(_lent(here.bo, bo, lent, meridian.lending), actor=here.bo, reason="Me."),
    )


def _held(here: Settled, right: str) -> bool:
    """Whether Bo has it in lending, and Olu has not."""
    mine, his = (here.org.lending.pk in powers_of(one).units(right) for one in (here.bo, here.olu))
    return mine and not his


def _lent(giver: Actor, receiver: Person, lent: list[str], unit: Unit) -> Delegation:
    person = Person.objects.get(ref=str(giver.ref))
    return Delegation(giver=person, receiver=receiver, rights=lent, unit=unit, starts=day(0), ends=day(20))


def test_every_controlled_type_is_approved_by_somebody_else_and_nobody_approves_what_they_wrote() -> None:
    """The walk over all of them is ``test_moves_matrix``; here: none approves by verbs that forget the writers."""
    from upright.desk.description import registered

    wrong = [
        name
        for name, model in record_types().items()
        if issubclass(model, Controlled) and not any("approve" in one.__name__ for one in registered()[name].moves)
    ]
    assert wrong == []
