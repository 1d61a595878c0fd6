"""What each permission is for, one line a scope."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

REASONS = {
    "invoice": (_("Invoices"), _("create the invoices you issue here, book them, and see when they are paid")),
    "customer": (_("Customers"), _("bring your customers in as clients")),
    "article": (_("Articles"), _("let you make products from your articles, with their VAT rates")),
    "companyinformation": (_("Company information"), _("show which company is connected, and hold on to it")),
    "payment": (_("Payments"), _("read paid amounts and dates")),
    "settings": (_("Settings"), _("read VAT rates, units, terms of payment and the locked period")),
    "bookkeeping": (_("Bookkeeping"), _("count vouchers for the monthly summary task")),
}


def lines_for(scopes: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (scope, title, reason) for each scope asked for."""
    return [(scope, str(REASONS[scope][0]), str(REASONS[scope][1])) for scope in scopes]


def titles_of(scopes: Iterable[str]) -> list[str]:
    """Name granted scopes as people read them; one that we do not know keeps Fortnox's word."""
    return sorted(str(REASONS[scope][0]) if scope in REASONS else scope for scope in scopes)
