"""Examples of what went wrong and what is done about it, of what was measured, of audits."""

from records.examples.building import Builder, day
from records.organisation import Organisation, actor_of
from upright.records.assurance.audit_actions import start_audit
from upright.records.assurance.auditing import (
    Audit,
    AuditFinding,
    AuditInterview,
    AuditorAssignment,
    AuditProgramme,
    AuditSample,
    Certificate,
)
from upright.records.assurance.correction import (
    CorrectiveAction,
    Improvement,
    Measurement,
    Nonconformity,
    PerformanceEvaluation,
)
from upright.records.assurance.publishing import Publication
from upright.records.assurance.reviewing import ManagementReview, ReviewDecision
from upright.records.identity.editing import add


def external(org: Organisation, **more: object) -> Audit:
    """An audit by a certification body."""
    given = {
        "title": "Certification, stage 2",
        "kind": "certification",
        "criteria": "ISO/IEC 42001:2023",
        "scope": "Lending, all sites.",
        "clauses": ["iso42001:9.2", "iso42001:A.5"],
        "unit": org.root,
        "starts": day(-30),
        "ends": day(-28),
    }
    return Audit(**(given | more))


def planned(org: Organisation) -> Audit:
    """One of its own for what hangs on it."""
    return add(external(org), actor=actor_of(org.lead))


def under_way(org: Organisation) -> Audit:
    """One that has started."""
    return start_audit(planned(org), actor=actor_of(org.lead))


def review(org: Organisation) -> ManagementReview:
    """A review that is being prepared."""
    return ManagementReview(
        title="Review of the first half-year",
        unit=org.root,
        owner=org.lead,
        since=day(-180),
        held_on=day(0),
        top_management=[org.lead.ref],
        conclusion="Suitable and effective; too few auditors.",
        next_review=day(180),
    )


EXAMPLES: dict[str, Builder] = {
    "publication": lambda org, made: Publication(
        title="We assess every AI system before its release",
        text="By people who did not build it.",
        rests_on=made["system"].ref,
        shows=["name", "stage"],
        unit=org.root,
        owner=org.lead,
        review_by=day(90),
    ),
    "nonconformity": lambda org, made: Nonconformity(
        title="Impact was assessed after the release",
        requirement="iso42001:A.5.4",
        system=made["system"],
        unit=org.lending,
        owner=org.owner,
        nature="The assessment is dated two weeks after the release; it has to come before.",
        correction="The release was held back for new branches.",
        links=["ab" * 32],
        opened_on=day(-20),
        review_by=day(60),
    ),
    "corrective-action": lambda org, made: CorrectiveAction(
        nonconformity=made["nonconformity"],
        cause="The release checklist does not ask for the assessment.",
        similar_cases="The other two systems of lending: one assessed in time, one not released.",
        action="The checklist asks for it, and the gate denies without it.",
        owner=org.owner,
        due=day(30),
    ),
    "improvement": lambda org, made: Improvement(
        title="Reasons in plain language",
        idea="Applicants ask what a reason code means; a sentence would spare them the call.",
        unit=org.lending,
        owner=org.owner,
        due=day(90),
        resources="Two weeks of a writer.",
    ),
    "measurement": lambda org, made: Measurement(
        what="Share of overruled decisions",
        value="3.1 % (2.2 to 4.3 %)",
        method="Decisions of a month where the officer decided otherwise than the score, Wilson 95 %.",
        system=made["system"],
        unit=org.lending,
        measured_by=org.owner,
        measured_on=day(-3),
    ),
    "performance-evaluation": lambda org, made: PerformanceEvaluation(
        title="Second quarter",
        period_from=day(-100),
        period_to=day(-10),
        results=["Selection-rate difference 0.06", "One incident, closed in time"],
        conclusion="The management system performs; fairness is below its limit since June.",
        unit=org.root,
        owner=org.owner,
        review_by=day(90),
    ),
    "audit-programme": lambda org, made: AuditProgramme(
        title="Audits of three years",
        starts=day(-30),
        ends=day(1000),
        importance="Lending decides about people, so its controls come every year.",
        earlier_results="None yet.",
        methods="Documents, samples, interviews.",
        impartiality="Auditors come from another unit.",
        unit=org.root,
        owner=org.owner,
        review_by=day(300),
    ),
    "certificate": lambda org, made: Certificate(
        number="AI-0042",
        standard="ISO/IEC 42001:2023",
        body="Certifiers",
        scope="Lending with AI.",
        unit=org.root,
        owner=org.owner,
        issued_on=day(-20),
        expires_on=day(1075),
    ),
    "audit": lambda org, made: external(org, certificate=made["certificate"]),
    "auditor-assignment": lambda org, made: AuditorAssignment(audit=planned(org), auditor=org.owner, is_lead=True),
    "audit-sample": lambda org, made: AuditSample(
        audit=under_way(org), what="system", since=day(-9), until=day(0), size=1, seed="spring"
    ),
    "audit-interview": lambda org, made: AuditInterview(
        audit=under_way(org), role="Loan officer", held_on=day(-29), notes="Showed two overruled decisions."
    ),
    "audit-finding": lambda org, made: AuditFinding(
        audit=under_way(org),
        clause="iso42001:A.5.4",
        grade="minor",
        statement="One of three impact assessments is older than the release it is about.",
        grounds="impact-assessment:2026-0001",
    ),
    "management-review": lambda org, made: review(org),
    "review-decision": lambda org, made: ReviewDecision(
        review=add(review(org), actor=actor_of(org.lead)),
        decision="A second internal auditor is trained.",
        owner=org.owner,
        due=day(90),
        resources="A course and ten days.",
    ),
}
