"""Lists on a phone: what stands in a row never lies over what stands beside it, however long it is."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

pytestmark = pytest.mark.browser
WIDTHS = (320, 390, 660)
LONG = "Nordvästra Skärgårdens Redovisnings- och Fastighetsförvaltningsaktiebolag i Göteborg (publ)"
# The boxes of the words in each row, as they are drawn: what is cut off is not.
OVERLAPS = """() => {
  const drawn = (cell) => {
    const [range, edge] = [document.createRange(), cell.getBoundingClientRect()];
    range.selectNodeContents(cell);
    const badges = [...cell.querySelectorAll('.badge')].map((badge) => badge.getBoundingClientRect());
    return [...range.getClientRects(), ...badges].map((box) => ({
      left: Math.max(box.left, edge.left), right: Math.min(box.right, edge.right), top: box.top, bottom: box.bottom,
    }));
  };
  const meet = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const over = (some, others) => others.some((other) => some.some((a) => other.some((b) => meet(a, b))));
  return [...document.querySelectorAll('tbody tr')].filter((row) => {
    const cells = [...row.children].filter((cell) => cell.checkVisibility()).map(drawn);
    return cells.some((cell, place) => over(cell, cells.slice(place + 1)));
  }).map((row) => row.innerText);
}"""
CUT_OFF = "() => [...document.querySelectorAll('.table-box')].filter((box) => box.scrollWidth > box.clientWidth).length"


def partly_paid():
    """Two clients whose invoices are paid in part, with short and with long amounts."""
    from uku.clients.operations import create_client
    from uku.invoices.drafts import DraftHead, RowFacts, create_draft
    from uku.invoices.models import Invoice
    from uku.invoices.operations import issue_invoice
    from uku.kit import clock
    from uku.workspaces.models import User

    owner, today = User.objects.get(email="owner@byran.example"), clock.today("Europe/Stockholm")
    for name, price in (("Kort AB", "1900"), (LONG, "1234567.89")):
        client = create_client(actor=owner, at=clock.now(), name=name, address1="Ågatan 1", city="Malmö", country="SE")
        head = DraftHead(client, today - timedelta(days=75))
        row = RowFacts("Bokföring", Decimal(1), Decimal(price), Decimal(25), "h")
        draft = create_draft(actor=owner, at=clock.now(), head=head, rows=[row])
        issued = issue_invoice(invoice=draft, actor=owner, at=clock.now(), numbering="own")
        Invoice.objects.filter(pk=issued.pk).update(balance=issued.total - 375)
    return client.pk


def test_a_long_status_has_a_line_of_its_own(site):
    client = site.within(partly_paid)
    page = site.sign_in("owner")
    found = {}
    for path in ("/billing/", f"/clients/{client}/", "/billing/month/", "/clients/"):
        site.open(page, path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found[path, width] = (page.evaluate(OVERLAPS), page.evaluate(CUT_OFF))
    assert found == dict.fromkeys(found, ([], 0))
