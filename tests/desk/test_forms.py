"""One form for web, API and import: what it takes, what it refuses and how it says so, and that it writes."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from records.organisation import Organisation, actor_of, grant
from upright.desk.description import record_type
from upright.desk.fields import LinesField
from upright.desk.forms import form_class, form_data
from upright.desk.visible import visible
from upright.records.identity.models import Person, Role, Unit
from upright.records.identity.power import DeniedError, powers_of, unit_of
from upright.records.inventory.models import System
from upright.records.trail.door import refresh, write
from upright.records.trail.errors import ConflictError
from upright.records.trail.history import steps

SYSTEM = record_type("system")


def given(meridian: Organisation, **more: Any) -> dict[str, Any]:
    return {
        "short_name": "mortgage",
        "name": "Mortgage lending",
        "purpose": "Ranks applications.",
        "unit": "unit:lending",
        "owner": meridian.owner.ref,
        "modality": "tabular",
    } | more


def written(meridian: Organisation, **more: Any) -> System:
    record = form_class(SYSTEM)(given(meridian, **more)).write(actor=actor_of(meridian.lead), reason="New.")
    assert isinstance(record, System)
    return record


def test_plain_values_and_what_a_browser_sends_write_the_same_record(meridian: Organisation) -> None:
    plain = written(meridian)
    sent = QueryDict(mutable=True)
    sent.update(given(meridian, short_name="second", personal_data="unknown"))
    browser = form_class(SYSTEM)(sent).write(actor=actor_of(meridian.lead))
    assert (plain.ref, plain.version, plain.unit, plain.owner) == (
        "system:mortgage",
        1,
        meridian.lending,
        meridian.owner,
    )
    assert browser.ref == "system:second"
    assert form_data(plain, SYSTEM) | {"short_name": ""} == form_data(browser, SYSTEM) | {"short_name": ""}
    assert steps(plain.ref)[0].reason == "New."


def test_a_change_of_one_field_keeps_the_others(meridian: Organisation) -> None:
    system = written(meridian, personal_data=True)
    form = form_class(SYSTEM)(form_data(system, SYSTEM) | {"name": "Mortgages"}, instance=refresh(system))
    form.write(actor=actor_of(meridian.owner), reason="Shorter.")
    now = refresh(system)
    assert (now.name, now.version, now.personal_data) == ("Mortgages", 2, True)
    assert steps(now.ref)[-1].changed == {"name": ("Mortgage lending", "Mortgages")}


def test_a_stale_save_is_a_conflict_that_holds_both_versions(meridian: Organisation) -> None:
    system = written(meridian)
    read = form_data(system, SYSTEM)
    form_class(SYSTEM)(read | {"name": "Theirs"}, instance=refresh(system)).write(actor=actor_of(meridian.lead))
    with pytest.raises(ConflictError) as caught:
        form_class(SYSTEM)(read | {"name": "Ours"}, instance=refresh(system)).write(actor=actor_of(meridian.lead))
    assert (caught.value.ours["name"], caught.value.theirs["name"]) == ("Ours", "Theirs")
    assert refresh(system).name == "Theirs"


def test_a_change_that_does_not_say_which_version_was_read_is_refused(meridian: Organisation) -> None:
    system = written(meridian)
    form = form_class(SYSTEM)(given(meridian, name="Blind"), instance=refresh(system))
    assert set(form.errors) == {"version"}


def test_the_right_is_asked_when_writing_whatever_the_page_showed(meridian: Organisation) -> None:
    stranger = write(Person(name="Sam", unit=meridian.lending), actor=actor_of(meridian.lead), action="a.b.added")
    form = form_class(SYSTEM)(given(meridian))
    with pytest.raises(DeniedError, match="UP-POWER-01"):
        form.write(actor=actor_of(stranger))
    assert not System.objects.exists()


def test_a_link_to_what_one_may_not_read_is_no_choice(meridian: Organisation) -> None:
    elsewhere = write(Unit(name="Cards", parent=meridian.root), actor=actor_of(meridian.lead), action="a.b.added")
    mine = powers_of(actor_of(meridian.owner))
    form = form_class(SYSTEM)(given(meridian, unit=elsewhere.ref), powers=mine)
    assert form.errors["unit"] == ["unit:cards names no unit here that you may read."]
    assert [one.ref for one in form.fields["unit"].queryset] == ["unit:lending"]


def test_what_may_be_read_is_the_same_in_a_query_as_for_one_row(meridian: Organisation) -> None:
    written(meridian)
    write(Unit(name="Cards", parent=meridian.root), actor=actor_of(meridian.lead), action="a.b.added")
    grant(meridian.owner, Role.ADMINISTRATOR, meridian.lending)
    for person in (meridian.lead, meridian.owner):
        powers = powers_of(actor_of(person))
        for model in (System, Unit, Person):
            rows = {row.ref for row in model.objects.all() if unit_of(row) in powers.units(f"{_app(model)}.read")}
            assert {row.ref for row in visible(model, powers)} == rows
            assert rows


def _app(model: Any) -> str:
    return f"{model._meta.app_label}.{model.ref_type}"


@pytest.mark.parametrize("field", ["short_name", "name", "purpose", "unit", "owner", "modality", "personal_data"])
@pytest.mark.parametrize("value", [[1], {"a": 1}, b"x", object(), [], {}])
def test_a_value_of_the_wrong_shape_is_an_error_of_its_field(meridian: Organisation, field: str, value: object) -> None:
    form = form_class(SYSTEM)(given(meridian) | {field: value})
    assert "expected one value" in form.errors[field][0]


@pytest.mark.parametrize("field", ["name", "purpose", "unit", "owner", "modality", "short_name"])
@pytest.mark.parametrize("value", ["\0", "\ud800", "", None, "x" * 100_000])
def test_a_text_that_cannot_be_held_is_an_error_and_no_crash(
    meridian: Organisation, field: str, value: str | None
) -> None:
    form = form_class(SYSTEM)(given(meridian) | {field: value})
    assert form.is_valid() == (field == "purpose" and value == "x" * 100_000)


@pytest.mark.parametrize("name", ["Zürich", "信用", "𝔐𝔬𝔯𝔱𝔤𝔞𝔤𝔢 🏠", "نظام", "e\u0301"])
def test_text_of_all_planes_is_kept_as_it_is(meridian: Organisation, name: str) -> None:
    assert refresh(written(meridian, name=name)).name == name


def test_invalid_data_writes_nothing_and_names_every_field(meridian: Organisation) -> None:
    with pytest.raises(ValidationError) as caught:
        form_class(SYSTEM)({"modality": "smell", "version": "x"}).write(actor=actor_of(meridian.lead))
    assert set(caught.value.error_dict) == {
        "version",
        "short_name",
        "name",
        "purpose",
        "unit",
        "owner",
        "modality",
    }


def test_a_list_is_lines_on_screen_and_a_list_in_json() -> None:
    field = LinesField(required=False)
    assert field.clean("BE\r\n\n LU ") == field.clean(["BE", "LU"]) == field.clean('["BE", "LU"]') == ["BE", "LU"]
    assert field.prepare_value(["BE", "LU"]) == "BE\nLU"
    assert field.prepare_value([{"a": 1}]) == '[{"a": 1}]'
    assert field.clean("") == []
    for wrong in ('["BE"', {"a": 1}, 7, ["a\0b"]):
        with pytest.raises(ValidationError):
            field.clean(wrong)
