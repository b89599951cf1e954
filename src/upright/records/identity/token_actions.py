"""Issuing and revoking API tokens."""

from collections.abc import Iterable
from datetime import datetime

from upright.kernel import Actor
from upright.records.identity.models import Person
from upright.records.identity.power import DeniedError, powers_of
from upright.records.identity.tokens import ApiToken, digest_of, new_secret, token_text
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import now


def issue_token(
    person: Person,
    *,
    name: str,
    expires_at: datetime,
    rights: Iterable[str] = (),
    systems: Iterable[str] = (),
    actor: Actor,
    reason: str = "",
) -> tuple[ApiToken, str]:
    """A new token of a person and its text, which is shown once and kept nowhere.

    People issue their own, after a log-in: a token that could issue tokens would outlive its revocation.

    Raises:
        DeniedError: for somebody else, or by a token.
        ValidationError: a scope names what does not exist, or the end is not within a year.
    """
    if actor.via == "token" or (actor.is_person and str(actor.ref) != person.ref):
        raise DeniedError(
            "A token is issued by the person who answers for it, after a log-in; not for others, and not by a token.",
            code="UP-TOKEN-01",
        )
    if not person.is_active:
        raise RefusedError(f"{person.ref} is not active, so a token would open nothing.", code="UP-TOKEN-02")
    secret = new_secret()
    token = ApiToken(
        person=person,
        name=name,
        digest=digest_of(secret),
        rights=sorted(set(rights)),
        systems=sorted(set(systems)),
        expires_at=expires_at,
    )
    write(token, actor=actor, action="identity.token.issued", reason=reason)
    return token, token_text(token, secret)


def revoke_token(token: ApiToken, *, actor: Actor, reason: str) -> ApiToken:
    """End a token now; its person may, and who administers people.

    Raises:
        DeniedError: the token is another person's.
        RefusedError: it was revoked before.
    """
    if str(actor.ref) != token.person.ref:
        powers_of(actor).must("identity.token.revoke", token)
    if token.revoked_at is not None:
        raise RefusedError(f"{token.ref} was revoked before.", code="UP-TOKEN-03")
    token.revoked_at = now()
    return write(token, actor=actor, action="identity.token.revoked", reason=reason)
