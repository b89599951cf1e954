"""What Meridian wrote down about its management system, from its first context analysis to last month's awareness day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from upright.site.demo.story import Cast, Event

Fields = Callable[[Cast], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """A record of the story: written by one, approved by another some days later, and perhaps reconfirmed."""

    key: str
    model: str
    day: int
    fields: Fields
    by: str = "mira"
    owner: str = "mira"
    unit: str = "root"
    approved: int | None = None
    approver: str = "tessa"
    reconfirmed: int | None = None
    holds: int = 720

    def events(self) -> list[Event]:
        """What happened to it, day by day."""
        found = [Event(day=self.day, tell=self._write)]
        if self.approved is not None:
            found.append(Event(day=self.approved, tell=self._approve))
        if self.reconfirmed is not None:
            found.append(Event(day=self.reconfirmed, tell=self._reconfirm))
        return found

    def _write(self, cast: Cast) -> None:
        from upright.records.governance import models
        from upright.records.identity.editing import add

        model = getattr(models, self.model)
        about = {"unit": cast.units[self.unit], "owner": cast.person(self.owner)}
        review = {"review_by": _today(self.holds)} if hasattr(model, "review_by") else {}
        cast.made[self.key] = add(model(**about, **review, **self.fields(cast)), actor=cast.actor(self.by))

    def _approve(self, cast: Cast) -> None:
        from upright.records.identity.controlled import approve, submit

        submit(cast.made[self.key], actor=cast.actor(self.by), reason="Ready to be looked at.")
        approve(cast.made[self.key], actor=cast.actor(self.approver), reason="As it stands.")

    def _reconfirm(self, cast: Cast) -> None:
        from upright.records.identity.controlled import reconfirm

        record = cast.made[self.key]
        reconfirm(
            record,
            review_by=_today(365),
            actor=cast.actor(self.approver),
            reason="Looked at in the yearly round; nothing changed.",
        )


def _today(days: int) -> date:
    from upright.records.trail.server_log import now

    return now().date() + timedelta(days=days)


def _taken(name: str) -> Callable[[Cast], None]:
    def begin(cast: Cast) -> None:
        from upright.records.governance.actions import take_template

        take_template(cast.made[name], template=name, actor=cast.actor("mira"))

    return begin


def _written_out(name: str, words: dict[str, str]) -> Callable[[Cast], None]:
    """The gaps of a template, filled by hand, then handed in and approved."""

    def finish(cast: Cast) -> None:
        from upright.records.governance.actions import fill
        from upright.records.governance.placeholders import unfilled
        from upright.records.identity.controlled import approve, submit
        from upright.records.identity.editing import edit
        from upright.records.trail.errors import RefusedError

        draft, mira = cast.made[name], cast.actor("mira")
        try:
            fill(draft, actor=mira)
        except RefusedError:
            pass
        for gap in unfilled(draft.text):
            draft.text = draft.text.replace(gap, words.get(gap.strip("[]{}"), "as the steering group decides each year"))
        edit(draft, actor=mira, reason="The gaps are decided.")
        submit(draft, actor=mira)
        approve(draft, actor=cast.actor("tessa"), reason="Adopted.")

    return finish


def _acknowledge(*names: str) -> Callable[[Cast], None]:
    def read(cast: Cast) -> None:
        from upright.records.governance.actions import acknowledge

        for name in names:
            acknowledge(cast.made["policy"], actor=cast.actor(name))

    return read


def _document(name: str, title: str, subtype: str, day: int, approved: int | None, **words: str) -> list[Event]:
    told = Told(
        key=name,
        model="Document",
        day=day,
        fields=lambda cast: {"title": title, "subtype": subtype, "distribution": ["unit:lending"]},
    )
    found = [*told.events(), Event(day=day - 1, tell=_taken(name))]
    if approved is not None:
        found.append(Event(day=approved, tell=_written_out(name, words)))
    return found


_POLICY = """\
Meridian uses AI to help people decide about loans, never to decide alone.

