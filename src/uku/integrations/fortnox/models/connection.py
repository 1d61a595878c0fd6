"""The connection and what leads to it and ends it: attempts, links, grants that wait, revocations, the pace."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class TokenSource(models.TextChoices):
    """Where access tokens come from."""

    REFRESH = "refresh", _("a rotating refresh token")
    CREDENTIALS = "credentials", _("the company's consent to a service account")


class BlockReason(models.TextChoices):
    """Why the whole connection stands still until a person acts. Passing trouble is not written here."""

    NEEDS_AUTHORIZATION = "needs_authorization", _("Access was revoked or has expired")
    NO_LICENCE = "no_licence", _("The integration licence is missing")
    COMPANY_CHANGED = "company_changed", _("The company changed owner")
    UNREADABLE = "unreadable", _("The key of the stored tokens is missing")


class RevocationOutcome(models.TextChoices):
    """How a grant that was given back ended at Fortnox."""

    CONFIRMED = "confirmed", _("Ended, confirmed by Fortnox")
    STILL_ALIVE = "still_alive", _("Fortnox still gives access")
    NOT_KNOWN = "not_known", _("Not known")


class Booking(models.TextChoices):
    """What happens to an invoice once it is in Fortnox."""

    AT_ONCE = "at_once", _("Book it at once")
    BY_HAND = "by_hand", _("Leave it not booked: a person books it, in Uku or in Fortnox")


class NewClients(models.TextChoices):
    """What becomes of a customer that no client matches, once the first import is done."""

    CREATE = "create", _("Create a client")
    ASK = "ask", _("Ask first")


class NewCustomers(models.TextChoices):
    """What becomes of an issued invoice whose client is linked to no customer."""

    ASK = "ask", _("Stop, so that a person links the client")
    CREATE = "create", _("Create the customer in Fortnox")


class Connection(TenantModel):
    """The workspace's one grant to one Fortnox company. `company_id` is Fortnox's database number."""

    enabled = models.BooleanField(default=False)
    company_id = models.CharField(max_length=30, blank=True)
    company_name = models.CharField(max_length=200, blank=True)
    organisation_number = models.CharField(max_length=20, blank=True)
    scopes = models.JSONField(default=list)
    lost_scopes: models.JSONField[list[str]] = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="what was authorized and newer tokens lack",
    )
    service_account = models.BooleanField(default=False, db_default=False)
    authorized_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    authorized_at = models.DateTimeField(null=True)
    authorized_through_link = models.BooleanField(default=False, db_default=False)
    instance = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="the installation that holds the grant"
    )
    source = models.CharField(
        max_length=15, choices=TokenSource, default=TokenSource.REFRESH, db_default=TokenSource.REFRESH
    )
    sealed_tokens = models.TextField(blank=True)
    generation = models.PositiveIntegerField(default=0)
    refresh_started_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True, help_text="when an access token was last stored")
    consent_renewed_at = models.DateTimeField(null=True, help_text="when a refresh token was last stored")
    renewal_failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    renew_not_before = models.DateTimeField(null=True, help_text="the token address is not asked before")
    refused_since = models.DateTimeField(null=True, help_text="since when the API refuses the access tokens")
    company_read_at = models.DateTimeField(null=True, help_text="when company information was last read")
    company_asked_at = models.DateTimeField(null=True, help_text="when it was last asked for, with whatever outcome")
    company_facts: models.JSONField[dict[str, str]] = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField())
    )
    block_reason = models.CharField(max_length=40, blank=True, choices=BlockReason)
    block_text = models.CharField(max_length=500, blank=True)
    blocked_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True, help_text="when its health was last compared with what was told")
    resumed_at = models.DateTimeField(null=True, help_text="when a pause or a trouble last ended")
    statistics = models.JSONField(default=list)
    new_clients = models.CharField(
        max_length=10, choices=NewClients, default=NewClients.CREATE, db_default=NewClients.CREATE
    )
    new_customers = models.CharField(
        max_length=10, choices=NewCustomers, default=NewCustomers.ASK, db_default=NewCustomers.ASK
    )
    booking = models.CharField(max_length=10, choices=Booking, default=Booking.AT_ONCE, db_default=Booking.AT_ONCE)
    first_import_of = models.CharField(
        max_length=30,
        blank=True,
        default="",
        db_default="",
        help_text="the company whose first import a person decided; of any other, customers without a match wait",
    )

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace"], name="fortnox_connection_one"),
            models.UniqueConstraint(
                fields=["company_id"], condition=~models.Q(sealed_tokens=""), name="fortnox_connection_one_company"
            ),
            models.CheckConstraint(
                condition=models.Q(sealed_tokens="") | ~models.Q(company_id=""),
                name="fortnox_connection_tokens_have_a_company",
            ),
        )

    def __str__(self) -> str:
        return self.company_name or "not connected"

    @property
    def is_connected(self) -> bool:
        return bool(self.sealed_tokens)

    @property
    def books_at_once(self) -> bool:
        """Say whether invoices are booked as soon as they are in Fortnox, or by a person."""
        return self.booking == Booking.AT_ONCE


class FailingKind(TenantModel):
    """A kind of data that does not go through, as the last review found it: what every page needs of health.

    A kind that is well has no row. `kind` is a RunKind, or `invoices` for what goes out.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=15)
    refused = models.BooleanField(default=False, help_text="Fortnox said for good that this is not permitted")
    refused_code = models.CharField(max_length=20, blank=True)
    failing_since = models.DateTimeField(null=True, help_text="since when errors are seen that pass by themselves")

    class Meta:
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["connection", "kind"], name="fortnox_failing_kind_once"),)

    def __str__(self) -> str:
        return self.kind


