"""Passkeys count for this server's own address: the one that ``UPRIGHT_URL`` says, with its port.

A browser lets every page below the same host name ask for them, and allauth takes any of those: another port, a name
below ours. A page that somebody else serves there could then pass on what its visitor's passkey signed.
"""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from allauth.mfa.webauthn.internal import auth


def demand_own_origin(origin: str) -> None:
    """Returns nothing for an answer that a passkey gave to a page of ours.

    Raises:
        ValidationError: it was given to another one.
    """
    request = context.request
    if origin != f"{request.scheme}://{request.get_host()}":
        raise get_adapter().validation_error("incorrect_code")


class AddForm(forms.AddWebAuthnForm):  # type: ignore[misc]  # allauth declares no types
    """Adds a passkey that was made for a page of ours."""

    def clean_credential(self) -> Any:
        """What the browser sent."""
        credential = self.cleaned_data["credential"]
        demand_own_origin(auth.parse_registration_response(credential).response.client_data.origin)
        return credential


class _Answered:
    def clean_credential(self) -> Any:
        """The passkey that signed, for a page of ours."""
        credential = self.cleaned_data["credential"]  # type: ignore[attr-defined]  # a form's
        demand_own_origin(auth.parse_authentication_response(credential).response.client_data.origin)
        return super().clean_credential()  # type: ignore[misc]  # allauth's form


class LoginForm(_Answered, forms.LoginWebAuthnForm):  # type: ignore[misc]  # allauth declares no types
    """Logs in by a passkey alone."""


class ReauthenticateForm(_Answered, forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth declares no types
    """Confirms that it is still the same person."""


class AuthenticateForm(_Answered, forms.AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth declares no types
    """The second step after a password."""
