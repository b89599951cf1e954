"""The rest of Meridian's register: what can go wrong for people, for society and for the credit union itself.

Each risk is told in full: found, treated, carried out, held to work, rated as things stand and as they will remain. The
two that the story turns on, unequal refusals and drift, are told in ``risk``.
"""

from dataclasses import dataclass
from typing import Any

from upright.site.demo.story import Cast, Event
from upright.site.demo.telling import in_days

Rated = tuple[int, int, str]
"""Likelihood, impact, and on what evidence."""


@dataclass(frozen=True, kw_only=True)
class RiskTold:
    """A risk of the story, and the days before today on which something happened to it."""

    key: str
    title: str
    concerns: str
    source: str
    consequence: str
    inherent: tuple[int, int]
    day: int
    option: str
    plan: str
    controls: tuple[str, ...] = ()
    threat: str = ""
    is_about_system: bool = True
    due: int = 0
    approved: int | None = None
    done: tuple[int, str] | None = None
    works: tuple[int, str] | None = None
    looked_at: int | None = None
    current: Rated | None = None
    residual: Rated | None = None

    @property
    def writer(self) -> str:
        """Who answers for it: Lending for what is about its system, the AIMS manager for the rest."""
        return "olu" if self.is_about_system else "mira"

    @property
    def approver(self) -> str:
        """Who decides on what the writer wrote."""
        return "rana" if self.is_about_system else "tessa"

    def events(self) -> list[Event]:
        """What happened to it, day by day."""
        told = [(self.day, self._find), (self.approved, self._approve), (self.looked_at, self._rate)]
        told += [(None if self.done is None else self.done[0], self._finish)]
        told += [(None if self.works is None else self.works[0], self._confirm)]
        return [Event(day=day, tell=tell) for day, tell in told if day is not None]

    def _find(self, cast: Cast) -> None:
        from upright.records.identity.editing import add
        from upright.records.risk.models import Risk, Treatment

        owner, actor = cast.person(self.writer), cast.actor(self.writer)
        about: dict[str, Any] = {"unit": cast.root, "owner": owner}
        if self.is_about_system:
            about |= {"unit": cast.units["lending"], "system": cast.made["mortgage"]}
        risk = Risk(
            title=self.title,
            concerns=self.concerns,
            source=self.source,
            consequence=self.consequence,
            threat=self.threat,
            likelihood=self.inherent[0],
            impact=self.inherent[1],
            **about,
        )
        cast.made[self.key] = add(risk, actor=actor)
        treatment = Treatment(
            risk=risk,
            option=self.option,
            plan=self.plan,
            controls=list(self.controls),
            owner=owner,
            due=in_days(self.day - self.due),
        )
        cast.made[f"{self.key} treated"] = add(treatment, actor=actor)

    def _approve(self, cast: Cast) -> None:
        from upright.records.risk.actions import approve_treatment

        approve_treatment(cast.made[f"{self.key} treated"], actor=cast.actor(self.approver), reason="Agreed.")

    def _finish(self, cast: Cast) -> None:
        from upright.records.risk.actions import finish_treatment

        if self.done is not None:
            finish_treatment(cast.made[f"{self.key} treated"], actor=cast.actor(self.writer), reason=self.done[1])

    def _confirm(self, cast: Cast) -> None:
        from upright.records.risk.actions import confirm_treatment

        if self.works is not None:
            confirm_treatment(cast.made[f"{self.key} treated"], actor=cast.actor(self.approver), reason=self.works[1])

    def _rate(self, cast: Cast) -> None:
        from upright.records.risk.actions import rate_residual, rate_risk

        risk, actor = cast.made[self.key], cast.actor(self.writer)
        risk.refresh_from_db()
        if self.current is not None:
            likelihood, impact, why = self.current
            rate_risk(risk, likelihood=likelihood, impact=impact, actor=actor, reason=why)
        if self.residual is not None:
            likelihood, impact, why = self.residual
            rate_residual(risk, likelihood=likelihood, impact=impact, actor=actor, reason=why)


