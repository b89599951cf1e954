"""The Django app of the worker's doings."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Tasks, reactions and schedules."""

    name = "upright.records.work"
    label = "work"
    verbose_name = "Work"

    def ready(self) -> None:
        """Says which roles have the rights of this app, and what its tables are to the ledger."""
        from upright.records.identity.power import register
        from upright.records.trail import tables
        from upright.records.work.rights import RIGHTS
        from upright.records.work.tables import TABLES

        register(RIGHTS)
        tables.register(TABLES)
