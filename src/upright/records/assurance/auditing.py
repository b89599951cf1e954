"""Audits (9.2): programme, audit, its team, samples, interviews and findings; and the certificate with its cycle."""

from typing import ClassVar

from django.db import models

from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person, Unit
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import composed, word
from upright.records.trail.record import Record, RecordEvidence


class AuditProgramme(Controlled):
    """Which audits a cycle holds, so that every clause and included control is audited, and why so often (9.2.2)."""

    ref_type = "audit-programme"

    title = models.CharField(max_length=200)
    starts = models.DateField(help_text="First day of the cycle.")
    ends = DayToCome(
        help_text="Last day of the cycle, within which everything is audited at least once.", clause="9.2.2"
    )
    importance = models.TextField(blank=True, help_text="Which processes matter most, and so are audited more often.")
    earlier_results = models.TextField(
        blank=True, help_text="What earlier audits found, clause by clause, and what that changes in how often."
    )
    methods = models.TextField(blank=True, help_text="How audits are made: documents, samples, interviews, on site.")
    impartiality = models.TextField(blank=True, help_text="How auditors are chosen so that nobody audits own work.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")), name="assurance_a_cycle_ends_after_it_starts"
            )
        ]

    def unready(self) -> str | None:
        """It gives its reasons, and leaves nothing out that has to be audited."""
        from upright.records.assurance.coverage import programme_lacks

        return programme_lacks(self)

    def as_evidence(self) -> RecordEvidence | None:
        """A programme of internal audits."""
        data = {
            "cycle": f"{self.starts.isoformat()}/{self.ends.isoformat()}",
            "frequency_reason": f"{self.importance}\n{self.earlier_results}".strip(),
            "audits": [str(one.ref) for one in self.audits.order_by("starts", "ref")],
            "impartiality": self.impartiality,
        }
        return self.speak("audit-programme", data=data)

    def __str__(self) -> str:
        return self.title


class Certificate(Record):
    """That a body certified the management system: since when, until when, for what; its cycle follows from that."""

    class State(models.TextChoices):
        """Where it stands."""

        VALID = "valid", "Valid"
        SUSPENDED = "suspended", "Suspended"
        WITHDRAWN = "withdrawn", "Withdrawn"

    ref_type = "certificate"

    number = models.CharField(max_length=100)
    standard = models.CharField(max_length=100, help_text="Which standard, with its year, such as ISO/IEC 42001:2023.")
    body = models.CharField(max_length=200, help_text="Who certified.")
    scope = models.TextField(help_text="What the certificate says it covers, word for word.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="certificates")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="certificates")
    issued_on = models.DateField(help_text="Day of the decision to certify; the cycle counts from here.")
    expires_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.VALID, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(expires_on__gt=models.F("issued_on")),
                name="assurance_a_certificate_expires_after_it_is_issued",
            )
        ]

    def frozen(self) -> str | None:
        """One that was taken back stays as it was."""
        return "it was withdrawn" if self.state == self.State.WITHDRAWN else None

    def __str__(self) -> str:
        return f"{self.standard}, {self.number}"


