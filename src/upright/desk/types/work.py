"""How imports look on the desk; they come about by sending a file, never by a form."""

from upright.desk.description import RecordType, register
from upright.records.work.models import ImportRun

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
            "File": ("record_type", "name", "sha256", "columns", "values", "dry", "skip", "reason", "asked_by"),
            "Outcome": ("state", "rows", "added", "changed", "same", "refused", "says"),
        },
        is_typed=False,
    )
)
