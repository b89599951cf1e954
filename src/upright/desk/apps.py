"""The Django app of the desk: loads every description."""

from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Screens, export and import of described records."""

    name = "upright.desk"
    label = "desk"
    verbose_name = "Desk"

    def ready(self) -> None:
        """Loads the descriptions, one module for each app of records."""
        from upright.desk import types

        for module in iter_modules(types.__path__):
            import_module(f"upright.desk.types.{module.name}")
