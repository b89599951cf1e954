"""What Meridian found out about itself: a programme, two audits, what came of their findings, and a certificate."""

from datetime import timedelta
from typing import TYPE_CHECKING

from upright.site.demo.story import Cast, Event
from upright.site.demo.telling import in_days

if TYPE_CHECKING:
    from upright.records.assurance.correction import Nonconformity

_AUDITS = (
    ("Context, leadership, planning", 145, ("4", "5", "6", "A.2", "A.3")),
    ("Impact, life cycle, data", 300, ("7", "8", "A.4", "A.5", "A.6", "A.7")),
    ("Information, use, suppliers, improvement", 620, ("9", "10", "A.8", "A.9", "A.10")),
)
"""Title, days after the programme begins, clauses; the last one is to come."""


def _programme(cast: Cast) -> None:
    from upright.records.assurance.auditing import Audit, AuditProgramme
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import add

    mira = cast.actor("mira")
    programme = AuditProgramme(
        title="Internal audits of three years",
        starts=in_days(0),
        ends=in_days(1095),
        importance="Lending decides about people: impact, life cycle and data come in the first year, the rest later.",
        earlier_results="No audit came before this cycle.",
        methods="Documents, samples drawn by seed, interviews with those who do the work.",
        impartiality="Auditors come from outside the unit that is audited; the ledger shows own work.",
        unit=cast.root,
        owner=cast.person("mira"),
        review_by=in_days(720),
    )
    cast.made["programme"] = add(programme, actor=mira, reason="Decided with the certification in view.")
    for title, after, clauses in _AUDITS:
        audit = Audit(
            title=title,
            programme=programme,
            criteria="ISO/IEC 42001:2023 and Meridian's own documents",
            scope="Lending and member service",
            clauses=[f"iso42001:{one}" for one in clauses],
            unit=cast.root,
            starts=in_days(after),
            ends=in_days(after + 3),
        )
        cast.made[title] = add(audit, actor=mira)
    submit(programme, actor=mira)
    approve(programme, actor=cast.actor("tessa"), reason="It reaches everything within the cycle.")


def _competent(cast: Cast) -> None:
    from upright.records.governance.models import Competence
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import add

    held = Competence(
        person=cast.person("ivo"),
        task="Internal audit",
        needs="Auditing of management systems; how models are tested.",
        holds="Lead auditor course, certificate of last year; three audits beside an experienced colleague.",
        is_effective=True,
        unit=cast.root,
        owner=cast.person("mira"),
        review_by=in_days(1000),
    )
    add(held, actor=cast.actor("mira"))
    submit(held, actor=cast.actor("mira"))
    approve(held, actor=cast.actor("tessa"), reason="The certificate was seen.")


def _first_audit(cast: Cast) -> None:
    from upright.records.assurance.audit_actions import report_audit, start_audit
    from upright.records.assurance.auditing import AuditFinding, AuditInterview, AuditorAssignment, AuditSample
    from upright.records.identity.editing import add

    ivo, audit = cast.actor("ivo"), cast.made["Context, leadership, planning"]
    add(AuditorAssignment(audit=audit, auditor=cast.person("ivo"), is_lead=True), actor=cast.actor("mira"))
    start_audit(audit, actor=ivo)
    drawn = AuditSample(audit=audit, what="document", since=in_days(-170), until=in_days(0), size=3, seed="first-1")
    add(drawn, actor=ivo)
    heard = AuditInterview(
        audit=audit, role="Head of lending", held_on=in_days(-1), notes="Knows the policy and his part in it."
    )
    add(heard, actor=ivo)
    for grade, clause, statement in (
        (
            "minor",
            "iso42001:A.3.2",
            "Who decides on a release while the system's owner is away is written down nowhere.",
        ),
        ("opportunity", "iso42001:A.3.3", "Concerns could be raised from the loan officer's own screen."),
    ):
        found = AuditFinding(audit=audit, clause=clause, grade=grade, statement=statement, grounds="Sample, interview.")
        cast.made[clause] = add(found, actor=ivo)
    report_audit(audit, conclusion="Conforms but for one minor nonconformity.", actor=ivo)


