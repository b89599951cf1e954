"""What bound checks measured is proof of a control as what was filed is; and a worker looks after all that is read."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.assurance.repository import MANIFEST, bundle_of, evidence_key, repository
from records.organisation import Organisation
from records.risk.settled import Settled, settled
from records.risk.test_applicability import evaluated, in_force
from records.test_every_type import made_all
from upright.records.assurance import evidence
from upright.records.assurance.actions import approve_bindings, enrol_key, push
from upright.records.assurance.evidence import newest_measured
from upright.records.assurance.judging import posture_of
from upright.records.assurance.models import BindingApproval
from upright.records.identity import controlled
from upright.records.risk import against, applicability, standing
from upright.records.risk.against import Asked, Proof
from upright.records.risk.applicability import conflicts
from upright.records.risk.models import StatementOfApplicability
from upright.records.risk.models.applicability import NEEDS
from upright.records.risk.standing import hold_to_records, may_have_changed, rests_on
from upright.records.trail.door import refresh
from upright.records.trail.history import entries_of
from upright.records.trail.record import Record, record_types
from upright.records.trail.server_log import clock_set, now, organisation
from upright.records.trail.verify import verify
from upright.workspace import Workspace, load_manifest

DONE = {"status": "implemented"}
QUALITY = "binding:mortgage/quality"


def pushed(set_up: Settled, workspace: Workspace) -> None:
    push(bundle_of(workspace), actor=set_up.olu)


def measured(meridian: Organisation, folder: Path) -> tuple[Settled, Workspace]:
    """Decisions of the mortgage system, measured: quality and origin pass, fairness fails."""
    set_up = settled(meridian)
    workspace = repository(folder, MANIFEST.replace("id: loans", "id: mortgage"))
    enrol_key(evidence_key(workspace), "evidence", actor=set_up.ada, reason="The pipeline.")
    pushed(set_up, workspace)
    return set_up, workspace


def again(set_up: Settled, workspace: Workspace, rows: Iterator[str]) -> None:
    """Other decisions, measured and pushed."""
    lines = ["group,decision,paid", *rows]
    (workspace.folder / "decisions.csv").write_text("\n".join(lines) + "\n")
    workspace.assess(load_manifest(workspace.folder))
    pushed(set_up, workspace)


def whole() -> Iterator[str]:
    return (f"{'ab'[i % 2]},{i // 2 % 2},{i % 7 % 2}" for i in range(400))


def status_of_6_1_3(set_up: Settled) -> str:
    (found,) = [
        one
        for one in posture_of(set_up.system.ref).verdicts
        if (one.requirement, one.scope_ref) == ("iso42001:6.1.3", organisation())
    ]
    return str(found.status)


def test_a_check_that_fails_lapses_or_decides_nothing_speaks_against_the_control_it_showed(
    meridian: Organisation, tmp_path: Path
) -> None:
    set_up, workspace = measured(meridian, tmp_path / "repository")
    statement, _ = in_force(set_up, A_7_4=DONE, A_7_5=DONE, A_5_4=DONE, A_6_2_4=DONE, A_6_2_6=DONE)
    units = [meridian.root.pk, meridian.lending.pk]
    subjects = {"dataset:mortgage/decisions"}
    assert list(newest_measured(units, {"data-quality"}, subjects)) == []  # bound, and nobody approved the binding
    approve_bindings(BindingApproval.objects.get(), actor=set_up.bo, reason="As assessed.")
    both = {"data-quality", "group-fairness"}
    assert {kind for kind, _ in newest_measured(units, both, subjects)} == both
    assert {kind for kind, _ in newest_measured(units, both, set())} == both  # one of that subject failed
    assert list(newest_measured([meridian.root.pk], both, subjects)) == []  # of another unit
    assert conflicts(statement) == []  # unfair are the decisions that were recorded, and those two ask about models
    hold_to_records()
    met = status_of_6_1_3(set_up)
    later = now() + timedelta(days=200)
    with clock_set(lambda: later):
        (old,) = conflicts(statement)
        assert (old.code, old.control, old.ref) == ("UP-RISK-61", "A.7.4", QUALITY)  # fresh for 180 days; A.7.5: a year
        assert "ran last on" in old.words
    before = entries_of(QUALITY)[-1].index
    again(set_up, workspace, (f"a,{'' if i % 2 else 1},1" for i in range(400)))
    assert may_have_changed(before)
    failed = [one for one in conflicts(statement) if one.control == "A.7.4"]
    assert [(one.code, one.ref) for one in failed] == [("UP-RISK-61", QUALITY)]
    assert "which showed it, failed on" in failed[0].words
    assert hold_to_records() == 1
    assert status_of_6_1_3(set_up) == "failing" != met
    again(set_up, workspace, whole())
    assert conflicts(statement) == []
    assert (hold_to_records(), status_of_6_1_3(set_up)) == (1, met)
    again(set_up, workspace, iter(()))  # no rows to look at: what a run before had shown stands no more
    words = {one.control: one.words for one in conflicts(statement)}
    assert "which showed it, decided nothing on" in words["A.7.4"]
    assert verify().outcome == "intact"


def test_a_check_in_force_stands_for_a_record_of_the_same_ask_that_lapsed(
    meridian: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up = settled(meridian)
    control = set_up.example("control", identifier="A.4.2", system=set_up.system)
    evaluation = evaluated(set_up, control)
    statement, _ = in_force(set_up, A_4_2=DONE)
    controlled.withdraw(evaluation, actor=set_up.bo, reason="The sample was wrong.")
    assert [(one.control, one.ref) for one in conflicts(statement)] == [("A.4.2", evaluation.ref)]

    def bound(**more: Any) -> list[str]:
        proof = Proof(ref="binding:mortgage/match", subject=set_up.system.ref, system=set_up.system.ref, **more)
        monkeypatch.setattr(against, "_MEASURED", [lambda *_: [("inventory-match", proof)]])
        return [one.ref for one in conflicts(refresh(statement))]

    assert any({*ASKED.kinds} <= {*one.kinds} for one in against.asked_of("A.4.2"))
    assert bound(ran=now()) == []
    monkeypatch.setattr(against, "asked_of", lambda _: [replace(ASKED, must_pass=False)])
    assert bound(ran=now(), failed="failed on 2026-01-01") == []  # what only has to be done was done
    monkeypatch.setattr(against, "asked_of", lambda _: [replace(ASKED, about="model")])
    assert bound(ran=now()) == [evaluation.ref]  # of another subject than is asked about
    monkeypatch.setattr(against, "asked_of", lambda _: [ASKED])
    for wrong in (
        {"ran": now(), "failed": "failed on 2026-01-01"},
        {"ran": now() - timedelta(days=366)},
        {"open": "2026-01-01"},
    ):
        assert bound(**wrong) == [evaluation.ref], wrong


ASKED = Asked(kinds=("inventory-match", "control-evaluation.a.4.2"), about="system", fresh_for="P365D", must_pass=True)
"""As A.4.2 asks, which is looked at apart."""

LEDGER = {"trail_ledgerentry", "trail_ledgerstream", "assurance_evidencerow", "assurance_bindingapproval"}
"""Tables besides those of record types that are held: the ledger's, runs (by their stream), approvals of bindings."""


