"""9.2 in a group: programmes, coverage and samples of one legal entity hold nothing of another."""

from datetime import date, timedelta

import pytest

from records.assurance.test_audits import programme, speak
from records.examples.assurance import EXAMPLES, external
from records.examples.building import day
from records.organisation import SETUP, Organisation, actor_of
from upright.records.assurance import audit_actions as verbs
from upright.records.assurance.auditing import (
    AuditFinding,
    AuditSample,
)
from upright.records.assurance.coverage import applying, coverage, demanded
from upright.records.assurance.documents import programme_plan
from upright.records.assurance.judging import catalogue
from upright.records.collaboration.actions import comment
from upright.records.governance.models import Document
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Unit
from upright.records.inventory.models import Supplier, System
from upright.records.operations.models import IntendedUse
from upright.records.risk.models import SoaRow, StatementOfApplicability
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import clock_set, now


def test_a_programme_covers_what_the_statement_of_its_own_legal_entity_includes(meridian: Organisation) -> None:
    """Its own entity's, else the nearest above; where there is none, what applies is unknown, and all is in."""
    ada = actor_of(meridian.lead)
    alpha, beta, below = (Unit(name=name, jurisdictions=["DE"]) for name in ("Alpha", "Beta", "Below"))
    for one, parent in ((alpha, meridian.root), (beta, meridian.root), (below, beta)):
        one.parent = parent
        write(one, actor=SETUP, action="identity.unit.added")
    systems = {
        unit.name: add(meridian.system(f"s-{unit.name.lower()}", unit=unit), actor=ada) for unit in (alpha, beta)
    }

    def stated(unit: Unit, *out: str, of: System | None = None, state: str = "approved") -> StatementOfApplicability:
        made = StatementOfApplicability(title=f"Of {unit.name}", unit=unit, owner=meridian.owner, review_by=day(300))
        made.state = state
        write(made, actor=SETUP, action="risk.statement_of_applicability.added")
        for control in out:
            row = SoaRow(statement=made, control=control, decision="excluded", reason="It decides on nobody.")
            row.ground = "risk-assessment-shows-no-need"
            write(row, actor=SETUP, action="risk.soa_row.added")
            if of is not None:
                row = SoaRow(statement=made, control=control, decision="included", reason="It decides.", system=of)
                write(row, actor=SETUP, action="risk.soa_row.added")
        return made

    def left_out(unit: Unit) -> set[str]:
        every = {name for name in catalogue().requirements if name.startswith("iso42001:A.")}
        return {one.partition(":")[2] for one in every - dict(demanded(unit)).keys()}

    def told(unit: Unit) -> str:
        facts = dict(programme_plan(programme(meridian, unit=unit)).facts)
        return str(facts["Statement of Applicability"])

    units = (meridian.root, alpha, beta, below)
    assert [(left_out(one), applying(one).is_known) for one in units] == [(set(), False)] * 4
    assert "unknown" in told(beta)
    stated(alpha, "A.6.2.4", "A.10.3")
    assert [left_out(one) for one in units] == [set(), {"A.6.2.4", "A.10.3"}, set(), set()]
    assert "Alpha" in told(alpha)
    assert "unknown" in told(beta)
    # The group's includes A.10.2 for Alpha's system alone: nothing of Beta asks for it.
    stated(meridian.root, "A.10.2", "A.10.4", of=systems["Alpha"], state="draft")
    assert left_out(beta) == set()
    speak(
        "document:2026-0901", "statement-of-applicability",
        {"rows": [
            {"control": "A.10.2", "included": False, "ground": "risk-assessment-shows-no-need"},
            {"control": "A.10.2", "system": systems["Alpha"].ref, "included": True},
        ]},
        persons=["person:a", "person:b"],
    )  # fmt: skip
    assert [left_out(one) for one in units] == [set(), {"A.6.2.4", "A.10.3"}, {"A.10.2"}, {"A.10.2"}]
    of_beta = stated(beta, "A.5.5", "A.10.4", of=systems["Beta"])
    assert [left_out(one) for one in units] == [set(), {"A.6.2.4", "A.10.3"}, set(), {"A.5.5", "A.10.4"}]
    of_beta.state = "withdrawn"
    write(of_beta, actor=SETUP, action="risk.statement_of_applicability.withdrawn")
    assert [left_out(one) for one in (beta, below)] == [{"A.10.2"}, {"A.10.2"}]


