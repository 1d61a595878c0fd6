"""What Fortnox asks of an invoice, by the customer and the articles as they are stored. No request is made.

The same rules hold before Issue (`checks.py`) and, with facts that were just read, before sending (`validate.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.integrations.fortnox.connection.company import name_of_company
from uku.integrations.fortnox.mapping import VAT_TYPES
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord
from uku.invoices.models import InvoiceRow

VAT_FREE_TYPES = frozenset({"EUREVERSEDVAT", "SEREVERSEDVAT", "EXPORT"})
SWEDEN = "SE"


class Place(Enum):
    """Where a problem is solved."""

    CLIENT = auto()
    PRODUCT = auto()
    DRAFT = auto()
    FORTNOX = auto()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why Fortnox does not take an invoice, and what to do; both texts are filled with the facts when they are said."""

    sentence: Promise
    remedy: Promise
    place: Place
    facts: Mapping[str, object] = field(default_factory=dict)


def not_linked(client: Client) -> Problem:
    sentence = _("%(client)s is not linked to a Fortnox customer.")
    return Problem(sentence, _("Link the client."), Place.CLIENT, {"client": client})


def uncreatable_client(client: Client) -> Problem | None:
    """Say why Uku cannot create a client as a customer: the VAT type of one abroad is a person's to know."""
    if client.vat_type or (client.country in {"", SWEDEN} and client.vat_number.strip().upper()[:2] in {"", SWEDEN}):
        return None
    sentence = _("%(client)s is not linked to a Fortnox customer. Uku does not know the VAT type of a client abroad.")
    remedy = _("Create the customer in Fortnox with its VAT type, and link the client.")
    return Problem(sentence, remedy, Place.CLIENT, {"client": client})


def known_customer(client: Client, customers: str) -> Problem:
    """Say that Fortnox has customers that may be a client; Uku makes no second one."""
    sentence = _(
        "%(client)s is not linked to a Fortnox customer, but Fortnox has one that may be the client: %(known)s."
    )
    remedy = _("Link the client. If it is somebody else, create the customer in Fortnox, and link that one.")
    return Problem(sentence, remedy, Place.CLIENT, {"client": client, "known": customers})


def customer_problem(customer: CustomerRecord) -> Problem | None:
    """Say what is wrong with the customer to invoice; None when nothing is.

    An unknown VAT type tells no rate (B40); another organisation number may be another company (B44).
    """
    facts = {"customer": customer, "vat_type": customer.vat_type}
    if not customer.active:
        sentence = _("Customer %(customer)s is inactive in Fortnox.")
        return Problem(sentence, _("Activate it there."), Place.FORTNOX, facts)
    if customer.identity_changed_at is not None:
        sentence = _(
            "Customer %(customer)s has another organisation number in Fortnox than when it was linked. It may be"
            " another company."
        )
        remedy = _("Say in the client’s Integration dialog whether it is the same client.")
        return Problem(sentence, remedy, Place.CLIENT, facts)
    if customer.vat_type and customer.vat_type not in VAT_TYPES:
        sentence = _(
            "Customer %(customer)s has the VAT type “%(vat_type)s” in Fortnox. Uku does not know this VAT type"
            " and cannot check the VAT of the invoice."
        )
        return Problem(sentence, _("Choose another VAT type for the customer there."), Place.FORTNOX, facts)
    if customer.vat_type == "EUREVERSEDVAT" and _is_swedish(customer):
        sentence = _(
            "Customer %(customer)s has reverse charge within the EU in Fortnox, but an address or a VAT number in"
            " Sweden."
        )
        remedy = _("Choose the VAT type of sales in Sweden in Fortnox, or correct the country or the VAT number.")
        return Problem(sentence, remedy, Place.FORTNOX, facts)
    return None


def _is_swedish(customer: CustomerRecord) -> bool:
    return customer.country == SWEDEN or customer.vat_number.strip().upper().startswith(SWEDEN)


def missing_article(row: InvoiceRow, company_id: str) -> Problem:
    """Say why a row has no article in the company.

    A number of another company is another article in this one, and is never sent.
    """
    if row.asks_for_article(company_id):
        return _problem_of_other_company(row, company_id)
    number = row.article_in(company_id)
    facts = {"row": row.description, "number": number}
    if number:
        remedy = _("Click Reload data on the Settings tab of Fortnox.")
        return Problem(_("Uku does not know article %(number)s."), remedy, Place.FORTNOX, facts)
    remedy = _("Choose a product with an article for the row.")
    return Problem(_("Row “%(row)s” has no article."), remedy, Place.DRAFT, facts)


def article_problem(article: ArticleRecord) -> Problem | None:
    if article.active:
        return None
    sentence = _("Article %(article)s is inactive in Fortnox.")
    return Problem(sentence, _("Activate it there."), Place.FORTNOX, {"article": article})


def _problem_of_other_company(row: InvoiceRow, company_id: str) -> Problem:
    facts = {
        "row": row.description,
        "number": row.article_number,
        "owner": name_of_company(row.article_company) if row.article_company else _("no company"),
        "company": name_of_company(company_id),
        "product": row.product,
    }
    sentence = _("Row “%(row)s” has article %(number)s of %(owner)s, and the invoice goes to %(company)s.")
    if row.product is None:
        return Problem(sentence, _("Choose a product that has an article in %(company)s."), Place.DRAFT, facts)
    remedy = _("Open the product %(product)s, and choose its article in %(company)s.")
    return Problem(sentence, remedy, Place.PRODUCT, facts)


def rate_problem(row: InvoiceRow, customer: CustomerRecord, article: ArticleRecord) -> Problem | None:
    """Say whether the row's rate is another than its article's, which is what the company's tax rates are known by."""
    expected = Decimal(0) if customer.vat_type in VAT_FREE_TYPES else article.vat_rate
    if expected == row.vat_rate:
        return None
    facts = {"row": row.description, "rate": f"{row.vat_rate.normalize():f}", "number": article.number}
    if expected is None:
        sentence = _("Row “%(row)s” has %(rate)s %% VAT, but Fortnox has no VAT rate for article %(number)s.")
        return Problem(sentence, _("Give the article an account with a VAT rate there."), Place.FORTNOX, facts)
    facts["expected"] = f"{expected.normalize():f}"
    if customer.vat_type in VAT_FREE_TYPES:
        facts["customer"] = str(customer)
        sentence = _(
            "Row “%(row)s” has %(rate)s %% VAT, but customer %(customer)s has a VAT type without VAT in Fortnox."
        )
        remedy = _("Change the rate of the row to 0, or the VAT type of the customer in Fortnox.")
        return Problem(sentence, remedy, Place.DRAFT, facts)
    sentence = _("Row “%(row)s” has %(rate)s %% VAT, but Fortnox has %(expected)s %% for article %(number)s.")
    remedy = _("Change the rate of the row, or the account of the article in Fortnox.")
    return Problem(sentence, remedy, Place.DRAFT, facts)
