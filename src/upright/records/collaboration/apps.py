"""The Django app of collaboration."""

from django.apps import AppConfig


class CollaborationConfig(AppConfig):
    """Comments, attachments, tasks, mappings of spreadsheets."""

    name = "upright.records.collaboration"
    label = "collaboration"
    verbose_name = "Collaboration"

    def ready(self) -> None:
        """Says which roles have the rights of this app, what it reacts to, and what its tables are to the ledger."""
        from upright.records.collaboration import reactions  # noqa: F401 - importing registers them
        from upright.records.collaboration.rights import RIGHTS
        from upright.records.collaboration.tables import TABLES
        from upright.records.identity.power import register
        from upright.records.trail import tables

        register(RIGHTS)
        tables.register(TABLES)
