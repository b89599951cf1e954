"""The Django app of collaboration."""

from django.apps import AppConfig


class CollaborationConfig(AppConfig):
    """Comments, attachments, tasks, mappings of spreadsheets."""

    name = "upright.records.collaboration"
    label = "collaboration"
    verbose_name = "Collaboration"

    def ready(self) -> None:
        """Says which roles have the rights of this app."""
        from upright.records.collaboration.rights import RIGHTS
        from upright.records.identity.power import register

        register(RIGHTS)
