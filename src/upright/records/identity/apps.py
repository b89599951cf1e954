"""The Django app of identity."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Persons, units, roles, accounts."""

    name = "upright.records.identity"
    label = "identity"
    verbose_name = "Identity"

    def ready(self) -> None:
        """Says which roles have the rights of this app, and what its other tables are to the ledger."""
        from upright.records.identity.adders import name_adders
        from upright.records.identity.power import register
        from upright.records.identity.rights import RIGHTS
        from upright.records.identity.tables import TABLES
        from upright.records.trail import tables

        register(RIGHTS)
        tables.register(TABLES)
        name_adders()
