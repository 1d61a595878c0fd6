"""Invoices that Fortnox's lists may not show yet: read by their numbers, before anything is created once more.

How soon a list shows a new invoice is not documented. Its number is: one more than the last one of its series.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from fortnox_api import Fortnox, NotFound
from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.models import InvoiceExport

NEWEST: Final = 100
"""How many of the listed invoices are looked at for numbers that are left out."""
MOST_READ: Final = 10


def find_unlisted(fortnox: Fortnox, export: InvoiceExport) -> list[FortnoxInvoice]:
    """Return the invoice with Uku's reference whose number follows a listed one and is not listed itself, or none.

    Costs one list and at most ten reads, in a firm without gaps one. That nothing is found proves nothing.
    Raises FortnoxError.
    """
    ours = InvoiceExport.objects.filter(company_id=export.company_id).exclude(document_number="")
    newest = islice(fortnox.invoices.list(sort_by="document_number", descending=True), NEWEST)
    texts = {item.number for item in newest}
    texts |= set(ours.order_by("-pk").values_list("document_number", flat=True)[:NEWEST])
    listed = {int(text) for text in texts if text.isdigit()}
    reads = 0
    for last in sorted((number for number in listed if number + 1 not in listed), reverse=True):
        number = last + 1
        while number not in listed and reads < MOST_READ:
            reads += 1
            try:
                found = fortnox.invoices.get(str(number))
            except NotFound:
                break
            if found.external_reference == export.reference:
                return [found]
            number += 1
    return []
