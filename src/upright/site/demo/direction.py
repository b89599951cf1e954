"""Context, policy, scope, principles, objectives of Meridian, as they were written."""

from upright.site.demo.telling import Told, in_days

_POLICY = """\
Meridian uses AI to help people decide about loans, never to decide alone.

1. Each AI system has an owner, a stated purpose and a place in the inventory.
2. What a system does to people is assessed before it is used and whenever it changes.
3. Differences between groups are measured against limits set beforehand; what is not measured counts as not known.
4. Whoever is affected can ask why, contest a decision and reach a person.
5. Nobody approves what they wrote. What was decided, and why, is entered in a log that nobody can change unseen.
"""

DIRECTION: tuple[Told, ...] = (
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
            "analysed_on": in_days(0),
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
            "since": in_days(0),
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
            "since": in_days(0),
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
        day=520,
        approved=515,
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
            "due": in_days(600),
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
            "due": in_days(500),
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
            "decided_on": in_days(-1),
        },
    ),
)
