"""AI systems, what they are made of and what they hang on: models, data, suppliers, resources, deployments."""

from typing import ClassVar

from django.db import models
from django.db.models import TextChoices  # inside a class that has ``models`` of its own

from upright.kernel import Ref
from upright.records.identity.models import Person, Unit
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import word
from upright.records.trail.record import Record, RecordEvidence


class System(Record):
    """An AI system in scope: what it is for, who answers for it, at which stage of its life it is."""

    class Modality(TextChoices):
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
    stage = models.CharField(
        max_length=40,
        default="inception",
        editable=False,
        help_text="Of the life cycle; moved by a stage change, past the gate.",
    )
    modality = models.CharField(max_length=10, choices=Modality.choices)
    personal_data = models.BooleanField(null=True, blank=True)

    def home(self) -> Ref | None:
        """Its own index announces it."""
        return Ref.parse(self.ref)

    def as_evidence(self) -> RecordEvidence | None:
        """That it stands in the inventory, with its purpose and who answers for it."""
        return RecordEvidence(kinds=("ai-system",), about=self.reference, persons=(str(self.owner.ref),))

    def __str__(self) -> str:
        return self.name


class OfSystem(Record):
    """What belongs to one system: its index announces it, its unit is the system's."""

    class Meta:
        abstract = True

    def home(self) -> Ref | None:
        """The system's index announces it."""
        system: System | None = getattr(self, "system", None)
        return None if system is None else system.reference


class Supplier(Record):
    """Who provides a model, data, a service or a part, and how much hangs on it (A.10.3)."""

    class Criticality(TextChoices):
        """What happens here if it fails."""

        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    ref_type = "supplier"
    named_by = "name"

    name = models.CharField(max_length=200)
    provides = models.TextField(help_text="What it provides, and for which systems.")
    country = models.CharField(max_length=2, help_text="Where it is established: two letters, such as DE.")
    criticality = models.CharField(max_length=10, choices=Criticality.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="suppliers", help_text="Who answers for it here.")
    contact = models.CharField(max_length=200, blank=True)
    responsibilities = models.TextField(blank=True, help_text="Who does what: the line between them and us.")
    next_assessment = DayToCome(null=True, blank=True, clause="A.10.3")

    personal = frozenset({"contact"})

    def as_evidence(self) -> RecordEvidence | None:
        """That it stands in the register of suppliers: what it provides, how much hangs on it."""
        data = {"name": self.name, "delivers": self.provides, "criticality": self.criticality}
        return RecordEvidence(kinds=("supplier",), data=data)

    def clean(self) -> None:
        """A country is two capital letters."""
        self.country = self.country.upper()
        if len(self.country) != 2 or not self.country.isascii() or not self.country.isalpha():
            raise misfit(
                "country", f"{self.country!r} is no country code; expected two letters, such as DE.", code="UP-INV-01"
            )

    def __str__(self) -> str:
        return self.name


class Customer(Record):
    """Who relies on an AI system of ours, what they require and what we owe them (A.10.4)."""

    ref_type = "customer"
    named_by = "name"

    name = models.CharField(max_length=200)
    requires = models.TextField(help_text="What they require of the AI system, and where that is agreed.")
    owed = models.TextField(blank=True, help_text="Information that we owe them, and when it was delivered.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="customers")

    def __str__(self) -> str:
        return self.name


class HostedUse(Record):
    """A use of an AI service that someone else runs: no model here, so conditions of use and the supplier carry it."""

    class State(models.TextChoices):
        """Whether it may be used."""

        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        ENDED = "ended", "Ended"

    ref_type = "use"
    named_by = "name"

    name = models.CharField(max_length=200)
    service = models.CharField(max_length=200, help_text="The service, its version or plan.")
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="uses", null=True, blank=True)
    purpose = models.TextField(help_text="What for, about whom, and who acts on what it says.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="uses")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="uses")
    data_given = models.TextField(blank=True, help_text="Which data is given to it; personal data named.")
    conditions = models.TextField(blank=True, help_text="What users must and must not do with it.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED, editable=False)

    def frozen(self) -> str | None:
        """What was decided on stays as it was decided on."""
        return None if self.state == self.State.PROPOSED else f"it is {self.state}; end it and propose a new one"

    class Meta:
        verbose_name = "hosted use"

    def __str__(self) -> str:
        return self.name


class Model(OfSystem):
    """A model that a system rests on."""

    ref_type = "model"

    system = models.ForeignKey(System, models.PROTECT, related_name="models")
    short_name = models.CharField(max_length=60, help_text="Its id in the manifest, such as scorer.")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=200, blank=True, help_text="What it is, such as gradient boosting.")
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="models", null=True, blank=True)
    intended_use = models.TextField(blank=True)

    def own_ref(self) -> str:
        """``model:<system>/<id>``, as in a manifest."""
        return within(self.ref_type, self.system, self.short_name)

    def __str__(self) -> str:
        return self.name


