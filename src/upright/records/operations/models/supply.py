"""Suppliers and customers: assessed, their duties shared out, their changes judged, what is owed delivered (A.10)."""

from django.db import models

from upright.kernel import Ref
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Unit
from upright.records.inventory.models import Customer, OfSystem, Supplier, System
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import composed
from upright.records.trail.record import Record, RecordEvidence
from upright.records.trail.server_log import now


class SupplierAssessment(Controlled):
    """What was looked at of a supplier and what it came to; ``review by`` is when the next one is due (A.10.3)."""

    class Result(models.TextChoices):
        """What it came to."""

        ACCEPTED = "accepted", "Accepted"
        CONDITIONS = "conditions", "Accepted with conditions"
        REJECTED = "rejected", "Rejected"

    ref_type = "supplier-assessment"

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="assessments")
    assessed_on = models.DateField()
    looked_at = models.TextField(help_text="Which papers, tests, visits.")
    result = models.CharField(max_length=10, choices=Result.choices)
    conditions = models.TextField(blank=True, help_text="What they have to do, and until when.")

    class Meta:
        verbose_name = "supplier assessment"

    def unready(self) -> str | None:
        """It lies in the past; conditions are written."""
        if self.assessed_on > now().date():
            return "it lies in times to come."
        if self.result == self.Result.CONDITIONS and not self.conditions.strip():
            return "it lacks the conditions (A.10.3)."
        return None

    @property
    def is_current(self) -> bool:
        """Whether it is approved, not rejected, and its next one is not due yet."""
        is_good = self.state == self.State.APPROVED and self.result != self.Result.REJECTED
        return is_good and self.review_by is not None and self.review_by >= now().date()

    def __str__(self) -> str:
        return composed("%(supplier)s on %(day)s", supplier=self.supplier, day=self.assessed_on)


class SupplierReview(OfSystem):
    """That every supplier of a system has a current assessment, supplier by supplier; a new one opens it again."""

    class State(models.TextChoices):
        """Whether it holds."""

        OPEN = "open", "Open"
        CONFIRMED = "confirmed", "Confirmed"

    ref_type = "supplier-review"

    system = models.ForeignKey(System, models.PROTECT, related_name="supplier_reviews")
    note = models.TextField(blank=True, help_text="What to know beside the assessments.")
    rows = models.JSONField(default=list, blank=True, editable=False)
    review_by = models.DateField(null=True, blank=True, editable=False)
    confirmed_by = models.CharField(max_length=300, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, editable=False)

    class Meta:
        verbose_name = "supplier review"

    def frozen(self) -> str | None:
        """What was confirmed stays."""
        return None if self.state == self.State.OPEN else "it is confirmed; open it again first"

    def as_evidence(self) -> RecordEvidence | None:
        """The assessment of the system's suppliers; open, it shows nothing, and what it showed before is taken back."""
        is_open = self.state == self.State.OPEN
        opened = "withdrawn" if self.rows else "draft"  # a draft would leave in force what was confirmed before
        return RecordEvidence(
            kinds=("supplier-assessment",),
            about=self.system.reference,
            state=opened if is_open else "approved",
            review_by=self.review_by,
            persons=(self.confirmed_by,) if self.confirmed_by else (),
            data={"rows": self.rows},
        )

    def __str__(self) -> str:
        return composed("Suppliers of %(system)s", system=self.system)


