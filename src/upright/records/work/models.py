"""Which workers live, and how far a task is. What people ask for are records, beside."""

from django.db import models


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
