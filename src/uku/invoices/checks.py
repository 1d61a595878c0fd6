"""What must be right before an invoice is issued. Stored facts alone decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from uku.invoices.models import Invoice, InvoiceRow
from uku.invoices.period import PLACEHOLDER
from uku.invoices.totals import Line, add_up
from uku.invoices.vat_rates import buyer_owes_vat
from uku.kit.money import ZERO
from uku.workspaces.models import Workspace

MOST_NET = Decimal(10) ** 11


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is not right yet: what, what to do about it, and the page where that is done."""

    sentence: str
    remedy: str
    url: str = ""
    place: str = ""
    """What the page is called, in a link."""


class InvoiceNotReady(Exception):
    """The invoice cannot be issued as it is; `checks` say why, each with its remedy. Nothing was changed."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = tuple(checks)
        super().__init__(" ".join(check.sentence for check in checks))


def error_of_sum(lines: Sequence[Line]) -> str:
    """Say why rows do not add up to something that can be billed; "" when they do."""
    if not lines:
        return _("Fill in at least one row with a quantity and a price.")
    if sum((abs(line.quantity * line.price) for line in lines), ZERO) >= MOST_NET:
        return _("The total is larger than an invoice can have. Check quantities and prices.")
    totals = add_up(lines, whole_kronor=False)
    if min(totals.net, totals.total) < 0:
        return _("The total is less than zero. Only a credit note can have a negative total.")
    return ""


def content_checks(invoice: Invoice, rows: Sequence[InvoiceRow]) -> list[Check]:
    """Name what an invoice must carry by law, and this one lacks (L01, L09); neither need be stored yet."""
    seller, client = Workspace.objects.get(pk=invoice.workspace_id), invoice.client
    found = [_seller_lacks(seller, name) for name, value in _seller_facts(invoice, seller).items() if not value]
    buyer = {_("the client's name"): client.name, _("the client's address"): client.address1 and client.city}
    if buyer_owes_vat(client.vat_type, [row.vat_rate for row in rows if not row.is_text]):
        buyer[_("the client's VAT number, which an invoice with reverse charge must tell")] = client.vat_number
    found += [_client_lacks(seller, invoice, name) for name, value in buyer.items() if not value]
    if all(row.is_text for row in rows):
        found.append(Check(_("The invoice has no rows."), _("Add at least one row with a quantity and a price.")))
    elif sentence := error_of_sum([row.line for row in rows if not row.is_text]):
        found.append(Check(sentence, _("Change quantities, prices or discounts.")))
    texts = (invoice.remarks, *(row.description for row in rows))
    if invoice.supply_to is None and any(PLACEHOLDER in text for text in texts):
        words = _("A text has %(placeholder)s in it, and the invoice has no period.")
        found.append(Check(words % {"placeholder": PLACEHOLDER}, _("Write the last day of the period.")))
    return found


def _seller_facts(invoice: Invoice, seller: Workspace) -> dict[str, str]:
    facts = {
        _("your firm's organisation number"): seller.organisation_number,
        _("your firm's VAT number"): seller.vat_number,
        _("your firm's address"): seller.address and seller.city,
        _("your firm's registered office"): seller.registered_office,
    }
    if invoice.currency != "SEK":
        facts[_("your firm's IBAN, which an invoice in %(currency)s needs") % {"currency": invoice.currency}] = (
            seller.iban
        )
    return facts


def _seller_lacks(seller: Workspace, name: str) -> Check:
    url = reverse("company", kwargs={"slug": seller.slug})
    return Check(
        _("Missing: %(name)s.") % {"name": name}, _("Add it to the company details."), url, _("Company details")
    )


def _client_lacks(seller: Workspace, invoice: Invoice, name: str) -> Check:
    url = reverse("client-edit", kwargs={"slug": seller.slug, "pk": invoice.client_id})
    return Check(_("Missing: %(name)s.") % {"name": name}, _("Add it to the client."), url, str(invoice.client))
