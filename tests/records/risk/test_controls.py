"""Controls and whether they work: a sample that can be drawn again, and documents alone never make a control met."""

import json
import re
from collections.abc import Iterable
from hashlib import sha256

import pytest
from django.core.exceptions import ValidationError

from records.organisation import Organisation
from records.risk.settled import Settled, day, refused, settled
from upright.catalogue import Catalogue
from upright.kernel import InputError
from upright.posture import evaluate
from upright.posture.posture import Status
from upright.records.assurance.judging import catalogue, facts_of
from upright.records.governance.kept import KeptRecord
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.risk import actions
from upright.records.risk.known import annex_a, evaluation_kind
from upright.records.risk.models import ControlEvaluation
from upright.records.risk.sampling import draw
from upright.records.trail.door import refresh
from upright.records.trail.server_log import clock_set, now, organisation


def status(requirement: str, scope: str) -> Status:
    posture = evaluate(facts_of(scope), catalogue())
    (found,) = [one for one in posture.verdicts if one.requirement == requirement and one.scope_ref == scope]
    return found.status


def by_hand(population: Iterable[str], size: int, seed: str) -> list[str]:
    """The rule of the docs, written again: rank every item by its hash, take the first."""
    head = b"upright/sample/1\x00" + seed.encode() + b"\x00"
    ranked = {sha256(head + one.encode()).hexdigest(): one for one in population}
    return [ranked[digest] for digest in sorted(ranked)][:size]


def approved(evaluation: ControlEvaluation, set_up: Settled, size: int = 5) -> ControlEvaluation:
    actions.draw_sample(evaluation, size=size, actor=set_up.ada)
    controlled.submit(evaluation, actor=set_up.ada)
    return controlled.approve(evaluation, actor=set_up.bo)


def test_a_sample_is_drawn_by_a_rule_that_anybody_can_follow() -> None:
    population = [f"Use {n}" for n in range(200)]
    sample = draw(population, 12, "seed 7")
    assert sample == by_hand(population, 12, "seed 7") == draw(reversed(population), 12, "seed 7")
    assert sample != draw(population, 12, "seed 8")
    assert draw(population, 5, "seed 7") == sample[:5]
    drawn = {one for seed in range(100) for one in draw(population, 12, str(seed))}
    assert len(drawn) == 200  # over seeds, every item comes up
    for wrong in (["a", "a"], []):
        with pytest.raises(Exception, match="UP-RISK-31"):
            draw(wrong, 1, "x")
    with pytest.raises(Exception, match="UP-RISK-31"):
        draw(["a"], 2, "x")


def test_an_evaluation_stands_on_the_sample_that_its_seed_draws(meridian: Organisation) -> None:
    set_up = settled(meridian)
    control = set_up.example("control")
    evaluation = set_up.example("control-evaluation", control=control)
    refused("not drawn", controlled.submit, evaluation, set_up.ada)
    refused("UP-RISK-31", actions.draw_sample, evaluation, set_up.ada, size=21)
    actions.draw_sample(evaluation, size=6, actor=set_up.ada)
    assert evaluation.sample == by_hand(evaluation.population, 6, evaluation.seed)
    first = evaluation.seed
    actions.draw_sample(evaluation, size=6, actor=set_up.ada)
    assert evaluation.seed != first  # nobody chooses it, and each draw shows in the history
    evaluation.population = [one for one in evaluation.population if one != evaluation.sample[0]]
    edit(evaluation, actor=set_up.ada)
    refused("another than its sample", controlled.submit, evaluation, set_up.ada)
    actions.draw_sample(evaluation, size=6, actor=set_up.ada)
    controlled.submit(evaluation, actor=set_up.ada)
    refused("UP-CTRL-04", controlled.approve, evaluation, set_up.ada)
    refused("UP-CTRL-05", actions.draw_sample, evaluation, set_up.ada, size=6)
    to_come = set_up.example("control-evaluation", control=control, evaluated_on=day(2))
    actions.draw_sample(to_come, size=2, actor=set_up.ada)
    refused("to come", controlled.submit, to_come, set_up.ada)
    with pytest.raises(ValidationError, match=r"Annex A has no control A\.99\.1"):
        set_up.example("control", identifier="A.99.1")
    with pytest.raises(ValidationError, match="is that control already"):
        set_up.example("control")


def test_every_control_of_annex_a_that_is_asked_for_has_a_kind_and_one_never_stands_in_for_another() -> None:
    known = {name for name in Catalogue.load().kinds if name.startswith("control-evaluation.")}
    assert {kind for control in annex_a() if (kind := evaluation_kind(control))} == known
    assert len(known) == 23
    assert evaluation_kind("MCU.1") is None
    edition = Catalogue.load()
    for control in annex_a():
        asked = {kind for ask in edition.requirements[f"iso42001:{control}"].asks for one in ask.all_of for kind in one}
        measured = {kind for kind in asked if edition.kinds[kind].produced_by == "check"}
        assert measured or evaluation_kind(control) in asked, control


def test_a_control_carried_by_documents_alone_is_partly_and_only_an_evaluation_makes_it_met(
    meridian: Organisation,
) -> None:
    set_up = settled(meridian)
    asked, scope = "iso42001:A.2.3", organisation()
    documented(set_up)
    assert status(asked, scope) == "partly"
    control = set_up.example("control", identifier="A.2.3", title="Alignment")
    assert status(asked, scope) == "partly"  # a line of the register is no evaluation
    bad = approved(set_up.example("control-evaluation", control=control, conclusion="not-effective"), set_up)
    assert status(asked, scope) == "failing"
    beside = set_up.example("control-evaluation", control=control)
    with pytest.raises(InputError, match="say that this supersedes it"):
        approved(beside, set_up)
    controlled.withdraw(bad, actor=set_up.bo, reason="We would rather not show it.")
    assert status(asked, scope) == "failing"  # taking a failure back launders nothing
    good = refresh(beside)
    good.supersedes = bad
    approved(edit(good, actor=set_up.ada), set_up)
    assert status(asked, scope) == "met"
    other = set_up.example("control", identifier="A.2.4", title="Review")
    approved(set_up.example("control-evaluation", control=other), set_up)
    later = now().replace(year=now().year + 1)
    with clock_set(lambda: later):
        assert status(asked, scope) == "stale"  # its next date has passed
    controlled.withdraw(good, actor=set_up.bo, reason="Taken back.")
    assert status(asked, scope) == "partly"
    assert refresh(good).state == "withdrawn"


def documented(set_up: Settled) -> KeptRecord:
    """The document that the control is carried by, approved."""
    record = KeptRecord(title="Links", kind="policy-link", unit=set_up.org.root, owner=set_up.org.owner)
    example = json.dumps(catalogue().kinds["policy-link"].example)
    record.data = json.loads(re.sub(r"person:[a-z-]+", str(set_up.org.owner.ref), example))
    record.review_by = day(300)
    add(record, actor=set_up.ada)
    controlled.submit(record, actor=set_up.ada)
    return controlled.approve(record, actor=set_up.bo)
