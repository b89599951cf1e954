"""AI systems, and what they are made of."""

from django.db import models

from upright.kernel import Ref
from upright.records.identity.models import Person, Unit
from upright.records.trail.record import Record


class System(Record):
    """An AI system in scope: what it is for, who answers for it, at which stage of its life it is."""

    class Modality(models.TextChoices):
        """What a system takes in and puts out."""

        TABULAR = "tabular", "Tabular"
        TEXT = "text", "Text"
        IMAGE = "image", "Image"
        AUDIO = "audio", "Audio"
        VIDEO = "video", "Video"
        LLM = "llm", "Language model"
        AGENT = "agent", "Agent"

    ref_type = "system"
    named_by = "short_name"

    short_name = models.CharField(max_length=60, help_text="A short name for references, such as mortgage.")
    name = models.CharField(max_length=200)
    purpose = models.TextField(help_text="What it decides or proposes, about whom, and who acts on it.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="systems")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="systems")
    stage = models.CharField(max_length=40, default="inception")
    modality = models.CharField(max_length=10, choices=Modality.choices)
    personal_data = models.BooleanField(null=True, blank=True)

    def home(self) -> Ref | None:
        """Its own index announces it."""
        return Ref.parse(self.ref)

    def __str__(self) -> str:
        return self.name
