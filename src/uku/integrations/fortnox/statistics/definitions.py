"""The statistics that a month's summary task can carry: what each counts, and where from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uku.integrations.fortnox.models import VoucherKind


class Source(StrEnum):
    """Where statistics come from: those of one source are counted together."""

    INVOICES = "invoices"
    BOOKS = "books"
    SUPPLIER_INVOICES = "supplier_invoices"
    PAYMENTS = "payments"
    SUPPLIER_PAYMENTS = "supplier_payments"
    SALARIES = "salaries"


SCOPES: Final = {
    Source.INVOICES: "invoice",
    Source.BOOKS: "bookkeeping",
    Source.SUPPLIER_INVOICES: "supplierinvoice",
    Source.PAYMENTS: "payment",
    Source.SUPPLIER_PAYMENTS: "payment",
    Source.SALARIES: "salary",
}


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number a month. `kind` is that of the vouchers that are counted; `rare` ones stand under Show more."""

    name: str
    label: str | Promise
    counts: str | Promise
    source: Source
    kind: VoucherKind | None = None
    rare: bool = False

    @property
    def scope(self) -> str:
        return SCOPES[self.source]


def _of_kind(kind: VoucherKind, counts: str | Promise, *, rare: bool = True) -> Statistic:
    return Statistic(f"vouchers_{kind}", kind.label, counts, Source.BOOKS, kind, rare)


_BY_SERIES: Final = _("Vouchers in the series of this kind.")
STATISTICS: Final = {
    found.name: found
    for found in (
        Statistic(
            "sales_invoices",
            _("Sales invoices"),
            _("Customer invoices, including credit invoices. Cancelled ones are not counted."),
            Source.INVOICES,
        ),
        Statistic(
            "credit_invoices",
            _("Credit invoices"),
            _("Customer invoices with a negative total. They are also counted as sales invoices."),
            Source.INVOICES,
        ),
        Statistic(
            "supplier_invoices",
            _("Purchase invoices"),
            _("Supplier invoices, including credit invoices. Cancelled ones are not counted."),
            Source.SUPPLIER_INVOICES,
        ),
        Statistic(
            "vouchers",
            _("Vouchers"),
            _("All vouchers, including those of invoices and payments. For billing, choose manual vouchers."),
            Source.BOOKS,
        ),
        _of_kind(VoucherKind.MANUAL, _("Vouchers that a person entered. Uku suggests these for billing."), rare=False),
        Statistic(
            "voucher_rows",
            _("Voucher rows"),
            _("The rows of all vouchers. Deleted rows are not counted."),
            Source.BOOKS,
        ),
        Statistic("customer_payments", _("Customer payments"), _("Booked customer payments."), Source.PAYMENTS),
        Statistic(
            "supplier_payments", _("Supplier payments"), _("Booked supplier payments."), Source.SUPPLIER_PAYMENTS
        ),
        _of_kind(VoucherKind.DEPRECIATION, _BY_SERIES),
        _of_kind(VoucherKind.ACCRUAL, _BY_SERIES),
        Statistic(
            "payslips",
            _("Payslips"),
            _("Employees with a salary transaction in the month."),
            Source.SALARIES,
            rare=True,
        ),
        *(
            _of_kind(kind, _BY_SERIES)
            for kind in (
                VoucherKind.CUSTOMER_INVOICE,
                VoucherKind.CUSTOMER_PAYMENT,
                VoucherKind.SUPPLIER_INVOICE,
                VoucherKind.SUPPLIER_PAYMENT,
                VoucherKind.CASH_INVOICE,
                VoucherKind.VAT,
                VoucherKind.SALARY,
                VoucherKind.OTHER,
            )
        ),
    )
}
