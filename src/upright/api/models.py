"""Answers kept for a day, so that a request sent twice with one idempotency key writes once."""

from typing import ClassVar

from django.db import models


class KeptAnswer(models.Model):
    """What a key was used for. It names the record and its version; the ledger holds what they were."""

    token = models.UUIDField()
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    ref = models.CharField(max_length=300)
    record_version = models.PositiveIntegerField()
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["token", "key"], name="api_a_key_is_used_once")]
