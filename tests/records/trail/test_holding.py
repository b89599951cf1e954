"""What memory says of a check constraint, the database says too."""

from itertools import product
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import CheckConstraint, F, Q
from django.test.utils import CaptureQueriesContext

from records.organisation import Organisation
from upright.records.risk.models import Risk
from upright.records.trail.holding import UnknownConditionError, holds

CONDITIONS = (
    Q(likelihood__gte=2),
    Q(likelihood__gt=F("impact")),
    Q(likelihood=F("impact")) | Q(impact__lte=1),
    ~Q(likelihood=F("impact")),
    Q(residual_impact__isnull=True) | Q(residual_impact__lt=F("impact")),
    ~Q(residual_impact=2) & Q(likelihood__exact=1),
    ~(Q(residual_impact__gte=1) | Q(likelihood=2)),
)


@pytest.mark.django_db
def test_memory_and_database_agree_wherever_memory_answers() -> None:
    for condition, (likelihood, impact, residual) in product(CONDITIONS, product((1, 2), (1, 2), (None, 1, 2))):
        risk = Risk(likelihood=likelihood, impact=impact, residual_impact=residual)
        says = True
        try:
            CheckConstraint(condition=condition, name="of_the_test").validate(Risk, risk)
        except ValidationError:
            says = False
        assert holds(condition, risk) is says, (condition, likelihood, impact, residual)


@pytest.mark.parametrize(
    "condition", [Q(title__contains="a"), Q(system__name="a"), Q(likelihood="2"), Q(likelihood__range=(1, 2))]
)
def test_what_memory_does_not_understand_is_left_to_the_database(condition: Q) -> None:
    with pytest.raises(UnknownConditionError):
        holds(condition, Risk(title="a", likelihood=2))


def test_a_violation_is_refused_as_before_and_what_holds_costs_no_query(meridian: Organisation) -> None:
    fields: dict[str, Any] = {
        "title": "A risk", "unit": meridian.root, "owner": meridian.owner, "concerns": "individuals",
        "source": "A cause.", "consequence": "A harm.", "likelihood": 2, "impact": 3,
    }  # fmt: skip
    with CaptureQueriesContext(connection) as queries:
        Risk(**fields).validate_constraints()
    assert len(queries) == 0
    with pytest.raises(ValidationError, match="residual"):
        Risk(**fields, residual_impact=2).validate_constraints()
