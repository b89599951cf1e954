"""Every table has its class and its reason; records point to each other in ways that cannot lose anything silently."""

from django.apps import apps
from django.db import models

from upright.records.trail.record import record_types
from upright.records.trail.tables import classed


def test_every_table_is_recorded_derived_or_session_with_its_reason() -> None:
    there = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | {"django_migrations"}
    known = classed()
    assert there - known.keys() == set(), "class them in the app's tables.py (records/trail/tables.py says how)"
    assert known.keys() - there == set()
    assert {name for name, table in known.items() if len(table.reason) < 20} == set()


def test_what_derives_is_compared_and_a_record_is_recorded() -> None:
    known = classed()
    assert {name for name, table in known.items() if table.kind == "derived" and table.compare is None} == set()
    assert {known[model._meta.db_table].kind for model in record_types().values()} == {"recorded"}


def test_no_record_has_many_to_many_links_or_links_that_delete() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("upright.")]
    assert len(ours) > 5
    found = []
    for model in ours:
        found += [f"{model.__name__}.{field.name}" for field in model._meta.local_many_to_many]
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.PROTECT:
                found.append(f"{model.__name__}.{field.name} does not protect")
    assert found == []
