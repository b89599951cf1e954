"""The Django app of the trail."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """Tables of the ledger."""

    name = "upright.records.trail"
    label = "trail"
    verbose_name = "Trail"
