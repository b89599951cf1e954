"""What the environment says of the organisation's identity provider."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from upright.kernel import InputError
from upright.site.environment import flag

PROVIDER_ID = "sso"
ROLES = frozenset(
    {"member", "system-owner", "risk-owner", "overseer", "aims-manager", "internal-auditor", "administrator"}
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def provider_apps(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """The provider as allauth describes one; empty where none is named.

    Raises:
        InputError: no https, or a part is missing.
    """
    url = environment.get("UPRIGHT_OIDC_URL", "").rstrip("/")
    if not url:
        return []
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise InputError(
            f"UPRIGHT_OIDC_URL is {url}: who can listen there can log in as anybody. Expected https://…",
            code="UP-SITE-04",
        )
    client, secret = (environment.get(f"UPRIGHT_OIDC_CLIENT_{name}", "") for name in ("ID", "SECRET"))
    if not client or not secret:
        raise InputError(
            "UPRIGHT_OIDC_URL is given, so UPRIGHT_OIDC_CLIENT_ID and UPRIGHT_OIDC_CLIENT_SECRET are needed too.",
            code="UP-SITE-04",
        )
    return [
        {
            "provider_id": PROVIDER_ID,
            "name": environment.get("UPRIGHT_OIDC_NAME", "") or "your organisation",
            "client_id": client,
            "secret": secret,
            "settings": {"server_url": url, "oauth_pkce_enabled": True},
        }
    ]


def sign_on(environment: Mapping[str, str]) -> dict[str, Any]:
    """Which claim gives which role, as ``login.provider.SignOn`` takes it. By default somebody is a member, never more.

    Raises:
        InputError: roles that do not exist, or only half of what belongs together.
    """
    text = environment.get("UPRIGHT_OIDC_ROLES", "") or "{}"
    try:
        roles = json.loads(text)
    except json.JSONDecodeError as why:
        raise InputError(f"UPRIGHT_OIDC_ROLES is no JSON: {why}.", code="UP-SITE-05") from None
    claim = environment.get("UPRIGHT_OIDC_ROLE_CLAIM", "")
    if not isinstance(roles, dict) or not set(map(str, roles.values())) <= ROLES:
        raise InputError(
            f"UPRIGHT_OIDC_ROLES is {text}; expected a JSON object of group to role: {', '.join(sorted(ROLES))}.",
            code="UP-SITE-05",
        )
    if bool(claim) != bool(roles):
        raise InputError("UPRIGHT_OIDC_ROLE_CLAIM and UPRIGHT_OIDC_ROLES need each other.", code="UP-SITE-05")
    links = flag(environment, "UPRIGHT_OIDC_LINK_BY_EMAIL")
    return {"claim": claim, "roles": roles, "links_by_email": links}
