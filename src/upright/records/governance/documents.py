"""Controlled documents, those of external origin among them, and who read which approved version (5.2, 7.5, A.2)."""

from typing import ClassVar

from django.db import models

from upright.kernel import Ref, sha256_hex
from upright.records.governance.kinds import PLAIN_DOCUMENTS, document_kinds, kind_label, kind_of
from upright.records.governance.placeholders import unfilled
from upright.records.governance.subjects import demand_same_subject, demand_subject, demand_units, home_of
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import composed
from upright.records.trail.record import Record, RecordEvidence

_SHA256 = 64


class Document(Controlled):
    """A policy, a procedure or another controlled document; its text is entered whole, version by version.

    A document of external origin, or one that is kept elsewhere, is referenced by address, version and digest, and by
    who approved it where; it is not copied.
    """

    ref_type = "document"

    title = models.CharField(max_length=200)
    subtype = models.CharField(max_length=60, choices=document_kinds, help_text="What kind of document it is.")
    about = RefField(types=("system",), blank=True, help_text="The system that it is about; empty: the organisation.")
    text = models.TextField(blank=True, help_text="The document itself; empty where it is kept elsewhere.")
    address = models.CharField(max_length=500, blank=True, help_text="Where it is kept, if not here.")
    edition = models.CharField(max_length=60, blank=True, help_text="Its version as it says itself, such as 2.1.")
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, help_text="Digest of the file that was looked at.")
    approved_elsewhere = models.CharField(
        max_length=300, blank=True, help_text="Who approved it where, if that was not here."
    )
    distribution = models.JSONField(
        default=list, blank=True, help_text="Units whose people have to read it, one reference a line."
    )

    inherits = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="inherited_by"
    )
    inherited_digest = models.CharField(max_length=64, blank=True, editable=False)
    deviations = models.TextField(
        blank=True, help_text="Where this unit does otherwise than what it inherits, and why."
    )
    template = models.CharField(max_length=60, blank=True, editable=False)

    def home(self) -> Ref | None:
        """The index of the system that it is about."""
        return home_of(self.about)

    def clean(self) -> None:
        """It is about what its kind is about; a digest is one; who has to read it are units that there are."""
        super().clean()
        kind = kind_of(self.subtype)
        allowed = ("organisation", "system") if kind is None else kind.subject
        demand_subject(self.about, allowed, self.unit_id)
        demand_same_subject(self, self.about)
        demand_units(self.distribution, "distribution")
        self.sha256 = self.sha256.lower()
        if self.sha256 and (len(self.sha256) != _SHA256 or set(self.sha256) - set("0123456789abcdef")):
            raise misfit("sha256", "A SHA-256 has 64 hexadecimal digits.", code="UP-DOC-01")

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is kept elsewhere and referenced here."""
        return self.subtype == "external" or (bool(self.address) and not self.text.strip())

    @property
    def digest(self) -> str:
        """What identifies this content: of the text, or of the file that is kept elsewhere."""
        return self.sha256 if self.is_elsewhere else sha256_hex(self.text.encode())

    def unready(self) -> str | None:
        """It has its text without a gap; or says where it is kept, in which version, by which digest, approved how."""
        if self.is_elsewhere:
            missing = [
                str(getattr(Document._meta.get_field(name), "verbose_name", name))
                for name in ("address", "edition", "sha256", "approved_elsewhere")
                if not getattr(self, name)
            ]
            return f"kept elsewhere, it lacks its {', '.join(missing)} (7.5.3)." if missing else None
        if not self.text.strip():
            return "it lacks its text (7.5.2)."
        gaps = unfilled(self.text)
        if not gaps and self.inherits is not None and not self.deviations.strip() and self._deviates():
            return f"it says otherwise than {self.inherits.ref} that it inherits, and not where and why (7.5.3)."
        return f"it has placeholders that nobody filled: {', '.join(gaps[:5])} (7.5.2)." if gaps else None

    def _deviates(self) -> bool:
        return bool(self.inherited_digest) and self.digest != self.inherited_digest

    def uncitable(self) -> str | None:
        """What was superseded or withdrawn is not cited anew."""
        if self.state not in {self.State.SUPERSEDED, self.State.WITHDRAWN}:
            return None
        return f"{self.ref} is {self.state}; cite the version that is in force (7.5.3)."

    def as_evidence(self) -> RecordEvidence | None:
        """A document of its kind."""
        about = Ref.parse(self.about) if self.about else None
        kinds = ("document",) if self.subtype in PLAIN_DOCUMENTS else (self.subtype, "document")
        return self.speak(*kinds, about=about)

    def __str__(self) -> str:
        return self.title or kind_label(self.subtype)


class Acknowledgement(Record):
    """That a person read an approved version of a document, and when; it holds for that content alone."""

    ref_type = "acknowledgement"

    document = models.ForeignKey(Document, models.PROTECT, related_name="acknowledgements")
    person = models.ForeignKey(Person, models.PROTECT, related_name="acknowledgements")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was read.")
    at_version = models.PositiveIntegerField(help_text="The version of the record that was read.")
    read_on = models.DateField()

    class Meta:
        ordering: ClassVar = ["-read_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document", "person", "digest"], name="governance_one_acknowledgement_of_a_content"
            )
        ]

    def __str__(self) -> str:
        return composed("%(person)s read %(document)s", person=self.person, document=self.document)
