"""The Django app of assurance."""

from django.apps import AppConfig


class AssuranceConfig(AppConfig):
    """Evidence, bindings, posture."""

    name = "upright.records.assurance"
    label = "assurance"
    verbose_name = "Assurance"

    def ready(self) -> None:
        """Says which roles have the rights of this app, and what its tables are to the ledger."""
        from upright.records.assurance.adders import name_adders
        from upright.records.assurance.documents import name_documents
        from upright.records.assurance.evidence import newest_measured
        from upright.records.assurance.rights import RIGHTS
        from upright.records.assurance.tables import TABLES
        from upright.records.identity.power import register
        from upright.records.risk.against import measured_by
        from upright.records.trail import tables

        register(RIGHTS)
        name_adders()
        name_documents()
        measured_by(newest_measured)
        tables.register(TABLES)
