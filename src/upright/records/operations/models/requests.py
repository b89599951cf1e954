"""What is asked for and answered: information for users, access, use of data, evidence (A.7.3, A.8.2, 9.1)."""

from django.db import models

from upright.kernel import Ref
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person
from upright.records.inventory.models import DataSet, OfSystem, System
from upright.records.operations.models.use import AboutSystem, lies_ahead
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import composed
from upright.records.trail.record import Record, RecordEvidence, find
from upright.records.trail.server_log import now


class UserInformation(AboutSystem):
    """What users of a system are told: what it is for, its limits, who watches it, whom they ask (A.8.2)."""

    ref_type = "user-information"

    system = models.ForeignKey(System, models.PROTECT, related_name="user_information")
    label = models.CharField("version of the text", max_length=60, help_text="Such as 1.0.")
    release = models.CharField(max_length=60, blank=True, help_text="Of which version of the system it speaks.")
    purpose = models.TextField()
    limits = models.TextField(help_text="Where it is weak, and what not to use it for.")
    oversight = models.TextField(help_text="Who decides, and how to override it.")
    contact = models.CharField(max_length=200, help_text="Whom to ask: a desk, no person's name.")

    class Meta:
        verbose_name = "user information"
        verbose_name_plural = "user information"

    def as_evidence(self) -> RecordEvidence | None:
        """The information for users of its system."""
        return self.speak("user-information", about=self.system.reference)

    def __str__(self) -> str:
        return composed("%(system)s: information %(label)s", system=self.system, label=self.label)


class InformationDelivery(OfSystem):
    """That users got the information: how many of them, how, and what proves it (A.8.2)."""

    ref_type = "information-delivery"

    information = models.ForeignKey(UserInformation, models.PROTECT, related_name="deliveries")
    system = models.ForeignKey(System, models.PROTECT, related_name="information_deliveries", editable=False, null=True)
    reached_percent = models.PositiveSmallIntegerField(help_text="Of those who use it, 0 to 100.")
    how = models.TextField(help_text="How it reached them.")
    proof = models.TextField(help_text="What shows it: a list of acknowledgements, a log.")
    checked_on = models.DateField()

    class Meta:
        verbose_name = "information delivery"
        verbose_name_plural = "information deliveries"

    def frozen(self) -> str | None:
        """What was checked stays."""
        return "what was checked stays; add another delivery"

    def clean(self) -> None:
        """A share is a share, and a check lies in the past."""
        if (self.reached_percent or 0) > 100:
            raise misfit("reached_percent", "No more than 100.", code="UP-OPS-60")
        if lies_ahead(self.checked_on):
            raise misfit("checked_on", "A check lies in the past.", code="UP-OPS-60")

    def as_evidence(self) -> RecordEvidence | None:
        """Delivered if everybody was reached; who was not is still owed it."""
        return RecordEvidence(
            kinds=("user-information-delivery",),
            is_occasion=True,
            about=None if self.system is None else self.system.reference,
            conclusion="passed" if self.reached_percent == 100 else "failed",
            on=self.checked_on,
        )

    def __str__(self) -> str:
        return f"{self.information}: {self.reached_percent} %"


class AccessReview(OfSystem):
    """Who may reach a system's data and models, looked at again by somebody who does not grant it."""

    ref_type = "access-review"

    system = models.ForeignKey(System, models.PROTECT, related_name="access_reviews")
    reviewer = models.ForeignKey(Person, models.PROTECT, related_name="access_reviews")
    reviewed_on = models.DateField()
    groups = models.JSONField("roles", default=list, help_text="Roles with access, one a line: role => to what.")
    withdrawn = models.PositiveIntegerField(help_text="How many accesses were withdrawn.")
    left = models.TextField("left open", blank=True, help_text="What should have been withdrawn and was not, and why.")
    encryption = models.CharField(max_length=200, help_text="How data and models are protected at rest and on the way.")

    class Meta:
        verbose_name = "access review"

    def frozen(self) -> str | None:
        """What was found stays."""
        return "what was found stays; add another review"

    def clean(self) -> None:
        """It lies in the past."""
        if lies_ahead(self.reviewed_on):
            raise misfit("reviewed_on", "A review lies in the past.", code="UP-OPS-60")

    def as_evidence(self) -> RecordEvidence | None:
        """The access of its system; what was left open has failed."""
        return RecordEvidence(
            kinds=("access-control-record",),
            is_occasion=True,
            about=self.system.reference,
            conclusion="failed" if self.left.strip() else "passed",
            on=self.reviewed_on,
            persons=(str(self.reviewer.ref),),
        )

    def __str__(self) -> str:
        return composed("Access to %(system)s on %(day)s", system=self.system, day=self.reviewed_on)


class DataUseRequest(Controlled):
    """The request to use data for a purpose, with its ground; approved by somebody else until a day (A.7.3)."""

    ref_type = "data-use-request"

    dataset = models.ForeignKey(DataSet, models.PROTECT, related_name="use_requests")
    purpose = models.TextField()
    ground = models.TextField(blank=True, help_text="Licence, consent or law that allows this use.")
    safeguards = models.TextField(blank=True, help_text="Pseudonyms, access, deletion.")

    class Meta:
        verbose_name = "data-use request"

    def home(self) -> Ref | None:
        """Where its data set is announced."""
        return self.dataset.home()

    def unready(self) -> str | None:
        """It has a ground; personal data have safeguards too."""
        if not self.ground.strip():
            return "it lacks the ground on which the data may be used (A.7.3)."
        if self.dataset.personal_data is not False and not self.safeguards.strip():
            return f"{self.dataset.ref} may hold personal data; it lacks safeguards (A.7.3)."
        return None

    def __str__(self) -> str:
        return f"{self.dataset}: {self.purpose[:60]}"


class EvidenceRequest(Record):
    """Named evidence that somebody is asked for by a day; what they answer counts only once it is looked at."""

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", "Asked"
        ANSWERED = "answered", "Answered"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    ref_type = "evidence-request"
    lies_with = "asked_of"

    what = models.TextField(help_text="Which evidence, of which period.")
    about = RefField(blank=True, help_text="The record that it is asked for.")
    asked_of = models.ForeignKey(Person, models.PROTECT, related_name="evidence_requests")
    due = DayToCome(clause="7.5.3")
    asked_by = models.CharField(max_length=300, blank=True, editable=False)
    answer = models.TextField(blank=True, editable=False)
    evidence = models.CharField(max_length=300, blank=True, editable=False, help_text="The record that answers it.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED, editable=False)

    class Meta:
        verbose_name = "evidence request"

    @property
    def unit_id(self) -> object:
        """The unit of who is asked."""
        return self.asked_of.unit_id

    def home(self) -> Ref | None:
        """Where what it is about is announced."""
        record = find(self.about) if self.about else None
        return None if record is None else record.home()

    def frozen(self) -> str | None:
        """What was answered stays."""
        return None if self.state == self.State.ASKED else f"it is {self.state}"

    @property
    def is_overdue(self) -> bool:
        """Whether its day is past without an answer."""
        return self.state == self.State.ASKED and self.due < now().date()

    def __str__(self) -> str:
        return self.what[:80]
