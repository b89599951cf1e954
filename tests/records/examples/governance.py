"""Examples of documents and objectives."""

from records.examples.building import Builder, day
from upright.records.governance.models import Document, KeptRecord, Objective

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
    "kept-record": lambda org, made: KeptRecord(
        title="Alignment of the AI policy with others",
        kind="policy-link",
        data={
            "rows": [
                {"policy": "Data protection policy", "bearing": "Personal data", "gap": "none", "owner": org.owner.ref}
            ],
            "reviewed_on": "2026-09-01",
        },
        unit=org.root,
        owner=org.owner,
        review_by=day(300),
    ),
}
