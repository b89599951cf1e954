"""The tables of the ledger. ``store`` alone writes them; what they hold is proved by ``verify``."""

from typing import ClassVar

from django.db import models


class LedgerLog(models.Model):
    """The log of this server: one row. Its checkpoint is what an append commits."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    origin = models.CharField(max_length=200)
    checkpoint = models.TextField()


class LedgerEntry(models.Model):
    """A leaf and what opens it. Type, time and place in the stream stand in the leaf, and nowhere else."""

    index = models.BigIntegerField(primary_key=True)
    leaf = models.BinaryField()
    ref = models.CharField(max_length=1024)
    stream_salt = models.BinaryField(null=True)
    salt = models.BinaryField()
    media_type = models.CharField(max_length=255)
    body = models.BinaryField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ref", "index"], name="trail_entry_ref")]


class HashTile(models.Model):
    """Hashes of the tree, 256 a row; ``key`` is level * 2**40 + number of the tile in its level."""

    key = models.BigIntegerField(primary_key=True)
    hashes = models.BinaryField()


class LedgerStream(models.Model):
    """Where a stream stands: derived from the leaves, so that an append need not read them all."""

    ref = models.CharField(max_length=1024, primary_key=True)
    stream = models.CharField(max_length=64, unique=True)
    salt = models.BinaryField()
    index_ref = models.CharField(max_length=1024)
    entries = models.BigIntegerField()
    newest = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["index_ref", "newest"], name="trail_stream_index")]


class RefCounter(models.Model):
    """The last number given to display references such as ``risk:2026-0012``; ``name`` is ``risk:2026``."""

    name = models.CharField(max_length=120, primary_key=True)
    last = models.PositiveIntegerField()


class ReactionCursor(models.Model):
    """How far a reaction has read the log."""

    name = models.CharField(max_length=120, primary_key=True)
    next = models.BigIntegerField(default=0)


class ReactionRun(models.Model):
    """One reaction to one entry: done, or why not yet."""

    reaction = models.CharField(max_length=120)
    entry = models.BigIntegerField()
    is_done = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    at = models.CharField(max_length=24, blank=True)
    why = models.TextField(blank=True)
    after = models.CharField(max_length=24, blank=True)
    """Not tried again before."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reaction", "entry"], name="trail_a_reaction_runs_once_for_an_entry")
        ]
