"""Who an account is, asked anew in every request: a session of somebody who left is nobody's."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import ValidationError

from upright.records.identity.models import Account


def may_log_in(account: Account) -> bool:
    """Whether an account is active, and the person behind it too."""
    return account.is_active and account.person.is_active


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth declares no types
    """By e-mail address and password."""

    def user_can_authenticate(self, user: Account | None) -> bool:
        """Active accounts of active people."""
        return user is not None and may_log_in(user)

    def get_user(self, user_id: Any) -> Account | None:
        """The account of a session, with its person; one query."""
        try:
            found = Account.objects.select_related("person").filter(pk=user_id).first()
        except (ValidationError, ValueError):
            return None
        return found if found is not None and may_log_in(found) else None
