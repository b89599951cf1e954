"""Which workers live, and how far a task is. What people ask for are records, beside."""

from typing import ClassVar

from django.db import models

from upright.kernel import InputError, Ref, parse_duration
from upright.records.identity.models import Person
from upright.records.inventory.models import System
from upright.records.trail.errors import misfit
from upright.records.trail.named import composed
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
    history = models.BooleanField(
        default=False, help_text="The file tells what was so elsewhere: new records keep days that are over."
    )
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
        return (
            composed("Trial of %(name)s", name=self.name)
            if self.dry
            else composed("Import of %(name)s", name=self.name)
        )


class CheckRun(Record):
    """Checks of a system's repository that the server ran, or is to run: who asked, and what came of it."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    ref_type = "check-run"

    about = models.ForeignKey(System, models.PROTECT, related_name="check_runs", verbose_name="system")
    bindings = models.JSONField(default=list, blank=True, help_text="Ids of the bindings that are run; none: all.")
    by_schedule = models.BooleanField(default=False)
    asked_by = models.CharField(max_length=300)
    asked_at = models.CharField(max_length=24)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    outcome = models.CharField(max_length=10, blank=True, help_text="The worst of its checks; errored where none ran.")
    outcomes = models.JSONField(default=dict, blank=True, help_text="By binding.")
    taken = models.JSONField(default=dict, blank=True, help_text="What became of its statements here.")
    says = models.TextField(blank=True, help_text="Why it stopped, or what is still needed for it to count.")

    class Meta:
        verbose_name = "check run"
        indexes: ClassVar = [models.Index(fields=["about", "-asked_at"], name="work_check_run_newest")]

    def home(self) -> Ref:
        """The system's index announces it."""
        return self.about.reference

    def __str__(self) -> str:
        return composed("Checks of %(system)s", system=self.about)


class CheckSchedule(Record):
    """How often the server runs all checks of a system, in the name of its owner."""

    ref_type = "check-schedule"

    about = models.OneToOneField(System, models.PROTECT, related_name="check_schedule", verbose_name="system")
    every = models.CharField(max_length=20, help_text="An ISO 8601 duration of an hour or more, such as P7D or PT12H.")
    owner = models.ForeignKey(
        Person, models.PROTECT, related_name="check_schedules", help_text="Runs happen by this person's rights."
    )
    is_on = models.BooleanField("runs", default=True)

    class Meta:
        verbose_name = "check schedule"

    def home(self) -> Ref:
        """The system's index announces it."""
        return self.about.reference

    def clean(self) -> None:
        """A duration that we read, not so short that runs would queue up."""
        try:
            span = parse_duration(self.every)
        except (InputError, OverflowError) as why:
            said = why.message if isinstance(why, InputError) else f"{self.every} is longer than any calendar."
            raise misfit("every", said, code="UP-RUN-07") from None
        if span.total_seconds() < 3600:
            raise misfit("every", f"Found {self.every}; expected PT1H or longer.", code="UP-RUN-07")

    def __str__(self) -> str:
        return composed("Every %(period)s: checks of %(system)s", period=self.every, system=self.about)