_TOLD = (
    RiskTold(
        key="follow risk",
        threat="THR-OP-04",
        title="Officers follow the ranking without a look at the file",
        concerns="individuals",
        source="A ranking is quicker to follow than a file is to read, and branches are measured by speed.",
        consequence="An applicant is refused for what the file explains.",
        inherent=(4, 4),
        day=438,
        option="modify",
        plan="Each refusal gets a second look; overruled rankings are counted, and none overruled is asked about.",
        controls=("A.9.2", "MCU.1"),
        due=300,
        approved=430,
        done=(310, "The count is part of the monthly figures of three branches."),
        works=(205, "Of 240 refusals looked at twice, 11 were turned; no branch is without any."),
        looked_at=48,
        current=(2, 4, "Two branches still do without the second look."),
        residual=(2, 3, "With all five branches; a refusal is turned within the week."),
    ),
    RiskTold(
        key="unexplained risk",
        threat="THR-OP-01",
        title="An applicant cannot learn why a loan was refused",
        concerns="individuals",
        source="Officers see a rank, not the reasons behind it.",
        consequence="Nobody can contest what nobody can explain.",
        inherent=(4, 3),
        day=478,
        option="modify",
        plan="Three main reasons in plain words go with each refusal.",
        controls=("A.8.2", "A.6.2.3"),
        due=60,
        approved=425,
        looked_at=48,
        current=(2, 3, "Letters name reasons; whether applicants understand them is being asked."),
        residual=(1, 3, "Once the reading test is passed."),
    ),
    RiskTold(
        key="privacy risk",
        title="Somebody learns from the model whose application it was trained on",
        concerns="individuals",
        source="Few applicants share rare combinations of income and district.",
        consequence="A neighbour learns of a refusal.",
        threat="THR-PL-01",
        inherent=(2, 5),
        day=470,
        option="modify",
        plan="Rows are coarsened before training, scores are shown as ranks, and only officers see them.",
        controls=("A.7.6",),
        due=400,
        approved=428,
        done=(390, "Incomes in steps of 5,000, districts merged below 100 applications."),
        works=(295, "An attack with the published method does no better than chance."),
        looked_at=48,
        current=(1, 4, "The attack was run again on the model in use."),
        residual=(1, 4, "Nothing more is planned."),
    ),
    RiskTold(
        key="district risk",
        title="Whole districts get fewer home loans, year after year",
        concerns="society",
        source="Each refusal of today is a row of tomorrow's training data.",
        consequence="Those who were shut out stay shut out; nobody builds there.",
        threat="THR-BD-06",
        inherent=(3, 5),
        day=478,
        option="modify",
        plan="Approvals by district are published each year and discussed with the members' council.",
        controls=("A.5.5",),
        due=-120,
        approved=420,
        looked_at=48,
        current=(3, 4, "First figures: two districts lie behind, one of them further than last year."),
        residual=(2, 4, "The council can ask for a change of the rule before a model is trained."),
    ),
    RiskTold(
        key="trust risk",
        title="A case in the press costs all lenders' AI the public's trust",
        concerns="society",
        source="One wrong refusal that nobody answers for.",
        consequence="People avoid lenders that use AI, and pay more elsewhere.",
        inherent=(2, 3),
        day=400,
        option="retain",
        plan="Within the line. Answered by what is published about the system; looked at each year.",
        due=-200,
        approved=395,
        looked_at=48,
        current=(2, 3, "No case became known."),
        residual=(2, 3, "Nothing more is planned."),
    ),
    RiskTold(
        key="outage risk",
        threat="THR-OF-05",
        title="The host fails on the day a decision is due",
        concerns="organisation",
        source="The scorer runs on one supplier's machines.",
        consequence="Deadlines of the law on credit are missed.",
        inherent=(3, 4),
        day=450,
        option="share",
        plan="The contract promises four hours; officers decide without it meanwhile, as practised twice a year.",
        controls=("A.10.2", "A.4.5"),
        due=280,
        approved=415,
        done=(290, "Contract signed; first exercise held."),
        works=(210, "Second exercise: 26 files decided in a day without a ranking, none late."),
        looked_at=48,
        current=(2, 3, "Two sites since the supplier's move."),
        residual=(2, 2, "Once the third exercise is held."),
    ),
    RiskTold(
        key="chat risk",
        title="Staff paste members' data into a public chat service",
        concerns="organisation",
        source="Letters are quicker to write that way.",
        consequence="A breach to be notified, and a fine.",
        threat="THR-DM-08",
        inherent=(4, 4),
        day=460,
        is_about_system=False,
        option="modify",
        plan="An approved service under contract is offered instead; the public one is blocked in the offices.",
        controls=("A.9.2", "A.9.4"),
        due=250,
        approved=440,
        done=(260, "Blocked; the approved service has 34 users."),
        works=(180, "Two attempts in three months, both stopped and talked about."),
        looked_at=140,
        current=(2, 4, "Telephones of one's own are not blocked."),
        residual=(2, 4, "What remains depends on people; the yearly awareness day repeats it."),
    ),
    RiskTold(
        key="key person risk",
        title="Only one analyst can train the model anew",
        concerns="organisation",
        source="Steps are in one head and one notebook.",
        consequence="No answer to drift for months.",
        inherent=(3, 3),
        day=120,
        option="avoid",
        plan="Training runs from the repository by one command; a second analyst does it next time.",
        controls=("A.4.6",),
        due=-45,
        approved=110,
        looked_at=48,
        residual=(1, 3, "Once the second analyst has done it."),
    ),
    RiskTold(
        key="label risk",
        title="Decisions of 1990 are no measure of who repays",
        concerns="individuals",
        source="The model learns who was refused, not who would have paid.",
        consequence="Good payers are ranked low for old reasons.",
        threat="THR-BD-04",
        inherent=(4, 3),
        day=21,
        option="modify",
        plan="Outcomes of loans since 2010 are joined in; until then the rank is shown with its age.",
        controls=("A.7.4",),
        due=-150,
    ),
    RiskTold(
        key="spreadsheet risk",
        title="A branch goes on with the spreadsheet of the pilot",
        concerns="organisation",
        source="The pilot's file was never taken back.",
        consequence="Two rankings contradict each other.",
        inherent=(3, 2),
        day=465,
        option="avoid",
        plan="The file is withdrawn, and its folder closed.",
        due=400,
        approved=440,
        done=(405, "Folder closed; five branches said in writing that no copy is left."),
    ),
)