def _second_audit(cast: Cast) -> None:
    from upright.records.assurance.audit_actions import report_audit, start_audit
    from upright.records.assurance.auditing import AuditFinding, AuditInterview, AuditorAssignment, AuditSample
    from upright.records.identity.editing import add

    ivo, audit = cast.actor("ivo"), cast.made["Impact, life cycle, data"]
    add(AuditorAssignment(audit=audit, auditor=cast.person("ivo"), is_lead=True), actor=cast.actor("mira"))
    start_audit(audit, actor=ivo)
    for what, size in (("risk", 2), ("decision-review", 3)):
        drawn = AuditSample(audit=audit, what=what, since=in_days(-300), until=in_days(0), size=size, seed=f"2-{what}")
        add(drawn, actor=ivo)
    heard = AuditInterview(
        audit=audit,
        role="Overseer",
        held_on=in_days(-1),
        clauses=["iso42001:7.2"],
        notes="Showed two overruled decisions and why; a colleague overrules without having had the course.",
    )
    add(heard, actor=ivo)
    found = AuditFinding(
        audit=audit,
        clause="iso42001:7.2",
        grade="minor",
        statement="Training is recorded for one of two people who look over decisions.",
        grounds="Sample of decision reviews, interview with the overseer.",
    )
    cast.made["iso42001:7.2"] = add(found, actor=ivo)
    report_audit(audit, conclusion="Conforms but for one minor nonconformity; impact is assessed with care.", actor=ivo)


def _received(title: str, clause: str, name: str) -> Event:
    def receive(cast: Cast) -> None:
        from upright.records.assurance.audit_actions import receive_audit
        from upright.records.assurance.correction import Nonconformity

        audit = type(cast.made[title]).objects.get(pk=cast.made[title].pk)
        receive_audit(audit, actor=cast.actor("mira"), reason="For the management review.")
        cast.made[name] = Nonconformity.objects.get(found_in=cast.made[clause].ref)

    return Event(day=_RECEIVED[title], tell=receive)


_RECEIVED = {"Context, leadership, planning": 349, "Impact, life cycle, data": 190}


def _taken_up(cast: Cast, found: "Nonconformity", correction: str, *, review_in: int) -> None:
    """Lending corrects what an audit found, and the board says that it was as found."""
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import edit

    mira = cast.actor("mira")
    found.correction, found.unit, found.review_by = correction, cast.units["lending"], in_days(review_in)
    edit(found, actor=mira)
    submit(found, actor=mira)
    approve(found, actor=cast.actor("tessa"), reason="As found.")


def _corrected(cast: Cast) -> None:
    from upright.records.assurance.correction import CorrectiveAction
    from upright.records.identity.editing import add

    found = cast.made["nobody decides"]
    _taken_up(cast, found, "The head of lending was named for the weeks of the owner's leave.", review_in=700)
    action = CorrectiveAction(
        nonconformity=found,
        cause="Deputies were a matter of habit; no role asked for one.",
        similar_cases="Risk owner and overseer: no deputy either, both named since. No other role approves.",
        action="Rights are lent in the system itself, from a day until a day, confirmed by a second person.",
        owner=cast.person("olu"),
        due=in_days(60),
    )
    cast.made["lend rights"] = add(action, actor=cast.actor("olu"))


def _acted(cast: Cast) -> None:
    from upright.records.assurance.correction_actions import finish_corrective_action

    why = "Three deputies hold their rights by delegation since the first of the month; each accepted it."
    finish_corrective_action(cast.made["lend rights"], actor=cast.actor("olu"), reason=why)


