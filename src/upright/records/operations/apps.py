"""The Django app of operations."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Releases, uses, incidents, concerns and oversight."""

    name = "upright.records.operations"
    label = "operations"
    verbose_name = "Operations"

    def ready(self) -> None:
        """Says which roles have the rights of this app, and which verbs add its records."""
        from upright.records.identity.power import register
        from upright.records.operations import adders
        from upright.records.operations.rights import RIGHTS
        from upright.records.operations.tables import TABLES
        from upright.records.trail import tables

        register(RIGHTS)
        tables.register(TABLES)
        adders.register()
