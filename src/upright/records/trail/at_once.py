"""Squashed migrations: a database that has no table of an app makes them all at once, one that has some goes the steps.

Django draws its historical models anew after each step that touches one, with all that are linked to it; here all are
linked, so a hundred steps cost a hundred drawings of everything. One operation runs through the states of all steps
and draws once.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

Name = tuple[str, str]


class TablesAtOnce(Operation):
    """All tables of an app as its first migrations leave them; ``replaces`` names those, in their order."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, replaces: Sequence[Name]) -> None:
        self.replaces = replaces

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """What all the steps make of the state; the models are drawn when they are next asked for, once."""
        state.__dict__.pop("apps", None)
        for label, name in self.replaces:
            for operation in step(label, name).operations:
                operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Makes the tables as they end."""
        for model in _made(app_label, from_state, to_state):
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.create_model(model)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drops them, the last first."""
        for model in reversed(_made(app_label, to_state, from_state)):
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.delete_model(model)

    def describe(self) -> str:
        """For ``migrate --plan``."""
        return f"Makes all tables of {len(self.replaces)} migrations at once"


def step(label: str, name: str) -> Migration:
    """A migration that a squashed one replaces."""
    module = import_module(f"{apps.get_app_config(label).name}.migrations.{name}")
    found: Migration = module.Migration(name, label)
    return found


def _made(label: str, before: ProjectState, after: ProjectState) -> list[Any]:
    return [after.apps.get_model(*key) for key in after.models if key[0] == label and key not in before.models]
