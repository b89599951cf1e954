"""What a server refuses to start with, outside the demo."""

from collections.abc import Mapping

from upright.kernel import InputError
from upright.site.address import address
from upright.site.environment import flag, kept_secret_key, upright_home

_LEAST = 32
_KNOWN = ("django-insecure", "changeme", "change-me", "secret", "insecure", "example")


def demand_safe(environment: Mapping[str, str]) -> None:
    """Returns nothing if this environment is fit for real work, or says that it is the demo.

    Without ``UPRIGHT_URL`` a server answers this machine alone (see ``address``), so nothing crosses a network.

    Raises:
        InputError: debug pages, a secret that is missing, short or known, or people on a network without TLS.
    """
    if flag(environment, "UPRIGHT_DEMO"):
        return
    if flag(environment, "UPRIGHT_DEBUG"):
        raise InputError(
            "UPRIGHT_DEBUG shows settings and code to whoever causes an error. Leave it out, or set UPRIGHT_DEMO=yes "
            "for a server with nothing real in it.",
            code="UP-SITE-08",
        )
    secret = kept_secret_key(environment, upright_home(environment))
    if len(secret) < _LEAST or secret.lower().startswith(_KNOWN):
        raise InputError(
            f"The secret that sessions are signed with is missing, known or shorter than {_LEAST} characters: anybody "
            "could log in as anybody. Leave UPRIGHT_SECRET_KEY out and start by 'upright serve', which makes one.",
            code="UP-SITE-09",
        )
    found = address(environment)
    if found is not None and found.scheme != "https" and not found.is_local:
        raise InputError(
            f"UPRIGHT_URL is {found.origin}: passwords would cross the network in the clear. Put a reverse proxy with "
            "TLS in front and give its https:// address.",
            code="UP-SITE-10",
        )
