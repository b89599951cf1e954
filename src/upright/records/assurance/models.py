"""Systems as observed, approvals of bindings, what waits in the intake, where pushes come from; derived tables."""

from typing import ClassVar

from django.db import models

from upright.kernel import Ref
from upright.records.assurance.auditing import (
    Audit,
    AuditFinding,
    AuditInterview,
    AuditorAssignment,
    AuditProgramme,
    AuditSample,
    Certificate,
)
from upright.records.assurance.correction import (  # Django finds models here
    CorrectiveAction,
    Improvement,
    Measurement,
    Nonconformity,
    PerformanceEvaluation,
)
from upright.records.assurance.publishing import Publication
from upright.records.assurance.reviewing import ManagementReview, ReviewDecision, ReviewInput
from upright.records.assurance.snapshots import PostureSnapshot
from upright.records.inventory.models import System
from upright.records.trail.named import composed
from upright.records.trail.record import Record

__all__ = [
    "Audit",
    "AuditFinding",
    "AuditInterview",
    "AuditProgramme",
    "AuditSample",
    "AuditorAssignment",
    "BindingApproval",
    "Certificate",
    "CorrectiveAction",
    "EvidenceRow",
    "Improvement",
    "Intake",
    "ManagementReview",
    "Measurement",
    "Nonconformity",
    "Origin",
    "PerformanceEvaluation",
    "PostureRow",
    "PostureSnapshot",
    "Publication",
    "ReviewDecision",
    "ReviewInput",
    "WorkspaceSystem",
]


class WorkspaceSystem(Record):
    """A system as a repository last observed it: subjects with their digests, bindings, answers. Pushed, never typed.

    Its fields are those of a workspace's own system record, so that one reader makes Facts of both.
    """

    ref_type = "workspace-system"

    about = models.OneToOneField(System, models.PROTECT, related_name="observed")
    system = models.JSONField()
    organisation = models.CharField(max_length=300)
    subjects = models.JSONField(blank=True)
    bindings = models.JSONField(blank=True)
    answers = models.JSONField(blank=True)
    catalogue = models.JSONField(blank=True)
    gates = models.CharField(max_length=64)
    manifest = models.CharField(max_length=64)
    origin = models.CharField(max_length=200)

    class Meta:
        verbose_name = "observed state"

    def own_ref(self) -> str:
        """``workspace-system:<system>``."""
        return f"workspace-system:{self.about.reference.path}"

    def home(self) -> Ref:
        """The system's index announces it."""
        return self.about.reference

    def __str__(self) -> str:
        return composed("State of %(system)s", system=self.about)


class BindingApproval(Record):
    """Bindings that a push proposed, new, loosened or dropped: in force once someone else approves them."""

    class State(models.TextChoices):
        """Where the decision stands."""

        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    ref_type = "binding-approval"

    about = models.ForeignKey(System, models.PROTECT, related_name="binding_approvals")
    manifest = models.CharField(max_length=64)
    bindings = models.JSONField(help_text="Ids of the bindings that are new, changed or dropped.")
    changes = models.JSONField(default=list, help_text="What differs from the form in force, in words.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.CharField(max_length=300)
    decided_by = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "binding approval"

    def home(self) -> Ref:
        """The system's index announces it."""
        return self.about.reference

    def __str__(self) -> str:
        return composed("Bindings of %(system)s: %(bindings)s", system=self.about, bindings=", ".join(self.bindings))


class Intake(Record):
    """A statement that came by push and fits nothing yet: it counts only once a person links it."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "Waiting"
        LINKED = "linked", "Linked"
        REFUSED = "refused", "Refused"

    ref_type = "intake"

    evidence = models.CharField(max_length=64, unique=True, help_text="Id of the statement.")
    envelope = models.TextField()
    origin = models.CharField(max_length=200)
    claims = models.CharField(max_length=300, help_text="The system that the statement names.")
    why = models.TextField(help_text="Why it waits.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    pushed_by = models.CharField(max_length=300)
    decided_by = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "intake"
        verbose_name_plural = "intake"

    def __str__(self) -> str:
        return composed("Statement %(evidence)s about %(claims)s", evidence=self.evidence[:12], claims=self.claims)


class Origin(Record):
    """A log that pushes come from: how far it is known, so that a rewritten one is found out."""

    ref_type = "origin"

    origin = models.CharField(max_length=200, unique=True)
    log_key = models.TextField()
    size = models.BigIntegerField()
    states = models.JSONField(default=dict, help_text="Sizes of that log and their roots, as pushed.")

    def own_ref(self) -> str:
        """``origin:<uuid>``."""
        return f"origin:{self.origin.rpartition('/')[2]}"

    def __str__(self) -> str:
        return self.origin


class EvidenceRow(models.Model):
    """Derived from evidence entries: what lists show and search. Judgement never reads it."""

    index = models.BigIntegerField(primary_key=True)
    evidence = models.CharField(max_length=64, db_index=True)
    stream = models.CharField(max_length=1024)
    system = models.CharField(max_length=300, blank=True, db_index=True)
    binding = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300)
    kinds = models.JSONField()
    source = models.CharField(max_length=20)
    result = models.CharField(max_length=20)
    ended = models.CharField(max_length=24)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["subject", "-index"], name="assurance_evidence_subject")]


class PostureRow(models.Model):
    """Derived: the posture of one system's scope, until something changes or something ages."""

    scope = models.CharField(max_length=300, primary_key=True)
    newest = models.BigIntegerField()
    catalogue = models.CharField(max_length=64)
    at = models.CharField(max_length=24)
    until = models.CharField(max_length=24)
    facts = models.CharField(max_length=64)
    document = models.BinaryField()
    gathered = models.BinaryField(default=b"")
    """The Facts that it was judged by (``gathered.py``), so that saying why reads no evidence again."""

    class Meta:
        indexes: ClassVar = [  # what a page over all systems reads, without the documents that lie between
            models.Index(
                fields=["scope", "catalogue", "at", "until", "newest", "facts"], name="assurance_posture_at_a_glance"
            )
        ]