class ResponsibilityMatrix(OfSystem):
    """Who does what over a system's life, between us and a supplier or customer; both sides say yes (A.10.2)."""

    class State(models.TextChoices):
        """How far it is agreed."""

        PROPOSED = "proposed", "Proposed"
        OURS = "ours", "Acknowledged by us"
        THEIRS = "theirs", "Acknowledged by them"
        AGREED = "agreed", "Acknowledged by both"

    ref_type = "responsibility-matrix"

    system = models.ForeignKey(System, models.PROTECT, related_name="responsibility_matrices")
    party = RefField(types=("supplier", "customer"), help_text="The other side.")
    duties = models.JSONField(default=list, help_text="One a line: duty => us, them or both.")
    gaps = models.TextField(help_text="What nobody does yet; or that there is none.")
    review_by = DayToCome(help_text="When it is looked at again.", clause="A.10.2")
    ours_by = models.CharField(max_length=300, blank=True, editable=False)
    theirs_by = models.CharField(max_length=200, blank=True, editable=False)
    proof = models.TextField(blank=True, editable=False, help_text="How they said so, and where that is kept.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED, editable=False)

    class Meta:
        verbose_name = "responsibility matrix"
        verbose_name_plural = "responsibility matrices"

    def frozen(self) -> str | None:
        """What one side said yes to stays."""
        return None if self.state == self.State.PROPOSED else f"it is {self.get_state_display().lower()}; propose anew"

    def clean(self) -> None:
        """Each duty is somebody's."""
        for number, one in enumerate(self.duties, 1):
            duty, _, who = str(one).partition("=>")
            if not duty.strip() or who.strip() not in {"us", "them", "both"}:
                raise misfit(
                    "duties",
                    f"Line {number} does not say whose it is; expected “duty => us”, them or both.",
                    code="UP-OPS-50",
                )

    def as_evidence(self) -> RecordEvidence | None:
        """The matrix of its system, once both sides said yes."""
        return RecordEvidence(
            kinds=("responsibility-matrix",),
            about=self.system.reference,
            state="approved" if self.state == self.State.AGREED else "draft",
            review_by=self.review_by,
            persons=(self.ours_by,) if self.ours_by else (),
        )

    def __str__(self) -> str:
        return composed("%(system)s and %(party)s", system=self.system, party=self.party)


class ChangeNotice(Record):
    """A supplier says that something changes; somebody judges what that means here (A.10.3, 6.3)."""

    class State(models.TextChoices):
        """Whether it was judged."""

        RECEIVED = "received", "Received"
        JUDGED = "judged", "Judged"

    ref_type = "change-notice"
    lies_with = "supplier"

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="change_notices")
    what = models.TextField(help_text="What changes: version, terms, place, sub-supplier.")
    received_on = models.DateField()
    effective_on = models.DateField(null=True, blank=True)
    effect = models.TextField(blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED, editable=False)

    class Meta:
        verbose_name = "change notice"

    @property
    def unit_id(self) -> object:
        """The unit that answers for the supplier."""
        return self.supplier.unit_id

    def frozen(self) -> str | None:
        """What was judged stays."""
        return None if self.state == self.State.RECEIVED else "it was judged"

    def __str__(self) -> str:
        return f"{self.supplier}: {self.what[:60]}"


class CustomerRequirement(Record):
    """What a customer expects of our AI, and how that is met (A.10.4)."""

    class State(models.TextChoices):
        """Whether it is met."""

        OPEN = "open", "Open"
        MET = "met", "Met"
        UNMET = "unmet", "Not met"

    ref_type = "customer-requirement"
    lies_with = "customer"

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="requirements")
    requirement = models.TextField(help_text="What they expect, and where that is agreed.")
    met_by = models.TextField(blank=True, help_text="What meets it: a control, a measure, a record.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, editable=False)
    judged_by = models.CharField(max_length=300, blank=True, editable=False)
    review_by = DayToCome(help_text="When it is looked at again.", clause="A.10.4")

    class Meta:
        verbose_name = "customer requirement"

    @property
    def unit_id(self) -> object:
        """The unit that answers for the customer."""
        return self.customer.unit_id

    def frozen(self) -> str | None:
        """What was judged stays."""
        return None if self.state == self.State.OPEN else "it was judged; open it again first"

    def as_evidence(self) -> RecordEvidence | None:
        """A requirement of a customer and whether it is met; opened again, what was judged before is taken back."""
        opened = "withdrawn" if self.judged_by else "draft"
        return RecordEvidence(
            kinds=("customer-requirement",),
            state=opened if self.state == self.State.OPEN else "approved",
            conclusion={"met": "passed", "unmet": "failed"}.get(self.state),
            review_by=self.review_by,
            persons=(self.judged_by,) if self.judged_by else (),
        )

    def __str__(self) -> str:
        return self.requirement[:80]


class InformationOwed(Record):
    """Information about an AI system that is owed to somebody by a day, and its delivery (A.8.5, A.10.4)."""

    ref_type = "information-owed"

    owed_to = models.CharField(max_length=200, help_text="Which customer, authority or partner.")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="information", null=True, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="information_owed")
    what = models.TextField()
    due = models.DateField()
    delivered_on = models.DateField(null=True, blank=True, editable=False)
    proof = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = "information owed"
        verbose_name_plural = "information owed"

    def frozen(self) -> str | None:
        """What was delivered was delivered."""
        return "it was delivered" if self.delivered_on else None

    def as_evidence(self) -> RecordEvidence | None:
        """Owed until its day; delivered for good; late in between is failed from its next entry on."""
        return RecordEvidence(
            kinds=("reporting-obligation",),
            review_by=None if self.delivered_on else self.due,
            conclusion="passed" if self.delivered_on is None or self.delivered_on <= self.due else "failed",
        )

    def home(self) -> Ref | None:
        """The organisation's index announces it."""
        return None

    def __str__(self) -> str:
        return f"{self.owed_to}: {self.what[:60]}"
