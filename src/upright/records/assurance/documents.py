"""Documents of assurance: audit report, review minutes, coverage of a programme, cycle of a certificate."""

from collections.abc import Iterable
from datetime import date

from upright.records.assurance.audit_actions import drawn_again
from upright.records.assurance.auditing import Audit, AuditProgramme, Certificate
from upright.records.assurance.certification import cycle
from upright.records.assurance.correction import Nonconformity
from upright.records.assurance.coverage import coverage, programme_lacks
from upright.records.assurance.judging import catalogue
from upright.records.assurance.review_actions import review_lacks
from upright.records.assurance.reviewing import ManagementReview, ReviewInput
from upright.records.identity.models import Person
from upright.records.trail.paper import Paper, Part, prints_as, table_part, text_part
from upright.records.trail.server_log import now


def audit_report(audit: Audit) -> Paper:
    """What was audited by which criteria, by whom, on which samples, with which findings."""
    names = _names([audit.reported_by, audit.received_by])
    findings = list(audit.findings.order_by("ref"))
    answers = {one.found_in: one for one in Nonconformity.objects.filter(found_in__in=[one.ref for one in findings])}
    team = [(str(one.auditor), "Lead auditor" if one.is_lead else "Auditor") for one in audit.team.order_by("-is_lead")]
    samples = [
        (
            one.what,
            f"{day(one.since)} to {day(one.until)}" + (f", {one.system}" if one.system else ""),
            f"{len(one.drawn)} of {one.population}",
            one.seed,
            ", ".join(map(str, one.drawn))
            if list(drawn_again(one).members) == one.drawn
            else "DIFFERS WHEN DRAWN AGAIN",
        )
        for one in audit.samples.order_by("ref")
    ]
    return Paper(
        title=audit.title,
        kind="Audit report",
        ref=audit.ref,
        version=audit.version,
        state=audit.get_state_display(),
        approver=names.get(audit.reported_by, audit.reported_by),
        facts=(
            ("Kind", audit.get_kind_display()),
            ("Programme", str(audit.programme or "none")),
            ("Dates", f"{day(audit.starts)} to {day(audit.ends)}"),
            ("Reported", _done(audit.reported_on, names.get(audit.reported_by, audit.reported_by))),
            ("Received by management", _done(audit.received_on, names.get(audit.received_by, audit.received_by))),
        ),
        parts=(
            text_part("Criteria", audit.criteria, "no criteria (9.2.2)"),
            text_part("Scope", audit.scope, "no scope (9.2.2)"),
            table_part("Clauses", ("Requirement", "Title"), _clauses(audit.clauses), "no clauses (9.2.2)"),
            table_part("Auditors", ("Name", "Role"), team, "nobody is assigned (9.2.2)"),
            table_part(
                "Samples", ("Population", "Period", "Drawn", "Seed", "Members"), samples, "nothing was sampled (9.2.2)"
            ),
            table_part(
                "Interviews",
                ("Role", "On", "Notes"),
                [(one.role, day(one.held_on), one.notes) for one in audit.interviews.order_by("held_on", "ref")],
                "nobody was heard",
            ),
            table_part(
                "Findings",
                ("Finding", "Clause", "Grade", "What was found", "Grounds", "Leads to"),
                [
                    (
                        one.ref,
                        one.clause.partition(":")[2],
                        one.get_grade_display(),
                        one.statement,
                        one.grounds,
                        _leads_to(one.is_nonconformity, answers.get(one.ref)),
                    )
                    for one in findings
                ],
                "" if audit.state in {Audit.State.REPORTED, Audit.State.RECEIVED} else "nothing is found yet",
            ),
            text_part("Conclusion", audit.conclusion, "the lead auditor has not concluded yet (9.2.2)"),
        ),
    )


def review_minutes(review: ManagementReview) -> Paper:
    """Who was there, what each input said, what was decided, and what it became."""
    names = _names([*review.top_management, *review.present, review.closed_by])
    drawn = {one.item: one for one in review.inputs.all()}
    lacks = [] if review.state == ManagementReview.State.CLOSED else review_lacks(review)
    decided = [
        (one.decision, str(one.owner), day(one.due), one.resources, one.outcome or "MISSING: no plan yet (9.3.3)")
        for one in review.decisions.order_by("ref")
    ]
    return Paper(
        title=review.title,
        kind="Minutes of the management review",
        ref=review.ref,
        version=review.version,
        state=review.get_state_display(),
        approver=names.get(review.closed_by, review.closed_by),
        facts=(
            ("Held on", day(review.held_on)),
            ("Inputs since", day(review.since)),
            ("Closed", _done(review.closed_on, names.get(review.closed_by, review.closed_by))),
            ("Next review", day(review.next_review) if review.next_review else "not set (9.3.1)"),
        ),
        parts=(
            table_part(
                "Present",
                ("Name", "As"),
                [(names.get(str(one), str(one)), "Top management") for one in review.top_management]
                + [(names.get(str(one), str(one)), "Present") for one in review.present],
                "nobody of top management is recorded (9.3.1)",
            ),
            *(_input_part(str(label), drawn.get(item)) for item, label in ReviewInput.Item.choices),
            text_part("Conclusion", review.conclusion, "no conclusion yet (9.3.1)"),
            table_part(
                "Decisions",
                ("Decision", "Owner", "Until", "Resources", "Became"),
                decided,
                "" if review.no_decisions.strip() else "nothing is decided yet (9.3.3)",
            ),
            *([text_part("Why nothing was decided", review.no_decisions, "")] if review.no_decisions else []),
            *([Part(title="Open before it can be closed", missing="; ".join(lacks))] if lacks else []),
        ),
    )


