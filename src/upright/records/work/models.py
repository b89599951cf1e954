"""Which workers live, and how far a task is. What people ask for are records, beside."""

from typing import ClassVar

from django.db import models

from upright.records.trail.record import Record


class WorkerBeat(models.Model):
    """A worker that lives, or did until a moment ago."""

    worker = models.CharField(max_length=120, primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveBigIntegerField()
    started = models.CharField(max_length=24)
    at = models.CharField(max_length=24)
    memory_mib = models.PositiveIntegerField(default=0)


class Progress(models.Model):
    """How far a task is: rows or checks done of a total, in words, and what it found so far."""

    ref = models.CharField(max_length=300, primary_key=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    says = models.CharField(max_length=300, blank=True)
    at = models.CharField(max_length=24, blank=True)
    found = models.JSONField(default=dict)


class ImportRun(Record):
    """A spreadsheet that somebody has the worker import, or try: which file, what its columns mean, what came of it.

    Rows, found texts and problems are no part of it: they may be personal, and stand in ``Progress`` for a while.
    """

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    ref_type = "import"

    record_type = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    values = models.JSONField(default=dict, blank=True)
    dry = models.BooleanField(help_text="Nothing is written; every row is only looked at.")
    skip = models.BooleanField(default=False, help_text="Rows with a problem are left out.")
    reason = models.TextField(blank=True)
    asked_by = models.CharField(max_length=300)
    scope = models.JSONField(null=True, blank=True, help_text="How far the token reaches that asked for it.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    says = models.TextField(blank=True, help_text="Why it stopped.")

    class Meta:
        verbose_name = "import"
        indexes: ClassVar = [models.Index(fields=["sha256"], name="work_import_file")]

    def __str__(self) -> str:
        return f"{'Trial of' if self.dry else 'Import of'} {self.name}"
