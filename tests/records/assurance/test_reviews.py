"""9.3: a review closes with top management there, each input frozen or stated none, each decision become a plan."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.assurance.repository import MANIFEST, bundle_of, evidence_key, repository
from records.assurance.test_audits import person, speak
from records.assurance.test_correction import refused, said
from records.assurance.test_spoken import status
from records.examples import EXAMPLES
from records.examples.building import day
from records.organisation import SETUP, Organisation, actor_of, grant
from records.test_every_type import made_all
from upright.records.assurance import correction_actions
from upright.records.assurance import review_actions as verbs
from upright.records.assurance.actions import enrol_key, push
from upright.records.assurance.correction import CorrectiveAction, Improvement
from upright.records.assurance.reviewing import ManagementReview, ReviewDecision, ReviewInput
from upright.records.governance.models import Objective
from upright.records.governance.planning import LeadershipDecision
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person, Role, Unit
from upright.records.identity.power import DeniedError
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.verify import verify


def review(meridian: Organisation, **more: Any) -> ManagementReview:
    given = {
        "title": "Review of the year", "unit": meridian.root, "owner": meridian.lead, "since": day(-300),
        "held_on": day(0), "conclusion": "Suitable, adequate, effective.", "next_review": day(365),
        "top_management": [meridian.lead.ref],
    }  # fmt: skip
    return add(ManagementReview(**(given | more)), actor=actor_of(meridian.lead))


def again(record: Any) -> Any:
    return type(record).objects.get(pk=record.pk)


def test_a_review_closes_only_with_top_management_inputs_and_plans(meridian: Organisation) -> None:
    made, ada = made_all(meridian), actor_of(meridian.lead)
    bo = actor_of(person(meridian, "Bo", Role.AIMS_MANAGER))
    outsider = person(meridian, "Una", Role.MEMBER)
    mine = review(meridian, top_management=[], conclusion=" ", next_review=None, held_on=day(3))
    for lacking in (
        "nobody of top management", "is to come", "no conclusion", "no day of the next", "neither drawn nor stated",
        "no decision",
    ):  # fmt: skip
        refused(f"{lacking}.*UP-REV-04", verbs.close_review, mine, bo)
    for wrong in (["person:nobody"], ["Ada"]):
        with pytest.raises(ValidationError, match="no person"):
            review(meridian, top_management=wrong)
    with pytest.raises(ValidationError):
        review(meridian, since=day(5))
    mine.conclusion, mine.next_review, mine.held_on = "Effective.", day(365), day(0)
    mine.top_management = [outsider.ref]
    edit(mine, actor=ada)
    refused("neither holds an approving role", verbs.close_review, mine, bo)
    leads = LeadershipDecision(
        title="Budget", decision="Two auditors.", resources="A course.", decided_on=day(-9), unit=meridian.root,
        owner=outsider, review_by=day(300),
    )  # fmt: skip
    add(leads, actor=ada)
    controlled.submit(leads, actor=ada)
    controlled.approve(leads, actor=bo)
    assert "approving role" not in " ".join(verbs.review_lacks(again(mine)))
    verbs.draw_inputs(again(mine), actor=ada)
    drawn = {one.item: one for one in ReviewInput.objects.filter(review=mine)}
    assert set(drawn) == set(ReviewInput.Item.values)
    held = {item for item, one in drawn.items() if one.extract}
    assert {"nonconformities", "monitoring", "audits", "improvement", "objectives"} <= held
    assert "tests" not in held
    with pytest.raises(RefusedError, match="UP-REV-02"):
        verbs.state_none(drawn["audits"], actor=ada, reason="None.")
    with pytest.raises(RefusedError, match="UP-CTRL-06"):
        verbs.state_none(drawn["tests"], actor=ada, reason=" ")
    for item, one in drawn.items():
        if item not in held:
            refused("neither drawn nor stated none", verbs.close_review, mine, bo)
            verbs.state_none(again(one), actor=ada, reason="The first review; nothing was tested yet.")
    refused("no decision", verbs.close_review, mine, bo)
    decision = ReviewDecision(
        review=mine, decision="A second auditor.", owner=meridian.owner, due=day(90), resources="A course."
    )
    add(decision, actor=ada)
    refused("became no improvement", verbs.close_review, mine, bo)
    verbs.open_improvement(decision, actor=ada)
    (opened,) = Improvement.objects.filter(source=decision.ref)
    assert (opened.owner, opened.due, opened.resources) == (meridian.owner, day(90), "A course.")
    refused("UP-REV-03", verbs.open_improvement, decision, ada)
    refused("UP-REV-05", verbs.close_review, mine, ada)  # who prepared it
    with pytest.raises(DeniedError):
        verbs.close_review(again(mine), actor=actor_of(outsider))
    assert {status(f"iso42001:{one}") for one in ("9.3.1", "9.3.2", "9.3.3")} == {"unknown"}
    verbs.close_review(again(mine), actor=bo)
    assert {status(f"iso42001:{one}") for one in ("9.3.1", "9.3.2", "9.3.3")} == {"met"}
    assert said("management-review-decisions")[-1] == ("approved", "passed")
    for frozen in (mine, decision):
        with pytest.raises(RefusedError, match="UP-DOOR-11"):
            edit(again(frozen), actor=ada)
    for move, record in ((verbs.draw_inputs, mine), (verbs.state_none, drawn["tests"]), (verbs.close_review, mine)):
        refused("UP-CTRL-05", move, record, bo)
    with pytest.raises(RefusedError, match="UP-CTRL-05"):
        add(
            ReviewDecision(review=again(mine), decision="x", owner=meridian.owner, due=day(9), resources="x"), actor=ada
        )
    following = review(meridian, title="The next")
    verbs.draw_inputs(following, actor=ada)
    held_before = ReviewInput.objects.get(review=following, item="earlier-actions").extract
    (earlier,) = [one for one in held_before if one["ref"] == decision.ref]
    assert (earlier["ref"], earlier["became"], earlier["state"]) == (decision.ref, opened.ref, "proposed")
    assert made["objective"].ref in str(ReviewInput.objects.get(review=following, item="objectives").extract)
    assert verify().outcome == "intact"


def test_an_extract_is_what_the_records_said_when_it_was_drawn(meridian: Organisation) -> None:
    made, ada = made_all(meridian), actor_of(meridian.lead)
    bo = actor_of(person(meridian, "Bo", Role.AIMS_MANAGER))
    action = made["corrective-action"]
    assert isinstance(action, CorrectiveAction)
    speak("document:2026-0960", "incident", {}, about="system:mortgage")
    mine = verbs.draw_inputs(review(meridian), actor=ada)

    def drawn(item: str) -> dict[str, str]:
        return {one["ref"]: one["state"] for one in ReviewInput.objects.get(review=mine, item=item).extract}

    before = drawn("nonconformities")
    assert before[str(action.ref)] == "planned"
    assert drawn("incidents")["document:2026-0960"] == "approved"
    (objective,) = Objective.objects.all()
    assert drawn("objectives") == {objective.ref: "unknown"}  # nothing measured it: never green
    correction_actions.finish_corrective_action(action, actor=ada, reason="Done.")
    correction_actions.report_ineffective(action, actor=bo, reason="It came back.")
    assert drawn("nonconformities") == before
    verbs.draw_inputs(again(mine), actor=ada)
    assert drawn("nonconformities")[str(action.ref)] == "ineffective"
    assert ReviewInput.objects.filter(review=mine).count() == len(ReviewInput.Item.values)


def test_a_review_of_one_legal_entity_draws_nothing_of_another(meridian: Organisation, tmp_path: Path) -> None:
    made_all(meridian)
    workspace = repository(tmp_path / "repository", MANIFEST.replace("id: loans", "id: mortgage"))
    enrol_key(evidence_key(workspace), "evidence", actor=actor_of(meridian.lead), reason="The pipeline.")
    push(bundle_of(workspace), actor=actor_of(meridian.owner))
    bank = Unit(name="Bank", kind="legal-entity", parent=meridian.root, jurisdictions=["DE"])
    write(bank, actor=SETUP, action="identity.unit.added")
    bea = write(Person(name="Bea", unit=bank), actor=SETUP, action="identity.person.added")
    grant(bea, Role.AIMS_MANAGER, bank)
    own = EXAMPLES["improvement"](meridian, {})
    own.unit, own.owner = bank, bea  # type: ignore[attr-defined]
    add(own, actor=actor_of(bea))

    def drawn(of: Any, by: Person) -> dict[str, list[str]]:
        mine = ManagementReview(
            title="The year", unit=of, owner=by, since=day(-300), held_on=day(0), conclusion="Suitable.",
            next_review=day(365), top_management=[by.ref],
        )  # fmt: skip
        verbs.draw_inputs(add(mine, actor=actor_of(by)), actor=actor_of(by))
        inputs = ReviewInput.objects.filter(review=mine)
        return {one.item: [line["ref"] for line in one.extract] for one in inputs if one.extract}

    assert drawn(bank, bea) == {"improvement": [own.ref]}
    whole, below = drawn(meridian.root, meridian.lead), drawn(meridian.lending, meridian.lead)
    assert own.ref in whole["improvement"]
    assert own.ref not in below["improvement"]
    assert {"nonconformities", "tests", "objectives"} <= whole.keys()
    assert below["tests"] == whole["tests"]
