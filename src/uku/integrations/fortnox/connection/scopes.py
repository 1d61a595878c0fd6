"""Which permissions are asked for, when, and what each is for."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.utils.translation import gettext_lazy as _

from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.statistics.definitions import STATISTICS

# One Kundfaktura licence covers all of these. One scope without a licence fails the whole
# authorization, so everything else is asked for only when something chosen needs it.
FIRST_SCOPES = ("invoice", "customer", "article", "companyinformation", "payment", "settings")
REASONS = {
    "invoice": (_("Invoices"), _("create and book the invoices that you issue here, and read when they are paid")),
    "customer": (_("Customers"), _("import your customers as clients")),
    "article": (_("Articles"), _("let you create products from your articles, with their VAT rates")),
    "companyinformation": (
        _("Company information"),
        _("show which company is connected, and check that it is still the same company"),
    ),
    "payment": (_("Payments"), _("read paid amounts and dates")),
    "settings": (_("Settings"), _("read VAT rates, units, terms of payment and the locked period")),
    "bookkeeping": (_("Bookkeeping"), _("count vouchers for the monthly summary task")),
    "supplierinvoice": (_("Supplier invoices"), _("count supplier invoices for the monthly summary task")),
    "salary": (_("Salaries"), _("count payslips for the monthly summary task")),
}


def scopes_for(connection: Connection, *, without: Collection[str] = ()) -> list[str]:
    """Return what to ask for, in a fixed order: the first scopes, what was granted or lost, what statistics need.

    Fortnox gives a new grant exactly what it was asked for, so leaving out what is granted would lose it. `without`
    can leave out what goes beyond the first scopes, never those.
    """
    wanted = {*connection.scopes, *connection.lost_scopes, *needed_by_statistics(connection)} - set(without)
    return [*FIRST_SCOPES, *(scope for scope in REASONS if scope in wanted and scope not in FIRST_SCOPES)]


def needed_by_statistics(connection: Connection) -> list[str]:
    """Name what the chosen statistics need beyond the first scopes."""
    chosen = (STATISTICS[name].scope for name in connection.statistics if name in STATISTICS)
    return [scope for scope in dict.fromkeys(chosen) if scope]


def lacking_scopes(connection: Connection) -> list[str]:
    """Name what is needed and was never granted: Authorize asks for it, and the connection works meanwhile."""
    if not connection.is_connected:
        return []
    needed = [*FIRST_SCOPES, *needed_by_statistics(connection)]
    return [scope for scope in needed if scope not in {*connection.scopes, *connection.lost_scopes}]


def dispensable(asked: Iterable[str], granted: Collection[str]) -> list[str]:
    """Name what can be left out when Fortnox refuses for a licence: what is new, or else all that is no first scope."""
    extra = [scope for scope in asked if scope not in FIRST_SCOPES]
    return [scope for scope in extra if scope not in granted] or extra


def lines_for(scopes: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (scope, title, reason) for each scope asked for."""
    return [(scope, str(REASONS[scope][0]), str(REASONS[scope][1])) for scope in scopes]


def titles_of(scopes: Iterable[str]) -> list[str]:
    """Name scopes as people read them; one that we do not know keeps Fortnox's word."""
    return sorted(str(REASONS[scope][0]) if scope in REASONS else scope for scope in scopes)
