"""10.1 and 10.2: what failed leads to a nonconformity, its cause to an action, and somebody else checks it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.assurance.repository import MANIFEST, bundle_of, evidence_key, repository
from records.assurance.test_spoken import second, status
from records.examples.building import day
from records.organisation import Organisation, actor_of, grant
from records.test_every_type import made_all
from upright.kernel import Actor
from upright.records.assurance import correction_actions as verbs
from upright.records.assurance.actions import approve_bindings, enrol_key, push
from upright.records.assurance.correction import CorrectiveAction, Nonconformity
from upright.records.assurance.judging import facts_of
from upright.records.assurance.models import BindingApproval
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Role
from upright.records.identity.power import DeniedError
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import organisation
from upright.records.trail.verify import verify


def refused(code: str, move: Callable[..., Any], record: Any, actor: Actor, reason: str = "Why.") -> None:
    with pytest.raises(RefusedError, match=code):
        move(type(record).objects.get(pk=record.pk), actor=actor, reason=reason)


def said(kind: str) -> list[tuple[str | None, str]]:
    return [(one.record_state, one.result) for one in facts_of(organisation()).items if kind in one.kinds]


def test_an_action_is_checked_by_who_did_not_act_and_only_then_is_its_nonconformity_closed(
    meridian: Organisation,
) -> None:
    made, ada, bo = made_all(meridian), actor_of(meridian.lead), actor_of(second(meridian))
    found, action = made["nonconformity"], made["corrective-action"]
    assert isinstance(found, Nonconformity)
    assert isinstance(action, CorrectiveAction)
    refused("UP-CTRL-05", verbs.close_nonconformity, found, bo)
    found.correction = " "
    edit(found, actor=ada)
    refused("UP-CTRL-02", controlled.submit, found, ada)
    refused("UP-CORR-06", verbs.finish_corrective_action, action, ada)
    found.correction = "Held back."
    edit(found, actor=ada)
    controlled.submit(found, actor=ada)
    refused("UP-CTRL-04", controlled.approve, found, ada)
    controlled.approve(found, actor=bo)
    refused("UP-CORR-04", verbs.close_nonconformity, found, bo)
    for name in ("cause", "similar_cases"):
        before = getattr(action, name)
        setattr(action, name, "")
        edit(action, actor=ada)
        refused("UP-CORR-06", verbs.finish_corrective_action, action, ada)
        setattr(action, name, before)
        edit(action, actor=ada)
    refused("UP-CTRL-06", verbs.finish_corrective_action, action, ada, reason=" ")
    refused("UP-CTRL-05", verbs.confirm_effectiveness, action, bo)
    cy = second(meridian)
    verbs.finish_corrective_action(action, actor=actor_of(cy), reason="The checklist is in use.")
    assert said("corrective-action") == []
    refused("UP-CORR-04", verbs.close_nonconformity, found, bo)
    for acted in (cy, meridian.lead):
        refused("UP-CORR-08", verbs.confirm_effectiveness, action, actor_of(acted))
    with pytest.raises(DeniedError):
        verbs.confirm_effectiveness(action, actor=actor_of(stranger_to(meridian)), reason="Seen.")
    owner = meridian.owner
    grant(owner, Role.AIMS_MANAGER, meridian.root)
    refused("UP-CORR-08", verbs.confirm_effectiveness, action, actor_of(owner))  # who owns it acted too
    verbs.report_ineffective(action, actor=bo, reason="It came back in August.")
    assert said("corrective-action")[-1] == ("approved", "failed")
    refused("UP-CORR-04", verbs.close_nonconformity, found, bo)
    verbs.replan_corrective_action(action, actor=ada, reason="The gate asks, not a list.")
    assert said("corrective-action")[-1][0] == "draft"
    verbs.finish_corrective_action(action, actor=ada, reason="The gate denies.")
    verbs.confirm_effectiveness(action, actor=bo, reason="Three releases since, each assessed before.")
    refused("UP-CORR-05", verbs.close_nonconformity, found, ada)
    refused("UP-CTRL-06", verbs.close_nonconformity, found, bo, reason="")
    found = Nonconformity.objects.get(pk=found.pk)
    verbs.close_nonconformity(found, actor=bo, reason="Its cause is gone.")
    assert (said("corrective-action")[-1], said("nonconformity")[-1]) == (("approved", "passed"),) * 2
    refused("UP-CORR-03", verbs.replan_corrective_action, action, ada)
    refused("UP-CORR-03", verbs.close_nonconformity, found, bo)
    verbs.reopen_nonconformity(found, actor=ada, reason="It came back.")
    assert (found.effective, found.closed_on) == (False, None)
    assert verify().outcome == "intact"


def stranger_to(meridian: Organisation) -> Any:
    from records.organisation import SETUP
    from upright.records.identity.models import Person
    from upright.records.trail.door import write

    return write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added")


def test_from_failed_evidence_to_a_nonconformity_in_one_step(meridian: Organisation, tmp_path: Path) -> None:
    strict = MANIFEST.replace("missing_share", "repeated_share")
    loans, ada, bo = repository(tmp_path / "loans", strict), actor_of(meridian.lead), actor_of(second(meridian))
    system = add(meridian.system("loans", name="Small loans"), actor=actor_of(meridian.owner))
    enrol_key(evidence_key(loans), "evidence", actor=ada, reason="Lending.")
    push(bundle_of(loans), actor=actor_of(meridian.owner))
    approve_bindings(BindingApproval.objects.get(), actor=ada)
    (failed,) = [one for one in facts_of(system.ref).items if "data-quality" in one.kinds]
    requirement, passed = "iso42001:A.7.4", "ab" * 32
    for wrong in ({"requirement": requirement, "evidence": passed}, {"requirement": "iso42001:A.7.5"}):
        with pytest.raises(RefusedError, match="UP-CORR-02"):
            verbs.open_from_evidence(system, actor=ada, **wrong)
    with pytest.raises(DeniedError):
        verbs.open_from_evidence(system, requirement=requirement, actor=actor_of(stranger_to(meridian)))
    found = verbs.open_from_evidence(system, requirement=requirement, actor=ada)
    assert found.links == [f"sha256:{failed.id}"]
    assert verbs.open_from_evidence(system, requirement=requirement, actor=ada) == found
    found.correction, found.review_by = "Doubles were taken out.", day(90)
    edit(found, actor=ada)
    close(found, meridian, bo, before=lambda: linked(system.ref, failed.id))
    assert linked(system.ref, failed.id) == 1
    verbs.reopen_nonconformity(found, actor=ada, reason="It came back.")
    assert linked(system.ref, failed.id) == 0


def linked(scope: str, evidence: str) -> int:
    (item,) = [one for one in facts_of(scope).items if one.id == evidence]
    return len(item.done_by)


def close(found: Nonconformity, meridian: Organisation, bo: Actor, before: Callable[[], int] = int) -> None:
    """Brings a nonconformity from its draft to its end."""
    ada = actor_of(meridian.lead)
    controlled.submit(found, actor=ada)
    controlled.approve(found, actor=bo)
    action = CorrectiveAction(
        nonconformity=found, cause="Weights.", similar_cases="None of three.", action="Reweigh.",
        owner=meridian.owner, due=day(9),
    )  # fmt: skip
    add(action, actor=ada)
    verbs.finish_corrective_action(action, actor=ada, reason="Done.")
    verbs.confirm_effectiveness(action, actor=bo, reason="0.04 in October.")
    assert before() == 0
    verbs.close_nonconformity(found, actor=bo, reason="Its cause is gone.")


def test_what_was_asked_to_be_done_is_done_once_its_failure_is_answered_by_an_effective_nonconformity(
    meridian: Organisation,
) -> None:
    made, ada, bo = made_all(meridian), actor_of(meridian.lead), actor_of(second(meridian))
    first, action = made["nonconformity"], made["corrective-action"]
    assert isinstance(first, Nonconformity)
    assert isinstance(action, CorrectiveAction)
    controlled.submit(first, actor=ada)
    controlled.approve(first, actor=bo)
    verbs.finish_corrective_action(action, actor=ada, reason="Done.")
    assert status("iso42001:10.2") == "partly"
    verbs.report_ineffective(action, actor=bo, reason="It came back.")
    assert status("iso42001:10.2") == "failing"
    items = facts_of(organisation()).items
    (failed,) = [one.id for one in items if one.result == "failed" and "corrective-action" in one.kinds]
    answer = Nonconformity(
        title="The action on the checklist did not work", unit=meridian.root, owner=meridian.owner,
        nature="The same came back in August.", correction="Released by hand.", links=[failed],
        opened_on=day(-1), review_by=day(90),
    )  # fmt: skip
    add(answer, actor=ada)
    close(answer, meridian, bo, before=lambda: linked(organisation(), failed))
    assert (linked(organisation(), failed), status("iso42001:10.2")) == (1, "met")


def test_improvements_measurements_and_evaluations_speak_once_they_are_decided(meridian: Organisation) -> None:
    made, ada, bo = made_all(meridian), actor_of(meridian.lead), actor_of(second(meridian))
    better, evaluation = made["improvement"], made["performance-evaluation"]
    assert [one.subject for one in facts_of("system:mortgage").items if "measurement" in one.kinds] == [
        "system:mortgage"
    ]
    refused("UP-CORR-05", verbs.adopt_improvement, better, ada)
    refused("UP-CTRL-05", verbs.finish_improvement, better, ada)
    assert said("improvement") == []
    verbs.adopt_improvement(better, actor=bo)  # type: ignore[arg-type]
    verbs.finish_improvement(better, actor=ada, reason="Sentences are live; calls fell by a third.")  # type: ignore[arg-type]
    assert said("improvement")[-1] == ("approved", "passed")
    controlled.submit(evaluation, actor=ada)  # type: ignore[type-var]
    refused("UP-CTRL-04", controlled.approve, evaluation, ada)
    controlled.approve(evaluation, actor=bo)  # type: ignore[type-var]
    assert said("performance-evaluation")[-1] == ("approved", "passed")
    with pytest.raises(ValidationError, match="evidence id"):
        made["nonconformity"].links = ["mine"]  # type: ignore[attr-defined]
        edit(made["nonconformity"], actor=ada)
