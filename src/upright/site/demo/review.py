"""What Meridian measured about its management system, what the board decided on it, and what got better."""

from upright.site.demo.story import Cast, Event
from upright.site.demo.telling import in_days


def _improvement(cast: Cast) -> None:
    from upright.records.assurance.correction import Improvement
    from upright.records.assurance.correction_actions import adopt_improvement
    from upright.records.identity.editing import add

    better = Improvement(
        title="Reasons in plain language",
        idea="Applicants call to ask what a reason code means; a sentence would spare them that.",
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        due=in_days(120),
        resources="Two weeks of a writer, and the oversight team's reading.",
    )
    cast.made["plain reasons"] = add(better, actor=cast.actor("olu"))
    adopt_improvement(better, actor=cast.actor("mira"), reason="Worth two weeks.")


def _improved(cast: Cast) -> None:
    from upright.records.assurance.correction_actions import finish_improvement

    why = "Sentences are in use for a month; calls about reasons fell by a third."
    finish_improvement(cast.made["plain reasons"], actor=cast.actor("olu"), reason=why)


def _measured(cast: Cast) -> None:
    from upright.records.assurance.correction import Measurement, PerformanceEvaluation
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import add

    mira = cast.actor("mira")
    overruled = Measurement(
        what="Share of recommendations that officers overruled",
        value="3.1 % (2.2 to 4.3 %)",
        method="Decisions of a quarter where the officer decided otherwise than the ranking; Wilson, 95 %.",
        system=cast.made["mortgage"],
        unit=cast.units["lending"],
        measured_by=cast.person("nia"),
        measured_on=in_days(-1),
    )
    add(overruled, actor=cast.actor("olu"))
    evaluation = PerformanceEvaluation(
        title="The first year of the management system",
        period_from=in_days(-365),
        period_to=in_days(-1),
        results=["3.1 % of recommendations overruled", "One nonconformity, closed with proof", "One audit, on its day"],
        conclusion="The management system finds what is wrong; whether refusals are fair has to be measured now.",
        unit=cast.root,
        owner=cast.person("mira"),
        review_by=in_days(365),
    )
    add(evaluation, actor=mira)
    submit(evaluation, actor=mira)
    approve(evaluation, actor=cast.actor("tessa"), reason="As the figures say.")


def _review(cast: Cast) -> None:
    from upright.records.assurance.review_actions import close_review, draw_inputs, open_improvement, state_none
    from upright.records.assurance.reviewing import ManagementReview, ReviewDecision
    from upright.records.identity.editing import add

    mira = cast.actor("mira")
    review = ManagementReview(
        title="Management review of the first year",
        unit=cast.root,
        owner=cast.person("mira"),
        since=in_days(-380),
        held_on=in_days(0),
        top_management=[str(cast.actor("tessa").ref)],
        present=[str(cast.actor("mira").ref), "Head of lending"],
        conclusion="Suitable and adequate; effective, but for fairness, which has to be measured before any release.",
        next_review=in_days(365),
    )
    add(review, actor=mira)
    draw_inputs(review, actor=mira)
    for one in review.inputs.filter(extract=[]):
        state_none(one, actor=mira, reason="Looked for in the records: the first review, and nothing of this came up.")
    for text, days, resources in (
        (
            "A second internal auditor is trained, so that improvement itself can be audited.",
            300,
            "A course, ten days.",
        ),
        ("Fairness is measured by a bound check whose limit the board sets.", 160, "A quarter of a data scientist."),
    ):
        decision = ReviewDecision(
            review=review, decision=text, owner=cast.person("mira"), due=in_days(days), resources=resources
        )
        add(decision, actor=mira)
        open_improvement(decision, actor=mira)
    close_review(review, actor=cast.actor("tessa"), reason="Agreed.")


def _snapshot(cast: Cast) -> None:
    from upright.records.assurance.verdicts import take_snapshot

    take_snapshot(actor=cast.actor("mira"), reason="For the review, and to compare with.")


EVENTS = (
    Event(day=318, tell=_improvement),
    Event(day=200, tell=_improved),
    Event(day=180, tell=_measured),
    Event(day=171, tell=_snapshot),
    Event(day=170, tell=_review),
)
