"""Where the organisation stands: issues, interested parties, scope, processes, roles, frameworks, duties (clause 4)."""

from typing import ClassVar

from django.db import models

from upright.kernel import Ref
from upright.records.governance.kinds import ai_roles, frameworks
from upright.records.governance.subjects import demand_same_subject, demand_subject, demand_units, home_of, units_below
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person, Unit
from upright.records.inventory.models import System
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.reasons import says_nothing
from upright.records.trail.record import Record, RecordEvidence


class ContextIssue(Record):
    """Something outside or inside that bears on what the management system is to reach (4.1)."""

    class Side(models.TextChoices):
        """Where it comes from."""

        EXTERNAL = "external", "External"
        INTERNAL = "internal", "Internal"

    ref_type = "context-issue"

    title = models.CharField(max_length=200)
    side = models.CharField(max_length=10, choices=Side.choices)
    bearing = models.TextField(help_text="How it helps or hinders what is to be reached with AI.")
    is_climate = models.BooleanField("about climate change", default=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="context_issues")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="context_issues")
    closed_on = models.DateField(null=True, blank=True, help_text="Since when it bears no more.")

    def __str__(self) -> str:
        return self.title


class ContextAnalysis(Controlled):
    """The dated look at all issues: which purposes they bear on, and whether climate change is one of them (4.1)."""

    ref_type = "context-analysis"

    title = models.CharField(max_length=200)
    purposes = models.JSONField(default=list, help_text="What the organisation uses or offers AI for, one a line.")
    climate_relevant = models.BooleanField("climate change is relevant", null=True, blank=True)
    climate_reason = models.TextField(blank=True, help_text="Why it is, or is not.")
    analysed_on = models.DateField()

    class Meta:
        verbose_name_plural = "context analyses"

    def unready(self) -> str | None:
        """Issues of both sides are there, and climate change was decided."""
        if self.climate_relevant is None or says_nothing(self.climate_reason):
            return "it does not say whether climate change is relevant, and why (4.1, amendment of 2024)."
        issues = ContextIssue.objects.filter(unit__in=units_below(self.unit_id), closed_on__isnull=True)
        missing = [one.label.lower() for one in ContextIssue.Side if not issues.filter(side=one).exists()]
        return f"no {' and no '.join(missing)} issue is recorded in its unit (4.1)." if missing else None

    def as_evidence(self) -> RecordEvidence | None:
        """The analysis of the context."""
        return self.speak("context-analysis", on=self.analysed_on)

    def __str__(self) -> str:
        return self.title


class InterestedParty(Controlled):
    """Who is affected or has a say, what they need, and which needs the management system takes up (4.2)."""

    ref_type = "interested-party"

    name = models.CharField(max_length=200)
    needs = models.JSONField(default=list, help_text="What they need or expect, one a line.")
    is_handled = models.BooleanField("taken up by the management system", default=True)
    how = models.TextField(blank=True, help_text="By what it is taken up; or why it is not.")

    class Meta:
        verbose_name_plural = "interested parties"

    def unready(self) -> str | None:
        """Needs, and what becomes of them."""
        if not self.needs:
            return "it names no need (4.2)."
        return (
            None if self.how.strip() else "it does not say by what the needs are taken up, or why they are not (4.2)."
        )

    def as_evidence(self) -> RecordEvidence | None:
        """A party and its needs."""
        return self.speak("interested-party")

    def __str__(self) -> str:
        return self.name


