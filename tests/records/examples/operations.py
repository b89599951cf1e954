"""Examples of operations."""

from datetime import timedelta
from typing import Any

from records.examples.building import Builder, day
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.records.governance.models import Document
from upright.records.identity.models import Role
from upright.records.operations import models
from upright.records.trail.door import write
from upright.records.trail.server_log import now


def held(org: Organisation, **more: Any) -> dict[str, Any]:
    return {"unit": org.lending, "owner": org.owner, "review_by": day(300), **more}


def overseen(org: Organisation, made: Any) -> models.DecisionReview:
    """Whoever adds it is assigned first."""
    grant(org.lead, Role.OVERSEER, org.root)
    write(
        models.OversightAssignment(
            system=made["system"], overseer=org.lead, trained_on=day(-20), authority="Overrides.", state="approved",
            approved_by=str(actor_of(org.owner)), **held(org),
        ),
        actor=SETUP,
        action="operations.oversight_assignment.approved",
    )  # fmt: skip
    return models.DecisionReview(system=made["system"], decision="4711", proposed="Deny", outcome="agreed")


def delivered(org: Organisation, made: Any) -> models.InformationDelivery:
    information = made["user-information"]
    told = models.UserInformation(
        system=made["system"], label="0.9", purpose="Ranks.", limits="Two jobs.", oversight="The officer.",
        contact="AI desk", state="approved", approved_by=str(actor_of(org.lead)), **held(org),
    )  # fmt: skip
    assert information.system == told.system
    write(told, actor=SETUP, action="operations.user_information.approved")
    return models.InformationDelivery(
        information=told, reached_percent=100, how="Shown at log-in.", proof="List of 12.", checked_on=day(-1)
    )


def tested(org: Organisation, made: Any) -> models.TestReport:
    plan = write(
        Document(title="Test plan", subtype="procedure", text="AUC at least 0.7.", **held(org)),
        actor=SETUP,
        action="governance.document.added",
    )
    return models.TestReport(
        system=made["system"], plan=plan, release="1.0", tested_on=day(-1), results="AUC 0.74.", conclusion="passed",
        **held(org),
    )  # fmt: skip


EXAMPLES: dict[str, Builder] = {
    "stage-change": lambda org, made: models.StageChange(
        system=made["system"], to_stage="design-development", why="The case is made."
    ),
    "requirement-specification": lambda org, made: models.RequirementSpecification(
        system=made["system"], title="Ranking", requirements=["Ranks in a second => 99 of 100 in a test"], **held(org)
    ),
    "test-report": tested,
    "disposal": lambda org, made: models.Disposal(
        system=made["system"], what=["Model files"], how="Deleted.", kept="Logs until March.", proof="Certificate 7.",
        disposed_on=day(-2), **held(org),
    ),
    "incident": lambda org, made: models.Incident(
        title="Scores stuck", system=made["system"], unit=org.lending, owner=org.owner, severity="medium",
        what="All the same.", effect="Twelve decisions late.", happened_at=now() - timedelta(hours=5),
        aware_at=now() - timedelta(hours=3), personal_data_breach=True,
    ),
    "notice": lambda org, made: models.Notice(
        incident=made["incident"], clock="GDPR-33", to="Authority", sent_at=now() - timedelta(hours=1), proof="R-1"
    ),
    "use-proposal": lambda org, made: models.UseProposal(title="Minutes", purpose="Drafts minutes.", unit=org.lending),
    "intended-use": lambda org, made: models.IntendedUse(
        system=made["system"], purpose="Ranks.", users="Loan officers.", settings="Branches.", not_for="Denial alone.",
        **held(org),
    ),
    "use-approval": lambda org, made: models.UseApproval(
        system=made["system"], scope="Branches.", conditions=["Each denial is looked over."], **held(org)
    ),
    "usage-review": lambda org, made: models.UsageReview(
        system=made["system"], reviewer=org.lead, reviewed_on=day(-3), sample="60 of August.", deviations=0
    ),
    "oversight-assignment": lambda org, made: models.OversightAssignment(
        system=made["system"], overseer=org.lead, trained_on=day(-20), authority="Overrides.", **held(org)
    ),
    "decision-review": overseen,
    "monitor": lambda org, made: models.Monitor(
        system=made["system"], measure="auc", limit="at_least 0.7", subject=str(made["system"].ref),
        binding="performance", acts="The owner stops it.", **held(org),
    ),
    "alarm": lambda org, made: models.Alarm(system=made["system"], what="Scores look alike."),
    "user-information": lambda org, made: models.UserInformation(
        system=made["system"], label="1.0", purpose="Ranks.", limits="Two jobs.", oversight="The officer decides.",
        contact="AI desk", **held(org),
    ),
    "information-delivery": delivered,
    "access-review": lambda org, made: models.AccessReview(
        system=made["system"], reviewer=org.lead, reviewed_on=day(-3), groups=["Analysts => data"], withdrawn=1,
        encryption="At rest and on the way.",
    ),
    "data-use-request": lambda org, made: models.DataUseRequest(
        dataset=made["dataset"], purpose="Retraining.", ground="Licence.", safeguards="Pseudonyms.", **held(org)
    ),
    "outside-request": lambda org, made: models.OutsideRequest(
        unit=org.root,
        responsible=org.owner,
        name="Kim Supplier",
        address="kim@supplier.example",
        what="The test report of the scorer of this year.",
        due=day(10),
    ),
    "evidence-request": lambda org, made: models.EvidenceRequest(
        what="Logs of August.", about=str(made["system"].ref), asked_of=org.owner, due=day(10)
    ),
    "supplier-assessment": lambda org, made: models.SupplierAssessment(
        supplier=made["supplier"], assessed_on=day(-5), looked_at="Their report.", result="accepted",
        **held(org, unit=org.root),
    ),
    "supplier-review": lambda org, made: models.SupplierReview(system=made["system"]),
    "responsibility-matrix": lambda org, made: models.ResponsibilityMatrix(
        system=made["system"], party=str(made["supplier"].ref), duties=["Retraining => them"], gaps="None.",
        review_by=day(300),
    ),
    "change-notice": lambda org, made: models.ChangeNotice(
        supplier=made["supplier"], what="Version 4.", received_on=day(-1)
    ),
    "customer-requirement": lambda org, made: models.CustomerRequirement(
        customer=made["customer"], requirement="Answers in a day.", met_by="Service target.", review_by=day(300)
    ),
    "information-owed": lambda org, made: models.InformationOwed(
        owed_to="Supervisor", unit=org.root, what="Model inventory.", due=day(60)
    ),
}  # fmt: skip
