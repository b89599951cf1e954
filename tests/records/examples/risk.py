"""Examples of risks and what is done about them."""

from records.examples.building import Builder, day
from upright.records.risk.models import Risk, Treatment

EXAMPLES: dict[str, Builder] = {
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
        risk=made["risk"], option="modify", plan="Reweigh, and measure monthly.", owner=org.owner, due=day(60)
    ),
}