class ScopeStatement(Controlled):
    """What the management system covers: units, systems, boundaries, what is left out, frameworks adopted (4.3).

    Two persons stand in it: who wrote it, and who approved it. That of the whole organisation says which voluntary
    frameworks apply; that of a unit or a legal entity speaks for itself alone.
    """

    ref_type = "scope-statement"

    title = models.CharField(max_length=200)
    text = models.TextField(help_text="Activities, roles towards AI systems, sites, boundaries and interfaces.")
    frameworks = models.JSONField(
        default=list, blank=True, help_text="Which frameworks apply, one id a line, such as nist-ai-rmf."
    )
    covers = models.JSONField("units covered", default=list, help_text="One reference a line, such as unit:lending.")
    systems = models.JSONField(
        default=list, blank=True, help_text="One reference a line; empty: every system of these units."
    )
    excluded = models.TextField(help_text="What is left out and why it may be; none, if nothing is.")

    def clean(self) -> None:
        """Frameworks, units and systems are there."""
        super().clean()
        known = dict(frameworks())
        strange = [one for one in self.frameworks if not isinstance(one, str) or one not in known]
        if strange:
            raise misfit(
                "frameworks", f"{strange[0]} is no framework here; there are {', '.join(known)}.", code="UP-SCOPE-01"
            )
        demand_units(self.covers, "covers")
        there = set(System.objects.filter(ref__in=self.systems).values_list("ref", flat=True))
        gone = [one for one in self.systems if one not in there]
        if gone:
            raise misfit("systems", f"{gone[0]} names no system here.", code="UP-SCOPE-02")

    def unready(self) -> str | None:
        """It says what is covered and what is not."""
        return None if self.covers else "it covers no unit (4.3)."

    def as_evidence(self) -> RecordEvidence | None:
        """The organisation's scope, with the frameworks that it adopts."""
        if self.unit.parent_id is not None:
            return None
        said = {"frameworks": self.frameworks, "units": self.covers, "systems": self.systems, "excluded": self.excluded}
        return self.speak("scope-statement", data=said)

    def __str__(self) -> str:
        return self.title


class ProcessDefinition(Controlled):
    """A process of the management system: who owns it, what goes in and out, by which criteria it runs (4.4)."""

    ref_type = "process-definition"

    name = models.CharField(max_length=200)
    inputs = models.TextField()
    outputs = models.TextField()
    criteria = models.TextField(blank=True, help_text="By what one sees that it runs as it should.")
    feeds = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="fed_by", help_text="The process that it hands to."
    )

    def unready(self) -> str | None:
        """It says how one sees that it runs."""
        return None if self.criteria.strip() else "it has no criteria to run by (4.4, 8.1)."

    def as_evidence(self) -> RecordEvidence | None:
        """A process of the management system."""
        return self.speak("process-definition")

    def __str__(self) -> str:
        return self.name


class AiRole(Controlled):
    """Which roles the organisation has towards an AI system, and why (4.1)."""

    ref_type = "ai-role"

    about = RefField(types=("system", "use", "supplier"), help_text="The system, hosted service or supplier.")
    roles = models.JSONField(
        default=list, help_text="One a line: producer, provider, user, partner, subject, authority."
    )
    why = models.TextField()

    class Meta:
        verbose_name = "AI role"

    def home(self) -> Ref | None:
        """The index of the system that it is about."""
        return home_of(self.about)

    def clean(self) -> None:
        """Roles that there are, about something of its unit."""
        super().clean()
        known = ai_roles()
        strange = [one for one in self.roles if not isinstance(one, str) or one not in known]
        if strange or not self.roles:
            raise misfit(
                "roles",
                f"Found {', '.join(map(str, strange)) or 'none'}; expected some of {', '.join(known)}.",
                code="UP-ROLE-01",
            )
        demand_subject(self.about, ("system", "use", "supplier"), self.unit_id)
        demand_same_subject(self, self.about)

    def as_evidence(self) -> RecordEvidence | None:
        """The organisation's roles."""
        return self.speak("ai-role-determination")

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.roles))}: {self.about}"


class FrameworkInUse(Controlled):
    """A framework that a unit holds itself to, since when and why; upkeep shows before what that costs."""

    ref_type = "framework-in-use"

    framework = models.CharField(max_length=40, choices=frameworks)
    reason = models.TextField(help_text="Law that applies, contract, certification, own choice.")
    since = models.DateField()

    class Meta:
        verbose_name_plural = "frameworks in use"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["framework", "unit"], name="governance_a_framework_is_in_use_once_in_a_unit"
            )
        ]

    def __str__(self) -> str:
        return dict(frameworks()).get(self.framework, self.framework)


class Obligation(Controlled):
    """What law, contract or an own promise demands of the organisation, and who answers for it (4.2, 6.1.3)."""

    ref_type = "obligation"

    title = models.CharField(max_length=200)
    source = models.CharField(max_length=300, help_text="Law, contract or promise, with its place.")
    demands = models.TextField(help_text="What it demands, in own words.")
    due = models.CharField(max_length=120, blank=True, help_text="When or how often, such as yearly by 31 March.")

    def as_evidence(self) -> RecordEvidence | None:
        """A duty with an owner."""
        return self.speak("obligation")

    def __str__(self) -> str:
        return self.title
