"""What happened while the mortgage system was built, used and watched: suppliers, approvals, an incident, a concern."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from upright.site.demo.story import Cast, Event

if TYPE_CHECKING:
    from upright.records.identity.controlled import Controlled


def _day(days: int) -> date:
    from upright.records.trail.server_log import now

    return now().date() + timedelta(days=days)


def _held(cast: Cast) -> dict[str, Any]:
    return {"unit": cast.units["lending"], "owner": cast.person("olu"), "review_by": _day(400)}


def _approved(cast: Cast, record: "Controlled", reason: str) -> Any:
    from upright.records.identity.controlled import approve, submit
    from upright.records.identity.editing import add

    add(record, actor=cast.actor("olu"))
    submit(record, actor=cast.actor("olu"))
    return approve(record, actor=cast.actor("mira"), reason=reason)


def _supply(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.inventory.models import Resource, Supplier
    from upright.records.operations import models
    from upright.records.operations.actions import supply

    olu, mira, system = cast.actor("olu"), cast.actor("mira"), cast.made["mortgage"]
    host = Supplier(
        name="Northgate Hosting",
        provides="The computers that the scorer runs on.",
        country="IE",
        criticality="medium",
        unit=cast.units["lending"],
    )
    cast.made["host"] = add(host, actor=olu)
    add(
        Resource(system=system, name="Scoring service", kind="computing", description="Two machines.", supplier=host),
        actor=olu,
    )
    assessment = models.SupplierAssessment(
        supplier=host, assessed_on=_day(-3), looked_at="Audit report, exit test.", result="accepted", **_held(cast)
    )
    _approved(cast, assessment, "Read with the papers.")
    review = add(models.SupplierReview(system=system, note="One supplier."), actor=olu)
    cast.made["supplier-review"] = supply.confirm_supplier_review(review, actor=mira, reason="One supplier, assessed.")
    matrix = models.ResponsibilityMatrix(
        system=system,
        party=str(host.ref),
        duties=["Patches of the machines => them", "Retraining => us", "Restart after a fault => both"],
        gaps="None.",
        review_by=_day(400),
    )
    add(matrix, actor=olu)
    supply.acknowledge_responsibility_matrix(matrix, actor=mira, reason="As agreed in the call.")
    supply.record_their_acknowledgement(matrix, name="K. Doyle, Northgate", proof="Signed letter, file 12.", actor=olu)


def _purpose(cast: Cast) -> None:
    from upright.records.operations import models

    system = cast.made["mortgage"]
    specification = models.RequirementSpecification(
        system=system,
        title="Ranking of applications",
        requirements=[
            "Ranks an application within a second => 99 of 100 in a load test",
            "Treats groups alike => selection rates differ by at most 0.1",
        ],
        **_held(cast),
    )
    _approved(cast, specification, "Each has its test.")
    intended = models.IntendedUse(
        system=system,
        purpose="Ranks applications by the probability of denial, for a loan officer to decide.",
        users="Loan officers who passed the course.",
        settings="Branches and back office, English.",
        not_for="Denial without an officer; anything but mortgages.",
        **_held(cast),
    )
    _approved(cast, intended, "As the board decided.")
    approval = models.UseApproval(
        system=system,
        scope="Trial in two branches.",
        conditions=["An officer decides each case", "Each denial is looked over by a second person"],
        **_held(cast),
    )
    _approved(cast, approval, "For the trial.")


def _people(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.operations import models

    system, nia = cast.made["mortgage"], cast.actor("nia")
    assignment = models.OversightAssignment(
        system=system,
        overseer=cast.person("nia"),
        trained_on=_day(-10),
        authority="May override a proposal and stop the system.",
        support="Four hours a week; asks the data team.",
        **_held(cast),
    )
    _approved(cast, assignment, "Trained and willing.")
    for number, proposed, outcome, why in (
        ("L-1042", "Deny", "overrode", "Income of the second job was not read."),
        ("L-1043", "Approve", "agreed", ""),
        ("L-1051", "Deny", "agreed", ""),
    ):
        review = models.DecisionReview(
            system=system, decision=number, proposed=proposed, outcome=outcome, why=why, seen="File and score."
        )
        add(review, actor=nia)
    told = models.UserInformation(
        system=system,
        label="1.0",
        purpose="Ranks applications; you decide.",
        limits="Weak for households with two jobs.",
        oversight="Override it whenever the file says otherwise, and say why.",
        contact="AI desk, extension 40",
        **_held(cast),
    )
    _approved(cast, told, "Read by two officers.")
    delivery = models.InformationDelivery(
        information=told, reached_percent=100, how="Shown at first log-in.", proof="12 of 12.", checked_on=_day(-1)
    )
    add(delivery, actor=cast.actor("olu"))
    monitor = models.Monitor(
        system=system,
        measure="selection_rate_difference",
        limit="at_most 0.1",
        subject=str(cast.made["holdout"].ref),
        binding="group-fairness",
        every_days=90,
        acts="Olu stops the trial and tells the board.",
        **_held(cast),
    )
    _approved(cast, monitor, "The limit of the policy.")


def _reviewed(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.operations import models

    system, ivo = cast.made["mortgage"], cast.person("ivo")
    usage = models.UsageReview(
        system=system,
        reviewer=ivo,
        reviewed_on=_day(-2),
        sample="60 decisions of the month, every tenth.",
        deviations=1,
        action="The officer was trained again.",
    )
    add(usage, actor=cast.actor("olu"))
    access = models.AccessReview(
        system=system,
        reviewer=ivo,
        reviewed_on=_day(-2),
        groups=["Analysts => training data", "Officers => scores"],
        withdrawn=2,
        encryption="At rest and on the way.",
    )
    add(access, actor=cast.actor("olu"))


def _incident(cast: Cast) -> None:
    from upright.records.identity.editing import add, edit
    from upright.records.operations import models
    from upright.records.operations.actions import incidents
    from upright.records.trail.server_log import now

    olu = cast.actor("olu")
    incident = models.Incident(
        title="Scores of the trial mailed to the wrong branch",
        system=cast.made["mortgage"],
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        severity="medium",
        what="A list of 14 scores went to another branch.",
        effect="14 applicants' scores were seen by three officers who should not have.",
        happened_at=now() - timedelta(hours=9),
        aware_at=now() - timedelta(hours=6),
        personal_data_breach=True,
    )
    add(incident, actor=olu)
    incidents.contain_incident(incident, actor=olu, reason="The mail was called back; all three deleted it.")
    notice = models.Notice(
        incident=incident, clock="GDPR-33", to="Data protection authority", sent_at=now(), proof="Receipt 2026-114"
    )
    add(notice, actor=olu)
    incident.root_cause = "The list of receivers was typed by hand."
    incident.lessons = "Receivers come from the directory."
    edit(incident, actor=olu)
    incidents.resolve_incident(incident, actor=olu)
    incidents.close_incident(incident, actor=cast.actor("mira"), reason="Told in time, cause removed.")


def _said(cast: Cast) -> None:
    from upright.records.operations.actions.voices import say

    say("concern", "Officers in our branch accept the ranking without opening the file.")
    say("contested-decision", "Why was my application L-0977 denied? Nobody could tell me.")


def _heard(cast: Cast) -> None:
    from upright.records.operations.actions import voices
    from upright.records.operations.models import Concern

    voices.enter_waiting()
    mira, concern = cast.actor("mira"), Concern.objects.get()
    voices.take_voice(concern, actor=mira)
    voices.answer_voice(concern, answer="Thank you. We look at how often rankings are followed unread.", actor=mira)
    voices.close_voice(concern, outcome="Every tenth case is decided before its score is shown.", actor=mira)


def _asked(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.operations import models
    from upright.records.operations.actions import outside, requests, supply

    olu, ivo = cast.actor("olu"), cast.actor("ivo")
    request = models.EvidenceRequest(
        what="Proof that officers were trained.", about="system:mortgage", asked_of=cast.person("olu"), due=_day(14)
    )
    add(request, actor=ivo)
    requests.answer_evidence_request(request, answer="List of the course, 12 of 12.", actor=olu)
    requests.accept_evidence_request(request, actor=ivo)
    elsewhere = models.OutsideRequest(
        name="Northgate Hosting",
        address="audit@northgate.example",
        what="The report of your last test of restoring our systems, with its date and how long it took.",
        unit=cast.units["lending"],
        responsible=cast.person("olu"),
        due=_day(14),
    )
    add(elsewhere, actor=olu)
    link = outside.hand_over(elsewhere, actor=olu)
    said = (
        "Restored on a Sunday in test, 3 hours 40 minutes. The report has your account number, so we show it on site."
    )
    outside.accept_outside_answer(outside.answer_outside(link, words=said), actor=ivo, reason="Seen on site.")
    notice = models.ChangeNotice(
        supplier=cast.made["host"], what="A second site in Cork takes over at night.", received_on=_day(-1)
    )
    add(notice, actor=olu)
    supply.judge_change_notice(notice, effect="Same law, same contract; the exit test stays valid.", actor=olu)
    review = models.SupplierReview.objects.get(pk=cast.made["supplier-review"].pk)
    supply.confirm_supplier_review(review, actor=cast.actor("mira"), reason="Nothing changes for us.")
    proposal = models.UseProposal(
        title="Draft minutes of meetings",
        purpose="Writes a draft, which a person corrects.",
        service="An assistant of our office suite",
        unit=cast.units["lending"],
    )
    add(proposal, actor=cast.actor("nia"))


def _wanted(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.operations import models
    from upright.records.operations.actions.oversight import acknowledge_alarm

    release = models.StageChange(
        system=cast.made["mortgage"], to_stage="deployment", release="1.0", why="The trial went well; all branches."
    )
    add(release, actor=cast.actor("olu"), reason="For the meeting of the board.")
    alarm = models.Alarm(system=cast.made["mortgage"], what="Two officers override most proposals since Monday.")
    add(alarm, actor=cast.actor("nia"))
    acknowledge_alarm(alarm, actor=cast.actor("olu"), reason="I talk to both.")


EVENTS = (
    Event(day=340, tell=_supply),
    Event(day=330, tell=_purpose),
    Event(day=320, tell=_people),
    Event(day=210, tell=_reviewed),
    Event(day=150, tell=_incident),
    Event(day=21, tell=_said),
    Event(day=20, tell=_heard),
    Event(day=15, tell=_asked),
    Event(day=6, tell=_wanted),
)