1. Each AI system has an owner, a stated purpose and a place in the inventory.
2. What a system does to people is assessed before it is used and whenever it changes.
3. Differences between groups are measured against limits set beforehand; what is not measured counts as not known.
4. Whoever is affected can ask why, contest a decision and reach a person.
5. Nobody approves what they wrote. What was decided, and why, is entered in a log that nobody can change unseen.
"""

_TOLD: tuple[Told, ...] = (
    Told(
        key="law issue",
        model="ContextIssue",
        day=540,
        fields=lambda cast: {
            "title": "Lenders have to explain adverse decisions",
            "side": "external",
            "bearing": "A score that nobody can explain cannot be used for refusals.",
        },
    ),
    Told(
        key="skills issue",
        model="ContextIssue",
        day=540,
        fields=lambda cast: {
            "title": "Two people understand the scorer",
            "side": "internal",
            "bearing": "Reviews wait for them; leaving would stop changes.",
        },
    ),
    Told(
        key="context",
        model="ContextAnalysis",
        day=535,
        approved=528,
        reconfirmed=150,
        fields=lambda cast: {
            "title": "Context of the AI management system",
            "purposes": ["Ranks mortgage applications for loan officers"],
            "climate_relevant": False,
            "climate_reason": "Training takes minutes on one machine; looked at again when language models are used.",
            "analysed_on": _today(0),
        },
    ),
    Told(
        key="applicants",
        model="InterestedParty",
        day=534,
        approved=527,
        reconfirmed=150,
        fields=lambda cast: {
            "name": "Applicants for mortgages",
            "needs": ["Equal treatment", "A reason for a refusal", "A person to talk to"],
            "how": "Fairness objective, contest channel, loan officers decide.",
        },
    ),
    Told(
        key="supervisor",
        model="InterestedParty",
        day=534,
        approved=527,
        fields=lambda cast: {
            "name": "Supervisory authority",
            "needs": ["Fair lending shown by figures", "Models under control"],
            "how": "Measured each quarter; audit pack on request.",
        },
    ),
    Told(
        key="policy",
        model="Document",
        day=530,
        approved=521,
        reconfirmed=160,
        fields=lambda cast: {
            "title": "AI policy",
            "subtype": "ai-policy",
            "text": _POLICY,
            "distribution": [cast.root.ref],
        },
    ),
    Told(
        key="scope",
        model="ScopeStatement",
        day=505,
        approved=500,
        reconfirmed=150,
        fields=lambda cast: {
            "title": "Scope of the AI management system",
            "text": "Lending in all branches: development and use of systems that rank or score applications.",
            "frameworks": ["iso42001", "nist-ai-rmf"],
            "covers": ["unit:lending", "unit:member-service"],
            "excluded": "Card fraud screening by the processor, which decides about no member alone.",
        },
    ),
    Told(
        key="iso",
        model="FrameworkInUse",
        day=504,
        approved=499,
        fields=lambda cast: {
            "framework": "iso42001",
            "reason": "The board wants a certificate next year.",
            "since": _today(0),
        },
    ),
    Told(
        key="nist",
        model="FrameworkInUse",
        day=504,
        approved=499,
        fields=lambda cast: {
            "framework": "nist-ai-rmf",
            "reason": "The supervisor asks along its lines.",
            "since": _today(0),
        },
    ),
    Told(
        key="ai role",
        model="AiRole",
        day=503,
        approved=498,
        reconfirmed=150,
        fields=lambda cast: {
            "about": cast.made["mortgage"].ref,
            "roles": ["producer", "user"],
            "why": "Built in the house and used by our own loan officers; not offered to others.",
        },
    ),
    Told(
        key="explain",
        model="Obligation",
        day=500,
        approved=494,
        reconfirmed=150,
        fields=lambda cast: {
            "title": "Principal reasons for an adverse decision",
            "source": "Equal Credit Opportunity Act, Regulation B",
            "demands": "The applicant is told the principal reasons, specific to the case.",
            "due": "Within 30 days of the decision",
        },
    ),
    Told(
        key="assessing",
        model="ProcessDefinition",
        day=498,
        approved=490,
        reconfirmed=150,
        fields=lambda cast: {
            "name": "Impact assessment",
            "inputs": "A new system, a change, a year gone by",
            "outputs": "An approved assessment with measures",
            "criteria": "Before each release; none older than a year; measures have owners",
        },
    ),
    Told(
        key="measuring",
        model="ProcessDefinition",
        day=498,
        approved=490,
        fields=lambda cast: {
            "name": "Monitoring",
            "inputs": "Measures with limits",
            "outputs": "Alarms, reports, decisions",
            "criteria": "No measure older than its interval; each alarm answered",
        },
    ),
    Told(
        key="people decide",
        model="AiPrinciple",
        day=497,
        approved=488,
        fields=lambda cast: {
            "title": "People decide",
            "objective": "C.2.1",
            "meaning": "A loan officer signs each refusal and can overrule the score.",
            "policy": cast.made["policy"],
        },
    ),
    Told(
        key="alike",
        model="AiPrinciple",
        day=497,
        approved=488,
        fields=lambda cast: {
            "title": "Alike chances",
            "objective": "C.2.5",
            "meaning": "Differences between groups are measured before release and each quarter.",
            "policy": cast.made["policy"],
        },
    ),
    Told(
        key="fair objective",
        model="Objective",
        day=495,
        approved=487,
        reconfirmed=120,
        fields=lambda cast: {
            "title": "Approval rates of groups differ by at most ten points",
            "kind": "development-objective",
            "about": cast.made["mortgage"].ref,
            "measure": "selection_rate_difference",
            "target": "at_most 0.1",
            "due": _today(600),
            "how": "Features reviewed, thresholds tried, measured each quarter; half a post.",
        },
    ),
    Told(
        key="use objective",
        model="Objective",
        day=470,
        approved=462,
        by="olu",
        owner="olu",
        unit="lending",
        approver="mira",
        reconfirmed=120,
        fields=lambda cast: {
            "title": "Loan officers disagree where they should",
            "kind": "use-objective",
            "measure": "override_rate",
            "target": "at_least 0.02",
            "due": _today(500),
            "how": "Overrides are counted each month; a rate near zero is looked into.",
        },
    ),
    Told(
        key="stop rule",
        model="LeadershipDecision",
        day=485,
        approved=484,
        reconfirmed=150,
        fields=lambda cast: {
            "title": "No release without an impact assessment",
            "decision": "The board stops any release that lacks one.",
            "resources": "One post for assessments; 20,000 USD for outside advice.",
            "decided_on": _today(-1),
        },
    ),
    Told(
        key="resources",
        model="ResourcePlan",
        day=330,
        approved=320,
        fields=lambda cast: {
            "year": _today(0).year,
            "budget": "140,000 USD",
            "people": "One AIMS manager, half a data scientist, a fifth of an auditor",
            "tools": "Upright; a test environment",
        },
    ),
    Told(
        key="olu competence",
        model="Competence",
        day=440,
        approved=430,
        reconfirmed=100,
        fields=lambda cast: {
            "person": cast.person("olu"),
            "task": "Owner of the mortgage system",
            "needs": "Lending law; reading fairness measures with their intervals",
            "holds": "Certificate in fair lending; course on measures, passed",
            "gap": "Reading intervals: half a day with the data scientist",
            "is_effective": True,
        },
    ),
    Told(
        key="nia competence",
        model="Competence",
        day=430,
        approved=420,
        reconfirmed=100,
        fields=lambda cast: {
            "person": cast.person("nia"),
            "task": "Overseer of scored applications",
            "needs": "Ten years of lending; how automation tempts to agree",
            "holds": "Fourteen years as loan officer; workshop held in spring",
        },
    ),
    Told(
        key="ivo competence",
        model="Competence",
        day=40,
        fields=lambda cast: {
            "person": cast.person("ivo"),
            "task": "Internal auditor of AI",
            "needs": "Auditing; ISO/IEC 42001; basics of machine learning",
            "holds": "Lead auditor for ISO/IEC 27001",
            "gap": "Basics of machine learning: course booked",
        },
    ),
    Told(
        key="bias day",
        model="Awareness",
        day=35,
        approved=31,
        by="olu",
        owner="olu",
        unit="lending",
        approver="mira",
        fields=lambda cast: {
            "activity": "Morning on automation bias",
            "topics": ["When to overrule the score", "Where to raise a concern"],
            "held_on": _today(-1),
            "invited": 26,
            "reached": 23,
        },
    ),
    Told(
        key="tell members",
        model="CommunicationPlan",
        day=480,
        approved=470,
        reconfirmed=150,
        fields=lambda cast: {
            "what": "How scores are used in lending",
            "when": "With each application and at each change",
            "to": "Applicants and members",
            "how": "Notice on the form, page on the site",
        },
    ),
    Told(
        key="policy told",
        model="Communication",
        day=155,
        approved=152,
        fields=lambda cast: {
            "what": "AI policy, reconfirmed",
            "audiences": ["All staff", "Members by the web site"],
            "channel": "Intranet and site",
            "sent_on": _today(-1),
            "document": cast.made["policy"],
        },
    ),
    Told(
        key="isms",
        model="Document",
        day=450,
        approved=445,
        reconfirmed=90,
        fields=lambda cast: {
            "title": "Information security manual",
            "subtype": "external",
            "address": "https://wiki.meridian.example/isms/manual",
            "edition": "4.2",
            "sha256": "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
            "approved_elsewhere": "Security officer, in the information security management system",
        },
    ),
    Told(
        key="audit change",
        model="ChangePlan",
        day=60,
        approved=52,
        fields=lambda cast: {
            "title": "Audits of AI move from quality to internal audit",
            "purpose": "Independence of who builds.",
            "effects": "Programme rewritten; the running audit ends as planned.",
            "resources": "20 days a year of internal audit.",
            "planned_for": _today(90),
        },
    ),
    Told(
        key="policy links",
        model="KeptRecord",
        day=140,
        approved=133,
        fields=lambda cast: {
            "title": "How the AI policy meets our other policies",
            "kind": "policy-link",
            "data": {
                "rows": [
                    {
                        "policy": "Privacy policy",
                        "bearing": "Personal data in training",
                        "gap": "none",
                        "owner": cast.person("mira").ref,
                    },
                    {
                        "policy": "Procurement policy",
                        "bearing": "Suppliers of AI",
                        "gap": "Model changes are not named in contracts",
                        "owner": cast.person("olu").ref,
                    },
                ],
                "reviewed_on": _today(-2).isoformat(),
            },
        },
    ),
    Told(
        key="review of policy",
        model="KeptRecord",
        day=138,
        approved=133,
        fields=lambda cast: {
            "title": "Yearly review of the AI policy",
            "kind": "policy-review",
            "data": {
                "policy_version": "1",
                "trigger": "A year gone by",
                "outcome": "Kept; hosted assistants to be added next year",
                "reviewed_by": cast.person("tessa").ref,
                "next_review": _today(365).isoformat(),
            },
        },
    ),
    Told(
        key="comments",
        model="RetentionClass",
        day=300,
        approved=290,
        fields=lambda cast: {
            "title": "Comments on records",
            "applies_to": "comment",
            "starts": "written",
            "period": "P3Y",
            "basis": "One certification cycle",
            "disposal": "erase",
        },
    ),
    Told(
        key="tech file",
        model="RetentionClass",
        day=300,
        approved=290,
        fields=lambda cast: {
            "title": "Technical documentation of systems",
            "starts": "outside",
            "period": "P10Y",
            "basis": "Own rule, along the EU AI Act",
            "disposal": "elsewhere",
        },
    ),
    Told(
        key="hold",
        model="LegalHold",
        day=75,
        fields=lambda cast: {
            "title": "Contested refusal",
            "reason": "An applicant sued; nothing about her application goes.",
            "covers": ["comment"],
        },
    ),
)

EVENTS = (
    *(event for told in _TOLD for event in told.events()),
    Event(day=151, tell=_acknowledge("ivo", "mira", "tessa")),
    *_document("risk", "Procedure for AI risk", "risk-method", 490, 478, **{"how many months": "12"}),
    *_document("data", "Procedure for data of AI systems", "data-management-process", 476, 460),
    *_document("documents", "Procedure for documented information", "document-control-procedure", 475, 465),
    *_document("concerns", "Procedure for concerns about AI", "concern-process", 20, None),
)
