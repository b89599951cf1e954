"""The Django app of the API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Routes made from descriptions, and the answers that idempotency keys keep."""

    name = "upright.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        """Says what its table is to the ledger."""
        from upright.records.trail.tables import Table, register

        reason = "Which request an idempotency key was used for, for 24 hours; what was written is in the ledger."
        register({"api_keptanswer": Table("session", reason)})
