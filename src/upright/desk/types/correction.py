"""How nonconformities, corrective actions, improvements and what is measured look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.assurance.correction import (
    CorrectiveAction,
    Improvement,
    Measurement,
    Nonconformity,
    PerformanceEvaluation,
)
from upright.records.assurance.correction_actions import (
    adopt_improvement,
    close_nonconformity,
    confirm_effectiveness,
    drop_improvement,
    finish_corrective_action,
    finish_improvement,
    reopen_nonconformity,
    replan_corrective_action,
    report_ineffective,
)
from upright.records.identity.controlled import MOVES

register(
    RecordType(
        model=Nonconformity,
        place="improvement",
        clause="iso42001:10.2",
        purpose="Requirements that are not met: what was found, how it was put right, what is done about the cause.",
        columns=("title", "state", "effective", "system", "requirement", "opened_on", "owner"),
        filters=("state", "effective", "system", "owner", "unit"),
        search=("title", "nature", "requirement", "ref"),
        sections={
            "What was found": ("title", "nature", "requirement", "system", "found_in", "links", "opened_on"),
            "What was done at once": ("correction",),
            "Who and when": ("unit", "owner", "review_by", "supersedes"),
        },
        moves=(*MOVES, close_nonconformity, reopen_nonconformity),
    )
)
register(
    RecordType(
        model=CorrectiveAction,
        place="improvement",
        clause="iso42001:10.2",
        purpose="Why something went wrong, where else it could, what is done about the cause, and whether that worked.",
        columns=("ref", "state", "nonconformity", "action", "due", "owner", "checked_on"),
        filters=("state", "nonconformity", "owner"),
        search=("cause", "action", "ref"),
        sections={
            "Cause": ("nonconformity", "cause", "similar_cases"),
            "Action": ("action", "owner", "due"),
        },
        moves=(finish_corrective_action, confirm_effectiveness, report_ineffective, replan_corrective_action),
    )
)
register(
    RecordType(
        model=Improvement,
        place="improvement",
        clause="iso42001:10.1",
        purpose="What could be better without anything being wrong, and what became of it.",
        columns=("title", "state", "due", "owner", "source", "done_on"),
        filters=("state", "owner", "unit"),
        search=("title", "idea", "ref"),
        sections={"Idea": ("title", "idea", "source"), "Who and when": ("unit", "owner", "due", "resources")},
        moves=(adopt_improvement, finish_improvement, drop_improvement),
    )
)
register(
    RecordType(
        model=Measurement,
        place="monitoring",
        clause="iso42001:9.1",
        purpose="Measured results that no check and no other record holds.",
        columns=("what", "value", "system", "measured_on", "measured_by"),
        filters=("system", "measured_by", "unit"),
        search=("what", "method", "ref"),
        sections={
            "Measured": ("what", "value", "method", "system"),
            "Who and when": ("unit", "measured_by", "measured_on"),
        },
    )
)
register(
    RecordType(
        model=PerformanceEvaluation,
        place="improvement",
        clause="iso42001:9.1",
        purpose="What monitoring showed over a period, and whether the management system performs and is effective.",
        columns=("title", "state", "period_to", "owner", "review_by"),
        filters=("state", "owner", "unit"),
        search=("title", "conclusion", "ref"),
        sections={
            "Evaluated": ("title", "period_from", "period_to", "results", "conclusion"),
            "Who and when": ("unit", "owner", "review_by", "supersedes"),
        },
        moves=MOVES,
    )
)