class Audit(Record):
    """One audit: by which criteria, of what, when, by whom; what it found, who received its report (9.2)."""

    class Kind(models.TextChoices):
        """By whom and what for."""

        INTERNAL = "internal", "Internal"
        CERTIFICATION = "certification", "Certification"
        SURVEILLANCE = "surveillance", "Surveillance"

    class State(models.TextChoices):
        """Where it stands."""

        PLANNED = "planned", "Planned"
        UNDER_WAY = "under-way", "Under way"
        REPORTED = "reported", "Reported"
        RECEIVED = "received", "Received"
        CANCELLED = "cancelled", "Cancelled"

    ref_type = "audit"
    listed = frozenset({"systems"})

    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=15, choices=Kind.choices, default=Kind.INTERNAL)
    programme = models.ForeignKey(AuditProgramme, models.PROTECT, null=True, blank=True, related_name="audits")
    certificate = models.ForeignKey(
        Certificate, models.PROTECT, null=True, blank=True, related_name="audits", help_text="Of an external audit."
    )
    criteria = models.TextField(help_text="What is held against what: the standard, the law, own documents.")
    scope = models.TextField(help_text="Which units, places, processes and times it looks at.")
    clauses = models.JSONField(
        default=list, help_text="Requirements in scope, one a line; iso42001:A.6 stands for all that lies below."
    )
    systems = models.JSONField(
        default=list, blank=True, help_text="References of the systems in scope, one a line; none: all of them."
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="audits")
    starts = models.DateField()
    ends = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED, editable=False)
    conclusion = models.TextField(blank=True, editable=False)
    reported_on = models.DateField(null=True, blank=True, editable=False)
    reported_by = models.CharField(max_length=300, blank=True, editable=False)
    received_on = models.DateField(null=True, blank=True, editable=False)
    received_by = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["starts"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__gte=models.F("starts")), name="assurance_an_audit_ends_after_it_starts"
            )
        ]

    def clean(self) -> None:
        """Clauses and systems are there; an internal audit belongs to a programme.

        Raises:
            ValidationError: by field.
        """
        from upright.records.assurance.coverage import wrong_clauses, wrong_systems

        super().clean()
        for name, wrong in (("clauses", wrong_clauses(self.clauses)), ("systems", wrong_systems(self.systems))):
            if wrong:
                raise misfit(name, wrong, code="UP-AUD-01")
        if self.kind == self.Kind.INTERNAL and self.programme is None:
            said = "An internal audit belongs to a programme (9.2.2)."
            raise misfit("programme", said, code="UP-AUD-01")

    def frozen(self) -> str | None:
        """Criteria and scope are fixed before it starts."""
        return None if self.state == self.State.PLANNED else f"it is {self.state}"

    @property
    def lead(self) -> Person | None:
        """The lead auditor."""
        found = self.team.filter(is_lead=True).select_related("auditor").first()
        return None if found is None else found.auditor

    def as_evidence(self) -> RecordEvidence | None:
        """An internal audit, once it is reported; done, once the report was received. Others' are no internal ones."""
        if self.kind != self.Kind.INTERNAL or self.state not in {self.State.REPORTED, self.State.RECEIVED}:
            return None
        is_received = self.state == self.State.RECEIVED
        drawn = [f"{len(one.drawn)} of {one.population} {one.what}, seed {one.seed}" for one in self.samples.all()]
        return RecordEvidence(
            kinds=("audit",),
            is_occasion=True,
            state="approved" if is_received else "draft",
            on=self.ends if is_received else None,
            persons=tuple(one for one in (self.reported_by, self.received_by) if one),
            data={
                "criteria": self.criteria,
                "scope": self.scope,
                "auditor": self.reported_by,
                "sample": "; ".join(drawn),
                "findings": self.findings.count(),
                "reported_on": self.reported_on,
            },
        )

    def __str__(self) -> str:
        return self.title


class AuditorAssignment(Record):
    """Somebody audits: not own work of the last twelve months, and with the competence for it (9.2.2)."""

    ref_type = "auditor-assignment"

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="team")
    auditor = models.ForeignKey(Person, models.PROTECT, related_name="audits")
    is_lead = models.BooleanField("lead auditor", default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["audit", "auditor"], name="assurance_an_auditor_is_assigned_once"),
            models.UniqueConstraint(
                fields=["audit"], condition=models.Q(is_lead=True), name="assurance_an_audit_has_one_lead"
            ),
        ]

    def frozen(self) -> str | None:
        """Who audited stays."""
        return "assignments stay as they were made"

    def __str__(self) -> str:
        return f"{self.auditor}: {self.audit}"


