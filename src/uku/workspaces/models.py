"""The tenant, its people, and the record of what they did."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.kit.scoping import TenantModel


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractUser):
    """A person. One sign-in may belong to several workspaces."""

    username = None  # type: ignore[assignment]  # people sign in by e-mail
    first_name = None  # type: ignore[assignment]  # one name, as people write it
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []  # noqa: RUF012  # Django reads a class attribute
    objects = UserManager()  # type: ignore[misc,assignment]  # AbstractUser declares one with usernames

    class Meta:
        app_label = "uku"

    def __str__(self) -> str:
        return self.name or self.email


class Plan(models.TextChoices):
    FREE = "free", _("Free")
    TEAM = "team", _("Team")
    ELITE = "elite", _("Elite")


INTEGRATING = frozenset({Plan.TEAM, Plan.ELITE})


class Workspace(models.Model):
    """A firm. Its card of facts is the seller on every invoice."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    plan = models.CharField(max_length=10, choices=Plan, default=Plan.FREE)
    organisation_number = models.CharField(max_length=20, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    f_tax = models.BooleanField(null=True, help_text="approved for F-tax or not; null: nobody has stated it")
    registered_office = models.CharField(max_length=100, blank=True)
    address = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    bankgiro = models.CharField(max_length=20, blank=True)
    plusgiro = models.CharField(max_length=20, blank=True, default="", db_default="")
    iban = models.CharField(max_length=34, blank=True, default="", db_default="")
    bic = models.CharField(max_length=11, blank=True, default="", db_default="")
    payment_days = models.PositiveSmallIntegerField(
        null=True, help_text="the company's own terms of payment, for clients without; null: nobody has stated them"
    )
    country = models.CharField(max_length=2, default="SE")
    currency = models.CharField(max_length=3, default="SEK")
    time_zone = models.CharField(max_length=50, default="Europe/Stockholm")
    language = models.CharField(max_length=5, default="en", db_default="en")
    fact_origins: models.JSONField[dict[str, str]] = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="who stated a fact of the card: `person`, or the slug of the integration that filled it",
    )
    second_factor_required = models.BooleanField(default=False, db_default=False, help_text="of owners and admins")
    firm = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", help_text="whose company file this is"
    )
    created_at = models.DateTimeField()

    class Meta:
        app_label = "uku"

    def __str__(self) -> str:
        return self.name

    @property
    def may_integrate(self) -> bool:
        """Integrations are part of Team and Elite."""
        return self.plan in INTEGRATING


class Role(models.TextChoices):
    OWNER = "owner", _("Company Owner")
    ADMIN = "admin", _("Company Admin")
    MEMBER = "member", _("Company Member")


class Membership(TenantModel):
    """A person in a workspace, with one role. The billing switches are for members: owners and admins have all."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    is_active = models.BooleanField(default=True)
    may_see_invoices = models.BooleanField(default=True, db_default=True)
    may_draft_invoices = models.BooleanField(default=True, db_default=True)
    may_issue_invoices = models.BooleanField(default=False, db_default=False)
    may_credit_invoices = models.BooleanField(default=False, db_default=False)
    may_send_invoices = models.BooleanField(default=False, db_default=False)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "user"], name="uku_membership_once"),
            models.CheckConstraint(
                condition=models.Q(may_see_invoices=True)
                | models.Q(
                    may_draft_invoices=False,
                    may_issue_invoices=False,
                    may_credit_invoices=False,
                    may_send_invoices=False,
                ),
                name="uku_membership_sees_what_it_changes",
            ),
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(role="owner"), name="uku_membership_one_owner"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Invitation(TenantModel):
    """An offer of a place in the workspace, sent by e-mail; the secret in its link is kept as a hash only."""

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    mail_outcome = models.CharField(max_length=10, default="", db_default="", help_text="empty: the e-mail waits")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="uku_invitation_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"invitation of {self.email}"


class Notice(TenantModel):
    """Something people should know: one row a cause, not an attempt, open until its cure clears it.

    It is for one person, or for everybody whose role has the permission.
    """

    key = models.CharField(max_length=100, help_text="the cause: an open notice with it is not opened twice")
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    permission = models.CharField(max_length=60, help_text="who sees it when it is for no one person")
    tone = models.CharField(max_length=10, default="neutral")
    title = models.CharField(max_length=200)
    text = models.CharField(max_length=1000, blank=True)
    url = models.CharField(max_length=300, blank=True, help_text="a path in this installation")
    opened_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    by_mail = models.BooleanField(default=False)
    mailed_at = models.DateTimeField(null=True, help_text="set before sending; taken back when it was refused")
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "key"], condition=models.Q(cleared_at=None), name="uku_notice_one_open"
            ),
        )
        indexes = (models.Index(fields=["workspace", "-id"], name="uku_notice_newest"),)

    def __str__(self) -> str:
        return self.title


class NoticeReading(TenantModel):
    """A person has seen a notice."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["notice", "user"], name="uku_notice_read_once"),)

    def __str__(self) -> str:
        return f"{self.user} read {self.notice}"


class AuditEntry(TenantModel):
    """Who did what, when, from where, and what changed. The app's database role may add and read, nothing else.

    The database itself gives each entry its position in the workspace and a hash over it and the one before,
    so that a removed or changed entry shows (S46).
    """

    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=100)
    summary = models.CharField(max_length=500)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    position = models.BigIntegerField(
        default=0, db_default=0, help_text="given by the database, from 1 in each workspace"
    )
    hash = models.CharField(max_length=64, default="", db_default="", help_text="given by the database")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        indexes = (
            models.Index(fields=["workspace", "-id"], name="uku_audit_newest"),
            models.Index(fields=["workspace", "-position"], name="uku_audit_last"),
            models.Index(fields=["workspace", "target", "-position"], name="uku_audit_of_target"),
        )

    def __str__(self) -> str:
        return self.summary
