"""How the inventory looks on the desk."""

from upright.desk.description import RecordType, register
from upright.records.inventory.models import System

register(
    RecordType(
        model=System,
        place="systems",
        clause="iso42001:4.3",
        purpose="Every AI system that the management system covers, with who answers for it.",
        columns=("name", "stage", "modality", "unit", "owner"),
        filters=("stage", "modality", "unit", "owner"),
        search=("name", "purpose", "ref"),
        sections={
            "About": ("short_name", "name", "purpose"),
            "Who answers": ("unit", "owner"),
            "Nature": ("stage", "modality", "personal_data"),
        },
        external_id="short_name",
    )
)