def _spreadsheet_gone(cast: Cast) -> None:
    from upright.records.risk.actions import close_risk, confirm_treatment

    treatment, risk = cast.made["spreadsheet risk treated"], cast.made["spreadsheet risk"]
    confirm_treatment(treatment, actor=cast.actor("rana"), reason="Asked at all five branches: nobody has it.")
    close_risk(risk, actor=cast.actor("olu"), reason="The file is gone, so it cannot be used.")


def _chat_accepted(cast: Cast) -> None:
    from upright.records.risk.actions import accept_risk

    risk = cast.made["chat risk"]
    risk.refresh_from_db()
    why = "On the line, and above what a risk owner bears: taken by the board for a year."
    accept_risk(risk, until=in_days(360), actor=cast.actor("tessa"), reason=why)


def look_again(cast: Cast, why: str) -> None:
    """After the push: each open risk of the system is rated as it stands, and what waited for the model is done."""
    from upright.records.risk.actions import finish_treatment, rate_risk

    olu = cast.actor("olu")
    for told in _TOLD:
        risk = cast.made[told.key]
        risk.refresh_from_db()
        if told.is_about_system and risk.state == "open":
            likelihood, impact = (told.current or told.inherent)[:2]
            rate_risk(risk, likelihood=likelihood, impact=impact, actor=olu, reason=why)
    printed = "Reasons are printed with each refusal; 30 letters were read by people outside lending."
    treatment = cast.made["unexplained risk treated"]
    treatment.refresh_from_db()
    finish_treatment(treatment, actor=olu, reason=printed)


EVENTS = (
    *(event for one in _TOLD for event in one.events()),
    Event(day=398, tell=_spreadsheet_gone),
    Event(day=138, tell=_chat_accepted),
)
