"""What holds for every described record type: added, changed, frozen or not, compared with its entries, refused."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from records.examples import EXAMPLES
from records.organisation import Organisation, actor_of
from upright.desk.description import registered
from upright.records.identity.editing import add, edit, right_of
from upright.records.identity.power import DeniedError, rights
from upright.records.trail.history import steps
from upright.records.trail.record import Record, record_types
from upright.records.trail.verify import verify


def made_all(meridian: Organisation) -> dict[str, Record]:
    made: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        made[name] = add(build(meridian, made), actor=actor_of(meridian.lead), reason="An example.")
    return made


def test_every_type_that_people_write_has_an_example_a_description_and_rights() -> None:
    typed = {name for name, one in registered().items() if one.is_typed and one.model._meta.app_label != "identity"}
    assert set(EXAMPLES) == typed
    for name in typed:
        model = record_types()[name]
        assert {right_of(model, verb) for verb in ("read", "add", "change")} <= set(rights())


def test_an_example_of_every_type_is_written_entered_and_intact(meridian: Organisation) -> None:
    made = made_all(meridian)
    for name, record in made.items():
        (step,) = steps(record.ref)
        assert step.action == f"{right_of(type(record), 'add')}ed"
        assert record.ref.startswith(f"{name}:")
    report = verify()
    assert report.outcome == "intact", report.problems


def test_nobody_without_a_role_adds_or_changes_any_of_them(meridian: Organisation) -> None:
    from records.organisation import SETUP
    from upright.records.identity.models import Person
    from upright.records.trail.door import write

    made = made_all(meridian)
    stranger = write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added")
    refused = 0
    for name, build in EXAMPLES.items():
        with pytest.raises(DeniedError):
            add(build(meridian, made), actor=actor_of(stranger))
        with pytest.raises(DeniedError):
            edit(type(made[name]).objects.get(pk=made[name].pk), actor=actor_of(stranger))
        refused += 2
    assert refused == 2 * len(EXAMPLES)


REFUSED = (
    ("supplier", {"country": "Germany"}, "country"),
    ("model-version", {"digest": "xyz"}, "digest"),
    ("dependency", {"on": "supplier:nobody"}, "on"),
    ("dependency", {"on": "person:0190a1b2-0000-7000-8000-000000000001"}, "on"),
    ("dependency", {"on": "not a ref"}, "on"),
    ("dependency", {"on": "system:mortgage"}, "__all__"),
    ("risk", {"likelihood": 6}, "likelihood"),
    ("risk", {"impact": 0}, "impact"),
    ("risk", {"residual_likelihood": 2}, "__all__"),
    ("treatment", {"option": "ignore"}, "option"),
    ("document", {"subtype": "poem"}, "subtype"),
)


def test_what_a_type_does_not_allow_is_refused_by_field(meridian: Organisation) -> None:
    made = made_all(meridian)
    for name, wrong, field in REFUSED:
        record = type(made[name]).objects.get(pk=made[name].pk)
        for key, value in wrong.items():
            setattr(record, key, value)
        with pytest.raises(ValidationError) as caught:
            edit(record, actor=actor_of(meridian.lead))
        assert field in caught.value.message_dict, (name, wrong)
        assert len(steps(record.ref)) == 1, (name, wrong)


def test_a_period_that_ends_before_it_starts_is_refused(meridian: Organisation) -> None:
    made = made_all(meridian)
    for name, start, end in (
        ("deployment", "starts", "ends"),
        ("model-version", "since", "until"),
        ("dependency", "starts", "ends"),
    ):
        setattr(made[name], end, getattr(made[name], start) - timedelta(days=1))
        with pytest.raises(ValidationError):
            edit(made[name], actor=actor_of(meridian.lead))
    assert verify().outcome == "intact"