def test_a_programme_of_one_legal_entity_tells_nothing_of_what_audits_of_another_found(meridian: Organisation) -> None:
    finding = add(EXAMPLES["audit-finding"](meridian, {}), actor=actor_of(meridian.lead))
    assert isinstance(finding, AuditFinding)
    finding.is_reported = True
    write(finding, actor=SETUP, action="assurance.audit_finding.reported")
    bank = Unit(name="Bank", kind="legal-entity", parent=meridian.root, jurisdictions=["DE"])
    write(bank, actor=SETUP, action="identity.unit.added")
    cycle_of = {"starts": day(500), "ends": day(900)}

    def found(unit: Unit) -> list[AuditFinding]:
        return [each for one in coverage(programme(meridian, unit=unit, **cycle_of)) for each in one.earlier]

    assert found(meridian.root) == [finding]
    assert found(finding.audit.unit) == [finding]
    assert found(bank) == []


def test_an_audit_of_a_legal_entity_samples_nothing_of_another(meridian: Organisation) -> None:
    """Its population lies in its unit and below, with what is laid down above for it; drawn again it is the same."""
    ada = actor_of(meridian.lead)
    alpha, beta, below = (Unit(name=name, jurisdictions=["DE"]) for name in ("Alpha", "Beta", "Below"))
    for one, parent in ((alpha, meridian.root), (beta, meridian.root), (below, beta)):
        one.parent = parent
        write(one, actor=SETUP, action="identity.unit.added")
    made: dict[str, list[str]] = {"supplier": [], "document": [], "intended-use": [], "comment": []}
    for unit in (meridian.root, alpha, beta, below):
        of = {"unit": unit, "owner": meridian.owner}
        supplier = Supplier(name=f"S {unit.name}", provides="x", country="de", criticality="high", unit=unit)
        text = Document(title="Policy", subtype="ai-policy", text="We …", review_by=date(2040, 1, 1), **of)
        system = add(meridian.system(f"s-{unit.name.lower()}", **of), actor=ada)
        use = IntendedUse(system=system, purpose="x", users="x", settings="x", not_for="x", **of)
        for record in (supplier, text):
            made[record.ref_type].append(add(record, actor=ada).ref)
        made["intended-use"].append(add(use, actor=ada).ref)
        made["comment"].append(comment(system, "Looked at.", actor=ada).ref)
    audits = {unit.name: add(external(meridian, unit=unit), actor=ada) for unit in (beta, below, meridian.root)}
    for one in audits.values():
        verbs.start_audit(one, actor=ada)

    def sample(unit: Unit, what: str) -> AuditSample:
        given = {"audit": audits[unit.name], "what": what, "since": day(-1), "until": day(0), "size": 50, "seed": "x"}
        return add(AuditSample(**given), actor=ada)

    drawn = {}
    for what, (of_group, of_alpha, of_beta, of_below) in made.items():
        above = {of_group} if what == "document" else set()  # a policy of the group holds in its legal entities
        drawn[what] = sample(beta, what)
        assert set(drawn[what].drawn) == {of_beta, of_below, *above}, what
        assert drawn[what].population == len(drawn[what].drawn)
        if what == "document":
            above.add(of_beta)
        assert set(sample(below, what).drawn) == {of_below, *above}, what
        assert {of_group, of_alpha, of_beta, of_below} <= set(sample(meridian.root, what).drawn)
    with pytest.raises(RefusedError, match="UP-AUD-03"):
        sample(below, "audit-programme")
    as_before = drawn["supplier"]  # a sample of before names no unit: it was drawn from the whole ledger
    everything = sample(meridian.root, "supplier")
    as_before.within, as_before.drawn = "", everything.drawn
    assert list(verbs.drawn_again(as_before).members) == everything.drawn
    later = now() + timedelta(days=2)
    with clock_set(lambda: later):
        moved = Supplier.objects.get(ref=made["supplier"][2])
        moved.unit = alpha
        edit(moved, actor=ada)
        again = AuditSample.objects.get(ref=drawn["supplier"].ref)
        assert list(verbs.drawn_again(again).members) == again.drawn
