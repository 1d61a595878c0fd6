"""The connection, the records seen in Fortnox, the pushes, the runs. Nothing here without its company's id."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.invoices.models import Invoice
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class TokenSource(models.TextChoices):
    """Where access tokens come from."""

    REFRESH = "refresh", _("a rotating refresh token")
    CREDENTIALS = "credentials", _("the company's consent to a service account")


class ConnectionTrouble(models.TextChoices):
    """Why the whole connection stands still until a person acts. Passing trouble is not written here."""

    NEEDS_AUTHORIZATION = "needs_authorization", _("Access was revoked or ran out")
    NO_LICENCE = "no_licence", _("The integration licence is missing")
    COMPANY_CHANGED = "company_changed", _("The company changed owner")
    UNREADABLE = "unreadable", _("The key of the stored tokens is missing")


class NewClients(models.TextChoices):
    """What becomes of a customer that no client matches, once the first import is done."""

    CREATE = "create", _("Create a client")
    ASK = "ask", _("Ask first")


class Connection(TenantModel):
    """The workspace's one grant to one Fortnox company. `company_id` is Fortnox's database number."""

    enabled = models.BooleanField(default=False)
    company_id = models.CharField(max_length=30, blank=True)
    company_name = models.CharField(max_length=200, blank=True)
    organisation_number = models.CharField(max_length=20, blank=True)
    scopes = models.JSONField(default=list)
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
    trouble = models.CharField(max_length=40, blank=True, choices=ConnectionTrouble)
    trouble_text = models.CharField(max_length=500, blank=True)
    trouble_at = models.DateTimeField(null=True)
    resumed_at = models.DateTimeField(null=True, help_text="when a pause or a trouble last ended")
    statistics = models.JSONField(default=list)
    new_clients = models.CharField(
        max_length=10, choices=NewClients, default=NewClients.CREATE, db_default=NewClients.CREATE
    )
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
        return f"link of {self.created_at:%Y-%m-%d %H:%M}"


class AttemptOutcome(models.TextChoices):
    """What a way to Fortnox and back came to; empty while it is under way, or when its process died."""

    CONNECTED = "connected", _("Connected")
    WAITING = "waiting", _("Waits for a person to confirm the company")
    REFUSED = "refused", _("Refused")


class Attempt(TenantModel):
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

    class Meta:
        base_manager_name = "everywhere"

    def __str__(self) -> str:
        return f"attempt of {self.created_at:%Y-%m-%d %H:%M}"


class PendingGrant(TenantModel):
    """A grant that came back and is not in force: its company is being read, or waits for a person to confirm it.

    It is stored right after the exchange, company still empty, so that a process that dies leaves something to revoke.
    """

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="+")
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
        return f"revocation of {self.created_at:%Y-%m-%d %H:%M}"


class Pace(models.Model):
    """When the next request to a Fortnox company may leave, for all processes together (engineering 9)."""

    company_id = models.CharField(max_length=30, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.company_id


class CustomerRecord(TenantModel):
    """A customer as Fortnox shows it, and the client it is linked to.

    It is linked (`client`), or may be somebody (`suggested`), or a person left it out (`ignored_at`), or it waits
    for a person. VAT number, country, currency, terms, VAT type and whether it is a person come from the detail;
    `detail_read_at` empty: to be read.
    """

    company_id = models.CharField(max_length=30)
    number = models.CharField(max_length=1024)
    name = models.CharField(max_length=1024)
    organisation_number = models.CharField(max_length=40, blank=True)
    email = models.CharField(max_length=1024, blank=True)
    phone = models.CharField(max_length=1024, blank=True)
    address1 = models.CharField(max_length=1024, blank=True)
    address2 = models.CharField(max_length=1024, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=1024, blank=True)
    active = models.BooleanField(default=True)
    client = models.ForeignKey(Client, null=True, on_delete=models.SET_NULL, related_name="+")
    suggested = models.ForeignKey(Client, null=True, on_delete=models.SET_NULL, related_name="+")
    evidence = models.CharField(max_length=300, blank=True)
    ignored_at = models.DateTimeField(null=True, help_text="a person decided that it is no client")
    ignored_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    identity_changed_at = models.DateTimeField(
        null=True, help_text="it got another organisation number while linked: the number may have been reused"
    )
    vat_type = models.CharField(max_length=30, blank=True)
    vat_number = models.CharField(max_length=1024, blank=True, default="", db_default="")
    country = models.CharField(max_length=30, blank=True, default="", db_default="")
    currency = models.CharField(max_length=30, blank=True, default="", db_default="")
    terms_of_payment = models.CharField(max_length=30, blank=True, default="", db_default="")
    is_person = models.BooleanField(default=False, db_default=False)
    detail_read_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField(null=True, help_text="empty: before this was noted")
    seen_at = models.DateTimeField()

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "company_id", "number"], name="fortnox_customer_once"),
        )
        indexes = (
            models.Index(fields=["workspace", "client"], name="fortnox_customer_by_client"),
            models.Index(
                fields=["workspace", "company_id", "id"],
                condition=models.Q(client=None, ignored_at=None, active=True),
                name="fortnox_customer_undecided",
            ),
            models.Index(
                fields=["workspace", "company_id", "id"],
                condition=models.Q(client__isnull=False, detail_read_at=None, active=True),
                name="fortnox_customer_unread",
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class ArticleRecord(TenantModel):
    """An article as Fortnox shows it; rate and account come from one detail read."""

    company_id = models.CharField(max_length=30)
    number = models.CharField(max_length=50)
    description = models.CharField(max_length=200)
    unit = models.CharField(max_length=20, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    account = models.PositiveIntegerField(null=True, help_text="the account of a sale within Sweden")
    active = models.BooleanField(default=True)
    detail_read_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField(null=True, help_text="empty: before this was noted")
    seen_at = models.DateTimeField()

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "company_id", "number"], name="fortnox_article_once"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.description}"


class PushState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    UNCERTAIN = "uncertain", _("Outcome unknown")
    CONFIRMED = "confirmed", _("In Fortnox")
    REJECTED = "rejected", _("Rejected")
    NEEDS_PERSON = "needs_person", _("Needs a decision")


class Push(TenantModel):
    """The intent to create one invoice in one Fortnox company, stored before the first byte is sent."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="+")
    company_id = models.CharField(max_length=30)
    reference = models.CharField(max_length=20)
    state = models.CharField(max_length=15, choices=PushState, default=PushState.QUEUED)
    payload = models.BinaryField(null=True)
    payload_hash = models.CharField(max_length=64, blank=True)
    text_changes = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    lookups = models.PositiveSmallIntegerField(default=0)
    late_negatives = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    document_number = models.CharField(max_length=30, blank=True)
    booked = models.BooleanField(default=False)
    voucher = models.CharField(max_length=60, blank=True)
    error_code = models.CharField(max_length=20, blank=True)
    error_text = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "invoice"], name="fortnox_push_one_intent"),
            models.UniqueConstraint(
                fields=["company_id", "document_number"],
                condition=~models.Q(document_number=""),
                name="fortnox_push_one_number",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=PushState.CONFIRMED) | ~models.Q(document_number=""),
                name="fortnox_push_confirmed_has_number",
            ),
        )
        indexes = (models.Index(fields=["state", "next_at"], name="fortnox_push_due"),)

    def __str__(self) -> str:
        return f"push of {self.reference}"


