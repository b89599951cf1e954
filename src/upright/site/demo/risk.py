"""What can go wrong at Meridian, and what is done about it."""

from datetime import timedelta

from upright.site.demo import applicability, register
from upright.site.demo.story import Cast, Event


def _risks(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.risk.models import Risk

    about = {"system": cast.made["mortgage"], "unit": cast.units["lending"], "owner": cast.person("olu")}
    cast.made["fairness risk"] = add(
        Risk(
            title="Minority applicants are denied more often than others",
            concerns="individuals",
            source="The model learns from decisions in which minority applicants were denied more often.",
            consequence="People are refused a home loan that others in their position get.",
            threat="THR-BD-02",
            likelihood=5,
            impact=4,
            **about,
        ),
        actor=cast.actor("olu"),
        reason="First assessment.",
    )
    cast.made["drift risk"] = add(
        Risk(
            title="Applications of today differ from those the model was trained on",
            concerns="organisation",
            source="Incomes, house prices and guidelines have changed since the training data were collected.",
            consequence="The ranking misleads loan officers, and nobody notices.",
            threat="THR-OF-01",
            likelihood=3,
            impact=3,
            **about,
        ),
        actor=cast.actor("olu"),
    )


def _treatment(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.risk.actions import approve_treatment
    from upright.records.risk.models import Treatment
    from upright.records.trail.server_log import now

    treatment = add(
        Treatment(
            risk=cast.made["fairness risk"],
            option="modify",
            plan="Weigh the cost of thresholds and of reweighing (upright mitigate), choose one, measure again.",
            owner=cast.person("olu"),
            due=now().date() + timedelta(days=90),
        ),
        actor=cast.actor("olu"),
    )
    approve_treatment(treatment, actor=cast.actor("rana"), reason="Agreed; report in three months.")


def _criteria(cast: Cast) -> None:
    from upright.records.identity.controlled import submit
    from upright.records.identity.editing import add
    from upright.records.risk.actions import approve_risk_criteria
    from upright.records.risk.models import RiskCriteria
    from upright.records.trail.server_log import now

    criteria = RiskCriteria(
        title="Risk criteria of Meridian",
        unit=cast.root,
        owner=cast.person("mira"),
        likelihood=["Rare", "Unlikely", "Possible", "Likely", "Almost certain"],
        organisation=["Slight", "Minor", "Moderate", "Major", "Severe"],
        individuals=["Unnoticed", "A nuisance", "A loss that heals", "A lasting loss", "A home lost"],
        society=["Unnoticed", "Talked about", "Trust suffers", "A group shut out", "A district changed"],
        organisation_line=8,
        individuals_line=6,
        society_line=6,
        accepts=["6 risk-owner", "25 aims-manager"],
        review_by=now().date() + timedelta(days=600),
    )
    add(criteria, actor=cast.actor("mira"))
    submit(criteria, actor=cast.actor("mira"))
    approve_risk_criteria(criteria, actor=cast.actor("tessa"), reason="The line that the board draws.")


def _impact(cast: Cast) -> None:
    from upright.records.identity.controlled import submit
    from upright.records.identity.editing import add
    from upright.records.risk.actions import approve_assessment
    from upright.records.risk.models import ImpactAssessment
    from upright.records.trail.server_log import now

    cast.made["impact"] = add(
        ImpactAssessment(
            title="What the ranking does to applicants",
            system=cast.made["mortgage"],
            unit=cast.units["lending"],
            owner=cast.person("olu"),
            run_on=now().date(),
            affected=["Applicants", "Minority applicants", "Their families"],
            harms=["A home loan refused that others get", "A refusal that nobody can explain"],
            benefits=["A faster answer", "The same questions for everybody"],
            misuse="The ranking is followed without a look at the file.",
            environment="Negligible: seconds of computing a day.",
            economy="Who gets credit for housing, and where.",
            society="Trust in lending; who lives in which district.",
            measures=["A second look at each refusal", "Differences between groups measured monthly"],
            controls=["A.9.2", "A.6.2.6"],
            conclusion="with-measures",
            review_by=now().date() + timedelta(days=700),
        ),
        actor=cast.actor("olu"),
    )
    submit(cast.made["impact"], actor=cast.actor("olu"))
    approve_assessment(cast.made["impact"], actor=cast.actor("rana"), reason="Agreed with the measures.")


def _second_look(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.risk.actions import approve_treatment
    from upright.records.risk.models import Treatment
    from upright.records.trail.server_log import now

    for name, plan, controls in (
        ("fairness risk", "A second officer looks at each refusal.", ["A.9.2"]),
        ("drift risk", "Drift is measured each month, and the model trained anew twice a year.", ["A.6.2.6"]),
    ):
        given = Treatment(
            risk=cast.made[name],
            option="modify",
            plan=plan,
            controls=controls,
            owner=cast.person("olu"),
            due=now().date() + timedelta(days=520 if name == "fairness risk" else 120),
        )
        cast.made[f"{name} treated"] = add(given, actor=cast.actor("olu"))
        approve_treatment(given, actor=cast.actor("rana"), reason="Agreed.")


def _drift_accepted(cast: Cast) -> None:
    from upright.records.risk.actions import accept_risk, confirm_treatment, finish_treatment, rate_residual
    from upright.records.trail.server_log import now

    olu, rana = cast.actor("olu"), cast.actor("rana")
    treatment, risk = cast.made["drift risk treated"], cast.made["drift risk"]
    finish_treatment(treatment, actor=olu, reason="Measured since two months.")
    confirm_treatment(treatment, actor=rana, reason="One shift was found within the month.")
    rate_residual(risk, likelihood=2, impact=3, actor=olu, reason="Found within the month, so less goes wrong.")
    accept_risk(risk, until=now().date() + timedelta(days=360), actor=rana, reason="Within what a risk owner bears.")


def _rated_by_two(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.risk.actions import rate_risk
    from upright.records.risk.models import Rating

    risk = cast.made["fairness risk"]
    rate_risk(risk, likelihood=4, impact=4, actor=cast.actor("olu"), reason="The second look reaches three branches.")
    seen = Rating(risk=risk, basis="current", likelihood=5, impact=4, note="Two branches do without the second look.")
    add(seen, actor=cast.actor("ivo"))


def _run(cast: Cast) -> None:
    from upright.records.identity.controlled import submit
    from upright.records.identity.editing import add
    from upright.records.risk.actions import approve_assessment
    from upright.records.risk.models import RiskAssessment
    from upright.records.trail.server_log import now

    run = RiskAssessment(
        title="Yearly run, mortgage lending",
        system=cast.made["mortgage"],
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        run_on=now().date(),
        people=[cast.person(name).ref for name in ("olu", "rana", "nia")],
        risks=[cast.made[name].ref for name in ("fairness risk", "drift risk")],
        affected=["Applicants", "Minority applicants"],
        outcome="Unequal refusals stay above the line; drift is within it.",
        review_by=now().date() + timedelta(days=365),
    )
    add(run, actor=cast.actor("olu"))
    submit(run, actor=cast.actor("olu"))
    approve_assessment(run, actor=cast.actor("rana"), reason="As we discussed it.")


def _chances_and_threats(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.risk.actions import pursue_opportunity
    from upright.records.risk.models import Opportunity, ThreatDecision
    from upright.records.trail.server_log import now

    chance = Opportunity(
        title="Answers on the same day",
        system=cast.made["mortgage"],
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        benefit="Members wait a day for an answer, not a week.",
        likelihood=4,
        gain=3,
        action="A pilot at two branches, compared with two others.",
        due=now().date() + timedelta(days=300),
    )
    add(chance, actor=cast.actor("olu"))
    pursue_opportunity(chance, actor=cast.actor("mira"), reason="Worth a pilot.")
    dismissed = ThreatDecision(
        system=cast.made["mortgage"],
        threat="THR-DM-02",
        decision="dismissed",
        reason="The data are a published table; nothing is scraped.",
    )
    add(dismissed, actor=cast.actor("olu"))


EVENTS = (
    Event(day=500, tell=_criteria),
    Event(day=480, tell=_risks),
    Event(day=475, tell=_impact),
    Event(day=430, tell=_second_look),
    Event(day=300, tell=_drift_accepted),
    Event(day=200, tell=_chances_and_threats),
    Event(day=90, tell=_rated_by_two),
    Event(day=85, tell=_run),
    Event(day=30, tell=_treatment),
    *register.EVENTS,
    *applicability.EVENTS,
)
