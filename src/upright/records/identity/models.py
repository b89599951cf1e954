"""Persons, organisational units, role assignments, accounts."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.crypto import salted_hmac

from upright.kernel import Actor, Ref
from upright.records.identity.acting import current_actor
from upright.records.identity.tokens import ApiToken as ApiToken  # noqa: PLC0414 (Django finds models here)
from upright.records.trail.circles import circled
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.named import composed, word
from upright.records.trail.record import Record, RecordManager, writing


class Unit(Record):
    """The organisation, a legal entity or a unit below one; what is granted in one reaches all that lies under it."""

    class Kind(models.TextChoices):
        """What a unit is."""

        ORGANISATION = "organisation", "Organisation"
        LEGAL_ENTITY = "legal-entity", "Legal entity"
        UNIT = "unit", "Unit"

    ref_type = "unit"
    named_by = "name"

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.UNIT)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    jurisdictions = models.JSONField(default=list, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(parent__isnull=False) | models.Q(kind="organisation"),
                name="identity_only_the_organisation_has_no_parent",
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(parent__isnull=True), name="identity_one_organisation"
            ),
        ]

    def clean(self) -> None:
        """A unit is not its own ancestor: roles reach down, so who approves would come round."""
        if (one := circled(self, "parent")) is not None:
            raise misfit("parent", f"{one} would come to lie below itself (5.3).", code="UP-FIELD-04")

    def __str__(self) -> str:
        return self.name


class Person(Record):
    """Somebody who decides, answers or is informed. The reference holds no personal data: it outlives an erasure."""

    ref_type = "person"
    personal = frozenset({"name", "email"})

    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="people")
    is_active = models.BooleanField("active", default=True)

    _is_blanked = False

    def own_ref(self) -> str:
        """``person:<uuid>``."""
        return f"person:{self.id}"

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """A name is needed, save in the row of somebody who was erased: without one anybody else reads as erased."""
        erased = not self.name and (self._is_blanked or (not self.is_active and self._has_no_name_yet()))
        super().clean_fields(exclude={*(exclude or ()), "name"} if erased else exclude)

    def blank(self) -> None:
        """An erasure, which alone takes the name away."""
        super().blank()
        self._is_blanked = True

    def _has_no_name_yet(self) -> bool:
        return not self._state.adding and not Person.objects.filter(pk=self.pk).exclude(name="").exists()

    def not_erasable(self) -> str | None:
        """Somebody who is active acts under their name."""
        return "the person is active; deactivate them first" if self.is_active else None

    def erased_with(self) -> Iterable[Record]:
        """The account, which holds the address that they logged in with."""
        found: list[Record] = list(Account.objects.filter(person=self))
        return found

    def __str__(self) -> str:
        return self.name or word("(erased person)")


class Role(models.TextChoices):
    """The roles of a management system; a right names the roles that have it."""

    MEMBER = "member", "Member"
    SYSTEM_OWNER = "system-owner", "System owner"
    RISK_OWNER = "risk-owner", "Risk owner"
    OVERSEER = "overseer", "Overseer"
    AIMS_MANAGER = "aims-manager", "AIMS manager"
    INTERNAL_AUDITOR = "internal-auditor", "Internal auditor"
    EXTERNAL_AUDITOR = "external-auditor", "External auditor"
    ADMINISTRATOR = "administrator", "Administrator"


class RoleAssignment(Record):
    """A role that a person holds in a unit, from a day until a day, once its holder has accepted it (5.3, A.3.2).

    A role that approves needs a second holder of authority to confirm it before it counts.
    """

    ref_type = "role"

    person = models.ForeignKey(Person, models.PROTECT, related_name="roles")
    role = models.CharField(max_length=30, choices=Role.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="roles")
    starts = models.DateField()
    ends = DayToCome(null=True, blank=True, clause="5.3")
    granted_by = models.CharField(max_length=300, editable=False, blank=True)
    granted_at = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_by = models.CharField(max_length=300, editable=False, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    exception = models.ForeignKey(
        "ApprovalException", models.PROTECT, null=True, blank=True, editable=False, related_name="roles"
    )
    flag = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__isnull=True) | models.Q(ends__gte=models.F("starts")),
                name="identity_a_role_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return composed("%(role)s in %(unit)s", role=word(self.get_role_display()), unit=self.unit)


class ApprovalException(Record):
    """For a time one person may approve alone, because no second holder of authority exists; it shows wherever used."""

    ref_type = "exception"

    person = models.ForeignKey(Person, models.PROTECT, related_name="exceptions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="exceptions")
    starts = models.DateField()
    ends = DayToCome(clause="5.3")
    granted_by = models.CharField(max_length=300, editable=False, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "exception"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__gte=models.F("starts")), name="identity_an_exception_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return composed("%(person)s alone in %(unit)s until %(day)s", person=self.person, unit=self.unit, day=self.ends)


class Delegation(Record):
    """Rights that one person lends another in a unit, from a day until a day; they end with the giver's own."""

    ref_type = "delegation"

    giver = models.ForeignKey(Person, models.PROTECT, related_name="delegations_given")
    receiver = models.ForeignKey(Person, models.PROTECT, related_name="delegations_held")
    rights = models.JSONField(default=list, help_text="One right a line, such as risk.risk.accept.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="delegations")
    starts = models.DateField()
    ends = DayToCome(clause="5.3")
    granted_by = models.CharField(max_length=300, editable=False, blank=True)
    granted_at = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_by = models.CharField(max_length=300, editable=False, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    exception = models.ForeignKey(
        ApprovalException, models.PROTECT, null=True, blank=True, editable=False, related_name="delegations"
    )
    flag = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__gte=models.F("starts")), name="identity_a_delegation_ends_after_it_starts"
            )
        ]

    @property
    def person(self) -> Person:
        """Who holds it."""
        return self.receiver

    def __str__(self) -> str:
        return composed(
            "%(giver)s to %(receiver)s: %(rights)s",
            giver=self.giver,
            receiver=self.receiver,
            rights=", ".join(self.rights),
        )


