"""The evaluator against a slow one written from the text: no verdict on any Facts differs (contracts, section 7)."""

import pytest

from posture.making import CATALOGUE, any_facts
from posture.reference import Reference
from upright.posture import evaluate

SEEDS = 1_200


@pytest.mark.parametrize("part", range(4))
def test_every_status_and_finding_is_the_references(part: int) -> None:
    seen = set()
    for seed in range(part, SEEDS, 4):
        facts = any_facts(seed)
        found = {
            (one.requirement, one.scope_ref): (one.status, one.open_findings if one.status != "not_applicable" else 0)
            for one in evaluate(facts, CATALOGUE).verdicts
        }
        assert found == Reference(facts, CATALOGUE).evaluate(), f"any_facts({seed})"
        seen |= {(requirement, status) for (requirement, _), (status, _) in found.items()}
    # The Facts are no easy ones: every requirement was met, stale and unknown somewhere, and most of them failing.
    assert {status for _, status in seen} == {"met", "partly", "failing", "stale", "unknown", "not_applicable"}
    assert len({requirement for requirement, status in seen if status == "met"}) >= 12
    assert len({requirement for requirement, status in seen if status == "failing"}) >= 12
