"""Examples of documents and objectives."""

from records.examples.building import Builder, day
from upright.records.governance.models import Document, Objective

EXAMPLES: dict[str, Builder] = {
    "document": lambda org, made: Document(
        title="AI policy", subtype="ai-policy", unit=org.root, owner=org.owner, text="We …", review_by=day(300)
    ),
    "objective": lambda org, made: Objective(
        title="Alike chances",
        measure="selection_rate_difference",
        target="at_most 0.1",
        unit=org.root,
        owner=org.owner,
        due=day(200),
    ),
}