def _checked(cast: Cast) -> None:
    from upright.records.assurance.correction_actions import close_nonconformity, confirm_effectiveness

    proof = "Two absences since: in both the deputy decided by a right that was lent, as the ledger shows."
    confirm_effectiveness(cast.made["lend rights"], actor=cast.actor("mira"), reason=proof)
    why = "The cause is gone; two absences of three months show that it works."
    cast.made["nobody decides"].refresh_from_db()
    close_nonconformity(cast.made["nobody decides"], actor=cast.actor("tessa"), reason=why)


def _still_open(cast: Cast) -> None:
    from upright.records.assurance.correction import CorrectiveAction
    from upright.records.identity.editing import add

    found = cast.made["untrained"]
    _taken_up(cast, found, "She decides with a second overseer until the training is recorded.", review_in=400)
    action = CorrectiveAction(
        nonconformity=found,
        cause="The course is booked by hand, after somebody remembers.",
        similar_cases="Loan officers: all on the list. Analysts: all on the list.",
        action="Nobody gets the overseer's screen before the course is recorded.",
        owner=cast.person("olu"),
        due=in_days(210),
    )
    add(action, actor=cast.actor("olu"))


def _certification(cast: Cast) -> None:
    from upright.records.assurance.auditing import Audit
    from upright.records.identity.editing import add

    for number, after in ((1, 20), (2, 45)):
        planned = Audit(
            title=f"Certification, stage {number}",
            kind="certification",
            criteria="ISO/IEC 42001:2023",
            scope="Lending in all branches",
            clauses=[f"iso42001:{one}" for one in range(4, 11)],
            unit=cast.root,
            starts=in_days(after),
            ends=in_days(after + 2),
        )
        cast.made[f"stage {number}"] = add(planned, actor=cast.actor("mira"), reason="Agreed with the body.")


def _held(number: int, conclusion: str, day: int) -> Event:
    def hold(cast: Cast) -> None:
        from upright.records.assurance.audit_actions import receive_audit, report_audit, start_audit

        audit, mira = cast.made[f"stage {number}"], cast.actor("mira")
        start_audit(audit, actor=mira)
        report_audit(audit, conclusion=conclusion, actor=mira, reason="The body's report, as it came.")
        receive_audit(audit, actor=cast.actor("tessa"), reason="Read in the board.")

    return Event(day=day, tell=hold)


def _certified(cast: Cast) -> None:
    from upright.records.assurance.auditing import Audit, Certificate
    from upright.records.identity.editing import add

    certificate = Certificate(
        number="AIMS-2291",
        standard="ISO/IEC 42001:2023",
        body="Beacon Certification (invented)",
        scope="Development and use of AI systems that rank or score applications for loans",
        unit=cast.root,
        owner=cast.person("mira"),
        issued_on=in_days(0),
        expires_on=in_days(0) + timedelta(days=1095),
    )
    add(certificate, actor=cast.actor("mira"), reason="As the body decided.")
    planned = Audit(
        title="Surveillance 1",
        kind="surveillance",
        certificate=certificate,
        criteria="ISO/IEC 42001:2023",
        scope="Lending in all branches",
        clauses=["iso42001:9", "iso42001:10", "iso42001:A.5", "iso42001:A.6"],
        unit=cast.root,
        starts=in_days(330),
        ends=in_days(331),
    )
    add(planned, actor=cast.actor("mira"), reason="Within a year of the decision.")


EVENTS = (
    Event(day=500, tell=_programme),
    Event(day=490, tell=_competent),
    Event(day=355, tell=_first_audit),
    _received("Context, leadership, planning", "iso42001:A.3.2", "nobody decides"),
    Event(day=345, tell=_corrected),
    Event(day=320, tell=_acted),
    Event(day=230, tell=_checked),
    Event(day=198, tell=_second_audit),
    _received("Impact, life cycle, data", "iso42001:7.2", "untrained"),
    Event(day=185, tell=_still_open),
    Event(day=180, tell=_certification),
    _held(1, "Ready for stage 2.", 156),
    _held(2, "Conforms; one minor nonconformity of the body's own list is closed.", 130),
    Event(day=118, tell=_certified),
)
