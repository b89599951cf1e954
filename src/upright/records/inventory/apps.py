"""The Django app of the inventory."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """AI systems and what they are made of."""

    name = "upright.records.inventory"
    label = "inventory"
    verbose_name = "Inventory"

    def ready(self) -> None:
        """Says which roles have the rights of this app."""
        from upright.records.identity.power import register
        from upright.records.inventory.rights import RIGHTS

        register(RIGHTS)
