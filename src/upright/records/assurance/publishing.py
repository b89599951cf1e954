"""What the organisation shows to everybody: claims in its own words, each resting on a record, by fields it chose.

Deny by default: ``PUBLISHABLE`` names the fields that may be chosen, type by type; no other is ever read for the
public. None of them names a person, and none that has to be seen beside a claim (a result, a state) can be left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from upright.records.identity.controlled import Controlled
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField

EVIDENCE, POSTURE = "evidence", "posture"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Of one type, the fields that may be chosen, and those among them that are always shown with a claim."""

    fields: tuple[str, ...]
    needed: tuple[str, ...] = ()


PUBLISHABLE: Mapping[str, Choice] = {
    "system": Choice(fields=("name", "purpose", "modality", "stage", "personal_data"), needed=("stage",)),
    "document": Choice(fields=("title", "subtype", "edition", "review_by", "state"), needed=("state",)),
    "statement-of-applicability": Choice(fields=("title", "edition", "review_by", "state"), needed=("state",)),
    "audit": Choice(
        fields=("title", "kind", "criteria", "scope", "starts", "ends", "state", "reported_on"),
        needed=("kind", "state"),
    ),
    "certificate": Choice(
        fields=("standard", "number", "body", "scope", "issued_on", "expires_on", "state"),
        needed=("standard", "expires_on", "state"),
    ),
    EVIDENCE: Choice(fields=("kinds", "result", "ended"), needed=("result", "ended")),
    POSTURE: Choice(fields=("counts",), needed=("counts",)),
}
RECORDS = tuple(one for one in PUBLISHABLE if one not in {EVIDENCE, POSTURE})


class Publication(Controlled):
    """A claim that everybody may read once a second person approved it: what it says, what it rests on, what is shown.

    Its approval enters what the public reads, and nothing else, in a stream of its own (``published``).
    """

    ref_type = "publication"

    title = models.CharField("claim", max_length=200, help_text="In one sentence, in English.")
    text = models.TextField("explanation", blank=True, help_text="What a reader should know, in English.")
    title_de = models.CharField("claim in German", max_length=200, blank=True)
    text_de = models.TextField("explanation in German", blank=True)
    rests_on = RefField(
        types=RECORDS,
        blank=True,
        help_text="The record that it rests on: a system, a document, a statement of applicability, an audit or a "
        "certificate.",
    )
    evidence = models.CharField(
        "evidence id", max_length=71, blank=True, help_text="Or the statement of evidence that it rests on, by its id."
    )
    framework = models.CharField(
        max_length=60,
        blank=True,
        help_text="Or the posture by this framework, such as iso42001: of the system above, else of the organisation.",
    )
    shows = models.JSONField(
        "shown fields", default=list, blank=True, help_text="Which fields of it everybody sees, one a line."
    )

    class Meta:
        ordering: ClassVar = ["ref"]

    @property
    def what(self) -> str:
        """The type that it rests on, as ``PUBLISHABLE`` names it."""
        if self.framework:
            return POSTURE
        return EVIDENCE if self.evidence else self.rests_on.partition(":")[0]

    def clean(self) -> None:
        """It rests on one thing, and shows nothing but what may be shown of that.

        Raises:
            ValidationError: by field.
        """
        from upright.records.assurance.judging import catalogue
        from upright.records.assurance.models import EvidenceRow

        super().clean()
        self.evidence = self.evidence.removeprefix("sha256:")
        if self.evidence and not EvidenceRow.objects.filter(evidence=self.evidence).exists():
            raise _wrong("evidence", f"There is no statement of evidence {self.evidence[:80]!r} here.")
        if self.framework and self.framework not in catalogue().frameworks:
            known = ", ".join(catalogue().frameworks)
            raise _wrong("framework", f"There is no framework {self.framework!r}; there are {known}.")
        is_many = bool(self.evidence) and bool(self.rests_on or self.framework)
        if is_many or (self.framework and self.rests_on.partition(":")[0] not in {"", "system"}):
            raise _wrong(
                "rests_on", "A claim rests on one thing: a record, a statement of evidence, or a posture by framework."
            )
        if self.what not in PUBLISHABLE:
            raise _wrong("rests_on", "Say what it rests on: a record, a statement of evidence, or a framework.")
        self._clean_shows()

    def _clean_shows(self) -> None:
        choice = PUBLISHABLE[self.what]
        never = [str(one) for one in self.shows if one not in choice.fields]
        if never:
            raise _wrong(
                "shows",
                f"{never[0][:80]!r} of {_a(self.what)} is never shown. What may be: {', '.join(choice.fields)}.",
            )
        chosen = {*self.shows, *choice.needed}
        self.shows = [one for one in choice.fields if one in chosen]

    def unready(self) -> str | None:
        """What it rests on is in force."""
        from upright.records.assurance.published import not_in_force

        why = not_in_force(self)
        return f"what it rests on does not carry it: {why}" if why else None

    def __str__(self) -> str:
        return self.title


def _a(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what.replace('-', ' ')}"


def _wrong(name: str, said: str) -> ValidationError:
    return misfit(name, said, code="UP-TRUST-01")
