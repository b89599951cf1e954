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
        from upright.records.governance.rights import FROM_BELOW, RIGHTS
        from upright.records.identity.editing import added_by
        from upright.records.identity.power import reach_up, register

        register(RIGHTS)
        reach_up(FROM_BELOW)
        added_by(RecordDisposal, propose_disposal)