def unheld(meridian: Organisation, made: dict[str, Record]) -> set[str]:
    """The tables that conflicts are read from, with rows of every kind, and after whose entries no worker looks."""
    statement = StatementOfApplicability.objects.get()
    rows = list(statement.rows.select_related("system", "statement__unit"))
    for row in rows:
        row.decision, row.status, row.reason = "included", "implemented", "Needed."
    with CaptureQueriesContext(connection) as asked:
        conflicts(statement)
        assert applicability._gone({made[one].ref for one in NEEDS}) is not None
        list(against.of_evidence([meridian.root.pk, meridian.lending.pk], rows))
        list(against.of_obligations(StatementOfApplicability(ref=statement.ref, state="approved"), [], rows))
        assert evidence._bound({made["system"].ref}) == set()
        for control in ("A.10.3", "A.10.4"):
            for system in (None, made["system"]):
                applicability.contradiction(control, system, meridian.root)  # type: ignore[arg-type]
    tables = {name for one in asked for name in re.findall(r'(?:FROM|JOIN) "(\w+)"', one["sql"])}
    assert len(tables) > 25
    models = {one._meta.db_table: one for one in apps.get_models()}
    held = rests_on()
    return {
        name
        for name in tables - LEDGER
        if not (issubclass(models[name], Record) and f"{models[name].ref_type}:" in held)
    }


@pytest.mark.parametrize("left_out", ["", "customer", "use", "unit", "workspace-system"])
def test_a_worker_looks_after_every_type_that_conflicts_are_read_from(
    meridian: Organisation, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    made = made_all(meridian)
    made["model"].supplier = None  # type: ignore[attr-defined]
    monkeypatch.setattr(standing, "_READ", tuple(one for one in standing._READ if one != left_out))
    rests_on.cache_clear()
    try:
        assert {one.rstrip(":") for one in rests_on()} <= {*record_types(), "binding"}
        named = {record_types()[left_out]._meta.db_table} if left_out else set()
        assert unheld(meridian, made) == named
    finally:
        rests_on.cache_clear()
