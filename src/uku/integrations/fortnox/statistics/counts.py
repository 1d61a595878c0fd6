"""The counts of a span of months, each source read once for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from fortnox_api import Fortnox, Unreadable
from uku.integrations.fortnox.models import VoucherKind
from uku.integrations.fortnox.statistics import documents
from uku.integrations.fortnox.statistics.definitions import STATISTICS, Source
from uku.integrations.fortnox.sync.sync_run import with_overlap
from uku.kit.months import first_of, last_of, months_between
from uku.tasks.models import Missing

PAGE: Final = 500
"""Rows a list request brings (fortnox.se/developer/guides-and-good-to-know/parameters)."""

MONTHS_BACK: Final = 12
"""Before the present month: what is counted, and read again by a reload."""

KindsOf = Callable[[Fortnox, Collection[str]], Mapping[str, VoucherKind]]
"""The kinds of voucher series, by their codes: those that occur in the books."""


@dataclass(slots=True)
class Counts:
    """Counts by statistic and month; what is not there is 0. `missing` says of which months no count, or not all."""

    numbers: Counter[tuple[str, date]] = field(default_factory=Counter)
    missing: dict[date, Missing] = field(default_factory=dict)

    def add(self, name: str, day: date | None, by: int = 1) -> None:
        if day is not None:
            self.numbers[name, first_of(day)] += by


def count_invoices(fortnox: Fortnox, months: Sequence[date], names: Collection[str]) -> Counts:
    """Count by totals, two requests a month, where reading the list takes more and no credit invoices are wanted."""
    counts, first, last = Counts(), months[0], last_of(months[-1])
    if "credit_invoices" not in names:
        pages = -(-fortnox.invoices.count(from_date=first, to_date=last) // PAGE)
        if pages > 2 * len(months):
            for month in months:
                every = fortnox.invoices.count(from_date=month, to_date=last_of(month))
                cancelled = fortnox.invoices.count(from_date=month, to_date=last_of(month), filter="cancelled")
                counts.add("sales_invoices", month, every - cancelled)
            return counts
    for item in documents.invoices_between(fortnox, first, last):
        counts.add("sales_invoices", item.invoice_date)
        if item.total < 0:
            counts.add("credit_invoices", item.invoice_date)
    return counts


def count_documents(statistic: str, days: Iterable[date | None]) -> Counts:
    """Count documents by the months of their days."""
    counts = Counts()
    for day in days:
        counts.add(statistic, day)
    return counts


def count_payslips(fortnox: Fortnox, months: Sequence[date]) -> Counts:
    """Count each employee once a month."""
    counts = Counts()
    found = documents.salaries_between(fortnox, months[0], last_of(months[-1]))
    for _, month in {(item.employee_id, first_of(item.day)) for item in found if item.day is not None}:
        counts.add("payslips", month)
    return counts


def count_books(fortnox: Fortnox, months: Sequence[date], kinds_of: KindsOf) -> Counts:
    """Count vouchers and rows, one SIE file a financial year; a year whose file cannot be read stops no other.

    Years begin on any day: a month may lie in two of them, partly in none, or in none.
    """
    counts, first, last = Counts(), months[0], last_of(months[-1])
    covered: Counter[date] = Counter()
    series: Counter[tuple[str, date]] = Counter()
    for year, begins, ends in fortnox.financial_years.overlapping(first, last):
        touched = list(months_between(begins, ends))
        for month in touched:
            covered[month] += (min(ends, last_of(month)) - max(begins, month)).days + 1
        try:
            with fortnox.sie.open(year.id) as file:
                counted = file.count(begins, ends)
        except Unreadable:
            counts.missing.update(dict.fromkeys(touched, Missing.UNREADABLE))
            continue
        for (code, day), tally in counted.months.items():
            counts.add("vouchers", day, tally.vouchers)
            counts.add("voucher_rows", day, tally.rows)
            if day is not None:
                series[code, day] += tally.vouchers
    kinds = kinds_of(fortnox, {code for code, _ in series})
    for (code, day), number in series.items():
        counts.add(f"vouchers_{kinds.get(code, VoucherKind.OTHER)}", day, number)
    for month in months:
        days = (last_of(month) - month + timedelta(days=1)).days
        if month not in counts.missing and covered[month] < days:
            counts.missing[month] = Missing.PART_OF_A_YEAR if covered[month] else Missing.NO_YEAR
    return counts


def count_source(
    fortnox: Fortnox, source: Source, months: Sequence[date], names: Collection[str], kinds_of: KindsOf
) -> Counts:
    """Count the statistics of one source over months in their order, without gaps. Raises FortnoxError."""
    span = months[0], last_of(months[-1])
    match source:
        case Source.INVOICES:
            return count_invoices(fortnox, months, names)
        case Source.BOOKS:
            return count_books(fortnox, months, kinds_of)
        case Source.SUPPLIER_INVOICES:
            invoices = documents.supplier_invoices_between(fortnox, *span)
            return count_documents("supplier_invoices", (each.invoice_date for each in invoices))
        case Source.PAYMENTS:
            payments = documents.payments_between(fortnox, *span)
            return count_documents("customer_payments", (each.payment_date for each in payments))
        case Source.SUPPLIER_PAYMENTS:
            paid = documents.supplier_payments_between(fortnox, *span)
            return count_documents("supplier_payments", (each.payment_date for each in paid))
        case Source.SALARIES:
            return count_payslips(fortnox, months)


def has_changed(fortnox: Fortnox, source: Source, since: datetime, months: Sequence[date]) -> bool:
    """Say whether anything of a source changed since then; salaries do not tell, so they always may have.

    One request; for the books one more, and one a financial year.
    """
    since = with_overlap(since)
    match source:
        case Source.INVOICES:
            return fortnox.invoices.count(last_modified=since) > 0
        case Source.SUPPLIER_INVOICES:
            return fortnox.supplier_invoices.count(last_modified=since) > 0
        case Source.PAYMENTS:
            return fortnox.invoice_payments.count(last_modified=since) > 0
        case Source.SUPPLIER_PAYMENTS:
            return fortnox.supplier_invoice_payments.count(last_modified=since) > 0
        case Source.BOOKS:
            years = fortnox.financial_years.overlapping(months[0], last_of(months[-1]))
            return any(fortnox.vouchers.count(last_modified=since, financial_year=year.id) > 0 for year, _, _ in years)
        case Source.SALARIES:
            return True


def sources_of(names: Collection[str]) -> dict[Source, list[str]]:
    """Return the statistics by the source they are counted from, in the order in which people see them."""
    found: dict[Source, list[str]] = {}
    for name, statistic in STATISTICS.items():
        if name in names:
            found.setdefault(statistic.source, []).append(name)
    return found
