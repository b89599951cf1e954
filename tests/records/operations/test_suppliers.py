"""Suppliers and customers (A.10): what hangs on each, a dated assessment with its next, and what is owed, delivered."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.examples import EXAMPLES
from records.examples.building import day
from records.operations.test_rules import approved, built, refused, second, spoken
from records.organisation import Organisation, actor_of
from records.risk.test_controls import status
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.inventory.models import DataSet, Dependency, Supplier
from upright.records.operations import models
from upright.records.operations.actions import supply
from upright.records.trail.door import refresh
from upright.records.trail.reactions import run_pending

ASKED, MORTGAGE = "iso42001:A.10.3", "system:mortgage"


@pytest.mark.parametrize("criticality", ["", "none", None, "Medium-ish"])
def test_a_supplier_says_how_much_hangs_on_it(meridian: Organisation, criticality: Any) -> None:
    given = {"name": "Bureau", "provides": "Scores", "country": "DE", "unit": meridian.root}
    with pytest.raises(ValidationError) as caught:
        add(Supplier(criticality=criticality, **given), actor=actor_of(meridian.lead))
    assert "criticality" in caught.value.message_dict
    made = add(Supplier(criticality="high", **given), actor=actor_of(meridian.lead))
    said = made.as_evidence()
    assert said is not None
    assert said.data["criticality"] == "high"


def test_an_assessment_has_its_day_its_result_and_the_day_of_the_next(meridian: Organisation) -> None:
    made = built(meridian, "supplier-assessment", "supplier-review")
    ada, (_, bo) = actor_of(meridian.lead), second(meridian)
    assessment, review = made["supplier-assessment"], made["supplier-review"]
    right = {"assessed_on": day(-1), "result": "accepted", "review_by": day(90)}
    for wrong in (
        {"assessed_on": day(1)},
        {"result": "conditions", "conditions": " "},
        {"review_by": None},
        {"review_by": day(0)},
    ):
        for name, value in (right | wrong).items():
            setattr(assessment, name, value)
        edit(assessment, actor=ada)
        refused("UP-CTRL-0[23]", controlled.submit, assessment, ada)
    for name, value in right.items():
        setattr(assessment, name, value)
    made["model"].supplier = made["supplier"]
    edit(made["model"], actor=ada)
    approved(edit(assessment, actor=ada), ada, bo)
    assert status(ASKED, MORTGAGE) == "unknown"  # assessed, and nobody confirmed that this is every supplier
    supply.confirm_supplier_review(review, actor=bo)
    assert review.rows[0]["next_due"] == day(90).isoformat()
    assert status(ASKED, MORTGAGE) == "partly"  # its process and its models are asked for too
    notice = add(models.ChangeNotice(supplier=made["supplier"], what="Another model.", received_on=day(0)), actor=ada)
    assert status(ASKED, MORTGAGE) == "partly"
    supply.judge_change_notice(notice, effect="It is assessed anew.", actor=ada)
    assert status(ASKED, MORTGAGE) == "unknown"
    refused("UP-CTRL-05", supply.judge_change_notice, notice, ada, effect="Nothing.")


def confirmed(meridian: Organisation) -> tuple[dict[str, Any], Any, Any]:
    """The review of a system with one supplied model, confirmed; who writes and who approves."""
    made = built(meridian, "supplier-assessment", "supplier-review")
    ada, (_, bo) = actor_of(meridian.lead), second(meridian)
    made["model"].supplier = made["supplier"]
    edit(made["model"], actor=ada)
    approved(made["supplier-assessment"], ada, bo)
    supply.confirm_supplier_review(made["supplier-review"], actor=bo)
    run_pending()
    assert (refresh(made["supplier-review"]).state, status(ASKED, MORTGAGE)) == ("confirmed", "partly")
    return made, ada, bo


@pytest.mark.parametrize("how", ["withdrawn", "revised", "rejected", "another data set", "another host"])
def test_a_supplier_without_current_assessment_opens_the_review_and_leaves_a_10_3_unknown(
    meridian: Organisation, how: str
) -> None:
    made, ada, bo = confirmed(meridian)
    given = {"provides": "Data", "country": "DE", "criticality": "low", "unit": meridian.root}
    other = add(Supplier(name="Dataworks", **given), actor=ada)
    assessment = refresh(made["supplier-assessment"])
    if how == "withdrawn":
        controlled.withdraw(assessment, actor=bo, reason="It rested on a report that was wrong.")
    elif how == "revised":
        controlled.revise(assessment, actor=ada, reason="They moved.")
    elif how == "rejected":
        newer = {"supplier": made["supplier"], "assessed_on": day(0), "result": "rejected", "looked_at": "A visit."}
        held = {"unit": meridian.root, "owner": meridian.owner, "review_by": day(90)}
        approved(add(models.SupplierAssessment(**newer, **held), actor=ada), ada, bo)
    elif how == "another data set":
        add(DataSet(system=made["system"], short_name="b", name="B", use="training", supplier=other), actor=ada)
    else:
        edge = {"dependent": made["supplier"].ref, "on": other.ref, "role": "hosted-by", "starts": day(-1)}
        add(Dependency(**edge), actor=ada)
    run_pending()
    review = refresh(made["supplier-review"])
    assert (review.state, spoken(review)[-1][1]) == ("open", "withdrawn")
    assert status(ASKED, MORTGAGE) == "unknown"


def test_a_change_that_leaves_every_supplier_assessed_opens_nothing(meridian: Organisation) -> None:
    made, ada, _ = confirmed(meridian)
    made["model"].name = "Another name"
    edit(refresh(made["model"]), actor=ada)
    add(DataSet(system=made["system"], short_name="own", name="Our own", use="training"), actor=ada)
    edge = {"dependent": made["model"].ref, "on": made["supplier"].ref, "role": "hosted-by", "starts": day(-1)}
    add(Dependency(**edge), actor=ada)
    run_pending()
    assert (refresh(made["supplier-review"]).state, status(ASKED, MORTGAGE)) == ("confirmed", "partly")


def test_a_requirement_that_is_opened_again_is_met_no_more_until_it_is_judged(meridian: Organisation) -> None:
    made = built(meridian, "customer-requirement")
    ada, wanted = actor_of(meridian.lead), made["customer-requirement"]
    wanted.met_by = "Reasons are given in writing."
    edit(wanted, actor=ada)
    assert spoken(wanted)[-1][1] == "draft"
    supply.judge_customer_requirement(wanted, is_met=True, actor=ada)
    assert spoken(wanted)[-1] == (("customer-requirement",), "approved", "passed")
    supply.reopen_customer_requirement(wanted, actor=ada, reason="They complained.")
    assert spoken(wanted)[-1][1] == "withdrawn"
    supply.judge_customer_requirement(wanted, is_met=False, actor=ada)
    assert spoken(wanted)[-1] == (("customer-requirement",), "approved", "failed")


def test_a_rejected_supplier_confirms_no_review(meridian: Organisation) -> None:
    made = built(meridian, "supplier-assessment", "supplier-review")
    ada, (_, bo) = actor_of(meridian.lead), second(meridian)
    made["model"].supplier = made["supplier"]
    edit(made["model"], actor=ada)
    made["supplier-assessment"].result = "rejected"
    approved(edit(made["supplier-assessment"], actor=ada), ada, bo)
    refused("UP-OPS-52", supply.confirm_supplier_review, made["supplier-review"], bo)
    assert status(ASKED, MORTGAGE) == "unknown"


def test_information_that_is_owed_is_delivered_once_on_a_past_day_with_its_proof(meridian: Organisation) -> None:
    made = built(meridian)
    ada = actor_of(meridian.lead)
    owed = add(EXAMPLES["information-owed"](meridian, made), actor=ada)
    assert isinstance(owed, models.InformationOwed)
    owed.due = day(-1)
    edit(owed, actor=ada)
    for wrong in ({"delivered_on": day(1), "proof": "Sent."}, {"delivered_on": day(-2), "proof": " "}):
        refused("UP-OPS-55", supply.deliver_information_owed, owed, ada, **wrong)
    assert refresh(owed).delivered_on is None
    supply.deliver_information_owed(refresh(owed), delivered_on=day(0), proof="Receipt 12.", actor=ada)
    assert spoken(owed)[-1] == (("reporting-obligation",), "approved", "failed")  # a day late is late
    refused("UP-OPS-55", supply.deliver_information_owed, owed, ada, delivered_on=day(-1), proof="Receipt 12.")
    refused("UP-DOOR-11", lambda record, **more: edit(record, actor=more["actor"]), owed, ada)
    fine = add(EXAMPLES["information-owed"](meridian, made), actor=ada)
    assert isinstance(fine, models.InformationOwed)
    supply.deliver_information_owed(fine, delivered_on=day(-1), proof="Receipt 13.", actor=ada)
    assert spoken(fine)[-1] == (("reporting-obligation",), "approved", "passed")
