"""Meridian with a second manager, a risk owner and approved criteria: what the tests of risk begin with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from records.examples.building import day
from records.examples.risk import EXAMPLES
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.kernel import Actor, InputError
from upright.records.identity import controlled
from upright.records.identity.editing import add
from upright.records.identity.models import Person, Role
from upright.records.inventory.models import System
from upright.records.risk import actions
from upright.records.risk.models import Risk, RiskCriteria
from upright.records.trail.door import refresh, write
from upright.records.trail.record import Record


@dataclass
class Settled:
    """Ada writes, Olu owns, Bo is a second manager, Rana a risk owner of lending."""

    org: Organisation
    ada: Actor
    olu: Actor
    bo: Actor
    rana: Actor
    system: System
    criteria: RiskCriteria

    def example(self, name: str, **more: Any) -> Any:
        """The example of a type, changed, added by Ada."""
        made = {"system": self.system, **{key: value for key, value in more.items() if isinstance(value, Record)}}
        record = EXAMPLES[name](self.org, made)
        for key, value in more.items():
            setattr(record, key.replace("-", "_"), value)
        return add(record, actor=self.ada)

    def rated(self, likelihood: int = 2, impact: int = 3, **more: Any) -> Risk:
        """A treated risk with its residual rating."""
        risk = self.example("risk", **more)
        actions.approve_treatment(self.example("treatment", risk=risk), actor=self.bo)
        return actions.rate_residual(risk, likelihood=likelihood, impact=impact, actor=self.olu, reason="Measured.")


def person(org: Organisation, name: str, role: Role, unit: Any = None) -> Actor:
    """Somebody with a role."""
    made = write(Person(name=name, unit=org.root), actor=SETUP, action="identity.person.added")
    grant(made, role, unit or org.root)
    return actor_of(made)


def settled(org: Organisation, **more: Any) -> Settled:
    """The organisation, its criteria approved."""
    system = write(org.system(), actor=SETUP, action="inventory.system.added")
    criteria = EXAMPLES["risk-criteria"](org, {})
    for key, value in more.items():
        setattr(criteria, key, value)
    ada, bo = actor_of(org.lead), person(org, "Bo Second", Role.AIMS_MANAGER)
    rana = person(org, "Rana Risk", Role.RISK_OWNER, org.lending)
    add(criteria, actor=ada)
    controlled.submit(criteria, actor=ada)
    actions.approve_risk_criteria(criteria, actor=bo, reason="Read.")
    return Settled(org, ada, actor_of(org.owner), bo, rana, system, criteria)


def refused(code: str, move: Callable[..., Any], record: Any, actor: Actor, reason: str = "Why.", **more: Any) -> None:
    """A verb refuses, by this rule."""
    with pytest.raises(InputError, match=code):
        move(refresh(record), actor=actor, reason=reason, **more)


__all__ = ["Settled", "day", "person", "refused", "settled"]
