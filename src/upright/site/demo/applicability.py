"""What applies at Meridian: controls of its own, a statement with a reason in each row, and its next version begun."""

from datetime import timedelta
from typing import Any

from upright.site.demo.story import Cast, Event

_REASONS = {
    "A.2.2": "Our members trust us with home loans; clause 5.2 asks for a policy too.",
    "A.2.3": "Credit, data and conduct policies already bind lending.",
    "A.2.4": "The law changes yearly.",
    "A.3.2": "Two persons decide, so both have to be named.",
    "A.3.3": "Staff and members must be able to warn us.",
    "A.4.2": "Needed to know what a change touches.",
    "A.4.3": "Training data decide outcomes.",
    "A.4.4": "Tools differ between teams.",
    "A.4.5": "Hosting is shared with core banking.",
    "A.4.6": "Overseers need to know lending and AI.",
    "A.5.2": "The score bears on access to housing.",
    "A.5.3": "Auditor and supervisor ask for it.",
    "A.5.4": "Refusals hit people and groups unequally.",
    "A.5.5": "Lending shapes who lives where.",
    "A.6.1.2": "Fairness and explanation are goals of this system.",
    "A.6.1.3": "One way of working for both teams.",
    "A.6.2.2": "The purpose was written down late once.",
    "A.6.2.3": "Teams hand over to each other.",
    "A.6.2.4": "The model is trained anew twice a year.",
    "A.6.2.5": "A release needs a second person.",
    "A.6.2.6": "The economy shifts, and so do applicants.",
    "A.6.2.7": "Whoever audits needs to read it.",
    "A.6.2.8": "Decisions must be traceable for years.",
    "A.7.2": "We train our own scorer.",
    "A.7.3": "The data are old and come from elsewhere.",
    "A.7.4": "Seventeen rows lack a field.",
    "A.7.5": "Where the data come from must be shown.",
    "A.7.6": "Missing values are filled in.",
    "A.8.2": "Loan officers use the score.",
    "A.8.3": "Members must be able to report harm.",
    "A.8.4": "Clocks of notices run from the first hour.",
    "A.8.5": "Supervisor and members ask us.",
    "A.9.2": "Officers work with the score daily.",
    "A.9.3": "Each branch has goals for its use.",
    "A.9.4": "The score must price no insurance.",
    "A.10.2": "Host and lending share duties.",
    "MCU.1": "A refusal is hard to undo for the member.",
}
_IN_PART = {"A.6.2.7", "A.9.2", "A.9.3", "MCU.1"}
_OUT = {
    "A.10.3": "No model, data set or service is supplied to us from outside.",
    "A.10.4": "We supply no AI system to anybody else.",
}

_NEEDED = (
    ("A.2", "fair objective"),
    ("A.3", "follow risk"),
    ("A.5", "impact"),
    ("A.6.2.7", "unexplained risk"),
    ("A.6.2", "drift risk"),
    ("A.7", "fairness risk"),
    ("A.8", "unexplained risk"),
    ("A.10", "outage risk"),
    ("", "fairness risk"),
)
"""What needs a control that no treatment, threat or assessment names: the first that its id begins with."""


def _needed_by(control: str) -> str:
    return next(key for start, key in _NEEDED if control.startswith(start))


