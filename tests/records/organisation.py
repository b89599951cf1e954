"""Meridian for tests: the root unit, a unit below it, a lead and an owner, each with an accepted role."""

from dataclasses import dataclass
from datetime import date

from upright.kernel import Actor, Ref
from upright.records.identity.models import Person, Role, RoleAssignment, Unit
from upright.records.inventory.models import System
from upright.records.trail.door import change, write
from upright.records.trail.server_log import begin, now

SETUP = Actor.system("setup")


@dataclass
class Organisation:
    root: Unit
    lending: Unit
    lead: Person
    owner: Person

    def system(self, short_name: str = "mortgage", **more: object) -> System:
        given = {
            "short_name": short_name,
            "name": "Mortgage lending",
            "purpose": "Ranks applications.",
            "unit": self.lending,
            "owner": self.owner,
            "modality": "tabular",
        }
        return System(**(given | more))


def actor_of(person: Person) -> Actor:
    return Actor(Ref.parse(person.ref))


def grant(person: Person, role: Role, unit: Unit) -> RoleAssignment:
    assignment = RoleAssignment(
        person=person,
        role=role,
        unit=unit,
        starts=date(2020, 1, 1),
        granted_by=str(SETUP),
        confirmed_by=str(SETUP),
        accepted_at=now(),
    )
    return write(assignment, actor=SETUP, action="identity.role.granted", reason="Set-up of the tests.")


def begin_organisation() -> Organisation:
    begin("meridian")
    with change():
        root = write(Unit(name="Meridian", kind="organisation"), actor=SETUP, action="identity.unit.added")
        lending = write(Unit(name="Lending", parent=root), actor=SETUP, action="identity.unit.added")
        lead = write(
            Person(name="Ada Lead", email="ada@meridian.example", unit=root),
            actor=SETUP,
            action="identity.person.added",
        )
        owner = write(
            Person(name="Olu Owner", email="olu@meridian.example", unit=lending),
            actor=SETUP,
            action="identity.person.added",
        )
        grant(lead, Role.AIMS_MANAGER, root)
        grant(owner, Role.SYSTEM_OWNER, lending)
    return Organisation(root, lending, lead, owner)
