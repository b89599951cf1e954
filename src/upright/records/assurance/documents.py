"""Documents of assurance: audit report, review minutes, coverage of a programme, cycle of a certificate."""

from collections.abc import Iterable, Mapping
from datetime import date

from upright.records.assurance.audit_actions import drawn_again
from upright.records.assurance.auditing import Audit, AuditProgramme, Certificate
from upright.records.assurance.certification import cycle
from upright.records.assurance.correction import Nonconformity
from upright.records.assurance.coverage import applying, coverage, programme_lacks
from upright.records.assurance.judging import catalogue
from upright.records.assurance.review_actions import review_lacks
from upright.records.assurance.review_inputs import THEN
from upright.records.assurance.reviewing import ManagementReview, ReviewInput
from upright.records.identity.models import Person
from upright.records.trail.paper import Cell, Paper, Part, lacks, ours, prints_as, table_part, text_part
from upright.records.trail.record import find
from upright.records.trail.server_log import now
from upright.reports.words import plain_words


def audit_report(audit: Audit) -> Paper:
    """What was audited by which criteria, by whom, on which samples, with which findings."""
    names = _names([audit.reported_by, audit.received_by])
    findings = list(audit.findings.order_by("ref"))
    answers = {one.found_in: one for one in Nonconformity.objects.filter(found_in__in=[one.ref for one in findings])}
    team: list[tuple[Cell, ...]] = [
        (str(one.auditor), ours("Lead auditor") if one.is_lead else ours("Auditor"))
        for one in audit.team.order_by("-is_lead")
    ]
    samples: list[tuple[Cell, ...]] = [
        (
            one.what,
            (_span(one.since, one.until), *([str(one.system)] if one.system else [])),
            ours("%(drawn)s of %(population)s", drawn=str(len(one.drawn)), population=str(one.population)),
            one.seed,
            ", ".join(map(str, one.drawn))
            if list(drawn_again(one).members) == one.drawn
            else lacks("differs when drawn again"),
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
            ("Kind", ours(audit.get_kind_display())),
            ("Programme", str(audit.programme) if audit.programme else ours("outside of any programme")),
            ("Dates", _span(audit.starts, audit.ends)),
            ("Report of", _done(audit.reported_on, names.get(audit.reported_by, audit.reported_by))),
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
                [(one.role, one.held_on, one.notes) for one in audit.interviews.order_by("held_on", "ref")],
                "nobody was heard",
            ),
            table_part(
                "Findings",
                ("Finding", "Clause", "Grade", "What was found", "Grounds", "Leads to"),
                [
                    (
                        one.ref,
                        one.clause.partition(":")[2],
                        ours(one.get_grade_display()),
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
    open_still = () if review.state == ManagementReview.State.CLOSED else tuple(review_lacks(review))
    decided: list[tuple[Cell, ...]] = [
        (one.decision, str(one.owner), one.due, one.resources, one.outcome or lacks("no plan yet (9.3.3)"))
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
            ("Held on", review.held_on),
            ("Inputs since", review.since),
            ("Closed", _done(review.closed_on, names.get(review.closed_by, review.closed_by))),
            ("Next review", review.next_review or lacks("not set (9.3.1)")),
        ),
        parts=(
            table_part(
                "Present",
                ("Name", "As"),
                [(names.get(str(one), str(one)), ours("Top management")) for one in review.top_management]
                + [(names.get(str(one), str(one)), ours("Present")) for one in review.present],
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
            *([Part(title="Open before it can be closed", missing=open_still)] if open_still else []),
        ),
    )


def programme_plan(programme: AuditProgramme) -> Paper:
    """When the cycle audits each clause and included control, and what earlier audits found there."""
    rows: list[tuple[Cell, ...]] = [
        (
            one.id.partition(":")[2],
            ours(one.title),
            tuple(ours("%(day)s %(title)s", day=audit.starts, title=audit.title) for audit in one.audits)
            or lacks("never in this cycle (9.2.2)"),
            tuple(part for found in one.earlier for part in (ours(found.get_grade_display()), found.audit.ends))
            or ours("none"),
        )
        for one in coverage(programme)
    ]
    open_still = programme_lacks(programme)
    return Paper(
        title=programme.title,
        kind="Audit programme",
        ref=programme.ref,
        version=programme.version,
        state=programme.get_state_display(),
        approver=_names([programme.approved_by]).get(programme.approved_by, programme.approved_by),
        facts=(
            ("Cycle", _span(programme.starts, programme.ends)),
            ("Owner", str(programme.owner)),
            ("Statement of Applicability", _says_what_applies(programme)),
        ),
        parts=(
            text_part("Importance", programme.importance, "which processes matter most (9.2.2)"),
            text_part("Earlier results", programme.earlier_results, "what earlier audits found (9.2.2)"),
            text_part("Methods", programme.methods, "how audits are made (9.2.2)"),
            text_part("Impartiality", programme.impartiality, "how auditors stay impartial (9.2.2)"),
            table_part("Coverage", ("Requirement", "Title", "Audited", "Earlier nonconformities"), rows, "nothing"),
            *([Part(title="Open before it can be approved", missing=open_still)] if open_still else []),
        ),
    )


def _says_what_applies(programme: AuditProgramme) -> Cell:
    """By which statement the controls of the coverage are in; unknown, where none holds for the unit."""
    found = applying(programme.unit)
    if not found.is_known:
        return lacks("none is approved for its unit or above: what applies is unknown, so every control is in (6.1.3)")
    statement = find(found.ref)
    return ours("the organisation's own") if statement is None else str(statement)


def certificate_cycle(certificate: Certificate) -> Paper:
    """What the certificate covers, and when which audit is due."""
    rows: list[tuple[Cell, ...]] = [
        (ours(one.what), one.on, ours(one.state.capitalize()), str(one.audit) if one.audit else ours("none planned"))
        for one in cycle(certificate, now().date())
    ]
    return Paper(
        title=ours("Certificate %(number)s", number=certificate.number),
        kind="Certification cycle",
        ref=certificate.ref,
        version=certificate.version,
        state=certificate.get_state_display(),
        approver=certificate.body,
        facts=(
            ("Standard", certificate.standard),
            ("Certified by", certificate.body),
            ("Valid", _span(certificate.issued_on, certificate.expires_on)),
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
    as_of = ours("As of entry %(entry)s of the ledger.", entry=f"{drawn.entry:,}")
    if not drawn.extract:
        if not drawn.none_because:
            return Part(title=title, missing="nothing drawn, none not stated")
        none = ours("None: %(because)s As of entry %(entry)s.", because=drawn.none_because, entry=f"{drawn.entry:,}")
        return Part(title=title, text=none)
    rows: list[tuple[Cell, ...]] = [
        (_record(one), _what(one), _state(one), _on(one), _more(one)) for one in drawn.extract
    ]
    return Part(title=title, text=as_of, head=("Record", "What", "State", "On", "More"), rows=tuple(rows))


def _record(line: dict[str, object]) -> Cell:
    """The reference; of what was counted by kind, the kind."""
    ref = str(line.get("ref"))
    return ref if ":" in ref else ours(ref.replace("-", " "))


def _what(line: dict[str, object]) -> Cell:
    """What a record says of itself; what the extract counts and lists is ours (``review_inputs``)."""
    said = str(line.get("what"))
    if "runs" in line:
        results = {f"at{at}": ours(one) for at, one in enumerate(said.split(THEN))}
        return ours(THEN.join(f"%({name})s" for name in results), **results)
    return said if ":" in str(line.get("ref")) else ours(said)


def _state(line: dict[str, object]) -> Cell:
    return ours(str(line.get("state") or "").replace("_", " ").capitalize())


def _on(line: dict[str, object]) -> Cell:
    said = str(line.get("on") or "")
    return date.fromisoformat(said) if said else ""


def _more(line: dict[str, object]) -> Cell:
    return tuple(
        ours("%(name)s %(value)s", name=ours(key.replace("_", " ")), value=_value(key, str(value)))
        for key, value in line.items()
        if key not in {"ref", "what", "state", "on"}
    )


def _value(key: str, value: str) -> Cell:
    """What a line adds, by what it is."""
    match key:
        case "value":
            return ours(value)
        case "measure":
            return ours(plain_words(value))
        case "due":
            return date.fromisoformat(value)
    return value


def _leads_to(is_nonconformity: bool, answer: Nonconformity | None) -> Cell:
    if answer is not None:
        return answer.ref, ours("closed") if answer.effective else ours(answer.get_state_display())
    return lacks("no nonconformity yet (10.2)") if is_nonconformity else ours("for consideration")


def _clauses(names: Iterable[object]) -> list[tuple[Cell, ...]]:
    """Each with its title; of a heading that too, and that all below it is meant."""
    known = {one.id: one.title for one in catalogue().requirements.values()}
    headings = {f"{of}:{one.id}": one.title for of, each in catalogue().frameworks.items() for one in each.groups}
    return [(str(one).partition(":")[2], _titled(str(one), known, headings)) for one in names]


def _titled(name: str, known: Mapping[str, str], headings: Mapping[str, str]) -> Cell:
    if name in known:
        return ours(known[name])
    return ours("%(title)s, with all below", title=ours(headings[name])) if name in headings else ours("all below")


def _span(since: date, until: date) -> Cell:
    return ours("%(since)s to %(until)s", since=since, until=until)


def _done(on: date | None, by: str) -> Cell:
    return (on, by) if on else ours("not yet")


def _names(refs: Iterable[object]) -> dict[str, str]:
    wanted = [str(one) for one in refs if one]
    return {one.ref: str(one) for one in Person._base_manager.filter(ref__in=wanted)}
