"""API tokens: what a program shows in place of a person's log-in. A token may at most what its scope says."""

import hmac
import logging
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, models, transaction

from upright.kernel import Ref, RefError
from upright.records.trail.record import Record, find, writing
from upright.records.trail.server_log import now

PREFIX = "upr"
_LOG = logging.getLogger("upright.identity")
LONGEST = timedelta(days=366)
_FORM = re.compile(rf"{PREFIX}_([0-9a-f]{{32}})_([A-Za-z0-9_-]{{43}})")
_SECRET_BYTES = 32


class ApiToken(Record):
    """Lets a program act for a person until it expires or is revoked. Only the digest of its secret is kept.

    ``rights`` and ``systems`` say what it may at most; an empty list leaves that side as wide as the person's powers.
    """

    ref_type = "token"
    sealed = frozenset({"digest"})
    unrecorded = frozenset({"last_used_at"})

    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100, help_text="What uses it, such as: CI of the mortgage repository.")
    digest = models.CharField(max_length=64, editable=False)
    rights = models.JSONField(default=list, blank=True, help_text="Rights such as inventory.system.read.")
    systems = models.JSONField(default=list, blank=True, help_text="References such as system:mortgage.")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API token"
        indexes: ClassVar = [models.Index(fields=["person", "expires_at"], name="identity_token_person")]

    def own_ref(self) -> str:
        """``token:<uuid>``."""
        return f"token:{self.id}"

    def clean(self) -> None:
        """Scopes name what exists, and a new token ends within a year."""
        from upright.records.identity.power import rights

        problems: dict[str, ValidationError] = {}
        unknown = _not_texts(self.rights) or sorted(set(self.rights) - set(rights()))
        if unknown:
            problems["rights"] = ValidationError(f"No such right: {', '.join(unknown)}.", code="UP-FIELD-20")
        unknown = _not_texts(self.systems) or [one for one in self.systems if not _is_system(one)]
        if unknown:
            problems["systems"] = ValidationError(f"No such system: {', '.join(unknown)}.", code="UP-FIELD-20")
        end: datetime | None = self.expires_at
        if self.is_new and end is not None and not now() < end <= now() + LONGEST:
            problems["expires_at"] = ValidationError(
                f"A token ends later than now and within {LONGEST.days} days.", code="UP-FIELD-21"
            )
        if problems:
            raise ValidationError(problems)

    def save(self, *args: Any, **more: Any) -> None:
        """The last use is noted beside the door, since nobody decided it; all else goes through."""
        fields = more.get("update_fields")
        if not writing.get() and fields is not None and set(fields) <= self.unrecorded:
            models.Model.save(self, *args, **more)
        else:
            super().save(*args, **more)

    def is_usable(self, moment: datetime) -> bool:
        """Whether it opens anything at a moment."""
        return self.revoked_at is None and moment < self.expires_at

    def holds(self, secret: str) -> bool:
        """Whether a secret is this token's, in a time that tells nothing about where they differ."""
        return hmac.compare_digest(self.digest, digest_of(secret))

    def __str__(self) -> str:
        return self.name


def note_use(token: ApiToken, moment: datetime) -> None:
    """Keeps when a token was used, where that costs nobody a wait: who only reads never waits for who writes.

    While another holds SQLite's write lock, or where its disk is full, the next use is noted instead.
    """
    token.last_used_at = moment
    try:
        with without_waiting(), transaction.atomic():
            token.save(update_fields=["last_used_at"])
    except OperationalError:
        _LOG.debug("the use of a token was not noted", extra={"token": str(token.pk)})


@contextmanager
def without_waiting() -> Iterator[None]:
    """Within the block, SQLite refuses at once what another writer holds up; PostgreSQL holds up nothing here."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                f"PRAGMA busy_timeout = {round(connection.settings_dict['OPTIONS'].get('timeout', 5) * 1000)}"
            )


def new_secret() -> str:
    """256 random bits as text."""
    return urlsafe_b64encode(os.urandom(_SECRET_BYTES)).decode().rstrip("=")


def digest_of(secret: str) -> str:
    """What is kept of a secret: 256 random bits need no salt and no slow hash."""
    return sha256(secret.encode()).hexdigest()


def token_text(token: ApiToken, secret: str) -> str:
    """What its holder sends, shown once."""
    return f"{PREFIX}_{token.id.hex}_{secret}"


def read_token(text: str) -> tuple[UUID, str] | None:
    """Key and secret out of what was sent; None where it has not the form of a token."""
    found = _FORM.fullmatch(text)
    return None if found is None else (UUID(hex=found[1]), found[2])


def _not_texts(value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return []
    return ["expected a list of texts"]


def _is_system(ref: str) -> bool:
    try:
        return Ref.parse(ref).type == "system" and find(ref) is not None
    except RefError:
        return False
