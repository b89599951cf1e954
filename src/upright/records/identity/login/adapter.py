"""What allauth asks us: who may sign up (nobody), who may log in, where to go next, how a password is set."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from upright.records.identity.login.backend import may_log_in
from upright.records.identity.models import Account
from upright.records.identity.source import source_of
from upright.records.trail.door import write

_LOG = logging.getLogger("upright.login")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth declares no types
    """Accounts are made by an administrator or by the organisation's identity provider, never by strangers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # as allauth calls it
        """Never."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """By the proxies that are trusted; a header that is too short for them is not believed, and is no error."""
        return source_of(request)

    def pre_login(self, request: HttpRequest, user: Account, **more: Any) -> HttpResponse | None:
        """A person who left is told so, after the right password only."""
        if not may_log_in(user):
            response: HttpResponse = self.respond_user_inactive(request, user)
            return response
        found: HttpResponse | None = super().pre_login(request, user, **more)
        return found

    def get_login_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # as allauth calls it
        """Home, below whatever path this server is."""
        return get_script_prefix()

    def get_logout_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # as allauth calls it
        """The log-in page."""
        return reverse("account_login")

    def set_password(self, user: Account, password: str) -> None:
        """Through the door: the ledger knows that a password changed, and nothing about it."""
        user.set_password(password)
        write(user, actor=user.actor, action="identity.account.password_set")

    def reauthenticate(self, user: Account, password: str) -> bool:
        """By the account's own address: allauth's table of addresses stays empty."""
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def is_safe_url(self, url: str | None) -> bool:
        """After log-in one goes to a page of this server, written without a host, and nowhere else."""
        return bool(url) and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """After the answer (see ``ActorMiddleware``): no lock waits for a mail server, and its time tells nothing."""
        request = self.request
        message = self.render_mail(template_prefix, email, {"request": request, "email": email, **context})
        request.mails.append(lambda: deliver(message, template_prefix))


def deliver(message: EmailMessage, what: str) -> None:
    """A mail server that fails is told to the operator; who asked saw the same answer as always."""
    try:
        message.send()
    except OSError as why:
        _LOG.error("A mail (%s) could not be sent: %s. Look at UPRIGHT_SMTP_URL.", what, why)
