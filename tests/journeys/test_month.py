"""A month in Chromium: ten monthly invoices, sent, paid in part and wholly, with each click counted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.journeys.contract import rows, says
from tests.journeys.looking import look
from tests.journeys.test_deliveries import mailbox
from tests.journeys.test_invoice_numbers import drafts, page
from tests.journeys.test_products_contract import TAX

__all__ = ["mailbox", "page"]
pytestmark = pytest.mark.browser
CLIENTS = 10
MOST_CLICKS, CLICKS_TO_SEND = 25, 2


def row_of(name):
    (found,) = [row[-1] for row in rows() if row[0] == name]
    return found


def last_month_of_ten_clients():
    """Ten clients with an invoice each of last month, for that month, of two products."""
    from uku.clients.operations import create_client
    from uku.invoices.drafts import DraftHead, RowFacts, create_draft
    from uku.invoices.operations import issue_invoice
    from uku.kit import clock
    from uku.workspaces.models import User

    owner, first = User.objects.get(email="owner@byran.example"), this_month()
    end = first - timedelta(days=1)
    rows = [
        RowFacts("Bokföring {period}", Decimal(2), Decimal(950), Decimal(25), "h"),
        RowFacts("Lön", Decimal(3), Decimal(240), Decimal(25), "st"),
    ]
    for number in range(CLIENTS):
        facts = {"address1": "Ågatan 1", "city": "Malmö", "country": "SE", "email": f"post{number}@kund.example"}
        client = create_client(actor=owner, at=clock.now(), name=f"Kund {number} AB", **facts)
        head = DraftHead(client, end, None, end.replace(day=1), end)
        draft = create_draft(actor=owner, at=clock.now(), head=head, rows=rows)
        issue_invoice(invoice=draft, actor=owner, at=clock.now(), numbering="own")


def this_month():
    from uku.kit import clock

    return clock.today("Europe/Stockholm").replace(day=1)


def issued_this_month():
    from uku.invoices.models import Invoice, InvoiceRow

    found = Invoice.objects.filter(invoice_date__gte=this_month(), state__in=("created", "sent")).order_by("id")
    return [
        (
            str(invoice.client),
            invoice.supply_from,
            [str(row.quantity) for row in InvoiceRow.objects.filter(invoice=invoice)],
        )
        for invoice in found
    ]


class Clicks:
    """Counts what a hand does; typing and Tab are not counted."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, place) -> None:
        self.count += 1
        place.click()


def test_ten_monthly_invoices_take_few_clicks_and_two_more_bring_them_to_the_clients(site, mailbox):
    site.within(last_month_of_ten_clients)
    page, click, found = site.sign_in("owner"), Clicks(), {}
    click(page.get_by_role("link", name="Billing").first)
    click(page.get_by_role("link", name="Repeat last month"))
    hours = page.get_by_label("Quantity of Bokföring")
    click(hours.first)
    for number in range(CLIENTS):
        page.keyboard.press("Control+a")
        page.keyboard.type(f"{number + 1},5")
        for _ in range(3):  # past the other row and the next client's box
            page.keyboard.press("Tab")
    found["repeat"] = look(page, "month-repeat")
    click(page.get_by_role("button", name="Create drafts"))
    page.get_by_text("10 drafts are made.").wait_for()
    click(page.get_by_label("Select all"))
    found["drafts"] = look(page, "month-drafts")
    click(page.get_by_role("button", name="Issue selected drafts"))
    page.get_by_text("10 invoices are issued.").wait_for()
    assert click.count <= MOST_CLICKS
    assert site.within(issued_this_month) == [
        (f"Kund {number} AB", site.do(this_month), [f"{number + 1}.50", "3.00"]) for number in range(CLIENTS)
    ]
    before = click.count
    page.locator("#month").fill(site.do(this_month).isoformat()[:7])
    page.get_by_text("10 invoices, total").wait_for()
    click(page.get_by_label("Select all"))
    click(page.get_by_role("button", name="Send selected"))
    page.get_by_text("10 invoices are being sent.").wait_for()
    site.work()
    assert sorted(message["To"] for message in mailbox.messages) == [
        f"post{number}@kund.example" for number in range(CLIENTS)
    ]
    assert click.count - before == CLICKS_TO_SEND
    page.reload()
    found["sent"] = look(page, "month-sent")
    assert {name: each for name, each in found.items() if each} == {}


@says("Uku invoices can be sent to Fortnox when they are issued.")
def test_an_issued_invoice_is_in_fortnox(site, page):
    assert row_of("Invoices") == "Uku invoices can be sent to Fortnox when they are issued."
    (draft,) = site.within(drafts)
    site.open(page, f"/billing/{draft}/")
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_text("Waiting for number from Fortnox").first.wait_for()
    site.work()
    page.locator("h1", has_text="Invoice 1001").wait_for()
    (theirs,) = site.fortnox.invoices()
    assert (theirs["DocumentNumber"], theirs["Total"], theirs["Booked"]) == ("1001", 2375, True)


@says("Uku reads paid amounts and dates back from Fortnox.")
def test_paid_amounts_and_dates_are_read_back(site, page):
    assert row_of("Invoice paid status") == "Uku reads paid amounts and dates back from Fortnox."
    from uku.kit import clock

    (draft,) = site.within(drafts)
    site.open(page, f"/billing/{draft}/")
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_text("Waiting for number from Fortnox").first.wait_for()
    site.work()
    day = site.do(lambda: clock.today("Europe/Stockholm")).isoformat()
    for amount, words in (("1000", "Partly paid 1,000.00 of 2,375.00"), ("1375", "Paid")):
        site.fortnox.pay("1001", amount, day)
        site.open(page, "/settings/fortnox/")
        page.get_by_role("button", name="Sync now").click()
        site.work()
        site.open(page, f"/billing/{draft}/")
        page.locator("#invoice-badges", has_text=words).wait_for()
    payments = page.locator("table", has_text="Booking").locator("tbody tr").all_inner_texts()
    assert [text.split("\t")[-1].strip() for text in payments] == ["1,000.00", "1,375.00"]
    site.open(page, "/billing/?show=paid")
    assert page.locator("tbody tr").count() == 1


@says(TAX)
def test_the_rate_is_read_from_fortnox_right_before_the_invoice_is_sent(site, page):
    from uku.integrations.fortnox.models import ArticleRecord

    (draft,) = site.within(drafts)
    site.within(lambda: ArticleRecord.objects.update(detail_read_at=None))
    site.open(page, f"/billing/{draft}/")
    before = site.fortnox.mark()
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_text("Waiting for number from Fortnox").first.wait_for()
    site.work()
    asked = [request for request in site.fortnox.requests(before) if "articles/1" in request or "POST" in request]
    assert asked == ["GET articles/1", "POST invoices"]
    page.locator("h1", has_text="Invoice 1001").wait_for()
    assert page.get_by_text("VAT 25 % on 1,900.00").count() == 1
