"""The documents that statistics count, read from Fortnox: by the date that each carries, cancelled ones left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from fortnox_api import (
    Fortnox,
    InvoiceItem,
    InvoicePaymentItem,
    Rejected,
    SalaryTransaction,
    SupplierInvoiceItem,
    SupplierInvoicePaymentItem,
    Unreadable,
)
from uku.integrations.fortnox.models import VoucherKind
from uku.integrations.fortnox.statistics.definitions import STATISTICS, Source, Statistic

KindOf = Callable[[str], VoucherKind]
"""The kind of a voucher series, by its code."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a person looks for a document by. `amount` is in `currency`, None where lists tell none."""

    number: str
    day: date
    text: str = ""
    amount: Decimal | None = None
    currency: str = ""


def invoices_between(fortnox: Fortnox, first: date, last: date) -> Iterator[InvoiceItem]:
    for item in fortnox.invoices.list(from_date=first, to_date=last):
        if not item.cancelled and item.invoice_date is not None and first <= item.invoice_date <= last:
            yield item


def supplier_invoices_between(fortnox: Fortnox, first: date, last: date) -> Iterator[SupplierInvoiceItem]:
    """Yield supplier invoices by invoice date, found by a search of days that Fortnox does not document.

    The search is asked for a day more at both ends, so it may leave either out. A row beyond them shows that it is
    ignored or means another date: then, and where Fortnox refuses it, all supplier invoices are read.
    """
    begins, ends = first - timedelta(days=1), last + timedelta(days=1)
    found = []
    try:
        for item in fortnox.supplier_invoices.list(from_date=begins, to_date=ends):
            if item.invoice_date is None or not begins <= item.invoice_date <= ends:
                found = list(fortnox.supplier_invoices.list())
                break
            found.append(item)
    except Rejected:
        found = list(fortnox.supplier_invoices.list())
    for item in found:
        if not item.cancelled and item.invoice_date is not None and first <= item.invoice_date <= last:
            yield item


def payments_between(fortnox: Fortnox, first: date, last: date) -> Iterator[InvoicePaymentItem]:
    """Yield booked customer payments, the newest first; a list in that order is left at the first older page.

    Raises Unreadable at a row that cannot be read, as lists do: a number without it would be wrong in silence.
    """
    newest: date | None = None
    for page in fortnox.invoice_payments.pages(sort_by="payment_date", descending=True):
        if page.rejects:
            raise Unreadable(f"row {page.rejects[0].index} of page {page.number}: {page.rejects[0].reason}")
        days = [item.payment_date for item in page.items if item.payment_date is not None]
        for item in page.items:
            if item.booked and item.payment_date is not None and first <= item.payment_date <= last:
                yield item
        in_order = days == sorted(days, reverse=True) and (newest is None or not days or days[0] <= newest)
        newest = days[-1] if in_order and days else date.min
        if in_order and days and days[-1] < first:
            return


def supplier_payments_between(fortnox: Fortnox, first: date, last: date) -> Iterator[SupplierInvoicePaymentItem]:
    for item in fortnox.supplier_invoice_payments.list():
        if item.booked and item.payment_date is not None and first <= item.payment_date <= last:
            yield item


def salaries_between(fortnox: Fortnox, first: date, last: date) -> Iterator[SalaryTransaction]:
    for item in fortnox.salary_transactions.list():
        if item.day is not None and first <= item.day <= last:
            yield item


def _read_invoices(fortnox: Fortnox, statistic: Statistic, first: date, last: date) -> Iterator[Document]:
    for item in invoices_between(fortnox, first, last):
        if item.invoice_date is not None and (statistic.name == "sales_invoices" or item.total < 0):
            yield Document(item.number, item.invoice_date, item.customer_name, item.total, item.currency)


def _read_supplier_invoices(fortnox: Fortnox, _statistic: Statistic, first: date, last: date) -> Iterator[Document]:
    for item in supplier_invoices_between(fortnox, first, last):
        if item.invoice_date is not None:
            yield Document(item.number, item.invoice_date, item.supplier_name, item.total, item.currency)


def _read_payments(fortnox: Fortnox, _statistic: Statistic, first: date, last: date) -> Iterator[Document]:
    for item in payments_between(fortnox, first, last):
        if item.payment_date is not None:
            yield Document(item.number, item.payment_date, item.invoice_number, item.amount)


def _read_supplier_payments(fortnox: Fortnox, _statistic: Statistic, first: date, last: date) -> Iterator[Document]:
    for item in supplier_payments_between(fortnox, first, last):
        if item.payment_date is not None:
            yield Document(item.number, item.payment_date, item.invoice_number, item.amount)


def _read_salaries(fortnox: Fortnox, _statistic: Statistic, first: date, last: date) -> Iterator[Document]:
    """Yield one document an employee: what is counted is the payslip, not its rows."""
    slips: dict[str, list[SalaryTransaction]] = {}
    for item in salaries_between(fortnox, first, last):
        slips.setdefault(item.employee_id, []).append(item)
    for employee, items in sorted(slips.items()):
        days = [item.day for item in items if item.day is not None]
        yield Document(employee, max(days))


def _read_vouchers(
    fortnox: Fortnox, statistic: Statistic, first: date, last: date, kind_of: KindOf
) -> Iterator[Document]:
    """Yield vouchers, of one kind where the statistic counts one; their rows stand in no list."""
    for year, begins, ends in fortnox.financial_years.overlapping(first, last):
        for item in fortnox.vouchers.list(financial_year=year.id, from_date=begins, to_date=ends):
            day = item.transaction_date
            is_of_kind = statistic.kind is None or kind_of(item.series) == statistic.kind
            if day is not None and begins <= day <= ends and is_of_kind:
                yield Document(f"{item.series}{item.number}", day, item.description)


_READERS: Final[Mapping[Source, Callable[[Fortnox, Statistic, date, date], Iterator[Document]]]] = {
    Source.INVOICES: _read_invoices,
    Source.SUPPLIER_INVOICES: _read_supplier_invoices,
    Source.PAYMENTS: _read_payments,
    Source.SUPPLIER_PAYMENTS: _read_supplier_payments,
    Source.SALARIES: _read_salaries,
}


def read_documents(fortnox: Fortnox, name: str, first: date, last: date, kind_of: KindOf) -> Iterator[Document]:
    """Yield the documents behind a statistic over these days, both included. Raises FortnoxError."""
    statistic = STATISTICS[name]
    if statistic.source == Source.BOOKS:
        return _read_vouchers(fortnox, statistic, first, last, kind_of)
    return _READERS[statistic.source](fortnox, statistic, first, last)