class KnownCompany(TenantModel):
    """A Fortnox company that this workspace is or was connected to: what its links and articles are named by."""

    company_id = models.CharField(max_length=30)
    name = models.CharField(max_length=200)
    connected_at = models.DateTimeField(help_text="when it was last connected")

    class Meta:
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace", "company_id"], name="fortnox_known_company_once"),)

    def __str__(self) -> str:
        return self.name


class ConsentLink(TenantModel):
    """A way in for a Fortnox administrator who has no account here. It carries its issuer's authority."""

    issuer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, help_text="when a grant came back through it")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "everywhere"

    def __str__(self) -> str:
        return f"link of {self.created_at:%Y-%m-%d %H:%M} UTC"


class AttemptOutcome(models.TextChoices):
    """What a way to Fortnox and back came to; empty while it is under way, or when its process died."""

    CONNECTED = "connected", _("Connected")
    WAITING = "waiting", _("A person must confirm the company")
    REFUSED = "refused", _("Refused")


class AuthorizationAttempt(TenantModel):
    """One way to Fortnox's consent page and back: the state, by its hash, single use, ten minutes.

    `user` is who began it, or who issued the link it was begun through.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(ConsentLink, null=True, on_delete=models.PROTECT, related_name="+")
    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    service_account = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True, choices=AttemptOutcome, default="", db_default="")
    revocation = models.CharField(
        max_length=15,
        blank=True,
        choices=RevocationOutcome,
        default="",
        db_default="",
        help_text="how the grant ended at Fortnox; empty when none was given, or none was given back",
    )

    class Meta:
        db_table = "fortnox_attempt"
        base_manager_name = "everywhere"

    def __str__(self) -> str:
        return f"attempt of {self.created_at:%Y-%m-%d %H:%M} UTC"


class PendingGrant(TenantModel):
    """A grant that came back and is not in force: its company is being read, or waits for a person to confirm it.

    It is stored right after the exchange, company still empty, so that a process that dies leaves something to revoke.
    """

    attempt = models.OneToOneField(AuthorizationAttempt, on_delete=models.PROTECT, related_name="+")
    company_id = models.CharField(max_length=30, blank=True)
    company_name = models.CharField(max_length=200, blank=True)
    organisation_number = models.CharField(max_length=20, blank=True)
    company_facts: models.JSONField[dict[str, str]] = models.JSONField(default=dict)
    scopes = models.JSONField(default=list)
    instance = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="the installation that holds the grant"
    )
    sealed_tokens = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace"], name="fortnox_pending_grant_one"),)

    def __str__(self) -> str:
        return f"grant to {self.company_name}"


class Revocation(TenantModel):
    """A refresh token that is to be revoked: the intent, stored before the call and deleted when the call has ended."""

    company_id = models.CharField(max_length=30, blank=True)
    company_name = models.CharField(max_length=200, blank=True)
    sealed_token = models.TextField(blank=True)
    service_account = models.BooleanField(default=False)
    instance = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="the installation that holds the grant"
    )
    created_at = models.DateTimeField()

    class Meta:
        base_manager_name = "everywhere"

    def __str__(self) -> str:
        return f"revocation of {self.created_at:%Y-%m-%d %H:%M} UTC"


class Pace(models.Model):
    """When the next request to a Fortnox company may leave, for all processes together (decision 6)."""

    company_id = models.CharField(max_length=30, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.company_id
