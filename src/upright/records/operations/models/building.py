"""What is written while a system is built, tested and retired (A.6.2.2, A.6.2.4, A.6.2.6)."""

from datetime import date

from django.db import models

from upright.kernel import parse_time
from upright.records.governance.models import Document
from upright.records.identity.controlled import Controlled
from upright.records.inventory.models import System
from upright.records.operations.models.use import AboutSystem
from upright.records.trail.errors import misfit
from upright.records.trail.history import steps
from upright.records.trail.named import composed
from upright.records.trail.record import RecordEvidence
from upright.records.trail.server_log import now

MARK = "=>"


class RequirementSpecification(AboutSystem):
    """What a system has to do, and how each of that is accepted; written before it is built or changed (A.6.2.2)."""

    ref_type = "requirement-specification"

    system = models.ForeignKey(System, models.PROTECT, related_name="requirement_specifications")
    title = models.CharField(max_length=200)
    requirements = models.JSONField(
        default=list, help_text="One a line: what it has to do => how it is seen that it does."
    )

    class Meta:
        verbose_name = "requirement specification"

    def clean(self) -> None:
        """Each requirement says how it is accepted."""
        super().clean()
        for number, one in enumerate(self.requirements, 1):
            what, mark, how = str(one).partition(MARK)
            if not (what.strip() and mark and how.strip()):
                raise misfit(
                    "requirements",
                    f"Line {number} does not say how it is accepted; expected “what {MARK} how”.",
                    code="UP-OPS-30",
                )

    def unready(self) -> str | None:
        """It has requirements."""
        return None if self.requirements else "it lists no requirement (A.6.2.2)."

    def as_evidence(self) -> RecordEvidence | None:
        """The specification of its system."""
        return self.speak("requirement-specification", about=self.system.reference)

    def __str__(self) -> str:
        return self.title


class TestReport(AboutSystem):
    """What testing came to, against a plan whose limits were approved before (A.6.2.4)."""

    class Conclusion(models.TextChoices):
        """What it came to."""

        PASSED = "passed", "Within the limits"
        FAILED = "failed", "Outside the limits"

    ref_type = "test-report"

    system = models.ForeignKey(System, models.PROTECT, related_name="test_reports")
    plan = models.ForeignKey(Document, models.PROTECT, related_name="test_reports", help_text="The approved test plan.")
    release = models.CharField(max_length=60, help_text="Which version was tested.")
    tested_on = models.DateField()
    results = models.TextField(help_text="Each limit of the plan and what was measured.")
    conclusion = models.CharField(max_length=6, choices=Conclusion.choices)

    class Meta:
        verbose_name = "test report"

    def unready(self) -> str | None:
        """Its plan was approved before the test; the test was made."""
        if self.plan.subtype != "test-plan" or self.plan.state != Controlled.State.APPROVED:
            return f"{self.plan.ref} is no approved test plan (A.6.2.4)."
        approved = _approved_on(self.plan)
        if self.tested_on > now().date():
            return "the test lies in times to come."
        if approved is None or approved > self.tested_on:
            return f"{self.plan.ref} was approved after the test; limits are fixed before results are seen (A.6.2.4)."
        return None

    def as_evidence(self) -> RecordEvidence | None:
        """The result for the system as its models and data are now."""
        return self.speak(
            "test-report",
            about=self.system.reference,
            conclusion=self.conclusion,
            on=self.tested_on,
            is_tied=True,
        )

    def __str__(self) -> str:
        return f"{self.system} {self.release}"


class Disposal(AboutSystem):
    """Proof that data, models and keys of a retired system were disposed of, or are kept by rule (A.6.2.6)."""

    ref_type = "disposal"

    system = models.ForeignKey(System, models.PROTECT, related_name="disposals")
    what = models.JSONField(default=list, help_text="Data, models, keys and copies, one a line.")
    how = models.TextField(help_text="How each was disposed of.")
    kept = models.TextField(help_text="What is kept, until when, by which rule; or that nothing is.")
    proof = models.TextField(blank=True, help_text="Certificates, logs of deletion: where they are kept.")
    disposed_on = models.DateField()

    def unready(self) -> str | None:
        """It was done, and is proved."""
        if self.disposed_on > now().date():
            return "it lies in times to come; what is planned proves nothing (A.6.2.6)."
        if not self.proof.strip():
            return "it lacks its proof (A.6.2.6)."
        return None

    def as_evidence(self) -> RecordEvidence | None:
        """The disposal of its system."""
        return self.speak("disposal-record", about=self.system.reference, on=self.disposed_on)

    def __str__(self) -> str:
        return composed("Disposal of %(system)s", system=self.system)


def _approved_on(document: Document) -> date | None:
    done = [step.time for step in steps(document.ref) if step.action.endswith((".approved", ".reconfirmed"))]
    return parse_time(done[0]).date() if done else None
