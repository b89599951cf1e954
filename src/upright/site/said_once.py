"""What is said once on the next page ("Saved."), kept below the address of this server, as its other cookies are."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpResponseBase


class BelowAddress(CookieStorage):
    """Django gives this cookie the path ``/``, so that whatever else the host serves would be sent it."""

    def _update_cookie(self, encoded_data: Any, response: HttpResponseBase) -> None:
        super()._update_cookie(encoded_data, response)  # type: ignore[misc]
        response.cookies[self.cookie_name]["path"] = settings.SESSION_COOKIE_PATH


class SaidOnce(FallbackStorage):
    """In the cookie, and what is too long for one in the session."""

    storage_classes = (BelowAddress, SessionStorage)
