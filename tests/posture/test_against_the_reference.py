"""The evaluator against a slow one written from the text, and what must hold of any Facts (contracts, section 7)."""

from hypothesis import HealthCheck, given, settings

from posture.making import CATALOGUE, any_facts
from posture.reference import Reference
from upright.posture import Facts, evaluate

SLOW = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def statuses(facts: Facts) -> dict[tuple[str, str], str]:
    return {(one.requirement, one.scope_ref): one.status for one in evaluate(facts, CATALOGUE).verdicts}


@SLOW
@given(any_facts())
def test_every_status_and_finding_is_the_references(facts: Facts) -> None:
    expected = Reference(facts, CATALOGUE).evaluate()
    found = {
        (one.requirement, one.scope_ref): (one.status, one.open_findings if one.status != "not_applicable" else 0)
        for one in evaluate(facts, CATALOGUE).verdicts
    }
    assert found == expected
