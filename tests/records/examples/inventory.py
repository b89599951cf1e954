"""Examples of the inventory."""

from records.examples.building import Builder, day
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
    "model-version": lambda org, made: ModelVersion(model=made["model"], label="3.1", digest="ab" * 32, since=day(-30)),
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
        system=made["system"], name="Branches", jurisdiction="DE", process=made["process"], starts=day(-10)
    ),
    "dependency": lambda org, made: Dependency(
        dependent=str(made["system"].ref), on=str(made["supplier"].ref), role="provided-by", starts=day(-10)
    ),
}
