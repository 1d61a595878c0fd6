"""Customers and articles as Fortnox shows them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.clients import evidence
from uku.clients.matching import Fact, Field, Match, Strength, masked
from uku.clients.models import Client
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User

NO_FACTS = models.Value([], models.JSONField())


class LinkReason(models.TextChoices):
    """Why a customer is linked to a client, or suggested for one."""

    ORGANISATION_NUMBER = "organisation_number", _("Same organisation number")
    VAT_NUMBER = "vat_number", _("Same organisation number in the VAT number")
    EMAIL = "email", _("Same name and e-mail")
    NAME = "name", _("Same or similar name")
    PERSON = "person", _("Linked by a person")
    CREATED = "created", _("Client created from it")
    EXPORTED = "exported", _("Created by Uku from the client")
    UNLINKED = "unlinked", _("Unlinked by a person")


class CustomerRecord(TenantModel):
    """A customer as Fortnox shows it, and the client it is linked to.

    It is linked (`client`), or may be somebody (`suggested`), or a person left it out (`ignored_at`), or it waits
    for a person. `linked_because` says why it is linked or suggested; what of the two agreed and differed then stands
    in `agreed` and `against`, as pairs of a field and the client's value. VAT number, country, currency, terms, VAT
    type, how invoices go out and whether it is a person come from the detail; `detail_read_at` empty: to be read.
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
    linked_because = models.CharField(max_length=20, choices=LinkReason, blank=True, default="", db_default="")
    linked_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="or who unlinked it; empty: an import"
    )
    agreed: models.JSONField[list[list[str]]] = models.JSONField(default=list, db_default=NO_FACTS)
    against: models.JSONField[list[list[str]]] = models.JSONField(default=list, db_default=NO_FACTS)
    fitting = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="how many clients fitted when it was suggested"
    )
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
    email_invoice = models.CharField(max_length=1024, blank=True, default="", db_default="")
    email_invoice_cc = models.CharField(max_length=1024, blank=True, default="", db_default="")
    email_invoice_bcc = models.CharField(max_length=1024, blank=True, default="", db_default="")
    invoice_delivery = models.CharField(max_length=30, blank=True, default="", db_default="")
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
    def evidence(self) -> str:
        """Why it is linked or suggested, in words; "" when it is neither."""
        who = {"name": self.linked_by}
        if self.linked_because == LinkReason.PERSON:
            return gettext("Linked by %(name)s") % who if self.linked_by else gettext("Linked by a person")
        if self.linked_because == LinkReason.CREATED:
            return (
                gettext("Created by %(name)s") % who if self.linked_by else gettext("Created from the Fortnox customer")
            )
        if self.linked_because == LinkReason.EXPORTED:
            return gettext("Created by Uku from the client")
        if self.linked_because == LinkReason.UNLINKED:
            return gettext("Unlinked by %(name)s") % who if self.linked_by else gettext("Unlinked by a person")
        if not self.linked_because:
            return ""
        agreed = tuple(Fact(Field(field), value) for field, value in self.agreed)
        against = tuple(Fact(Field(field), value) for field, value in self.against)
        match = Match("", Strength.NONE, agreed, against)
        words = evidence.for_a_person([match] * max(self.fitting, 1)) or self.get_linked_because_display()
        archived = self.client_id is None and self.suggested is not None and self.suggested.archived_at is not None
        return f"{words}. {gettext('The client is archived')}" if archived else words

    @property
    def source(self) -> str:
        """What the audit log calls it where its values came from."""
        return gettext("Fortnox customer %(number)s") % {"number": self.number}


class CreationState(models.TextChoices):
    """What is known of a customer to create. Once it was sent it may exist, until Fortnox refused it."""

    PLANNED = "planned", _("To be created")
    SENT = "sent", _("Not confirmed by Fortnox")
    CREATED = "created", _("Created")
    REFUSED = "refused", _("Fortnox refused it")


class CustomerCreation(TenantModel):
    """The intent to create a client as a customer in one Fortnox company, stored before the first byte is sent.

    Its number is chosen beforehand, and Fortnox gives none twice: whoever sends it again makes no second customer.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    company_id = models.CharField(max_length=30)
    number = models.CharField(max_length=30)
    reference = models.CharField(max_length=20, help_text="by which the customer is known for ours")
    state = models.CharField(max_length=10, choices=CreationState, default=CreationState.PLANNED)
    numbers_used = models.PositiveSmallIntegerField(default=0, help_text="numbers that Fortnox had for another")
    created_at = models.DateTimeField()

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "client", "company_id"], name="fortnox_creation_once"),
        )

    def __str__(self) -> str:
        return f"creation of {self.number}"


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
