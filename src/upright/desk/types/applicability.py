"""How impact assessments, controls, statements of applicability and waivers look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.identity.controlled import MOVES, approve, give_back, revise, submit, withdraw
from upright.records.risk import actions
from upright.records.risk.models import (
    ChangeReview,
    Control,
    ControlEvaluation,
    ImpactAssessment,
    SoaRow,
    StatementOfApplicability,
    Waiver,
)

register(
    RecordType(
        model=ImpactAssessment,
        place="risks",
        clause="iso42001:6.1.4",
        purpose="What systems do to individuals, groups and society, and what is done about harms.",
        columns=("title", "state", "system", "run_on", "conclusion", "owner", "review_by"),
        filters=("state", "system", "conclusion", "unit", "owner"),
        search=("title", "misuse", "ref"),
        sections={
            "About": ("title", "system", "unit", "owner", "run_on"),
            "Individuals and groups": ("affected", "harms", "benefits", "misuse"),
            "Society": ("environment", "economy", "society"),
            "Conclusion": ("measures", "controls", "conclusion", "supersedes", "review_by"),
        },
        moves=(submit, actions.approve_assessment, give_back, revise, actions.reconfirm_assessment, withdraw),
    )
)
register(
    RecordType(
        model=ChangeReview,
        place="risks",
        clause="iso42001:8.1",
        purpose="Changes of systems that were noticed: planned ones, and unintended ones with what was done.",
        columns=("what", "state", "system", "trigger", "plan", "owner"),
        filters=("state", "system", "trigger"),
        search=("what", "ref"),
        sections={"About": ("system", "unit", "owner", "trigger", "what", "plan")},
        moves=(actions.close_change_review,),
    )
)
register(
    RecordType(
        model=Control,
        place="controls",
        clause="iso42001:6.1.3",
        purpose="Controls as they are carried out here, of Annex A and our own, with who answers for each.",
        columns=("identifier", "status", "title", "system", "owner", "review_by"),
        filters=("status", "system", "unit", "owner"),
        search=("identifier", "title", "implementation", "ref"),
        sections={
            "About": ("identifier", "title", "system", "unit", "owner"),
            "How": ("status", "implementation", "review_by"),
        },
        external_id="identifier",
    )
)
register(
    RecordType(
        model=ControlEvaluation,
        place="controls",
        clause="iso42001:9.1",
        purpose="Whether controls work: design, a sample that can be drawn again, exceptions, the next date.",
        columns=("control", "state", "evaluated_on", "conclusion", "owner", "review_by"),
        filters=("state", "conclusion", "control", "owner"),
        search=("because", "design", "ref"),
        sections={
            "About": ("control", "unit", "owner", "evaluated_on"),
            "What was looked at": ("design", "population"),
            "Conclusion": ("exceptions", "conclusion", "because", "supersedes", "review_by"),
        },
        moves=(actions.draw_sample, *MOVES),
    )
)
register(
    RecordType(
        model=StatementOfApplicability,
        place="controls",
        clause="iso42001:6.1.3",
        purpose="For every control a person's decision and reason, approved by another, version by version.",
        columns=("title", "state", "edition", "unit", "owner", "review_by"),
        filters=("state", "unit"),
        search=("title", "ref"),
        sections={"About": ("title", "unit", "owner", "intention"), "Review": ("supersedes", "review_by")},
        moves=(submit, approve, give_back, actions.propose_rows, actions.begin_new_version, withdraw),
    )
)
register(
    RecordType(
        model=SoaRow,
        place="controls",
        clause="iso42001:6.1.3",
        purpose="The decision on one control, for every system or for one.",
        columns=("control", "decision", "system", "status", "ground", "statement"),
        filters=("statement", "decision", "status", "system"),
        search=("control", "reason", "ref"),
        sections={"About": ("statement", "control", "system", "decision", "ground", "reason", "needed_by", "status")},
    )
)
register(
    RecordType(
        model=Waiver,
        place="controls",
        clause="iso42001:8.1",
        purpose="Which gate may be passed without which requirement, why and until when; posture does not change.",
        columns=("requirement", "state", "system", "stage", "review_by", "owner"),
        filters=("state", "system", "stage"),
        search=("requirement", "because", "ref"),
        sections={
            "About": ("system", "requirement", "stage", "unit", "owner"),
            "Why and until when": ("because", "review_by"),
        },
        moves=(submit, approve, give_back, revise, withdraw),
    )
)
