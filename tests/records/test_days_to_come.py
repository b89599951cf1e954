"""A day by which something is to be done or looked at again is none that is over: every type, every way in (0290)."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models

from records.assurance.test_spoken import second
from records.examples import EXAMPLES
from records.examples.building import day
from records.organisation import SETUP, Organisation, actor_of
from upright.desk.description import record_type
from upright.desk.forms import form_class, form_data
from upright.records.assurance.judging import catalogue
from upright.records.governance.actions import issue
from upright.records.governance.models import Document
from upright.records.identity.controlled import approve, submit
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Unit
from upright.records.identity.power import powers_of
from upright.records.risk.models import Risk
from upright.records.trail.days import DayToCome, days_over
from upright.records.trail.door import refresh, validate, write, write_many
from upright.records.trail.history import steps
from upright.records.trail.record import Record, record_types
from upright.records.trail.server_log import clock_set, now
from upright.records.trail.verify import verify

OVER = "UP-FIELD-08"

HISTORY = {
    # When something took place, began or was found.
    "access-review.reviewed_on": "the day on which it was done",
    "acknowledgement.read_on": "the day on which it was read",
    "audit.starts": "an audit by others is told once it took place",
    "audit.ends": "an audit by others is told once it took place",
    "audit-interview.held_on": "the day on which people talked",
    "audit-programme.starts": "a cycle may have begun before it is told here",
    "audit-sample.since": "the period that is looked at",
    "audit-sample.until": "the period that is looked at, which has to be over",
    "awareness.held_on": "the day on which it took place",
    "change-notice.received_on": "the day on which it came",
    "communication.sent_on": "the day on which it was sent",
    "context-analysis.analysed_on": "the day on which it was done",
    "context-issue.closed_on": "since when it bears no more",
    "control-evaluation.evaluated_on": "the day on which it was done",
    "disposal.disposed_on": "the day on which it was done",
    "framework-in-use.since": "since when it is used",
    "impact-assessment.run_on": "the day of the run",
    "information-delivery.checked_on": "the day on which it was done",
    "leadership-decision.decided_on": "the day on which it was decided",
    "legal-hold.lifted_on": "the day on which it ended",
    "management-review.since": "the period that is looked at",
    "management-review.held_on": "minutes are written afterwards",
    "measurement.measured_on": "the day on which it was measured",
    "model-version.since": "since when it is in use",
    "nonconformity.opened_on": "the day on which it was found",
    "oversight-assignment.trained_on": "the day of the training",
    "performance-evaluation.period_from": "the period that is looked at",
    "performance-evaluation.period_to": "the period that is looked at",
    "posture-snapshot.day": "the day that it tells of",
    "record-disposal.asked_on": "the day on which a person asked",
    "risk-assessment.run_on": "the day of the run",
    "supplier-assessment.assessed_on": "the day on which it was done",
    "test-report.tested_on": "the day on which it was tested",
    "usage-review.reviewed_on": "the day on which it was done",
    "incident.happened_at": "when it began",
    "incident.aware_at": "since when it is known",
    "notice.sent_at": "when it was sent",
    "review-input.drawn_at": "when it was drawn",
    # When something that is told here ended elsewhere.
    "dependency.starts": "an edge of the past belongs to the graph",
    "dependency.ends": "an edge of the past belongs to the graph",
    "deployment.starts": "where a system ran belongs to its history",
    "deployment.ends": "where a system ran belongs to its history",
    "model-version.until": "a version that was replaced belongs to the history",
    "certificate.issued_on": "what a certificate says",
    "certificate.expires_on": "what a certificate says; one that ran out belongs to the history",
    "change-notice.effective_on": "what a supplier says, perhaps too late",
    "information-owed.due": "the day that a law or a contract sets; what was missed is told, and fails",
    # Begins that may lie in the past; their ends do not.
    "delegation.starts": "lent since; it counts from its acceptance",
    "exception.starts": "since when; it counts from its confirmation",
    "invitation.starts": "since when; it counts from its acceptance",
    "role.starts": "held since; it counts from its acceptance",
    # Judged by rules of their own, or kept by a log-in.
    "token.expires_at": "a moment: later than now and within a year, UP-FIELD-21",
    "account.last_login": "noted by the log-in",
    "authenticator.removed_at": "noted when it is removed",
}
"""Dates that people write and that are no days to come, each with the reason."""


def unaccounted(known: dict[str, str]) -> list[str]:
    """Dates of record types that are neither days to come nor named as something else; and names of nothing."""
    dates = {
        f"{name}.{one.name}": one
        for name, model in record_types().items()
        for one in model._meta.concrete_fields
        if isinstance(one, models.DateField) and one.editable
    }
    judged = {name for name, one in dates.items() if isinstance(one, DayToCome)}
    return sorted({*dates} - judged - {*known}) + sorted({*known} - ({*dates} - judged))


def test_every_date_of_every_type_is_a_day_to_come_or_says_why_not() -> None:
    assert unaccounted(HISTORY) == []
    assert unaccounted({name: why for name, why in HISTORY.items() if name != "audit.ends"}) == ["audit.ends"]
    assert unaccounted(HISTORY | {"risk.review_by": "planted"}) == ["risk.review_by"]
    assert all(HISTORY.values())


def test_every_day_to_come_names_the_clause_that_wants_it() -> None:
    found = [(f"{name}.{one.name}", one.clause) for name, model in record_types().items() for one in ahead(model)]
    assert len(found) > 50
    assert [one for one in found if f"iso42001:{one[1]}" not in catalogue().requirements] == []


def ahead(model: type[Record]) -> list[DayToCome]:
    return [one for one in model._meta.concrete_fields if isinstance(one, DayToCome)]


def typed(made: dict[str, Record]) -> Iterator[tuple[str, Record, DayToCome]]:
    for name, record in made.items():
        for one in ahead(type(record)):
            if one.editable:
                yield name, record, one


def made_all(meridian: Organisation) -> dict[str, Record]:
    made: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        made[name] = add(build(meridian, made), actor=actor_of(meridian.lead), reason="An example.")
    return made


def told(why: ValidationError, field: str) -> list[tuple[str, str]]:
    return [(str(one.code), str(one.message)) for one in why.error_dict.get(field, [])]


def test_a_day_that_is_over_is_refused_for_every_type_and_way_in_and_one_that_has_gone_by_hinders_nothing(
    meridian: Organisation,
) -> None:
    made = made_all(meridian)
    powers = powers_of(actor_of(meridian.lead))
    tried = 0
    for name, record, field in typed(made):
        new = EXAMPLES[name](meridian, made)
        setattr(new, field.name, day(-1))
        with pytest.raises(ValidationError) as caught:
            validate(new)
        (one,) = told(caught.value, field.name)
        assert one[0] == OVER, (name, field.name)
        assert f"({field.clause})" in one[1]
        assert str(day(-1)) in one[1]
        described = record_type(name)
        if field.name in described.written:
            form = form_class(described)(
                form_data(record, described) | {field.name: day(-1)}, instance=refresh(record), powers=powers
            )
            assert told(ValidationError(form.errors.as_data()), field.name) == [one], name
        changed = refresh(record)
        setattr(changed, field.name, day(-1))
        with pytest.raises(ValidationError) as caught:
            write(changed, actor=actor_of(meridian.lead), action="tests.thing.changed")
        assert told(caught.value, field.name) == [one], name
        setattr(changed, field.name, day(0))
        validate(changed)
        tried += 1
    assert tried > 45
    assert gone_by(made) > 35
    assert verify().outcome == "intact"


def gone_by(made: dict[str, Record]) -> int:
    """Years later: each record is as valid as it was, and its day moves to no other one that is over."""
    later, tried = now() + timedelta(days=2000), 0
    with clock_set(lambda: later):
        for name, record, field in typed(made):
            if getattr(record, field.name) is None:
                continue
            stored = refresh(record)
            validate(stored)
            described = record_type(name)
            if field.name in described.written:
                form = form_class(described)(form_data(stored, described), instance=stored)
                assert told(ValidationError(form.errors.as_data()), field.name) == [], name
            setattr(stored, field.name, getattr(stored, field.name) + timedelta(days=1))
            with pytest.raises(ValidationError) as caught:
                validate(stored)
            assert told(caught.value, field.name)[0][0] == OVER, name
            tried += 1
    return tried


def test_a_record_whose_day_is_over_is_edited_and_its_day_only_moved_ahead(meridian: Organisation) -> None:
    lead = actor_of(meridian.lead)
    risk = risk_of(meridian)
    add(risk, actor=lead)
    risk.review_by = day(5)
    edit(risk, actor=lead)
    with clock_set(lambda: datetime.now(UTC) + timedelta(days=10)):
        late = refresh(risk)
        assert days_over(late) == ("review_by",)
        late.title = "Another title"
        edit(late, actor=lead, reason="Clearer.")
        late.review_by = day(-1)
        with pytest.raises(ValidationError):
            edit(late, actor=lead)
        late.review_by = day(30)
        edit(late, actor=lead, reason="Looked at.")
        assert days_over(refresh(risk)) == ()
        late.review_by = None
        edit(late, actor=lead, reason="No day yet.")
    assert [one.reason for one in steps(risk.ref)][-3:] == ["Clearer.", "Looked at.", "No day yet."]
    assert verify().outcome == "intact"


RISK = ["title", "system", "unit", "owner", "concerns", "source", "consequence", "likelihood", "impact"]


def risk_of(meridian: Organisation) -> Risk:
    system = add(meridian.system(), actor=actor_of(meridian.lead))
    risk = EXAMPLES["risk"](meridian, {"system": system})
    assert isinstance(risk, Risk)
    return risk


def test_many_at_once_are_judged_one_by_one_and_none_is_written(meridian: Organisation) -> None:
    risks = [risk_of(meridian)]
    risks += [Risk(**{one: getattr(risks[0], one) for one in RISK}) for _ in range(2)]
    risks[1].review_by = date(2020, 1, 1)
    before = Risk.objects.count()
    with pytest.raises(ValidationError) as caught:
        write_many(risks, actor=actor_of(meridian.lead), action="risk.risk.added")
    assert told(caught.value, "review_by")[0][0] == OVER
    assert Risk.objects.count() == before


@pytest.mark.parametrize(
    ("moment", "offset", "is_refused"),
    [
        (datetime(2030, 3, 10, 0, 30, tzinfo=UTC), -1, True),
        (datetime(2030, 3, 10, 0, 30, tzinfo=UTC), 0, False),
        (datetime(2030, 3, 10, 23, 59, tzinfo=UTC), 0, False),
        (datetime(2030, 3, 10, 20, 0, tzinfo=timezone(timedelta(hours=-10))), 0, True),  # it is the 11th in UTC
        (datetime(2030, 3, 10, 20, 0, tzinfo=timezone(timedelta(hours=-10))), 1, False),
        (datetime(2030, 3, 11, 1, 0, tzinfo=timezone(timedelta(hours=14))), -1, True),  # and here the 10th
        (datetime(2030, 3, 11, 1, 0, tzinfo=timezone(timedelta(hours=14))), 0, False),
    ],
)
def test_today_is_the_day_of_the_doors_own_clock_in_utc(moment: datetime, offset: int, *, is_refused: bool) -> None:
    field: Any = Risk._meta.get_field("review_by")
    expected = pytest.raises(ValidationError, match="is over") if is_refused else nullcontext()
    with clock_set(lambda: moment.astimezone(UTC)), expected:
        field.clean(date(2030, 3, 10) + timedelta(days=offset), Risk())


def test_a_clock_that_is_set_back_judges_what_is_told_under_it() -> None:
    """As the demo tells its past: what lay ahead then is taken, whatever today is."""
    field: Any = Risk._meta.get_field("review_by")
    then = now() - timedelta(days=500)
    with clock_set(lambda: then):
        field.clean(then.date() + timedelta(days=1), Risk())
        with pytest.raises(ValidationError):
            field.clean(then.date() - timedelta(days=1), Risk())


def test_what_a_unit_inherits_takes_over_a_review_that_is_ahead_and_none_that_has_gone_by(
    meridian: Organisation,
) -> None:
    lead, bo = actor_of(meridian.lead), actor_of(second(meridian))
    policy = add(EXAMPLES["document"](meridian, {}), actor=lead)
    approve(submit(policy, actor=lead), actor=bo)
    cards = write(Unit(name="Cards", parent=meridian.root), actor=SETUP, action="identity.unit.added")
    issue(policy, unit=meridian.lending, owner=meridian.owner, actor=lead)
    later = now() + timedelta(days=2000)
    with clock_set(lambda: later):
        issue(refresh(policy), unit=cards, owner=meridian.owner, actor=lead)
    days = Document.objects.filter(inherits=policy).order_by("ref").values_list("review_by", flat=True)
    assert list(days) == [policy.review_by, None]
