"""The statistics that a month's summary task can carry, each with how it is counted and what it needs. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fortnox_api import Fortnox


@dataclass(frozen=True, slots=True)
class Statistic:
    """A kind of document counted by its own date.

    `scope` is what the count needs beyond the first consent, `requests` how many it takes a month at most.
    """

    name: str
    label: str | Promise
    counter: Callable[[Fortnox, date, date], int]
    scope: str = ""
    requests: int = 1


def _sales_invoices(fortnox: Fortnox, first: date, last: date) -> int:
    """Invoices of the month less the cancelled ones: two requests."""
    every = fortnox.invoices.count(from_date=first, to_date=last)
    return every - (fortnox.invoices.count(from_date=first, to_date=last, filter="cancelled") if every else 0)


STATISTICS = {
    found.name: found
    for found in (
        Statistic("sales_invoices", _("Sales invoices"), _sales_invoices, requests=2),
        Statistic(
            "vouchers",
            _("Vouchers"),
            lambda fortnox, first, last: fortnox.vouchers.count(
                from_date=first, to_date=last, financial_year_date=last
            ),
            scope="bookkeeping",
        ),
    )
}
