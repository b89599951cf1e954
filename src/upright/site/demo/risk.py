"""What can go wrong at Meridian, and what is done about it."""

from datetime import timedelta

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


EVENTS = (Event(day=480, tell=_risks), Event(day=30, tell=_treatment))
