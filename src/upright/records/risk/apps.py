"""The Django app of risk."""

from django.apps import AppConfig


class RiskConfig(AppConfig):
    """Risks and their treatment."""

    name = "upright.records.risk"
    label = "risk"
    verbose_name = "Risk"

    def ready(self) -> None:
        """Says which roles have the rights of this app, which verbs add its types, and what it reacts to."""
        from upright.records.identity.power import reach_up, register
        from upright.records.risk import reactions  # noqa: F401 - importing registers them
        from upright.records.risk.adders import name_adders
        from upright.records.risk.rights import FROM_BELOW, RIGHTS

        register(RIGHTS)
        reach_up(FROM_BELOW)
        name_adders()
