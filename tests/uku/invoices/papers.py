"""An invoice as values, and what a reader gets of its PDF: the text, and the tags in their order."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

from pypdf import PdfReader

from uku.invoices.pdf.content import Buyer, Content, Language, Row, Seller
from uku.invoices.totals import Line, add_up

SELLER = Seller(
    name="Exempelbyrån AB",
    address=("Storgatan 1", "211 34 Malmö"),
    country="SE",
    registered_office="Malmö",
    organisation_number="402200-0014",
    vat_number="SE402200001401",
    f_tax=True,
    bankgiro="5050-1055",
    iban="SE4550000000058398257466",
    bic="ESSESESS",
)
BUYER = Buyer("Åkerlunds Bygg AB", ("Byggvägen 2", "222 22 Lund"), "402200-0022", "SE402200002201")


def make_content(*rows: Row, **facts: object) -> Content:
    sold = rows or (row("Bookkeeping", "2", "1250.00"),)
    lines = [Line(row.quantity, row.price, row.vat_rate, row.discount) for row in sold if not row.is_text]
    usual = {
        "language": Language.ENGLISH,
        "seller": SELLER,
        "buyer": BUYER,
        "number": "1042",
        "invoice_date": date(2026, 11, 30),
        "due_date": date(2026, 12, 30),
        "currency": "SEK",
        "rows": sold,
        "totals": add_up(lines, whole_kronor=True),
        "vat_type": "domestic",
        "ocr": "10429",
    }
    return Content(**{**usual, **facts})


def row(description: str, quantity: str, price: str, *, rate: str = "25", discount: str = "0") -> Row:
    line = Line(Decimal(quantity), Decimal(price), Decimal(rate), Decimal(discount))
    return Row(description, line.quantity, "h", line.price, line.discount, line.vat_rate, line.net)


def reader_of(paper: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(paper))


def lines_of(paper: bytes) -> list[str]:
    """The lines of all pages, with plain spaces."""
    text = "\n".join(page.extract_text() for page in reader_of(paper).pages)
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def tags_of(paper: bytes) -> list[str]:
    """The tags that say what a part is, in reading order, without those that only group."""
    found: list[str] = []

    def walk(node) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for part in node:
                walk(part)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append(node["/S"].removeprefix("/"))
            if "/K" in node:
                walk(node["/K"])

    walk(reader_of(paper).trailer["/Root"]["/StructTreeRoot"])
    return [tag for tag in found if tag in {"H1", "H2", "Table", "TH", "TD", "Figure"}]
