"""What Meridian does again: a yearly round reconfirms what did not change, with its reason; what did is looked at."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from upright.site.demo import register
from upright.site.demo.story import Cast, Event
from upright.site.demo.telling import in_days

if TYPE_CHECKING:
    from upright.records.identity.controlled import Controlled

_RECENT = timedelta(days=150)


def _round(cast: Cast) -> None:
    """Everything in force that nobody looked at for five months, by who neither wrote nor owns it."""
    from upright.records.risk.models import ImpactAssessment, RiskAssessment

    for record in _in_force():
        if not isinstance(record, ImpactAssessment | RiskAssessment) and _is_due(record.ref):
            _reconfirmed(cast, record, "Yearly round: unchanged.")


def _in_force() -> "list[Controlled]":
    from upright.records.identity.controlled import Controlled
    from upright.records.trail.record import record_types

    types = [one for one in record_types().values() if issubclass(one, Controlled)]
    return [record for one in types for record in one.objects.filter(state="approved").order_by("ref")]


def _reconfirmed(cast: Cast, record: "Controlled", why: str) -> None:
    """By the first of three who may and neither wrote nor owns it."""
    from upright.records.identity.controlled import reconfirm
    from upright.records.identity.power import DeniedError
    from upright.records.trail.errors import RefusedError

    for name in ("tessa", "mira", "rana"):
        try:
            reconfirm(record, review_by=in_days(365), actor=cast.actor(name), reason=why)
        except (DeniedError, RefusedError):
            record.refresh_from_db()
        else:
            return


def _is_due(ref: str) -> bool:
    from upright.kernel import parse_time
    from upright.records.trail.history import steps
    from upright.records.trail.server_log import now

    seen = [one.time for one in steps(ref) if one.action.endswith((".approved", ".reconfirmed"))]
    return bool(seen) and parse_time(seen[-1]) < now() - _RECENT


def _host_moves(cast: Cast) -> None:
    from upright.records.identity.editing import edit

    host = cast.made["host"]
    host.refresh_from_db()
    host.provides = "The computers that the scorer runs on: newer machines, two sites."
    edit(host, actor=cast.actor("olu"), reason="Told by the supplier; done over the week-end.")


def _move_looked_at(cast: Cast) -> None:
    from upright.records.risk.actions import close_change_review, rate_risk
    from upright.records.risk.models import ChangeReview

    mira, olu = cast.actor("mira"), cast.actor("olu")
    review = ChangeReview.objects.get(trigger="supplier", state="open")
    done = "The load test was run again on the new machines: the same answers, a little faster."
    close_change_review(review, actions=done, actor=mira, reason="Nothing changes for applicants.")
    risk = _fresh(cast, "fairness risk")
    rate_risk(risk, likelihood=4, impact=4, actor=olu, reason="Machines do not bear on who is refused.")
    _accept_drift(cast, "The move of the machines changes nothing about drift.")
    _assessed_again(cast, "Held against the move: it stands.")


def _assessed_again(cast: Cast, why: str) -> None:
    from upright.records.risk.actions import reconfirm_assessment
    from upright.records.risk.models import ImpactAssessment, RiskAssessment

    for model in (ImpactAssessment, RiskAssessment):
        for one in model.objects.filter(state="approved"):
            reconfirm_assessment(one, review_by=in_days(365), actor=cast.actor("rana"), reason=why)


def _accept_drift(cast: Cast, why: str) -> None:
    from upright.records.risk.actions import accept_risk, rate_residual, rate_risk

    olu, risk = cast.actor("olu"), _fresh(cast, "drift risk")
    rate_risk(risk, likelihood=3, impact=3, actor=olu, reason=why)
    rate_residual(risk, likelihood=2, impact=3, actor=olu, reason=why)
    accept_risk(risk, until=in_days(300), actor=cast.actor("rana"), reason="Within what a risk owner bears.")


def _fresh(cast: Cast, name: str) -> Any:
    cast.made[name].refresh_from_db()
    return cast.made[name]


def _not_trained(cast: Cast) -> None:
    from upright.records.governance.models import Competence
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import add
    from upright.records.identity.models import Person

    lou = Person(name="Lou Lender", email="lou@meridian.example", unit=cast.units["lending"])
    add(lou, actor=cast.actor("ada"), reason="Looks over decisions beside Nia.")
    held = Competence(
        person=lou,
        task="Overseer of scored applications",
        needs="Ten years of lending; how automation tempts to agree",
        holds="Six years as loan officer",
        gap="The course: booked twice, missed twice",
        is_effective=False,
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        review_by=in_days(300),
    )
    add(held, actor=cast.actor("olu"))
    submit(held, actor=cast.actor("olu"))
    approve(held, actor=cast.actor("mira"), reason="As it is: the course did not take place.")


def look_again(cast: Cast) -> None:
    """After the push of the model: what was decided before its bytes were known is held against them."""
    from upright.records.risk.actions import rate_risk, reconfirm_treatment, reopen_risk
    from upright.records.risk.models import Risk, Treatment

    olu, why = cast.actor("olu"), "Held against the model and data as pushed."
    rate_risk(
        _fresh(cast, "fairness risk"), likelihood=5, impact=4, actor=olu, reason="Measured: above the limit, for sure."
    )
    reopen_risk(_fresh(cast, "drift risk"), actor=olu, reason=why)
    _accept_drift(cast, why)
    open_risks = Risk.objects.filter(system__isnull=False).exclude(state="closed")
    for treatment in Treatment.objects.filter(state__in=("approved", "effective"), risk__in=open_risks):
        reconfirm_treatment(treatment, actor=cast.actor("rana"), reason=why)
    register.look_again(cast, why)
    _decisions_again(cast, why)
    _occasions_again(cast)
    _failed_test(cast)


def _decisions_again(cast: Cast, why: str) -> None:
    """Everything approved about the system; suppliers and duties too."""
    from upright.records.operations.actions import supply
    from upright.records.operations.models import ResponsibilityMatrix, SupplierReview
    from upright.records.risk.models import ImpactAssessment, RiskAssessment

    mira = cast.actor("mira")
    for record in _in_force():
        said = record.as_evidence()
        is_its = said is not None and str(said.about) == cast.made["mortgage"].ref
        if is_its and not isinstance(record, ImpactAssessment | RiskAssessment):
            _reconfirmed(cast, record, why)
    _assessed_again(cast, why)
    review = SupplierReview.objects.get(pk=cast.made["supplier-review"].pk)
    supply.reopen_supplier_review(review, actor=cast.actor("olu"), reason=why)
    supply.confirm_supplier_review(review, actor=mira, reason="One supplier, assessed.")
    for matrix in ResponsibilityMatrix.objects.filter(state="agreed"):
        supply.reconfirm_responsibility_matrix(
            matrix, review_by=in_days(365), proof="Mail of K. Doyle, file 31.", actor=mira, reason=why
        )


def _occasions_again(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.operations import models

    system, olu, ivo = cast.made["mortgage"], cast.actor("olu"), cast.person("ivo")
    for one in (
        models.UsageReview(
            system=system, reviewer=ivo, reviewed_on=in_days(0), sample="40 decisions, every tenth.", deviations=0
        ),
        models.AccessReview(
            system=system,
            reviewer=ivo,
            reviewed_on=in_days(0),
            groups=["Analysts => training data", "Officers => scores"],
            withdrawn=0,
            encryption="At rest and on the way.",
        ),
        models.InformationDelivery(
            information=models.UserInformation.objects.get(system=system),
            reached_percent=100,
            how="Shown at log-in.",
            proof="12 of 12.",
            checked_on=in_days(0),
        ),
    ):
        add(one, actor=olu)


def _failed_test(cast: Cast) -> None:
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import add
    from upright.records.operations.models import TestReport

    report = TestReport(
        system=cast.made["mortgage"],
        plan=cast.made["test plan"],
        release="1.0",
        tested_on=in_days(0),
        results="Load and restart: within their limits. Selection rates of groups: apart by more than 0.1, for sure.",
        conclusion="failed",
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        review_by=in_days(200),
    )
    add(report, actor=cast.actor("olu"))
    submit(report, actor=cast.actor("olu"))
    approve(report, actor=cast.actor("mira"), reason="As measured; no release before this is treated.")


EVENTS = (
    Event(day=182, tell=_not_trained),
    Event(day=89, tell=_round),
    Event(day=60, tell=_host_moves),
    Event(day=57, tell=_move_looked_at),
)
