"""What has not been shown to be good denies, whatever stage is asked for."""

import pytest

from posture.making import CATALOGUE, SYSTEM, bound, facts, record, result, with_evidence
from upright.gate import answer
from upright.gate.answer import GateError


@pytest.mark.parametrize("stage", CATALOGUE.stages)
def test_without_evidence_every_stage_is_denied(stage: str) -> None:
    found = answer(facts(), CATALOGUE, system=SYSTEM, stage=stage)
    assert found.answer == "deny"
    assert found.missing


def test_a_stage_that_asks_for_nothing_still_denies() -> None:
    shown = with_evidence(record("impact", SYSTEM))
    assert answer(shown, CATALOGUE, system=SYSTEM, stage="retirement").answer == "deny"


@pytest.mark.parametrize("outcome", ["failed", "undecided", "errored"])
def test_a_bound_check_that_did_not_pass_is_named(outcome: str) -> None:
    quality = bound("quality")
    shown = with_evidence(result(quality, 0, outcome), bindings=(quality,))
    found = answer(shown, CATALOGUE, system=SYSTEM, stage="inception")
    assert found.answer == "deny"
    assert "quality" in {one.what for one in found.missing}


def test_an_unknown_stage_or_system_is_refused() -> None:
    with pytest.raises(GateError, match="no life-cycle stage"):
        answer(facts(), CATALOGUE, system=SYSTEM, stage="mars")
    with pytest.raises(GateError, match="There is no"):
        answer(facts(), CATALOGUE, system="system:none", stage="inception")