class Invitation(Record):
    """An external auditor is invited: reads, and only that, in a unit, until a day."""

    ref_type = "invitation"

    person = models.ForeignKey(Person, models.PROTECT, related_name="invitations")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="invitations")
    purpose = models.TextField(help_text="Which audit, on whose behalf.")
    starts = models.DateField()
    ends = DayToCome(clause="5.3")
    role = models.OneToOneField(RoleAssignment, models.PROTECT, editable=False, related_name="invitation")

    class Meta:
        verbose_name = "auditor invitation"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__gte=models.F("starts")), name="identity_an_invitation_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return composed("%(person)s until %(day)s", person=self.person, day=self.ends)


class AccountManager(RecordManager):
    """Finds accounts by what people log in with."""

    def get_by_natural_key(self, email: str) -> "Account":
        """The account with an e-mail address, in any case of its letters."""
        found: Account = self.get(email__iexact=email)
        return found


class Account(AbstractBaseUser, Record):
    """What a person logs in with. A change of it is entered like any other; the password as a keyed digest."""

    ref_type = "account"
    sealed = frozenset({"password"})
    unrecorded = frozenset({"last_login"})
    personal = frozenset({"email"})

    email = models.EmailField(unique=True)
    person = models.OneToOneField(Person, models.PROTECT, related_name="account")
    is_active = models.BooleanField("active", default=True)
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)

    objects = AccountManager()  # type: ignore[misc]  # a class variable in Record
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def own_ref(self) -> str:
        """``account:<uuid>``."""
        return f"account:{self.id}"

    def not_erasable(self) -> str | None:
        """Who logs in needs the address."""
        return "the account is open; deactivate the person first" if self.is_active else None

    def blank(self) -> None:
        """An address that reaches nobody: the column is unique."""
        self.email = f"erased-{self.id}@invalid.example"

    def save(self, *args: Any, **more: Any) -> None:
        """Django's and allauth's ways of saving an account go through the door like everyone's."""
        fields = more.get("update_fields")
        if writing.get():
            super().save(*args, **more)
        elif fields is not None and set(fields) <= self.unrecorded:
            models.Model.save(self, *args, **more)
        else:
            from upright.records.trail.door import write

            write(self, actor=current_actor(), action="identity.account.changed")

    def clean(self) -> None:
        """Addresses are compared in lower case, by us and by allauth."""
        self.email = self.email.lower()

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """A session holds until the password changes or the account's sessions are ended, and never again after."""
        said = f"{self.password}\0{self.sessions_ended}"
        return salted_hmac("upright.account.session", said, secret=secret, algorithm="sha256").hexdigest()

    @property
    def actor(self) -> Actor:
        """Who acts when this account is logged in."""
        return Actor(Ref.parse(self.person.ref))

    def __str__(self) -> str:
        return self.email


class Authenticator(Record):
    """A second factor, a passkey or a link to the identity provider; allauth keeps what it proves with."""

    class Kind(models.TextChoices):
        """What one proves with."""

        TOTP = "totp", "One-time passwords"
        RECOVERY_CODES = "recovery-codes", "Recovery codes"
        PASSKEY = "webauthn", "Passkey"
        PROVIDER = "provider", "Identity provider"

    ref_type = "authenticator"

    account = models.ForeignKey(Account, models.PROTECT, related_name="authenticators")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    fingerprint = models.CharField(max_length=64)
    removed_at = models.DateTimeField(null=True, blank=True)

    def own_ref(self) -> str:
        """``authenticator:<uuid>``."""
        return f"authenticator:{self.id}"

    def __str__(self) -> str:
        return word(self.get_kind_display())


class CachedValue(models.Model):
    """What ``login.cache`` keeps: counts of attempts, until they expire. No record: nobody decided any of it."""

    key = models.CharField(max_length=250, primary_key=True)
    value = models.TextField()
    expires = models.FloatField(db_index=True)
