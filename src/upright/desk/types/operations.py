"""How stage changes, specifications, tests, disposals and incidents look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.identity.controlled import MOVES
from upright.records.operations.actions.incidents import (
    close_incident,
    contain_incident,
    reopen_incident,
    resolve_incident,
)
from upright.records.operations.actions.stages import approve_stage_change, decline_stage_change, make_stage_change
from upright.records.operations.models import (
    Disposal,
    Incident,
    Notice,
    RequirementSpecification,
    StageChange,
    TestReport,
)

_WHO = ("unit", "owner", "review_by", "supersedes")

register(
    RecordType(
        model=StageChange,
        place="systems",
        clause="iso42001:A.6.2.5",
        purpose="Steps of systems through their life: requested by one, approved by another, made past the gate.",
        columns=("ref", "state", "system", "to_stage", "way", "release"),
        filters=("state", "system", "to_stage", "way"),
        search=("ref", "release", "why"),
        sections={
            "Step": ("system", "to_stage", "way", "release", "why"),
            "Decided": ("from_stage", "state", "requested_by", "approved_by", "facts"),
        },
        moves=(approve_stage_change, make_stage_change, decline_stage_change),
    )
)
register(
    RecordType(
        model=RequirementSpecification,
        place="systems",
        clause="iso42001:A.6.2.2",
        purpose="What systems have to do, each with how it is accepted, written before they are built.",
        columns=("title", "state", "system", "owner", "review_by"),
        filters=("state", "system", "unit"),
        search=("title", "ref"),
        sections={"Specification": ("system", "title", "requirements"), "Who and when": _WHO},
        moves=MOVES,
    )
)
register(
    RecordType(
        model=TestReport,
        place="systems",
        clause="iso42001:A.6.2.4",
        purpose="What testing came to, against limits that were approved before.",
        columns=("ref", "state", "system", "release", "tested_on", "conclusion"),
        filters=("state", "system", "conclusion"),
        search=("release", "results", "ref"),
        sections={
            "Test": ("system", "plan", "release", "tested_on"),
            "Results": ("results", "conclusion"),
            "Who and when": _WHO,
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=Disposal,
        place="systems",
        clause="iso42001:A.6.2.6",
        purpose="Proof that what a retired system was made of is disposed of, or kept by rule.",
        columns=("ref", "state", "system", "disposed_on"),
        filters=("state", "system"),
        search=("how", "kept", "ref"),
        sections={"Disposal": ("system", "what", "how", "kept", "proof", "disposed_on"), "Who and when": _WHO},
        moves=MOVES,
    )
)
register(
    RecordType(
        model=Incident,
        adds="Report an incident",
        place="incidents",
        clause="iso42001:A.8.4",
        purpose="What went wrong with AI, whom it touched, who was told in time, and what was learnt.",
        columns=("title", "state", "severity", "system", "aware_at", "owner"),
        filters=("state", "severity", "system", "owner", "unit", "personal_data_breach"),
        search=("title", "what", "effect", "ref"),
        sections={
            "What happened": ("title", "system", "unit", "owner", "severity", "what", "effect"),
            "Clocks": ("happened_at", "aware_at", "case", "personal_data_breach", "high_risk_to_people"),
            "Learnt": ("root_cause", "lessons", "correction", "state"),
        },
        moves=(contain_incident, resolve_incident, close_incident, reopen_incident),
    )
)
register(
    RecordType(
        model=Notice,
        place="incidents",
        clause="iso42001:A.8.4",
        purpose="Who was told of an incident, when, under which clock, and what proves it.",
        columns=("ref", "incident", "clock", "to", "sent_at", "is_late"),
        filters=("incident", "clock", "is_late"),
        search=("to", "proof", "ref"),
        sections={"Notice": ("incident", "clock", "to", "sent_at", "proof", "is_late")},
    )
)
