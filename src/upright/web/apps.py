"""The Django app of the pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Frame, stylesheet, icons, pages."""

    name = "upright.web"
    label = "web"
    verbose_name = "Web"
