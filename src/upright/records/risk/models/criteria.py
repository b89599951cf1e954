"""Against what risks and opportunities are held: scales in words, the line, who accepts what (6.1.1, 6.1.2)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Role, Unit
from upright.records.risk.models.linking import demand_words
from upright.records.trail.door import known_once
from upright.records.trail.errors import misfit
from upright.records.trail.named import composed
from upright.records.trail.record import RecordEvidence

LEVELS = 5
HIGHEST = LEVELS * LEVELS
SCALE = (MinValueValidator(1), MaxValueValidator(LEVELS))
_LINE = (MinValueValidator(1), MaxValueValidator(HIGHEST))
TRIGGERS = ("model", "data", "purpose", "population", "supplier", "jurisdiction", "law")
"""The changes that can reopen what was assessed; criteria say which do."""


def every_trigger() -> list[str]:
    """All of them: leaving one out is a decision."""
    return list(TRIGGERS)


class RiskCriteria(Controlled):
    """Scales, the line of acceptance for each whom a risk concerns, and who accepts what remains; by edition."""

    ref_type = "risk-criteria"

    title = models.CharField(max_length=200)
    likelihood = models.JSONField(default=list, help_text="Five lines: what 1 (rare) to 5 (almost certain) means.")
    organisation = models.JSONField(default=list, help_text="Five lines: what impact 1 to 5 is for the organisation.")
    individuals = models.JSONField(
        default=list, help_text="Five lines: what impact 1 to 5 is for individuals and groups."
    )
    society = models.JSONField(default=list, help_text="Five lines: what impact 1 to 5 is for society.")
    organisation_line = models.PositiveSmallIntegerField(
        validators=_LINE, help_text="The highest level (likelihood times impact) that needs no treatment."
    )
    individuals_line = models.PositiveSmallIntegerField(validators=_LINE)
    society_line = models.PositiveSmallIntegerField(validators=_LINE)
    accepts = models.JSONField(
        default=list,
        help_text="Who accepts what remains, one a line, up to a level: 6 risk-owner, then 25 aims-manager.",
    )
    triggers = models.JSONField(
        default=every_trigger,
        help_text=f"Changes that reopen assessments, one a line: {', '.join(TRIGGERS)}.",
    )
    edition = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "risk criteria"
        verbose_name_plural = "risk criteria"

    def clean(self) -> None:
        """Five words a scale; bands that rise to the highest level; triggers that we know."""
        super().clean()
        for name in ("likelihood", "organisation", "individuals", "society"):
            demand_words(name, getattr(self, name), LEVELS)
        self._demand_bands()
        unknown = sorted({str(one) for one in self.triggers} - set(TRIGGERS))
        if unknown:
            raise misfit("triggers", f"{', '.join(unknown)}: expected of {', '.join(TRIGGERS)}.", code="UP-RISK-23")

    def _demand_bands(self) -> None:
        from upright.records.risk.rights import RIGHTS

        may = {str(role) for role in RIGHTS["risk.risk.accept"]}
        upper = []
        for line in self.accepts if isinstance(self.accepts, list) else [self.accepts]:
            level, _, role = str(line).partition(" ")
            if not level.isdecimal() or not 1 <= int(level) <= HIGHEST or role.strip() not in may:
                raise misfit(
                    "accepts",
                    f"{line!r}: expected a level and a role that accepts risks, such as '6 risk-owner'; "
                    f"roles: {', '.join(sorted(may))}.",
                    code="UP-RISK-24",
                )
            upper.append(int(level))
        if not upper or upper != sorted(set(upper)) or upper[-1] != HIGHEST:
            raise misfit(
                "accepts",
                f"Levels rise from line to line; the last is {HIGHEST}: nothing is nobody's to accept.",
                code="UP-RISK-24",
            )

    @property
    def bands(self) -> tuple[tuple[int, Role], ...]:
        """Up to which level which role accepts, rising."""
        parts = [str(line).partition(" ") for line in self.accepts]
        return tuple((int(level), Role(role.strip())) for level, _, role in parts)

    def accepters(self, level: int) -> tuple[Role, ...]:
        """The roles that accept a level: that of its band, and those of the bands above."""
        return tuple(dict.fromkeys(role for upper, role in self.bands if level <= upper))

    def line(self, concerns: str) -> int:
        """The highest level that needs no treatment, for whom a risk concerns."""
        return int(getattr(self, f"{concerns}_line"))

    def word(self, concerns: str, impact: int) -> str:
        """What a level of impact is called."""
        return str(getattr(self, concerns)[impact - 1])

    def as_evidence(self) -> RecordEvidence | None:
        """The criteria in force."""
        return self.speak("risk-criteria", data={"edition": self.edition})

    def __str__(self) -> str:
        if not self.edition:
            return self.title
        return composed("%(title)s, edition %(edition)s", title=self.title, edition=self.edition)


class OpportunityCriteria(Controlled):
    """Scales for opportunities, and from which level one is worth a decision (6.1.1)."""

    ref_type = "opportunity-criteria"

    title = models.CharField(max_length=200)
    likelihood = models.JSONField(default=list, help_text="Five lines: what 1 to 5 means.")
    gain = models.JSONField(default=list, help_text="Five lines: what a gain of 1 to 5 is.")
    line = models.PositiveSmallIntegerField(
        validators=_LINE, help_text="The lowest level (likelihood times gain) that is worth pursuing."
    )

    class Meta:
        verbose_name = "opportunity criteria"
        verbose_name_plural = "opportunity criteria"

    def clean(self) -> None:
        """Five words a scale."""
        super().clean()
        demand_words("likelihood", self.likelihood, LEVELS)
        demand_words("gain", self.gain, LEVELS)

    def __str__(self) -> str:
        return self.title


def criteria_for(unit: Unit | None) -> RiskCriteria | None:
    """The approved criteria in force in a unit: its own, else those of the nearest unit above."""
    if unit is None:
        return None
    return known_once((RiskCriteria, Unit), ("criteria", unit.pk), lambda: _in_force(unit))


def criteria_for_all() -> RiskCriteria | None:
    """The approved criteria of the whole organisation; one query."""
    approved = RiskCriteria.objects.filter(unit__parent__isnull=True, state=RiskCriteria.State.APPROVED)
    found: RiskCriteria | None = approved.order_by("-edition").first()
    return found


def _in_force(unit: Unit) -> RiskCriteria | None:
    here: Unit | None = unit
    seen = set()
    while here is not None and here.pk not in seen:
        found = RiskCriteria.objects.filter(unit=here, state=RiskCriteria.State.APPROVED).order_by("-edition").first()
        if isinstance(found, RiskCriteria):
            return found
        seen.add(here.pk)
        here = here.parent
    return None
