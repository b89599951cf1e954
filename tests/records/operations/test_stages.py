"""A system goes on by the gate alone: two people, no stage jumped, nothing released that is not shown to be good."""

from typing import Any

import msgspec
import pytest

from records.organisation import SETUP, Organisation, actor_of, grant
from upright.gate import GateAnswer, Missing
from upright.gate import answer as gate_answer
from upright.kernel import Actor
from upright.records.assurance.judging import catalogue, facts_of
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person, Role
from upright.records.identity.power import DeniedError
from upright.records.inventory.models import System
from upright.records.operations import life
from upright.records.operations.actions import stages
from upright.records.operations.models import StageChange
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import entries_of, steps
from upright.records.trail.verify import verify


def second(meridian: Organisation) -> Actor:
    person = write(Person(name="Bo Second", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(person, Role.AIMS_MANAGER, meridian.root)
    return actor_of(person)


def moved(system: System, stage: str) -> System:
    system.stage = stage
    return write(system, actor=SETUP, action="inventory.system.moved")


def step(system: System, to: str, **more: Any) -> StageChange:
    return StageChange(system=system, to_stage=to, why="It is time.", **more)


def opened(monkeypatch: pytest.MonkeyPatch, *missing: Missing) -> None:
    """A gate that lacks only these; everything else about the answer is the real one's."""

    def gate_of(system: str, stage: str) -> GateAnswer:
        real = gate_answer(facts_of(system), catalogue(), system=system, stage=stage)
        return msgspec.structs.replace(real, answer="deny" if missing else "allow", missing=missing)

    monkeypatch.setattr(stages, "gate_of", gate_of)


def test_the_graph_names_every_stage_of_the_catalogue_and_nothing_runs_without_the_gate() -> None:
    order = [name for name, _ in life.STAGES]
    assert order == list(catalogue().stages)
    live = set(order[3:7])
    for stage in order:
        assert set(life.onwards(stage)) | set(life.back(stage)) <= set(order)
        assert not live & set(life.back(stage))
        assert stage not in life.onwards(stage) + life.back(stage)
    assert life.onwards("retirement") == life.back("retirement") == ()
    assert {stage for stage in order if "deployment" in life.onwards(stage)} == {
        "verification-validation", "operation-monitoring", "continuous-validation", "re-evaluation",
    }  # fmt: skip


def test_a_stage_is_moved_by_no_edit_and_no_registration(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)
    with pytest.raises(RefusedError, match="UP-DOOR-12"):
        add(meridian.system(stage="deployment"), actor=ada)
    system = add(meridian.system(), actor=ada)
    system.stage = "deployment"
    with pytest.raises(RefusedError, match="UP-DOOR-12"):
        edit(system, actor=ada)
    assert System.objects.get().stage == "inception"


@pytest.mark.parametrize(
    ("at", "way", "to", "code"),
    [
        ("inception", "onwards", "verification-validation", "UP-OPS-01"),  # one jumped
        ("inception", "onwards", "deployment", "UP-OPS-01"),
        ("design-development", "onwards", "inception", "UP-OPS-01"),  # no gate leads back
        ("verification-validation", "back", "deployment", "UP-OPS-01"),  # nor does a step back lead on
        ("re-evaluation", "back", "operation-monitoring", "UP-OPS-01"),  # live again without the gate
        ("retirement", "back", "verification-validation", "UP-OPS-01"),  # what was disposed of
        ("verification-validation", "onwards", "deployment", "UP-OPS-06"),  # which version
    ],
)
def test_a_step_that_leads_nowhere_is_refused(meridian: Organisation, at: str, way: str, to: str, code: str) -> None:
    ada = actor_of(meridian.lead)
    system = moved(add(meridian.system(), actor=ada), at)
    with pytest.raises(RefusedError, match=code):
        add(step(system, to, way=way), actor=ada)
    assert not StageChange.objects.exists()


def test_a_denied_release_is_refused_with_each_thing_that_is_missing(meridian: Organisation) -> None:
    ada, bo = actor_of(meridian.lead), second(meridian)
    system = moved(add(meridian.system(), actor=ada), "verification-validation")
    release = add(step(system, "deployment", release="1.0"), actor=ada)
    with pytest.raises(RefusedError, match="UP-OPS-07") as denied:
        stages.approve_stage_change(release, actor=bo)
    for name, status in (("iso42001:8.2", "unknown"), ("iso42001:A.8.2", "unknown"), ("eu-ai-act:AIA-5", "unknown")):
        assert f"{name} is {status}" in str(denied.value) or "more" in str(denied.value)
    assert "iso42001:8.2 is unknown: Risks are assessed for what is released." in str(denied.value)
    release.state = StageChange.State.APPROVED  # as if somebody had approved it while the gate stood open
    write(release, actor=SETUP, action="operations.stage_change.approved")
    with pytest.raises(RefusedError, match="UP-OPS-07"):
        stages.make_stage_change(release, actor=bo)
    assert System.objects.get().stage == "verification-validation"
    assert not entries_of(f"verdict:release:{system.ref}")
    assert verify().outcome == "intact"


def test_a_release_takes_two_and_keeps_the_answer_that_anybody_recomputes(
    meridian: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bo = actor_of(meridian.lead), second(meridian)
    system = moved(add(meridian.system(), actor=ada), "verification-validation")
    release = add(step(system, "deployment", release="1.0"), actor=ada)
    with pytest.raises(RefusedError, match="UP-OPS-03"):
        add(step(system, "deployment", release="1.1"), actor=ada)
    itself = Missing(what="iso42001:A.6.2.5", status="unknown", why="Released under a plan.")
    opened(monkeypatch, itself)
    with pytest.raises(RefusedError, match="UP-CTRL-05"):
        stages.make_stage_change(release, actor=bo)
    with pytest.raises(RefusedError, match="UP-OPS-04"):
        stages.approve_stage_change(release, actor=ada)
    with pytest.raises(DeniedError):
        stages.approve_stage_change(release, actor=actor_of(stranger(meridian)))
    stages.approve_stage_change(release, actor=bo, reason="Plan read, rehearsed on Tuesday.")
    with pytest.raises(RefusedError, match="UP-OPS-07"):
        stages.make_stage_change(release, actor=ada)  # its approval supplies nothing where the gate says otherwise
    opened(monkeypatch)
    stages.make_stage_change(release, actor=ada)
    assert (System.objects.get().stage, release.state) == ("deployment", "made")
    (verdict,) = entries_of(f"verdict:release:{system.ref}")
    said = msgspec.json.decode(verdict.body or b"")
    assert (said["answer"]["answer"], said["release"], said["facts"]) == ("allow", "1.0", release.facts)
    assert facts_of(str(system.ref), release.answer["at"]).digest() == release.facts
    assert steps(system.ref)[-1].reason == f"By {release.ref}."
    items = [one for one in facts_of(system.ref).items if one.stream == release.ref and one.kinds]
    assert [(one.kinds, one.record_state) for one in items[-2:]] == [(("release-approval",), "approved")] * 2
    (now_known,) = [one.digest for one in facts_of(system.ref).subjects if one.ref == system.ref]
    assert items[-1].inputs[0].digest == now_known is not None  # the move itself makes no approval old
    assert verify().outcome == "intact"


def test_a_step_back_is_made_at_once_and_what_ran_is_no_longer_released(
    meridian: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bo = actor_of(meridian.lead), second(meridian)
    system = moved(add(meridian.system(), actor=ada), "verification-validation")
    opened(monkeypatch)
    release = add(step(system, "deployment", release="1.0"), actor=ada)
    stages.approve_stage_change(release, actor=bo)
    stages.make_stage_change(release, actor=ada)
    system.refresh_from_db()
    late = add(step(system, "operation-monitoring"), actor=ada)
    stages.approve_stage_change(late, actor=bo)
    rollback = add(step(system, "verification-validation", way="back"), actor=ada)
    with pytest.raises(RefusedError, match="UP-OPS-01"):
        stages.approve_stage_change(rollback, actor=bo)
    stages.make_stage_change(rollback, actor=ada, reason="Scores stuck.")
    assert System.objects.get().stage == "verification-validation"
    assert StageChange.objects.get(pk=release.pk).state == "superseded"
    assert not [one for one in facts_of(system.ref).items if "release-approval" in one.kinds]
    with pytest.raises(RefusedError, match="UP-OPS-05"):
        stages.make_stage_change(StageChange.objects.get(pk=late.pk), actor=ada)


def test_a_system_that_ran_before_is_taken_over_once_by_two_and_that_is_no_release(meridian: Organisation) -> None:
    ada, bo = actor_of(meridian.lead), second(meridian)
    system = add(meridian.system(), actor=ada)
    taken = add(step(system, "operation-monitoring", way="taken-over"), actor=ada)
    with pytest.raises(RefusedError, match="UP-OPS-04"):
        stages.approve_stage_change(taken, actor=ada)
    stages.approve_stage_change(taken, actor=bo)
    stages.make_stage_change(taken, actor=ada)
    system.refresh_from_db()
    assert system.stage == "operation-monitoring"
    assert not [one for one in facts_of(system.ref).items if "release-approval" in one.kinds]
    with pytest.raises(RefusedError, match="UP-OPS-02"):
        add(step(system, "deployment", way="taken-over"), actor=ada)
    with pytest.raises(RefusedError, match="UP-CTRL-06"):
        stages.decline_stage_change(add(step(system, "re-evaluation"), actor=ada), actor=bo, reason=" ")


def stranger(meridian: Organisation) -> Person:
    return write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added")
