"""Which room answers which address."""

from django.urls import URLPattern, URLResolver, include, path

from upright.site import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("upright.api.urls")),
    path("healthz", health.live),
    path("readyz", health.ready),
    path("", include("upright.web.urls")),
    path("account/", include("upright.records.identity.login.urls")),
]
handler400 = "upright.web.errors.bad_request"
handler404 = "upright.web.errors.not_found"
handler500 = "upright.web.errors.broken"
