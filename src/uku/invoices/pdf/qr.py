"""The code that Swedish banks' apps pay an invoice by: UsingQR's fields as JSON in a QR code. Pure."""

from __future__ import annotations

import io
import json

import segno

from uku.invoices.pdf.content import Content


def payment_fields(content: Content) -> dict[str, str | int | float]:
    """Return the fields by UsingQR's names (specification 1.0): type 1 is an invoice, dates have no separators."""
    seller = content.seller
    kind, account = ("BG", seller.bankgiro) if seller.bankgiro else ("PG", seller.plusgiro)
    return {
        "uqr": 1,
        "tp": 1,
        "nme": seller.name[:50],
        "cc": seller.country,
        "cid": seller.organisation_number,
        "iref": content.ocr or content.number,
        "idt": f"{content.invoice_date:%Y%m%d}",
        "ddt": f"{content.due_date:%Y%m%d}",
        "due": float(content.totals.total),
        "vat": float(content.totals.vat),
        "cur": content.currency,
        "pt": kind,
        "acc": account,
    }


def draw_payment_code(content: Content) -> str:
    """Return the code as SVG; "" where nothing can be paid by it."""
    payable = content.is_paid_by_giro and content.totals.total > 0
    if content.is_credit_note or content.is_draft or not payable:
        return ""
    text = json.dumps(payment_fields(content), ensure_ascii=False, separators=(",", ":"))
    drawn = io.BytesIO()
    segno.make_qr(text, error="m").save(drawn, kind="svg", border=0, xmldecl=False, nl=False)
    return drawn.getvalue().decode()
