"""Second factors, passkeys and links to an identity provider: allauth keeps the rows, we keep the record of each.

allauth's tables cannot be records themselves. So each row there has a record here with a keyed digest of what the row
proves with; views that add or remove rows run inside one change that enters the difference, and ``verify`` compares.
A row that was smuggled in stays without a record, whatever its account does later.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator as StoredAuthenticator
from allauth.socialaccount.models import SocialAccount
from django.http import HttpRequest, HttpResponseBase

from upright.kernel import Actor, canonical_bytes
from upright.ledger import Problem
from upright.records.identity.acting import current_actor
from upright.records.identity.models import Account, Authenticator
from upright.records.trail.door import change, write
from upright.records.trail.projection import sealed
from upright.records.trail.server_log import now

View = Callable[..., HttpResponseBase]
_PROVES = {"totp": "secret", "recovery_codes": "seed", "webauthn": "credential"}
_PROVIDER = Authenticator.Kind.PROVIDER


def fingerprint_of(row: Any) -> tuple[str, str]:
    """What kind a row of allauth is, and the digest of what it proves with, for whose account."""
    if isinstance(row, SocialAccount):
        return _PROVIDER, sealed(row.user.ref, _PROVIDER, f"{row.provider}\0{row.uid}")
    kind = str(row.type).replace("_", "-")
    proof = row.data.get(_PROVES.get(str(row.type), "")) if isinstance(row.data, dict) else None
    return kind, sealed(row.user.ref, kind, canonical_bytes({"proof": proof}).decode())


def rows_of(account: Account) -> dict[tuple[str, str], Any]:
    """The rows of an account by kind and digest."""
    tables = (StoredAuthenticator, SocialAccount)
    rows = (row for table in tables for row in table.objects.filter(user=account).select_related("user"))
    return {fingerprint_of(row): row for row in rows}


@contextmanager
def entering(account: Account, actor: Actor | None = None) -> Iterator[None]:
    """Whatever rows the block adds or removes for an account is entered in the same transaction."""
    with change():
        before = rows_of(account)
        yield
        after = rows_of(account)
        doer = actor or current_actor()
        for kind, fingerprint in after.keys() - before.keys():
            record = Authenticator(account=account, kind=kind, fingerprint=fingerprint)
            write(record, actor=doer, action="identity.authenticator.added")
        gone = [fingerprint for _, fingerprint in before.keys() - after.keys()]
        for record in Authenticator.objects.filter(account=account, fingerprint__in=gone, removed_at__isnull=True):
            record.removed_at = now()
            write(record, actor=doer, action="identity.authenticator.removed")


def entered(view: View) -> View:
    """A view of allauth that adds or removes authenticators of who is logged in."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        account = request.user
        if request.method != "POST" or not isinstance(account, Account):
            return view(request, *args, **more)
        with entering(account):
            return view(request, *args, **more)

    return answer


def stored_authenticators() -> Iterator[Problem]:
    """Second factors and passkeys against their records."""
    kinds = [kind for kind in Authenticator.Kind.values if kind != _PROVIDER]
    yield from _differences("mfa_authenticator", StoredAuthenticator.objects.select_related("user"), kinds)


def stored_links() -> Iterator[Problem]:
    """Links to the identity provider against their records."""
    yield from _differences("socialaccount_socialaccount", SocialAccount.objects.select_related("user"), [_PROVIDER])


def _differences(table: str, rows: Any, kinds: list[str]) -> Iterator[Problem]:
    query = Authenticator.objects.filter(kind__in=kinds, removed_at__isnull=True).values_list("fingerprint", "ref")
    known = dict(query)
    for row in rows.order_by("pk").iterator(500):
        kind, fingerprint = fingerprint_of(row)
        if known.pop(fingerprint, None) is None:
            yield Problem(
                code="UP-ROW-06",
                file=f"{table}: {row.pk}",
                expected=f"a record of this {kind} of {row.user.ref}",
                got="a row that nobody entered, or one that was changed",
            )
    for ref in sorted(known.values()):
        yield Problem(code="UP-ROW-06", file=table, expected=f"the row of {ref}", got="no such row")
