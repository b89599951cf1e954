"""What stands around the mortgage system: where it runs and on what, who asks, what was tried and put away."""

from upright.site.demo.story import Cast, Event
from upright.site.demo.telling import in_days


def _approved(cast: Cast, record: object, reason: str, *, by: str = "olu", approver: str = "mira") -> None:
    from upright.records.identity.controlled import Controlled, approve, submit
    from upright.records.identity.editing import add

    assert isinstance(record, Controlled)
    add(record, actor=cast.actor(by))
    submit(record, actor=cast.actor(by))
    approve(record, actor=cast.actor(approver), reason=reason)


def _worth(cast: Cast) -> None:
    from upright.records.risk.models import OpportunityCriteria

    criteria = OpportunityCriteria(
        title="What is worth trying",
        unit=cast.root,
        owner=cast.person("mira"),
        likelihood=["Rare", "Unlikely", "Possible", "Likely", "Almost certain"],
        gain=["Hardly seen", "Hours saved", "Days saved for members", "A service they had not", "A way into a home"],
        line=9,
        review_by=in_days(700),
    )
    _approved(cast, criteria, "As the board weighs it.", by="mira", approver="tessa")


def _pilot(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.inventory.models import Dependency, Deployment, Model, ModelVersion, Resource

    olu, system = cast.actor("olu"), cast.made["mortgage"]
    version = ModelVersion(
        model=Model.objects.get(system=system),
        label="0.9",
        trained_on="Applications of 1990; settings as in the manifest.",
        since=in_days(0),
    )
    add(version, actor=olu, reason="The version of the trial.")
    for name, kind, what in (
        ("Training environment", "tooling", "Python and scikit-learn, versions pinned; the repository of lending."),
        ("Loan officers of the trial", "human", "Twelve, each with the course on automation bias."),
    ):
        add(Resource(system=system, name=name, kind=kind, description=what), actor=olu)
    place = Deployment(
        system=system, name="Trial in two branches", jurisdiction="US", process=cast.made["process"], starts=in_days(10)
    )
    add(place, actor=olu, reason="As approved for the trial.")
    rests = Dependency(dependent=system.ref, on=cast.made["host"].ref, role="runs-on", starts=in_days(0))
    add(rests, actor=cast.actor("mira"))


def _tested(cast: Cast) -> None:
    from upright.records.governance.models import Document

    plan = Document(
        title="Test plan of the trial",
        subtype="test-plan",
        about=cast.made["mortgage"].ref,
        text="Load: 99 of 100 answers within a second. Restart: no application is lost. "
        "Fairness: selection rates of the groups differ by at most 0.1. All before a release.",
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        review_by=in_days(500),
    )
    _approved(cast, plan, "Limits fixed before anybody saw a result.")
    cast.made["test plan"] = plan


def _reported(cast: Cast) -> None:
    from upright.records.operations.models import TestReport

    report = TestReport(
        system=cast.made["mortgage"],
        plan=cast.made["test plan"],
        release="0.9",
        tested_on=in_days(-2),
        results="Load: 998 of 1,000 within a second. Restart: nothing lost in ten tries.",
        conclusion="passed",
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        review_by=in_days(400),
    )
    _approved(cast, report, "Both within the limits.")


def _data(cast: Cast) -> None:
    from upright.records.operations.models import DataUseRequest

    request = DataUseRequest(
        dataset=cast.made["applications"],
        purpose="Training the scorer anew for the trial.",
        ground="Public table; no person can be named from it.",
        safeguards="Kept in the training environment; three people reach it.",
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        review_by=in_days(400),
    )
    _approved(cast, request, "For this purpose alone.")


def _put_away(cast: Cast) -> None:
    from upright.records.operations.models import Disposal

    gone = Disposal(
        system=cast.made["mortgage"],
        what=["Copies of the applications on the machines of the first try", "Keys of those machines"],
        how="Overwritten; keys withdrawn.",
        kept="Logs of the first try, until a year after it.",
        proof="Log of deletion, file 31.",
        disposed_on=in_days(-1),
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        review_by=in_days(700),
    )
    _approved(cast, gone, "Seen in the log.")


def _talked(cast: Cast) -> None:
    from upright.records.collaboration.actions import comment

    text = "Lunch at noon to go through this; the draft is on paper in my room."
    cast.made["old comment"] = comment(cast.made["context"], text, actor=cast.actor("mira"))


def _disposed(cast: Cast) -> None:
    from upright.records.governance.disposing import approve_disposal, propose_disposal
    from upright.records.governance.retention import RecordDisposal

    gone = RecordDisposal(record=cast.made["old comment"].ref, retention_class=cast.made["comments"])
    propose_disposal(gone, actor=cast.actor("mira"), reason="A year old.")
    approve_disposal(gone, actor=cast.actor("tessa"), reason="By the schedule.")


def _served(cast: Cast) -> None:
    from upright.records.governance.served import ServedClause
    from upright.records.identity.editing import add

    for name, standard, clause in (("policy", "iso27001", "5.2"), ("scope", "iso9001", "4.3")):
        also = ServedClause(record=cast.made[name].ref, standard=standard, clause=clause, unit=cast.root)
        add(also, actor=cast.actor("mira"), reason="Written once for both.")


def _worked_on(cast: Cast) -> None:
    from upright.records.collaboration.actions import assign, attach, close_task, comment

    mira, risk, context = cast.actor("mira"), cast.made["fairness risk"], cast.made["context"]
    comment(risk, "The two branches without a second look come next month.", actor=cast.actor("olu"))
    attach(context, "workshop.txt", [b"Notes of the workshop: law, skills, climate.\n"], actor=mira)
    done = assign(
        risk, "Ask both branches for a second officer", assignee=cast.person("olu"), due=in_days(20), actor=mira
    )
    close_task(done, actor=cast.actor("olu"), reason="Both agreed.")
    assign(risk, "Have the overseers' course recorded", assignee=cast.person("nia"), due=in_days(95), actor=mira)


def _asked(cast: Cast) -> None:
    from upright.records.identity.editing import add
    from upright.records.inventory.models import Customer, HostedUse, Supplier
    from upright.records.operations.actions import supply, use
    from upright.records.operations.models import CustomerRequirement, InformationOwed, UseProposal

    olu, root, lending = cast.actor("olu"), cast.root, cast.units["lending"]
    customer = Customer(name="Harbor Savings", requires="Rankings of joint mortgages within a day.", unit=lending)
    cast.made["customer"] = add(customer, actor=olu, reason="They ask for it; nothing is signed.")
    wants = CustomerRequirement(
        customer=customer, requirement="Reasons in words, not codes.", review_by=in_days(180), met_by=""
    )
    add(wants, actor=olu)
    told = InformationOwed(owed_to="Supervisor", unit=root, what="List of models in use.", due=in_days(5))
    add(told, actor=cast.actor("mira"))
    supply.deliver_information_owed(told, delivered_on=in_days(0), proof="Receipt 77.", actor=cast.actor("mira"))
    office = Supplier(
        name="Paperworks Office", provides="Our office suite.", country="US", criticality="low", unit=lending
    )
    add(office, actor=olu)
    hosted = HostedUse(
        name="Minutes of meetings",
        service="Assistant of the office suite, business plan",
        supplier=office,
        purpose="Writes drafts of minutes, which a person corrects.",
        unit=lending,
        owner=cast.person("olu"),
        data_given="What is said in meetings of staff; no member's data.",
        conditions="Not in meetings about members; a person signs the minutes.",
    )
    add(hosted, actor=olu)
    use.take_up_use_proposal(UseProposal.objects.get(), use=hosted, actor=cast.actor("mira"))


def _harmed(_cast: Cast) -> None:
    from upright.records.operations.actions.voices import say

    say("external-report", "Two of our clients were told a computer refused them, and nobody looked at their papers.")


def _waived(cast: Cast) -> None:
    from upright.records.identity.controlled import submit
    from upright.records.identity.editing import add
    from upright.records.risk.models import Waiver

    waiver = Waiver(
        system=cast.made["mortgage"],
        requirement="iso42001:A.6.2.7",
        stage="deployment",
        because="The technical file lacks one chapter, due in a month; the release would reach two branches only.",
        unit=cast.units["lending"],
        owner=cast.person("olu"),
        review_by=in_days(60),
    )
    add(waiver, actor=cast.actor("olu"))
    submit(waiver, actor=cast.actor("olu"), reason="For the meeting of the board.")


EVENTS = (
    Event(day=520, tell=_talked),
    Event(day=495, tell=_worth),
    Event(day=328, tell=_data),
    Event(day=327, tell=_tested),
    Event(day=326, tell=_pilot),
    Event(day=315, tell=_reported),
    Event(day=260, tell=_put_away),
    Event(day=100, tell=_disposed),
    Event(day=95, tell=_served),
    Event(day=88, tell=_worked_on),
    Event(day=21, tell=_harmed),
    Event(day=13, tell=_asked),
    Event(day=5, tell=_waived),
)