def programme_plan(programme: AuditProgramme) -> Paper:
    """When the cycle audits each clause and included control, and what earlier audits found there."""
    rows = [
        (
            one.id.partition(":")[2],
            one.title,
            ", ".join(f"{day(audit.starts)} {audit.title}" for audit in one.audits)
            or "MISSING: never in this cycle (9.2.2)",
            ", ".join(f"{found.get_grade_display()}, {day(found.audit.ends)}" for found in one.earlier) or "none",
        )
        for one in coverage(programme)
    ]
    lacks = programme_lacks(programme)
    return Paper(
        title=programme.title,
        kind="Audit programme",
        ref=programme.ref,
        version=programme.version,
        state=programme.get_state_display(),
        approver=_names([programme.approved_by]).get(programme.approved_by, programme.approved_by),
        facts=(("Cycle", f"{day(programme.starts)} to {day(programme.ends)}"), ("Owner", str(programme.owner))),
        parts=(
            text_part("Importance", programme.importance, "which processes matter most (9.2.2)"),
            text_part("Earlier results", programme.earlier_results, "what earlier audits found (9.2.2)"),
            text_part("Methods", programme.methods, "how audits are made (9.2.2)"),
            text_part("Impartiality", programme.impartiality, "how auditors stay impartial (9.2.2)"),
            table_part("Coverage", ("Requirement", "Title", "Audited", "Earlier nonconformities"), rows, "nothing"),
            *([Part(title="Open before it can be approved", missing=lacks)] if lacks else []),
        ),
    )


def certificate_cycle(certificate: Certificate) -> Paper:
    """What the certificate covers, and when which audit is due."""
    rows = [
        (one.what, day(one.on), one.state.capitalize(), str(one.audit or "none planned"))
        for one in cycle(certificate, now().date())
    ]
    return Paper(
        title=f"Certificate {certificate.number}",
        kind="Certification cycle",
        ref=certificate.ref,
        version=certificate.version,
        state=certificate.get_state_display(),
        approver=certificate.body,
        facts=(
            ("Standard", certificate.standard),
            ("Certified by", certificate.body),
            ("Valid", f"{day(certificate.issued_on)} to {day(certificate.expires_on)}"),
        ),
        parts=(
            text_part("Scope", certificate.scope, "no scope (4.3)"),
            table_part("Cycle", ("Audit", "Due by", "State", "Which audit"), rows, "nothing is due"),
        ),
    )


def name_documents() -> None:
    """Says what the types of assurance print as."""
    prints_as(Audit, audit_report)
    prints_as(ManagementReview, review_minutes)
    prints_as(AuditProgramme, programme_plan)
    prints_as(Certificate, certificate_cycle)


def _input_part(title: str, drawn: ReviewInput | None) -> Part:
    if drawn is None:
        return Part(title=title, missing="not drawn yet (9.3.2)")
    as_of = f"As of entry {drawn.entry:,} of the ledger."
    if not drawn.extract:
        said = f"None: {drawn.none_because}" if drawn.none_because else ""
        return Part(
            title=title, text=said and f"{said} {as_of}", missing="" if said else "nothing drawn, none not stated"
        )
    rows = [
        (str(one.get("ref")), str(one.get("what")), str(one.get("state")), _on(one), _more(one))
        for one in drawn.extract
    ]
    return Part(title=title, text=as_of, head=("Record", "What", "State", "On", "More"), rows=tuple(rows))


def _on(line: dict[str, object]) -> str:
    said = str(line.get("on") or "")
    return day(date.fromisoformat(said)) if said else ""


def _more(line: dict[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in line.items() if key not in {"ref", "what", "state", "on"})


def _leads_to(is_nonconformity: bool, answer: Nonconformity | None) -> str:
    if answer is not None:
        return f"{answer.ref}, {'closed' if answer.effective else answer.get_state_display().lower()}"
    return "MISSING: no nonconformity yet (10.2)" if is_nonconformity else "for consideration"


def _clauses(names: Iterable[object]) -> list[tuple[str, str]]:
    """Each with its title, or with its number alone where it stands for all below it."""
    known = catalogue().requirements
    return [(str(one).partition(":")[2], known[str(one)].title if str(one) in known else "all below") for one in names]


def day(on: date) -> str:
    """A day as a document tells it.

    >>> day(date(2026, 3, 4))
    '4 Mar 2026'
    """
    return f"{on.day} {on:%b %Y}"


def _done(on: date | None, by: str) -> str:
    return f"{day(on)}, {by}" if on else "not yet"


def _names(refs: Iterable[object]) -> dict[str, str]:
    wanted = [str(one) for one in refs if one]
    return {one.ref: str(one) for one in Person._base_manager.filter(ref__in=wanted)}
