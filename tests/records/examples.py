"""One valid record of each type, for tests that walk all of them."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from records.organisation import Organisation
from upright.records.governance.models import Document, Objective
from upright.records.inventory.models import (
    BusinessProcess,
    Customer,
    DataSet,
    Dependency,
    Deployment,
    HostedUse,
    Model,
    ModelVersion,
    Resource,
    Supplier,
)
from upright.records.risk.models import Risk, Treatment
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

Builder = Callable[[Organisation, Mapping[str, Record]], Record]


def _day(days: int) -> object:
    return now().date() + timedelta(days=days)


EXAMPLES: dict[str, Builder] = {
    "system": lambda org, made: org.system(),
    "supplier": lambda org, made: Supplier(
        name="Modelworks", provides="A base model.", country="de", criticality="high", unit=org.root
    ),
    "customer": lambda org, made: Customer(name="Branch offices", requires="Answers within a day.", unit=org.root),
    "use": lambda org, made: HostedUse(
        name="Minutes of meetings",
        service="Assistant, business plan",
        supplier=made["supplier"],
        purpose="Writes drafts of minutes, which a person corrects.",
        unit=org.lending,
        owner=org.owner,
        conditions="No personal data of customers.",
    ),
    "model": lambda org, made: Model(system=made["system"], short_name="scorer", name="Scorer", kind="Boosting"),
    "model-version": lambda org, made: ModelVersion(
        model=made["model"], label="3.1", digest="ab" * 32, since=_day(-30)
    ),
    "dataset": lambda org, made: DataSet(
        system=made["system"], short_name="applications", name="Applications", use="evaluation"
    ),
    "resource": lambda org, made: Resource(
        system=made["system"], name="Loan officers", kind="human", description="Four, trained yearly."
    ),
    "process": lambda org, made: BusinessProcess(
        name="Lending", unit=org.lending, owner=org.owner, criticality="high", fallback="By hand."
    ),
    "deployment": lambda org, made: Deployment(
        system=made["system"], name="Branches", jurisdiction="DE", process=made["process"], starts=_day(-10)
    ),
    "dependency": lambda org, made: Dependency(
        dependent=str(made["system"].ref), on=str(made["supplier"].ref), role="provided-by", starts=_day(-10)
    ),
    "risk": lambda org, made: Risk(
        title="Minority applicants are refused more often",
        system=made["system"],
        unit=org.lending,
        owner=org.owner,
        concerns="individuals",
        source="Past decisions that the model learnt from.",
        consequence="People are refused a loan that others get.",
        likelihood=4,
        impact=4,
    ),
    "treatment": lambda org, made: Treatment(
        risk=made["risk"], option="modify", plan="Reweigh, and measure monthly.", owner=org.owner, due=_day(60)
    ),
    "document": lambda org, made: Document(
        title="AI policy", subtype="ai-policy", unit=org.root, owner=org.owner, text="We …", review_by=_day(300)
    ),
    "objective": lambda org, made: Objective(
        title="Alike chances",
        measure="selection_rate_difference",
        target="at_most 0.1",
        unit=org.root,
        owner=org.owner,
        due=_day(200),
    ),
}