def _controls(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.risk.models import Control

    for identifier, title, status, how in (
        ("A.2.2", "AI policy", "implemented", "On the intranet; read by everybody who joins."),
        ("A.9.2", "Processes for responsible use", "partly", "Written for lending, not yet for service."),
        ("MCU.1", "Second look at each refusal", "partly", "A second officer signs each refusal; at 3 of 5 branches."),
    ):
        given: dict[str, Any] = {"identifier": identifier, "title": title, "status": status, "implementation": how}
        cast.made[identifier] = add(
            Control(unit=cast.root, owner=cast.person("olu"), **given), actor=cast.actor("mira")
        )


def _statement(cast: Cast) -> None:
    from upright.records.identity.editing import add, edit
    from upright.records.risk.models import StatementOfApplicability
    from upright.records.trail.door import change
    from upright.records.trail.server_log import now

    statement = StatementOfApplicability(
        title="Statement of Applicability",
        unit=cast.root,
        owner=cast.person("mira"),
        review_by=now().date() + timedelta(days=500),
    )
    cast.made["statement"] = add(statement, actor=cast.actor("mira"), reason="The first.")
    with change():
        for row in statement.rows.all():
            if row.control in _OUT:
                row.decision, row.ground = "excluded", "risk-assessment-shows-no-need"
                row.reason, row.needed_by = _OUT[row.control], []
            else:
                row.decision, row.reason = "included", _REASONS[row.control]
                row.status = "partly" if row.control in _IN_PART else "implemented"
                row.needed_by = row.needed_by or [cast.made[_needed_by(row.control)].ref]
            edit(row, actor=cast.actor("mira"))


def _approve(cast: Cast) -> None:
    from upright.records.identity.controlled import approve, submit

    submit(cast.made["statement"], actor=cast.actor("mira"), reason="Every row has its reason.")
    approve(cast.made["statement"], actor=cast.actor("tessa"), reason="Read row by row in the steering group.")


def _evaluate(cast: Cast) -> None:
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import add
    from upright.records.risk.actions import draw_sample
    from upright.records.risk.models import ControlEvaluation
    from upright.records.trail.server_log import now

    today, ivo = now().date(), cast.actor("ivo")
    evaluation = ControlEvaluation(
        control=cast.made["A.2.2"],
        unit=cast.root,
        owner=cast.person("ivo"),
        evaluated_on=today,
        design="The policy names owners and commitments, and is given to everybody who joins.",
        population=[f"Acknowledgement {number:03}" for number in range(1, 43)],
        exceptions=["One was given four days late"],
        conclusion="effective",
        because="One late acknowledgement of 12; it was caught up before access was given.",
        review_by=today + timedelta(days=365),
    )
    add(evaluation, actor=ivo)
    draw_sample(evaluation, size=12, actor=ivo, reason="Twelve of 42.")
    submit(evaluation, actor=ivo)
    approve(evaluation, actor=cast.actor("mira"), reason="Agreed.")


def _told(_cast: Cast) -> None:
    """What the reminders of that morning found to speak against the version in force."""
    from upright.records.risk.standing import ask_to_mend

    ask_to_mend()


def _second_version(cast: Cast) -> None:
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import edit
    from upright.records.risk.actions import begin_new_version
    from upright.records.trail.server_log import now

    mira = cast.actor("mira")
    new = begin_new_version(cast.made["statement"], actor=mira, reason="The scorer runs on hired machines now.")
    row = new.rows.get(control="A.10.3", system=None)
    row.decision, row.ground, row.status = "included", "", "implemented"
    row.reason, row.needed_by = "Northgate hosts the scorer, so it is assessed yearly.", [cast.made["outage risk"].ref]
    edit(row, actor=mira)
    new.review_by = now().date() + timedelta(days=420)
    edit(new, actor=mira)
    submit(new, actor=mira, reason="A.10.3 is carried out since the host was taken on.")
    approve(new, actor=cast.actor("tessa"), reason="Only A.10.3 differs; the assessment of the host was at hand.")
    cast.made["statement"] = new
    _told(cast)


def _next_version(cast: Cast) -> None:
    from upright.records.identity.editing import edit
    from upright.records.risk.actions import begin_new_version

    mira = cast.actor("mira")
    new = begin_new_version(cast.made["statement"], actor=mira, reason="The second look is to reach every branch.")
    row = new.rows.get(control="A.9.2", system=None)
    row.reason, row.status = "Officers work with the score daily, and service will too.", "partly"
    edit(row, actor=mira)
    cast.made["next statement"] = new


_NOT_WHOLE = {
    "A.4.6": "Overseers need to know lending and AI; one of them has not taken the course yet.",
    "A.6.2.4": "The model is trained anew twice a year; the test by groups is still to be passed.",
}


def _third_version(cast: Cast) -> None:
    """The version that was in work is decided anew for whoever asked for rankings meanwhile, and approved.

    What a record found wanting is carried out in part from here on.
    """
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import edit
    from upright.records.trail.server_log import now

    mira, new = cast.actor("mira"), cast.made["next statement"]
    row = new.rows.get(control="A.10.4", system=None)
    row.decision, row.ground, row.status = "included", "", "partly"
    row.reason = "Harbor Savings asks for rankings: what they require is written down, and not met yet."
    row.needed_by = [cast.made["unexplained risk"].ref]
    edit(row, actor=mira)
    for control, reason in _NOT_WHOLE.items():
        row = new.rows.get(control=control, system=None)
        row.reason, row.status = reason, "partly"
        edit(row, actor=mira)
    new.review_by = now().date() + timedelta(days=400)
    edit(new, actor=mira)
    submit(new, actor=mira, reason="A.10.4 is decided on: somebody outside asks for our rankings.")
    approve(new, actor=cast.actor("tessa"), reason="Four rows differ; the customer's wishes were at hand.")
    cast.made["statement"] = new
    _told(cast)


def _in_work(cast: Cast) -> None:
    from upright.records.identity.editing import edit
    from upright.records.risk.actions import begin_new_version

    mira = cast.actor("mira")
    new = begin_new_version(cast.made["statement"], actor=mira, reason="For the year to come.")
    row = new.rows.get(control="A.6.2.7", system=None)
    row.reason = "Whoever audits needs to read it; so will Harbor Savings."
    edit(row, actor=mira)


EVENTS = (
    Event(day=440, tell=_controls),
    Event(day=420, tell=_statement),
    Event(day=410, tell=_approve),
    Event(day=339, tell=_told),
    Event(day=312, tell=_second_version),
    Event(day=100, tell=_evaluate),
    Event(day=20, tell=_next_version),
    Event(day=12, tell=_told),
    Event(day=9, tell=_third_version),
    Event(day=3, tell=_in_work),
)
