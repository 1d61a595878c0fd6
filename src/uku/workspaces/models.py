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


class Workspace(models.Model):
    """A firm. Its card of facts is the seller on every invoice."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    plan = models.CharField(max_length=10, choices=Plan, default=Plan.FREE)
    organisation_number = models.CharField(max_length=20, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    f_tax = models.BooleanField(default=False)
    registered_office = models.CharField(max_length=100, blank=True)
    address = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    bankgiro = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, default="SE")
    currency = models.CharField(max_length=3, default="SEK")
    time_zone = models.CharField(max_length=50, default="Europe/Stockholm")
    created_at = models.DateTimeField()

    class Meta:
        app_label = "uku"

    def __str__(self) -> str:
        return self.name

    @property
    def may_integrate(self) -> bool:
        """Integrations are part of Team and Elite."""
        return self.plan in {Plan.TEAM, Plan.ELITE}


class Role(models.TextChoices):
    OWNER = "owner", _("Company Owner")
    ADMIN = "admin", _("Company Admin")
    MEMBER = "member", _("Company Member")


class Membership(TenantModel):
    """A person in a workspace, with one role."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    is_active = models.BooleanField(default=True)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "user"], name="uku_membership_once"),
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(role="owner"), name="uku_membership_one_owner"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class AuditEntry(TenantModel):
    """Who did what, when, and what changed. The app's database role may add and read, nothing else."""

    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=100)
    summary = models.CharField(max_length=500)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        indexes = (models.Index(fields=["workspace", "-id"], name="uku_audit_newest"),)

    def __str__(self) -> str:
        return self.summary
