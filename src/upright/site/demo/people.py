"""Who works at Meridian: each role asked for by one, confirmed by another, accepted by its holder."""

from upright.site.demo.story import BEGINNING, Cast, Event, actor_of
from upright.site.demo.telling import in_days

PASSWORD = "correct-mortgage-battery"  # noqa: S105 - the demo's, printed for whoever starts it
DOMAIN = "meridian.example"
MADE = (
    "Demonstration: the clock of this log was set back to tell eighteen months. The people are invented and nothing "
    "here happened on these days; the measurements of the mortgage system are real, and were made when they say."
)
NEWCOMERS = (
    ("olu", "Olu Owner", "system owner", "lending"),
    ("rana", "Rana Risk", "risk owner", "lending"),
    ("tessa", "Tessa Board", "AIMS manager", "root"),
    ("ivo", "Ivo Audit", "internal auditor", "root"),
    ("nia", "Nia Overseer", "overseer", "lending"),
)


def _begin(cast: Cast) -> None:
    from upright.records.identity.editing import add, edit
    from upright.records.identity.models import Person, Unit

    for name in ("ada", "mira"):
        cast.actors[name] = actor_of(Person.objects.get(email=f"{name}@{DOMAIN}"))
    cast.units["root"] = cast.root
    edit(cast.root, actor=cast.actor("ada"), reason=MADE)
    for short, name in (("lending", "Lending"), ("service", "Member service")):
        unit = Unit(name=name, kind="unit", parent=cast.root, jurisdictions=["US"])
        cast.units[short] = add(unit, actor=cast.actor("ada"), reason=f"The unit {name}.")


def _hire(cast: Cast) -> None:
    for short, name, role, unit in NEWCOMERS:
        _person(cast, short, name, role, unit)


def _person(cast: Cast, short: str, name: str, role: str, unit: str) -> None:
    from upright.records.identity.actions import accept, confirm, grant
    from upright.records.identity.editing import add
    from upright.records.identity.models import Account, Person, Role, RoleAssignment
    from upright.records.identity.power import needs_confirmation
    from upright.records.trail.door import write
    from upright.records.trail.server_log import now

    ada, mira = cast.actor("ada"), cast.actor("mira")
    person = add(Person(name=name, email=f"{short}@{DOMAIN}", unit=cast.units[unit]), actor=ada)
    account = Account(email=person.email, person=person)
    account.set_password(PASSWORD)
    write(account, actor=ada, action="identity.account.added", reason="The demo's log-in.")
    held = next(one for one in Role if one.label.lower() == role.lower())
    given = RoleAssignment(person=person, role=held, unit=cast.units[unit], starts=now().date())
    grant(given, actor=ada, reason=f"Answers for it in {cast.units[unit].name}.")
    if needs_confirmation(given):
        confirm(given, actor=mira, reason="Agreed in the steering group.")
    cast.actors[short] = actor_of(person)
    accept(given, actor=cast.actors[short])


def _alone(cast: Cast) -> None:
    from upright.records.identity.actions import allow_exception
    from upright.records.identity.models import ApprovalException

    exception = ApprovalException(person=cast.person("mira"), unit=cast.root, starts=in_days(0), ends=in_days(30))
    cast.made["alone"] = allow_exception(
        exception, actor=cast.actor("mira"), reason="Until the board names its member, nobody else can approve."
    )


def _no_longer_alone(cast: Cast) -> None:
    from upright.records.identity.actions import end

    end(cast.made["alone"], actor=cast.actor("mira"), reason="Tessa approves too; it was never used.")


def _lent(receiver: str, right: str, days: int, reason: str, day: int) -> Event:
    """A right of Rana's, lent from that day for some days, confirmed by another and accepted."""

    def lend(cast: Cast) -> None:
        from upright.records.identity.actions import accept, confirm, delegate
        from upright.records.identity.models import Delegation
        from upright.records.identity.power import needs_confirmation

        lent = Delegation(
            giver=cast.person("rana"),
            receiver=cast.person(receiver),
            rights=[right],
            unit=cast.units["lending"],
            starts=in_days(0),
            ends=in_days(days),
        )
        delegate(lent, actor=cast.actor("rana"), reason=reason)
        if needs_confirmation(lent):
            confirm(lent, actor=cast.actor("mira"), reason="Agreed.")
        accept(lent, actor=cast.actor(receiver))

    return Event(day=day, tell=lend)


def _invite(cast: Cast) -> None:
    from upright.records.identity.actions import accept, invite_auditor
    from upright.records.identity.editing import add
    from upright.records.identity.models import Invitation, Person

    guest = Person(name="Bea Beacon", email="bea@beacon.example", unit=cast.root)
    add(guest, actor=cast.actor("ada"), reason="Auditor of the certification body.")
    invitation = Invitation(
        person=guest,
        unit=cast.root,
        purpose="Certification, stages 1 and 2, for Beacon Certification",
        starts=in_days(0),
        ends=in_days(45),
    )
    invite_auditor(invitation, actor=cast.actor("mira"), reason="As agreed with the body.")
    accept(invitation.role, actor=actor_of(guest))


EVENTS = (
    Event(day=BEGINNING, tell=_begin),
    Event(day=BEGINNING, tell=_alone),
    Event(day=BEGINNING - 2, tell=_hire),
    Event(day=BEGINNING - 2, tell=_no_longer_alone),
    _lent("tessa", "risk.risk.accept", 14, "Two weeks of leave.", 319),
    _lent("tessa", "risk.risk.accept", 21, "Three weeks of leave.", 55),
    Event(day=165, tell=_invite),
)
