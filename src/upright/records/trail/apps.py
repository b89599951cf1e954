"""The Django app of the trail."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """Tables of the ledger."""

    name = "upright.records.trail"
    label = "trail"
    verbose_name = "Trail"

    def ready(self) -> None:
        """Says what each table is to the ledger."""
        from upright.records.trail.classes import TABLES
        from upright.records.trail.tables import register

        register(TABLES)
