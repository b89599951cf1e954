"""From where a request comes, for limits of how often: the address that the trusted proxies in front say."""

from django.conf import settings
from django.http import HttpRequest


def source_of(request: HttpRequest) -> str:
    """The client's address; where fewer proxies than UPRIGHT_PROXIES say one, the address of who spoke to us.

    Each proxy adds the address it was spoken to from, so with n of them the n-th from the end is the first that none
    of them was told by the client. A shorter list did not come by all of them: what it says is not believed.
    """
    direct = str(request.META.get("REMOTE_ADDR", "") or "unknown")
    trusted: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    said = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
    return said[-trusted] if 0 < trusted <= len(said) else direct
