"""How imports, check runs and schedules look on the desk; only a schedule is filled in as a form."""

from upright.desk.description import RecordType, register
from upright.records.work.models import CheckRun, CheckSchedule, ImportRun

register(
    RecordType(
        model=ImportRun,
        place="organisation",
        clause="iso42001:7.5.3",
        purpose="Spreadsheets that the worker imports or tries: who asked, what the columns mean, what came of it.",
        columns=("ref", "state", "record_type", "name", "rows", "added", "refused"),
        filters=("state", "record_type"),
        search=("ref", "name"),
        sections={
            "File": (
                "record_type",
                "name",
                "sha256",
                "columns",
                "values",
                "dry",
                "skip",
                "history",
                "reason",
                "asked_by",
            ),
            "Outcome": ("state", "rows", "added", "changed", "same", "refused", "says"),
        },
        is_typed=False,
    )
)
register(
    RecordType(
        model=CheckRun,
        place="evidence",
        clause="iso42001:9.1",
        purpose="Checks that the server ran in a system's repository: who asked for them, and what came of it.",
        columns=("ref", "outcome", "about", "state", "by_schedule", "asked_at"),
        filters=("about", "outcome", "state", "by_schedule"),
        search=("ref", "asked_by"),
        sections={
            "Asked for": ("about", "bindings", "by_schedule", "asked_by", "asked_at"),
            "Outcome": ("state", "outcome", "outcomes", "taken", "says"),
        },
        is_typed=False,
    )
)
register(
    RecordType(
        model=CheckSchedule,
        place="evidence",
        clause="iso42001:9.1",
        purpose="How often the server runs a system's checks, and in whose name.",
        columns=("ref", "about", "every", "owner", "is_on"),
        filters=("about", "owner", "is_on"),
        search=("ref", "every"),
        sections={"Schedule": ("about", "every", "owner", "is_on")},
    )
)
