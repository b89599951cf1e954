"""Rules of operations, each tried to be broken; what holds reaches posture as evidence."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.examples import EXAMPLES
from records.examples.building import day
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.kernel import Actor
from upright.records.assurance.judging import facts_of
from upright.records.assurance.models import EvidenceRow
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person, Role
from upright.records.identity.power import DeniedError
from upright.records.inventory.models import DataSet, Dependency, Deployment, Model, Supplier
from upright.records.inventory.queries import graph_of, suppliers_of, systems_on
from upright.records.operations import models
from upright.records.operations.actions import incidents, oversight, requests, supply, use
from upright.records.operations.reactions import raise_alarms_of_a_push
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.reactions import ACTOR, run_pending
from upright.records.trail.record import Record
from upright.records.trail.server_log import now


def built(meridian: Organisation, *names: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in ("system", "supplier", "customer", "model", "dataset", *names):
        made[name] = add(EXAMPLES[name](meridian, made), actor=actor_of(meridian.lead))
    return made


def second(meridian: Organisation, role: Role = Role.AIMS_MANAGER) -> tuple[Person, Actor]:
    person = write(Person(name="Bo Second", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(person, role, meridian.root)
    return person, actor_of(person)


def refused(code: str, verb: Callable[..., Any], record: Record, actor: Actor, **more: Any) -> None:
    with pytest.raises((RefusedError, DeniedError, ValidationError), match=code):
        verb(type(record).objects.get(pk=record.pk), actor=actor, **{"reason": "Why.", **more})


def spoken(record: Record) -> list[tuple[tuple[str, ...], str | None, str]]:
    facts = facts_of("organisation:meridian")
    return [(one.kinds, one.record_state, one.result) for one in facts.items if one.stream == record.ref and one.kinds]


def approved(record: Any, author: Actor, approver: Actor) -> Any:
    controlled.submit(record, actor=author)
    return controlled.approve(record, actor=approver, reason="Agreed.")


def test_an_incident_closes_once_everybody_was_told_and_somebody_else_agrees(meridian: Organisation) -> None:
    made = built(meridian, "incident")
    incident, ada, (bo, actor) = made["incident"], actor_of(meridian.lead), second(meridian)
    incident.high_risk_to_people, incident.case, incident.severity = True, "INC-A", "high"
    edit(incident, actor=ada)
    assert [one.id for one in incident.owed] == ["INC-A", "GDPR-33", "GDPR-34"]
    refused("UP-CTRL-05", incidents.resolve_incident, incident, ada)  # a stage jumped
    refused("UP-CTRL-05", incidents.close_incident, incident, actor)
    refused("UP-CTRL-06", incidents.contain_incident, incident, ada, reason=" ")
    incidents.contain_incident(incident, actor=ada, reason="Switched off.")
    refused("UP-OPS-12", incidents.resolve_incident, incident, ada)
    incident.root_cause = "A column was empty."
    edit(incident, actor=ada)
    incidents.resolve_incident(incident, actor=ada)
    refused("UP-OPS-13", incidents.close_incident, incident, actor)

    def notice(clock: str, hours: float) -> models.Notice:
        sent = incident.aware_at + timedelta(hours=hours)
        return models.Notice(incident=incident, clock=clock, to="Authority", sent_at=sent, proof="R-1")

    for wrong in (notice("INC-B", 1), notice("INC-A", -1), notice("INC-A", 4)):
        with pytest.raises(RefusedError, match="UP-OPS-15"):
            add(wrong, actor=ada)
    for clock in ("INC-A", "GDPR-33", "GDPR-34"):
        assert not add(notice(clock, 2), actor=ada).is_late
    assert incident.owed == ()
    refused("UP-OPS-12", incidents.close_incident, incident, actor)  # what was learnt
    incident.lessons = "A check before each run."
    edit(incident, actor=ada)
    refused("UP-OPS-12", incidents.close_incident, incident, actor)  # a high one without corrective action
    incident.severity = "medium"
    edit(incident, actor=ada)
    refused("UP-OPS-14", incidents.close_incident, incident, ada)  # who handled it
    assert spoken(incident)[-1] == (("incident",), "draft", "passed")
    incidents.close_incident(incident, actor=actor, reason="All done.")
    assert spoken(incident)[-1] == (("incident",), "approved", "passed")
    with pytest.raises(RefusedError, match="UP-DOOR-11"):
        edit(incident, actor=ada)
    incident.state = "reported"
    with pytest.raises(RefusedError, match="UP-DOOR-1"):
        edit(incident, actor=ada)
    late = models.Incident.objects.get(pk=incident.pk)
    incidents.reopen_incident(late, actor=ada, reason="More people.")
    assert spoken(incident)[-1][1] == "withdrawn"  # what was settled is so no more
    late.happened_at = late.aware_at + timedelta(minutes=1)
    with pytest.raises(ValidationError, match="Somebody knew"):
        edit(late, actor=ada)
    assert bo.ref != meridian.lead.ref


def test_a_use_is_proposed_by_anybody_approved_within_what_is_intended_and_looked_at_by_others(
    meridian: Organisation,
) -> None:
    made = built(meridian, "intended-use", "use-approval")
    ada, (_, bo) = actor_of(meridian.lead), second(meridian)
    member = write(Person(name="M", unit=meridian.lending), actor=SETUP, action="identity.person.added")
    grant(member, Role.MEMBER, meridian.lending)
    proposal = add(models.UseProposal(title="T", purpose="P", unit=meridian.lending), actor=actor_of(member))
    assert proposal.proposed_by == member.ref
    refused("UP-POWER-01", use.take_up_use_proposal, proposal, actor_of(member), system=made["system"])
    refused("UP-OPS-21", use.take_up_use_proposal, proposal, ada)
    refused("UP-CTRL-06", use.decline_use_proposal, proposal, ada, reason="")
    use.take_up_use_proposal(proposal, system=made["system"], actor=ada)
    assert (proposal.state, proposal.became) == ("taken-up", "system:mortgage")
    refused("UP-CTRL-05", use.decline_use_proposal, proposal, ada)

    refused("UP-CTRL-02", controlled.submit, made["use-approval"], ada)  # nothing intended is approved yet
    approved(made["intended-use"], ada, bo)
    controlled.submit(made["use-approval"], actor=ada)
    refused("UP-CTRL-04", controlled.approve, made["use-approval"], ada)
    controlled.approve(made["use-approval"], actor=bo)
    assert spoken(made["intended-use"])[-1] == (("intended-use",), "approved", "passed")
    assert spoken(made["use-approval"])[-1] == (("use-approval",), "approved", "passed")

    def review(**more: Any) -> models.UsageReview:
        given = {"reviewer": meridian.lead, "reviewed_on": day(-1), "sample": "60", "deviations": 0}
        return models.UsageReview(system=made["system"], **(given | more))

    with pytest.raises(RefusedError, match="UP-OPS-22"):
        add(review(reviewer=meridian.owner), actor=ada)
    for wrong in (review(reviewed_on=day(1)), review(deviations=2)):
        with pytest.raises(ValidationError):
            add(wrong, actor=ada)
    assert spoken(add(review(), actor=ada)) == [(("usage-review",), "approved", "passed")]


def test_only_who_is_assigned_looks_over_decisions_and_an_alarm_ends_once_its_check_holds(
    meridian: Organisation,
) -> None:
    made = built(meridian, "oversight-assignment", "monitor")
    ada, (_, bo) = actor_of(meridian.lead), second(meridian)
    assignment = made["oversight-assignment"]
    decision = lambda **more: models.DecisionReview(  # noqa: E731
        system=made["system"], decision="1", proposed="Deny", **({"outcome": "agreed"} | more)
    )
    with pytest.raises(RefusedError, match="UP-OPS-41"):
        add(decision(), actor=ada)
    refused("UP-CTRL-02", controlled.submit, assignment, ada)  # holds no such role
    grant(meridian.lead, Role.OVERSEER, meridian.root)
    assignment.trained_on = day(-800)
    edit(assignment, actor=ada)
    refused("UP-CTRL-02", controlled.submit, assignment, ada)
    assignment.trained_on = day(-30)
    edit(assignment, actor=ada)
    approved(assignment, ada, bo)
    with pytest.raises(RefusedError, match="UP-OPS-41"):
        add(decision(), actor=bo)
    with pytest.raises(ValidationError):
        add(decision(outcome="overrode"), actor=ada)
    assert add(decision(outcome="overrode", why="Income was misread."), actor=ada).reviewer == meridian.lead
    assert spoken(assignment)[-1] == (("oversight-assignment",), "approved", "passed")

    monitor = made["monitor"]
    assert monitor.stands == "unknown"
    approved(monitor, ada, bo)

    def evidence(index: int, result: str, days: int = 0) -> None:
        ended = (now() - timedelta(days=days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        EvidenceRow.objects.create(
            index=index, evidence=f"{index:064d}", stream="binding:s/p", system="system:mortgage", source="check",
            binding="performance", subject="model:mortgage/scorer", kinds=["performance"], result=result, ended=ended,
        )  # fmt: skip

    evidence(9001, "passed", days=40)
    assert monitor.stands == "stale"
    evidence(9002, "passed")
    assert (monitor.stands, oversight.raise_alarms(ACTOR)) == ("passed", [])
    evidence(9003, "failed")
    (alarm,) = oversight.raise_alarms(ACTOR)
    assert (alarm.evidence, monitor.stands, oversight.raise_alarms(ACTOR)) == (f"{9003:064d}", "failed", [])
    refused("UP-CTRL-05", oversight.handle_alarm, alarm, ada)
    oversight.acknowledge_alarm(alarm, actor=ada)
    refused("UP-CTRL-06", oversight.handle_alarm, alarm, ada, reason=" ")
    evidence(9004, "failed")
    refused("UP-OPS-42", oversight.handle_alarm, alarm, ada)
    evidence(9005, "passed")
    oversight.handle_alarm(alarm, actor=ada, reason="The feed was repaired.")
    assert raise_alarms_of_a_push.__doc__


def test_what_is_asked_is_answered_by_who_is_asked_and_counts_once_looked_at(meridian: Organisation) -> None:
    made = built(meridian, "evidence-request", "user-information", "data-use-request")
    ada, olu, (_, bo) = actor_of(meridian.lead), actor_of(meridian.owner), second(meridian)
    asked = made["evidence-request"]
    with pytest.raises(ValidationError) as caught:
        add(models.EvidenceRequest(what="W", asked_of=meridian.owner, due=day(-1)), actor=ada)
    assert [one.code for one in caught.value.error_dict["due"]] == ["UP-FIELD-08"]
    refused("UP-OPS-62", requests.answer_evidence_request, asked, bo, answer="Here.")
    refused("UP-OPS-63", requests.answer_evidence_request, asked, olu, answer="Here.", evidence="system:none")
    refused("UP-CTRL-05", requests.accept_evidence_request, asked, ada)
    requests.answer_evidence_request(asked, answer="Here.", evidence="system:mortgage", actor=olu)
    grant(meridian.owner, Role.AIMS_MANAGER, meridian.root)
    refused("UP-OPS-64", requests.accept_evidence_request, asked, olu)  # by a second role of who answered
    requests.accept_evidence_request(asked, actor=ada)

    told = made["user-information"]
    sent = models.InformationDelivery(
        information=told, reached_percent=90, how="Mail", proof="List", checked_on=day(-1)
    )
    with pytest.raises(RefusedError, match="UP-OPS-65"):
        add(sent, actor=ada)
    told = approved(told, ada, bo)
    sent.information = told
    assert spoken(add(sent, actor=ada)) == [(("user-information-delivery",), "approved", "failed")]
    settle = requests.settle_information_delivery
    refused("UP-CTRL-06", settle, sent, ada, proof=" ")
    said = spoken(settle(sent, proof="All 12 signed.", actor=ada))
    assert [one[2] for one in said] == ["failed", "passed"]
    refused("UP-OPS-68", settle, sent, ada, proof="Again.")
    whole = models.InformationDelivery(information=told, reached_percent=101, how="M", proof="L", checked_on=day(-1))
    with pytest.raises(ValidationError):
        add(whole, actor=ada)
    request = made["data-use-request"]
    request.safeguards = " "
    edit(request, actor=ada)
    refused("UP-CTRL-02", controlled.submit, request, ada)
    review = EXAMPLES["access-review"](meridian, made)
    review.reviewer = meridian.owner  # type: ignore[attr-defined]
    with pytest.raises(RefusedError, match="UP-OPS-66"):
        add(review, actor=ada)


def test_a_supplied_model_without_current_assessment_keeps_the_review_open(meridian: Organisation) -> None:
    made = built(meridian, "supplier-assessment", "supplier-review", "responsibility-matrix", "customer-requirement")
    ada, (_, bo) = actor_of(meridian.lead), second(meridian)
    made["model"].supplier = made["supplier"]
    edit(made["model"], actor=ada)
    review, assessment = made["supplier-review"], made["supplier-assessment"]
    refused("UP-OPS-51", supply.confirm_supplier_review, review, ada)
    refused("UP-OPS-52", supply.confirm_supplier_review, review, bo)
    approved(assessment, ada, bo)
    supply.confirm_supplier_review(review, actor=bo)
    assert spoken(review)[-1] == (("supplier-assessment",), "approved", "passed")
    assert (review.review_by, review.rows[0]["supplier"]) == (assessment.review_by, "supplier:modelworks")

    other = add(
        Supplier(name="Dataworks", provides="Data", country="DE", criticality="low", unit=meridian.root), actor=ada
    )
    fresh = DataSet(system=made["system"], short_name="bought", name="Bought", use="training", supplier=other)
    add(fresh, actor=ada)
    run_pending()
    review.refresh_from_db()
    assert (review.state, spoken(review)[-1][1]) == ("open", "withdrawn")
    refused("UP-OPS-52", supply.confirm_supplier_review, review, bo)
    approved(
        add(
            models.SupplierAssessment(
                supplier=other, assessed_on=day(-1), looked_at="Papers", result="accepted", unit=meridian.root,
                owner=meridian.owner, review_by=day(90),
            ),
            actor=ada,
        ),
        ada,
        bo,
    )  # fmt: skip
    supply.confirm_supplier_review(review, actor=bo)
    notice = add(models.ChangeNotice(supplier=other, what="Moves", received_on=day(0)), actor=ada)
    supply.judge_change_notice(notice, effect="Another law.", actor=ada)
    assert models.SupplierReview.objects.get().state == "open"

    matrix = made["responsibility-matrix"]
    refused("UP-OPS-51", supply.acknowledge_responsibility_matrix, matrix, ada)
    refused("UP-OPS-53", supply.record_their_acknowledgement, matrix, ada, name="Kim", proof=" ")
    supply.acknowledge_responsibility_matrix(matrix, actor=bo)
    assert spoken(matrix)[-1][1] == "draft"  # one side is not both
    supply.record_their_acknowledgement(matrix, name="Kim, Modelworks", proof="Letter of May", actor=ada)
    assert (matrix.state, spoken(matrix)[-1][1]) == ("agreed", "approved")
    wanted = made["customer-requirement"]
    wanted.met_by = " "
    edit(wanted, actor=ada)
    refused("UP-OPS-54", supply.judge_customer_requirement, wanted, ada, is_met=True)
    supply.judge_customer_requirement(wanted, is_met=False, actor=ada)
    assert spoken(wanted)[-1] == (("customer-requirement",), "approved", "failed")


def test_the_graph_holds_what_a_system_rests_on_as_of_a_day(meridian: Organisation) -> None:
    made = built(meridian, "process", "resource")
    ada, system = actor_of(meridian.lead), made["system"]
    add(Model(system=system, short_name="bought", name="Bought", supplier=made["supplier"]), actor=ada)
    host = add(
        Supplier(name="Host", provides="Hosting", country="DE", criticality="low", unit=meridian.root), actor=ada
    )
    add(
        Dependency(dependent="supplier:modelworks", on="supplier:host", role="hosted-by", starts=day(-5), ends=day(5)),
        actor=ada,
    )
    add(
        Deployment(system=system, name="Branches", jurisdiction="DE", process=made["process"], starts=day(-10)),
        actor=ada,
    )
    graph = graph_of(system)
    assert {one.type for one in graph.nodes} == {
        "system", "model", "dataset", "resource", "supplier", "deployment", "process",
    }  # fmt: skip
    assert {one.ref for one in graph.of_type("supplier")} == {"supplier:modelworks", "supplier:host"}
    assert ("supplier:modelworks", "supplier:host", "hosted-by") in {
        (one.dependent, one.on, one.role) for one in graph.edges
    }
    known = {one.ref for one in graph.nodes}
    assert {ref for one in graph.edges for ref in (one.dependent, one.on)} <= known
    later = graph_of(system, day(6))
    assert [one.ref for one in later.of_type("supplier")] == ["supplier:modelworks"]
    assert not graph_of(system, day(-11)).of_type("deployment")
    assert [one.ref for one in suppliers_of(system)] == ["supplier:host", "supplier:modelworks"]
    assert (systems_on(host), systems_on(host, day(6))) == ((system,), ())