class RunKind(models.TextChoices):
    CUSTOMERS = "customers", _("Customers")
    ARTICLES = "articles", _("Articles")
    PAYMENTS = "payments", _("Paid status")
    STATISTICS = "statistics", _("Work statistics")


class RunState(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    CANCELLED = "cancelled", _("Cancelled")


class ReloadPhase(models.TextChoices):
    """The phases of a reload, in their order."""

    CUSTOMERS = "customers", _("Customers")
    ARTICLES = "articles", _("Articles")
    DETAILS = "details", _("Details")
    PAYMENTS = "payments", _("Paid status")
    STATISTICS = "statistics", _("Work statistics")


class Reload(TenantModel):
    """One press of Reload data: its phase, what it came to, who asked. Its runs carry the figures.

    `cancel_asked_at` is a wish; the work ends at its next page. `asked_by` empty: the command line.
    """

    company_id = models.CharField(max_length=30)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    phase = models.CharField(max_length=15, choices=ReloadPhase, default=ReloadPhase.CUSTOMERS)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    counts: models.JSONField[dict[str, int]] = models.JSONField(default=dict)
    text = models.CharField(max_length=500, blank=True)

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(state="running"), name="fortnox_reload_one_at_a_time"
            ),
        )
        indexes = (models.Index(fields=["workspace", "-id"], name="fortnox_reload_newest"),)

    def __str__(self) -> str:
        return f"reload of {self.started_at:%Y-%m-%d %H:%M}"


class Run(TenantModel):
    """One execution of a sync: where it stands and what it counted. What it passed over stands in `PassedOver`.

    A full run reads everything, then what changed since the last complete run, if there is one: `since`.
    """

    company_id = models.CharField(max_length=30)
    kind = models.CharField(max_length=15, choices=RunKind)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    full = models.BooleanField(default=False, db_default=False)
    since = models.DateTimeField(null=True, help_text="read what changed since; empty: there is no complete run yet")
    stage = models.CharField(max_length=20, default="active")
    page = models.PositiveIntegerField(default=0, help_text="the last page whose rows are stored")
    counts: models.JSONField[dict[str, int]] = models.JSONField(default=dict)
    trouble = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="empty: the schedule"
    )
    reload = models.ForeignKey(Reload, null=True, on_delete=models.PROTECT, related_name="runs")

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "kind"],
                condition=models.Q(state="running"),
                name="fortnox_run_one_at_a_time",
            ),
        )
        indexes = (models.Index(fields=["workspace", "kind", "-id"], name="fortnox_run_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class PassedOver(TenantModel):
    """A record that a run did not take in, with the reason a person can read."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="passed_over")
    number = models.CharField(max_length=1024)
    name = models.CharField(max_length=1024, blank=True)
    reason = models.CharField(max_length=300)

    class Meta:
        base_manager_name = "everywhere"

    def __str__(self) -> str:
        return f"{self.number} {self.reason}"


class Problem(TenantModel):
    """A record, or a run, that did not go through: one row while it lasts, however often it is tried.

    `code` is Fortnox's own, `reason` one of ours when Fortnox was never asked. It ends by being solved (the
    record went through later) or ignored (a person said so).
    """

    company_id = models.CharField(max_length=30)
    kind = models.CharField(max_length=15, help_text="customer, article, invoice, or the kind of a run")
    number = models.CharField(max_length=1024, blank=True, help_text="the record's number, ours or Fortnox's")
    name = models.CharField(max_length=1024, blank=True)
    push = models.ForeignKey(Push, null=True, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20, blank=True)
    message = models.CharField(max_length=500, blank=True, help_text="Fortnox's own words")
    reason = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=40, blank=True, help_text="Fortnox's X-Uid, which its support asks for")
    digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="SHA-256 of the row that could not be read"
    )
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)
    ignored_at = models.DateTimeField(null=True)
    ignored_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "company_id", "kind", "number"],
                condition=models.Q(solved_at=None),
                name="fortnox_problem_one_open",
            ),
        )
        indexes = (models.Index(fields=["workspace", "-last_at"], name="fortnox_problem_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
