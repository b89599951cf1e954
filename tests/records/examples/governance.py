"""Examples of governance: documents, kept records, and the plans and registers of the management system."""

from typing import Any

from records.examples.building import Builder, day
from records.organisation import SETUP, Organisation
from upright.records.collaboration.models import Comment
from upright.records.governance import models
from upright.records.trail.door import write
from upright.records.trail.record import Record


def _by(model: type[Record], days: int = 300, **fields: Any) -> Builder:
    """Of the whole organisation, owned by its owner, to be reviewed."""

    def build(org: Organisation, _made: Any) -> Record:
        return model(**{"unit": org.root, "owner": org.owner, "review_by": day(days), **fields})

    return build


def _disposal(org: Organisation, made: Any) -> Record:
    """Of a comment whose period is over, by an approved class."""
    comment = write(
        Comment(about=made["document"].ref, text="Old.", author=str(SETUP)),
        actor=SETUP,
        action="collaboration.comment.added",
    )
    short = models.RetentionClass(
        title="Comments at once",
        applies_to="comment",
        starts="written",
        period="P0D",
        basis="A test",
        disposal="erase",
        state="approved",
        unit=org.root,
        owner=org.owner,
    )
    by = write(short, actor=SETUP, action="governance.retention_class.added")
    return models.RecordDisposal(record=comment.ref, retention_class=by, unit=org.root)


EXAMPLES: dict[str, Builder] = {
    "document": _by(
        models.Document, title="AI policy", subtype="ai-policy", text="We …", distribution=["unit:lending"]
    ),
    "kept-record": lambda org, made: models.KeptRecord(
        title="Alignment of the AI policy with others",
        kind="policy-link",
        data={
            "rows": [{"policy": "Privacy policy", "bearing": "Personal data", "gap": "none", "owner": org.owner.ref}],
            "reviewed_on": "2026-09-01",
        },
        unit=org.root,
        owner=org.owner,
        review_by=day(300),
    ),
    "context-issue": lambda org, made: models.ContextIssue(
        title="New consumer credit law",
        side="external",
        bearing="Scoring has to be explained to applicants.",
        unit=org.root,
        owner=org.owner,
    ),
    "context-analysis": _by(
        models.ContextAnalysis,
        title="Context 2026",
        purposes=["Ranks applications for mortgages"],
        climate_relevant=False,
        climate_reason="Training runs for minutes on one machine.",
        analysed_on=day(-3),
    ),
    "interested-party": _by(
        models.InterestedParty, name="Applicants", needs=["Equal treatment"], how="Objectives and the fairness check."
    ),
    "scope-statement": _by(
        models.ScopeStatement,
        title="Scope of the AI management system",
        text="Lending in all branches, as user and developer of its systems.",
        frameworks=["iso42001", "nist-ai-rmf"],
        covers=["unit:lending"],
        excluded="none",
    ),
    "process-definition": _by(
        models.ProcessDefinition,
        name="Impact assessment",
        inputs="A new system or a change",
        outputs="An approved assessment",
        criteria="Before each release; none older than a year",
    ),
    "ai-role": lambda org, made: models.AiRole(
        about=made["system"].ref,
        roles=["producer", "user"],
        why="Built and used in the house.",
        unit=org.root,
        owner=org.owner,
        review_by=day(300),
    ),
    "framework-in-use": _by(
        models.FrameworkInUse, framework="iso42001", reason="Certification is wanted by the board.", since=day(-30)
    ),
    "obligation": _by(
        models.Obligation, title="Tell applicants why", source="GDPR, Article 22", demands="Meaningful information."
    ),
    "ai-principle": lambda org, made: models.AiPrinciple(
        title="People decide",
        objective="C.2.1",
        meaning="A loan officer signs every refusal.",
        policy=made["document"],
        unit=org.root,
        owner=org.owner,
        review_by=day(300),
    ),
    "objective": _by(
        models.Objective,
        title="Alike chances",
        measure="selection_rate_difference",
        target="at_most 0.1",
        due=day(200),
        how="New features are tried each quarter.",
    ),
    "change-plan": _by(
        models.ChangePlan,
        title="Audits move to the group",
        purpose="Independence.",
        effects="The programme is written anew; running audits end first.",
        resources="One auditor, 20 days.",
        planned_for=day(60),
    ),
    "leadership-decision": _by(
        models.LeadershipDecision,
        title="No release without assessment",
        decision="The board stops releases that lack one.",
        resources="Two people for assessments.",
        decided_on=day(-20),
    ),
    "resource-plan": _by(models.ResourcePlan, year=2026, budget="120,000 EUR", people="1.5 posts"),
    "competence": lambda org, made: models.Competence(
        person=org.owner,
        task="Owner of an AI system",
        needs="Course on fairness measures",
        holds="Certificate of March",
        unit=org.root,
        owner=org.lead,
        review_by=day(300),
    ),
    "awareness": _by(
        models.Awareness, activity="Lunch talk", topics=["Automation bias"], held_on=day(-9), invited=40, reached=31
    ),
    "communication-plan": _by(
        models.CommunicationPlan, what="Incidents", when="Within a day", to="Customers affected", how="E-mail"
    ),
    "communication": _by(
        models.Communication, what="Open days", audiences=["All staff"], channel="Intranet", sent_on=day(-5)
    ),
    "retention-class": _by(
        models.RetentionClass,
        title="Comments",
        applies_to="comment",
        starts="written",
        period="P2Y",
        basis="No use after an audit cycle",
        disposal="erase",
    ),
    "legal-hold": lambda org, made: models.LegalHold(
        title="Dispute with an applicant", reason="Court", covers=["person"], unit=org.root, owner=org.owner
    ),
    "served-clause": lambda org, made: models.ServedClause(
        record=made["document"].ref, standard="iso27001", clause="5.2", unit=org.root
    ),
    "record-disposal": _disposal,
}
