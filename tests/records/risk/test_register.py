"""The register counts and sorts by an index alone; what it says is what a reader of every risk would say."""

from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.organisation import SETUP, Organisation
from upright.records.inventory.models import System
from upright.records.risk.models import Risk
from upright.records.risk.queries import BASES, matrix, worst_first
from upright.records.trail.door import write, write_many


@pytest.fixture
def many(meridian: Organisation) -> list[Risk]:
    """Risks of two units and three states, rated in every way that there is."""
    dice = Random(20_000)
    system = write(meridian.system(), actor=SETUP, action="inventory.system.added")

    def rated() -> int | None:
        return dice.choice((None, dice.randint(1, 5)))

    def one(number: int) -> Risk:
        current, residual = rated(), rated()
        return Risk(
            title=f"Risk {number}", unit=dice.choice((meridian.root, meridian.lending)), owner=meridian.owner,
            concerns="individuals", source="A cause.", consequence="A harm.", likelihood=dice.randint(1, 5),
            impact=dice.randint(1, 5), current_likelihood=current, current_impact=current and dice.randint(1, 5),
            residual_likelihood=residual, residual_impact=residual and dice.randint(1, 5),
            state=dice.choice(Risk.State.values), system=system if number % 2 else None,
        )  # fmt: skip

    write_many((one(number) for number in range(120)), actor=SETUP, action="risk.risk.added")
    return list(Risk.objects.all())


def at(risk: Risk, basis: str) -> tuple[int | None, int | None]:
    if basis == "residual":
        return risk.residual_likelihood, risk.residual_impact
    if basis == "current" and risk.current_likelihood is not None:
        return risk.current_likelihood, risk.current_impact
    return risk.likelihood, risk.impact


def level(risk: Risk, basis: str) -> int:
    likelihood, impact = at(risk, basis)
    return 0 if likelihood is None or impact is None else likelihood * impact


@pytest.mark.parametrize("basis", sorted(BASES))
def test_the_matrix_counts_each_risk_once_where_it_was_rated(many: list[Risk], basis: str) -> None:
    for state in (None, Risk.State.CLOSED):
        wanted: dict[tuple[int | None, int | None], int] = {}
        for risk in many:
            if risk.state != state:
                wanted[at(risk, basis)] = wanted.get(at(risk, basis), 0) + 1
        found = Risk.objects.all() if state is None else Risk.objects.exclude(state=state)
        assert dict(matrix(found, basis)) == wanted
    assert (None, None) in matrix(Risk.objects.all(), "residual")


@pytest.mark.parametrize("basis", sorted(BASES))
def test_the_register_begins_with_the_highest_and_ends_with_what_nobody_rated(many: list[Risk], basis: str) -> None:
    wanted = sorted(many, key=lambda risk: (-level(risk, basis), risk.ref))
    assert [one.ref for one in worst_first(Risk.objects.all(), basis, 120)] == [one.ref for one in wanted]
    mine = [one.ref for one in wanted if one.system_id is not None]
    of_systems = Risk.objects.filter(system__in=System.objects.all())
    assert [one.ref for one in worst_first(of_systems, basis, 7)] == mine[:7]


@pytest.mark.parametrize("basis", sorted(BASES))
def test_counting_reads_no_row_of_the_table(many: list[Risk], meridian: Organisation, basis: str) -> None:
    risks = Risk.objects.filter(unit__in=[meridian.root.pk, meridian.lending.pk]).exclude(state=Risk.State.CLOSED)
    with CaptureQueriesContext(connection) as seen:
        matrix(risks, basis)
        list(worst_first(risks, basis, 50))
    with connection.cursor() as cursor:
        for asked in seen.captured_queries if connection.vendor == "sqlite" else ():  # PostgreSQL plans by sizes
            cursor.execute(f"EXPLAIN QUERY PLAN {asked['sql']}")
            plan = " ".join(str(row[3]) for row in cursor.fetchall())
            assert "COVERING INDEX risk_of_a_unit_by_rating" in plan, plan
            assert "SCAN risk_risk" not in plan, plan
    assert len(seen) == 2
    assert many
