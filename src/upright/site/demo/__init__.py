"""``upright demo``: a first organisation in a new database, its mortgage system pushed from a repository that ran it.

Eighteen months are told by the verbs that everybody uses, under a clock that is set back (``story``): people get their
roles by two others, each approval is a second person's, and the evidence is that of checks that really ran in the
repository.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from upright.site.demo.people import DOMAIN, PASSWORD
from upright.site.demo.story import BEGINNING, days_ago
from upright.site.environment import DEMO_MAILS as MAILS

__all__ = ["LOGINS", "MAILS", "PASSWORD", "Built", "Login", "beginning", "build"]


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
    Login(email=f"tessa@{DOMAIN}", what="of the board, an AIMS manager too: approves what Mira wrote"),
    Login(email=f"ivo@{DOMAIN}", what="internal auditor: reads all, audits"),
    Login(email=f"nia@{DOMAIN}", what="overseer in Lending: looks over decisions"),
    Login(email=f"ada@{DOMAIN}", what="administrator: people and keys, approves nothing"),
)


def beginning() -> AbstractContextManager[None]:
    """The clock under which the demo's log begins; ``with`` it, the database is made ready."""
    return days_ago(BEGINNING + 1)


def build(folder: Path) -> Built:
    """Fills the begun database from the assessed workspace in ``folder``; a database with people is left as it is.

    Raises:
        WorkspaceError: there is no workspace in the folder.
    """
    from datetime import UTC, datetime

    from upright.records.assurance.models import EvidenceRow
    from upright.records.identity.beginning import Newcomer, bootstrap
    from upright.records.identity.models import Account
    from upright.site.demo import (
        audits,
        governance,
        inventory,
        mortgage,
        operations,
        people,
        publications,
        review,
        risk,
        surroundings,
        yearly,
    )
    from upright.site.demo.story import Cast, tell_all

    if Account.objects.exists():
        return Built(logins=LOGINS, evidence=EvidenceRow.objects.count(), is_new=False)
    today = datetime.now(UTC)
    with days_ago(BEGINNING + 1, today):
        begun = bootstrap(
            "Meridian Credit Union",
            Newcomer("Ada Admin", f"ada@{DOMAIN}", PASSWORD),
            Newcomer("Mira Manager", f"mira@{DOMAIN}", PASSWORD),
        )
    cast = Cast(today=today, root=begun.root)
    told = (people, inventory, governance, risk, operations, surroundings, audits, review, publications, yearly)
    tell_all([event for part in told for event in part.EVENTS], cast)
    mortgage.push_from(folder, cast)
    yearly.look_again(cast)
    return Built(logins=LOGINS, evidence=EvidenceRow.objects.count(), is_new=True)