class ModelVersion(OfSystem):
    """A version of a model: its bytes by digest, since when, out of what."""

    ref_type = "model-version"
    lies_with = "model"

    model = models.ForeignKey(Model, models.PROTECT, related_name="versions")
    label = models.CharField(max_length=60, help_text="Its name in your registry, such as 3.1.")
    digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of its file, 64 hex digits; blank: unknown."
    )
    trained_on = models.TextField(blank=True, help_text="Which data, which code, which settings.")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "label"], name="inventory_a_version_is_named_once"),
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                name="inventory_a_version_ends_after_it_starts",
            ),
        ]

    @property
    def system(self) -> System:
        """The system of its model."""
        return self.model.system

    def clean(self) -> None:
        """A digest is 64 hex digits."""
        if self.digest and (len(self.digest) != 64 or not set(self.digest) <= set("0123456789abcdef")):
            raise misfit("digest", "A SHA-256 digest is 64 lower-case hex digits.", code="UP-INV-02")

    def __str__(self) -> str:
        return f"{self.model} {self.label}"


class DataSet(OfSystem):
    """Data that a system was trained, tested or runs on (A.7)."""

    class Use(models.TextChoices):
        """What the system does with it."""

        TRAINING = "training", "Training"
        EVALUATION = "evaluation", "Evaluation"
        PRODUCTION = "production", "Production"

    ref_type = "dataset"

    system = models.ForeignKey(System, models.PROTECT, related_name="datasets")
    short_name = models.CharField(max_length=60, help_text="Its id in the manifest, such as applications.")
    name = models.CharField(max_length=200)
    use = models.CharField(max_length=12, choices=Use.choices)
    origin = models.TextField(blank=True, help_text="Who collected it, where, for what.")
    licence = models.CharField(max_length=300, blank=True, help_text="Licence or legal ground.")
    personal_data = models.BooleanField(null=True, blank=True)
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="datasets", null=True, blank=True)

    class Meta:
        verbose_name = "data set"

    def own_ref(self) -> str:
        """``dataset:<system>/<id>``, as in a manifest."""
        return within(self.ref_type, self.system, self.short_name)

    def __str__(self) -> str:
        return self.name


class Resource(OfSystem):
    """A resource that a system needs: tools, computing, people with their competence (A.4)."""

    class Kind(models.TextChoices):
        """Which of the resources of A.4 it is."""

        TOOLING = "tooling", "Tooling (A.4.4)"
        COMPUTING = "computing", "System and computing (A.4.5)"
        HUMAN = "human", "People (A.4.6)"

    ref_type = "resource"

    system = models.ForeignKey(System, models.PROTECT, related_name="resources")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    description = models.TextField()
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="resources", null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class BusinessProcess(Record):
    """A process of the organisation that an AI system serves: how critical, and what happens without it."""

    class Criticality(models.TextChoices):
        """What a failure would mean."""

        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    ref_type = "process"
    named_by = "name"

    name = models.CharField(max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="processes")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="processes")
    criticality = models.CharField(max_length=10, choices=Criticality.choices)
    fallback = models.TextField(blank=True, help_text="How the work goes on while the AI system is off.")

    class Meta:
        verbose_name = "business process"
        verbose_name_plural = "business processes"

    def __str__(self) -> str:
        return self.name


class Deployment(OfSystem):
    """Where a system runs, for whom, under which jurisdiction, from when until when."""

    ref_type = "deployment"

    system = models.ForeignKey(System, models.PROTECT, related_name="deployments")
    name = models.CharField(max_length=200)
    jurisdiction = models.CharField(max_length=2, help_text="Two letters, such as DE; EU stands for the Union.")
    process = models.ForeignKey(BusinessProcess, models.PROTECT, related_name="deployments", null=True, blank=True)
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__isnull=True) | models.Q(ends__gte=models.F("starts")),
                name="inventory_a_deployment_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Dependency(Record):
    """An edge of the graph: one thing rests on another, in a role, from a day until a day."""

    ref_type = "dependency"
    ENDS = ("system", "model", "model-version", "dataset", "supplier", "resource", "process", "use")

    dependent = RefField(types=ENDS, help_text="What rests on something, by its reference.")
    on = RefField(types=ENDS, help_text="What it rests on, by its reference.")
    role = models.CharField(max_length=60, help_text="How, such as trained-on, provided-by, runs-on.")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "dependencies"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(dependent=models.F("on")), name="inventory_nothing_depends_on_itself"
            ),
            models.CheckConstraint(
                condition=models.Q(ends__isnull=True) | models.Q(ends__gte=models.F("starts")),
                name="inventory_a_dependency_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dependent} {word(self.role.replace('-', ' '))} {self.on}"


def within(kind: str, system: System, short_name: str) -> str:
    """The reference of something inside a system."""
    from upright.records.trail.references import slug

    return f"{kind}:{system.reference.path}/{slug(short_name)}"
