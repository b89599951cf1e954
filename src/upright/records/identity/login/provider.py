"""Logging in through the organisation's identity provider (OpenID Connect): whom it lets in, and with which roles.

Nobody becomes administrator by default. Whoever no longer has a claim that admits loses account, roles and sessions at
the next log-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from upright.kernel import Actor
from upright.records.identity.leaving import close_access
from upright.records.identity.login.authenticators import entering
from upright.records.identity.login.backend import may_log_in
from upright.records.identity.models import Account, Person, Role, RoleAssignment, Unit
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import now

PROVIDER = Actor.system("identity-provider")


@dataclass(frozen=True)
class SignOn:
    """What the operator said of the identity provider.

    Attributes:
        claim: the claim that holds groups; empty: everybody whom the provider lets in is a member.
        roles: which role a value of the claim gives, in the whole organisation.
        links_by_email: whether a verified address that an account here has links the two.
    """

    claim: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    links_by_email: bool = False


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth declares no types
    """allauth asks here whom a sign-on lets in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002  # as allauth calls it
        """Never by a form: ``pre_social_login`` has made the account, or refused."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Lets in, makes what is missing, or refuses with a page."""
        stored = sociallogin.account
        told, stored.extra_data = stored.extra_data, {}
        try:
            said = claims(told)
            if sociallogin.state.get("process") not in {None, "login"}:
                raise RefusedError("Accounts are linked by logging in, in no other way.", code="UP-LOGIN-01")
            known = sociallogin.user if sociallogin.is_existing else None
            account = admit(said, known, SignOn(**settings.UPRIGHT_SIGN_ON))
            with entering(account, PROVIDER):
                stored.user = account
                stored.save()
        except RefusedError as why:
            page = render(request, "identity/refused.html", {"why": why}, status=403)
            raise ImmediateHttpResponse(page) from None
        sociallogin.user = account


def claims(extra: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of the identity token, and over them those of the user information.

    Raises:
        RefusedError: they are about two people.
    """
    token, info = extra.get("id_token") or {}, extra.get("userinfo") or {}
    if token and info and token.get("sub") != info.get("sub"):
        raise RefusedError("Your organisation's log-in spoke of two people at once.", code="UP-LOGIN-08")
    return {**token, **info}


def admit(said: Mapping[str, Any], known: Account | None, rules: SignOn) -> Account:
    """The account that the claims log in to, with the roles that they give; made if it is not there.

    Raises:
        RefusedError: the claims admit nobody, or somebody who left.
    """
    roles = roles_of(said, rules)
    if not roles:
        if known is not None and known.is_active:
            _deprovision(known)
        raise RefusedError(
            "Your organisation's log-in does not (any longer) name you for this system. Ask who looks after it.",
            code="UP-LOGIN-02",
        )
    account = known or _linked(said, rules)
    if account is not None and not may_log_in(account):
        raise RefusedError("Your account here is closed. Ask an administrator to open it again.", code="UP-LOGIN-03")
    with change():
        account = account or _made(said)
        _bring_in_line(account.person, roles)
    return account


def roles_of(said: Mapping[str, Any], rules: SignOn) -> frozenset[Role]:
    """The roles that claims give; none: they do not admit."""
    if not rules.claim:
        return frozenset({Role.MEMBER})
    given = said.get(rules.claim)
    values = given if isinstance(given, list) else [given]
    found = {Role(rules.roles[value]) for value in values if isinstance(value, str) and value in rules.roles}
    return frozenset({*found, Role.MEMBER}) if found else frozenset()


def _linked(said: Mapping[str, Any], rules: SignOn) -> Account | None:
    email = _email(said)
    account: Account | None = Account.objects.filter(email=email).first()
    if account is None:
        return None
    if rules.links_by_email and said.get("email_verified") is True:
        return account
    raise RefusedError(
        "There is an account with your address here, which is not linked to your organisation's log-in. Log in with "
        "its password; who runs this server can let addresses link (UPRIGHT_OIDC_LINK_BY_EMAIL).",
        code="UP-LOGIN-04",
    )


def _made(said: Mapping[str, Any]) -> Account:
    root = Unit.objects.get(parent__isnull=True)
    person = Person(name=str(said.get("name") or "")[:200] or _email(said), email=_email(said), unit=root)
    write(person, actor=PROVIDER, action="identity.person.provisioned")
    account = Account(email=_email(said), person=person)
    account.set_unusable_password()
    return write(account, actor=PROVIDER, action="identity.account.provisioned")


def _email(said: Mapping[str, Any]) -> str:
    email = said.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise RefusedError("Your organisation's log-in gave no e-mail address, which is needed.", code="UP-LOGIN-05")
    return email.lower()


def _bring_in_line(person: Person, roles: frozenset[Role]) -> None:
    """Grants what the claims give and is not held, ends what they gave and give no longer; people's grants stay."""
    root = Unit.objects.get(parent__isnull=True)
    mine = {Role(one.role): one for one in person.roles.filter(granted_by=str(PROVIDER), ended_at__isnull=True)}
    for role in sorted(roles - mine.keys()):
        given = RoleAssignment(
            person=person,
            role=role,
            unit=root,
            starts=now().date(),
            granted_by=str(PROVIDER),
            granted_at=now(),
            accepted_at=now() if role == Role.MEMBER else None,
        )
        write(given, actor=PROVIDER, action="identity.role.provisioned", reason="A claim of the identity provider.")
    for role in mine.keys() - roles:
        mine[role].ended_at = now()
        write(mine[role], actor=PROVIDER, action="identity.role.ended", reason="The claim that gave it is gone.")


def _deprovision(account: Account) -> None:
    with change():
        close_access(account.person, actor=PROVIDER, reason="The claim that admitted is gone.")


@login_not_required
def begin(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """The way to the provider; one that cannot be reached is a page, not a crash."""
    try:
        answer: HttpResponseBase = views.login(request, provider_id)
    except requests.RequestException:
        why = RefusedError(
            "Your organisation's log-in cannot be reached now. Try again later, or log in with a password.",
            code="UP-LOGIN-06",
        )
        return render(request, "identity/refused.html", {"why": why}, status=502)
    return answer
