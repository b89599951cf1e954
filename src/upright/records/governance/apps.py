"""The Django app of governance."""

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """Controlled documents and objectives."""

    name = "upright.records.governance"
    label = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        """Says which roles have the rights of this app."""
        from upright.records.governance.disposing import propose_disposal
        from upright.records.governance.models import RecordDisposal
        from upright.records.governance.rights import RIGHTS
        from upright.records.identity.editing import added_by
        from upright.records.identity.power import register

        register(RIGHTS)
        added_by(RecordDisposal, propose_disposal)
