"""The kinds of voucher series: told by Fortnox' predefined series, chosen by a person where the firm does otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from fortnox_api import Fortnox
from uku.integrations.fortnox.models import VoucherKind, VoucherSeries

_PREDEFINED: Final = {
    "INVOICE": VoucherKind.CUSTOMER_INVOICE,
    "INVOICEPAYMENT": VoucherKind.CUSTOMER_PAYMENT,
    "SUPPLIERINVOICE": VoucherKind.SUPPLIER_INVOICE,
    "SUPPLIERINVOICEPAYMENT": VoucherKind.SUPPLIER_PAYMENT,
    "CASHINVOICE": VoucherKind.CASH_INVOICE,
    "VAT": VoucherKind.VAT,
    "SALARY": VoucherKind.SALARY,
    "ANL": VoucherKind.DEPRECIATION,
    "INVOICEACCRUAL": VoucherKind.ACCRUAL,
    "SUPPLIERINVOICEACCRUAL": VoucherKind.ACCRUAL,
}
"""By the names of `/3/predefinedvoucherseries` (the OpenAPI document and recorded lists)."""


def series_of(company_id: str) -> list[VoucherSeries]:
    return list(VoucherSeries.objects.filter(company_id=company_id).order_by("code"))


def kinds_of(company_id: str) -> dict[str, VoucherKind]:
    """Return the kind of each series that is known; another one is of other vouchers."""
    return {series.code: VoucherKind(series.kind) for series in series_of(company_id)}


def read_kinds(fortnox: Fortnox, codes: Collection[str], *, company_id: str) -> Mapping[str, VoucherKind]:
    """Return the kind of each of these series, and store what is new of them; what a person chose stays.

    A series that nothing is predefined to go to holds what people enter; where several kinds go to one series, the
    first in the order of `VoucherKind` names it. One request, one more for series that were never seen.
    """
    known = {series.code: series for series in series_of(company_id)}
    told: dict[str, VoucherKind] = {}
    order = list(VoucherKind)
    for each in fortnox.predefined_voucher_series.list():
        kind = _PREDEFINED.get(each.name, VoucherKind.OTHER)
        told[each.voucher_series] = min(kind, told.get(each.voucher_series, kind), key=order.index)
    names: dict[str, str] = {}
    if not known.keys() >= set(codes):
        names = {each.code: each.description for each in fortnox.voucher_series.list()}
    new = []
    for code in sorted({*names, *codes, *known}):
        kind = told.get(code, VoucherKind.MANUAL)
        if code not in known:
            known[code] = VoucherSeries(company_id=company_id, code=code, description=names.get(code, ""), kind=kind)
            new.append(known[code])
        elif known[code].chosen_by_id is None and known[code].kind != kind:
            known[code].kind = kind
            known[code].save(update_fields=["kind"])
    for series in new:
        VoucherSeries.objects.get_or_create(
            company_id=company_id,
            code=series.code,
            defaults={"description": series.description[:200], "kind": series.kind},
        )
    return {code: VoucherKind(series.kind) for code, series in known.items()}