class AuditSample(Record):
    """What is looked at out of a population, drawn by rule and seed, so that anyone can draw it again (9.2.2)."""

    ref_type = "audit-sample"

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="samples")
    what = models.CharField("record type", max_length=60, help_text="Type of the records, such as risk or incident.")
    system = RefField(blank=True, types=("system",), help_text="Only of this system; none: of all.")
    since = models.DateField(help_text="Only what was first entered from this day on.")
    until = models.DateField(help_text="And up to this day, included.")
    size = models.PositiveIntegerField(help_text="How many are drawn; all, where there are fewer.")
    seed = models.CharField(
        max_length=100,
        blank=True,
        help_text="Empty: the root of the ledger at the moment of drawing, which nobody picks.",
    )
    within = RefField(
        "unit",
        blank=True,
        types=("unit",),
        editable=False,
        help_text="Only of this unit and those below; none: of the whole organisation.",
    )
    population = models.PositiveIntegerField(default=0, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    drawn = models.JSONField(default=list, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(until__gte=models.F("since"), size__gte=1),
                name="assurance_a_sample_has_a_period_and_a_size",
            )
        ]

    def frozen(self) -> str | None:
        """What was drawn stays drawn."""
        return "a sample stays as it was drawn; draw another one"

    def __str__(self) -> str:
        return composed(
            "%(size)s of %(population)s %(what)s", size=self.size, population=self.population, what=self.what
        )


class AuditInterview(Record):
    """Whom auditors spoke with, when, about what, and what was said (9.2)."""

    ref_type = "audit-interview"

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="interviews")
    role = models.CharField(max_length=200, help_text="In which role somebody was heard, such as loan officer.")
    held_on = models.DateField()
    clauses = models.JSONField(default=list, blank=True, help_text="What it was about, one requirement a line.")
    notes = models.TextField(help_text="What was said and shown.")

    def frozen(self) -> str | None:
        """After the report nothing is added."""
        return None if self.audit.state == Audit.State.UNDER_WAY else f"its audit is {self.audit.state}"

    def __str__(self) -> str:
        return composed("%(role)s, %(day)s", role=self.role, day=self.held_on)


class AuditFinding(Record):
    """What an audit found, by clause: how grave it is, on what it rests (9.2, 10.2)."""

    class Grade(models.TextChoices):
        """How grave."""

        MAJOR = "major", "Major nonconformity"
        MINOR = "minor", "Minor nonconformity"
        OPPORTUNITY = "opportunity", "Opportunity for improvement"

    ref_type = "audit-finding"

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="findings")
    clause = models.CharField(max_length=100, help_text="The requirement, such as iso42001:A.5.4.")
    grade = models.CharField(max_length=12, choices=Grade.choices)
    statement = models.TextField(help_text="What was found, against what was expected.")
    grounds = models.TextField(help_text="On what it rests: references of records seen, ids of evidence, interviews.")
    is_reported = models.BooleanField(default=False, editable=False)

    def clean(self) -> None:
        """Its clause is there.

        Raises:
            ValidationError: it is not.
        """
        from upright.records.assurance.coverage import wrong_clauses

        super().clean()
        if wrong := wrong_clauses([self.clause]):
            raise misfit("clause", wrong, code="UP-AUD-01")

    @property
    def is_nonconformity(self) -> bool:
        """Whether it leads to a nonconformity."""
        return self.grade != self.Grade.OPPORTUNITY

    def frozen(self) -> str | None:
        """What was reported stays."""
        return "it was reported" if self.is_reported else None

    def as_evidence(self) -> RecordEvidence:
        """A finding, once it is reported; a nonconformity concludes badly."""
        return RecordEvidence(
            kinds=("audit-finding",),
            state="approved" if self.is_reported else "draft",
            conclusion="failed" if self.is_nonconformity else "passed",
            data={
                "finding": self.statement,
                "grade": self.grade if self.is_nonconformity else "observation",
                "clause": self.clause,
                "audit": str(self.audit.ref),
            },
        )

    def __str__(self) -> str:
        return composed("%(grade)s: %(clause)s", grade=word(self.get_grade_display()), clause=self.clause)
