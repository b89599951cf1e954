"""How concerns, reports of harm and contested decisions look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.operations.actions.voices import answer_voice, close_voice, take_voice
from upright.records.operations.models import Concern, ContestedDecision, ExternalReport

_PURPOSES = (
    (Concern, "iso42001:A.3.3", "What worries people here about our AI, said without a name if they like."),
    (ExternalReport, "iso42001:A.8.3", "Harm that people outside report, and what came of it."),
    (ContestedDecision, "gdpr:GDPR-22", "Decisions that people ask about or contest, answered by a person in time."),
)

for model, clause, purpose in _PURPOSES:
    register(
        RecordType(
            model=model,
            place="incidents",
            clause=clause,
            purpose=purpose,
            columns=("ref", "state", "is_urgent", "received", "handler"),
            filters=("state", "is_urgent", "handler"),
            search=("ref", "outcome"),
            sections={"Said": ("received", "state", "is_urgent", "handler", "outcome")},
            moves=(take_voice, answer_voice, close_voice),
            is_typed=False,
        )
    )
