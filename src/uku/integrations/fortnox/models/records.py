"""Customers and articles as Fortnox shows them."""

from __future__ import annotations

from django.db import models

from uku.clients.matching import masked
from uku.clients.models import Client
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


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
    invoiced_at = models.DateTimeField(null=True, help_text="when a person chose it among its client's to be invoiced")
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

    @property
    def shown_number(self) -> str:
        """The organisation number as it is shown: a person's is masked."""
        return masked(self.organisation_number, person=self.is_person)

    @property
    def source(self) -> str:
        """What the audit log calls it where its values came from."""
        return f"Fortnox customer {self.number}"


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
