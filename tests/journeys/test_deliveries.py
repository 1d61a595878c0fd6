"""An invoice from its draft to the customer's mailbox, in Chromium: each button, each page looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.journeys.looking import look
from tests.journeys.test_invoice_numbers import drafts, page
from tests.uku.invoices.papers import lines_of
from tests.uku.mail_servers import mail_server

__all__ = ["page"]
pytestmark = pytest.mark.browser


@pytest.fixture
def mailbox(settings):
    with mail_server(settings) as server:
        yield server


def make_overdue():
    from uku.invoices.models import Invoice
    from uku.kit import clock

    today = clock.today("Europe/Stockholm")
    Invoice.objects.filter(number__gt="").update(due_date=today - timedelta(days=30))


def make_unclear():
    from uku.invoices.delivery_models import InvoiceDelivery

    newest = InvoiceDelivery.objects.latest("id")
    InvoiceDelivery.objects.filter(pk=newest.pk).update(state="unclear")


def test_an_invoice_goes_from_its_draft_to_the_customers_mailbox_and_is_reminded_of(site, page, mailbox):
    found = {}
    (draft,) = site.within(drafts)
    site.open(page, f"/billing/{draft}/")
    page.get_by_role("link", name="Preview PDF").wait_for()
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_text("Waiting for number from Fortnox").first.wait_for()
    site.work()
    page.get_by_role("link", name="Send", exact=True).click()  # it appears by itself with the number
    page.get_by_label("To", exact=False).first.wait_for()
    found["send"] = look(page, "delivery-send")
    page.get_by_label("By e-mail from Uku", exact=True).check()
    page.get_by_label("CC").first.fill("chef@bjork.example")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Waiting to be sent").wait_for()
    found["waiting"] = look(page, "delivery-waiting")
    site.work()
    page.locator("#invoice-state").get_by_text("Sent", exact=True).first.wait_for()
    found["sent"] = look(page, "delivery-sent")
    (message,) = mailbox.messages
    assert (message["To"], message["Cc"]) == ("post@bjork.example", "chef@bjork.example")
    (theirs,) = site.fortnox.invoices()
    lines = lines_of(next(message.iter_attachments()).get_content())
    assert f"Faktura {theirs['DocumentNumber']}" in lines
    assert lines.count(f"OCR-nummer {theirs['OCR']}") == 2
    assert theirs["Sent"] is True

    site.within(make_overdue)
    page.reload()
    page.get_by_role("link", name="Remind", exact=True).click()
    page.get_by_text("Has the client paid by now?").wait_for()
    found["remind"] = look(page, "delivery-remind")
    page.get_by_role("button", name="Check now").click()
    site.work()
    page.get_by_role("link", name="Reload").click()
    page.get_by_role("button", name="Remind", exact=True).click()
    page.get_by_text("The reminder is being sent.").wait_for()
    site.work()
    assert [one["Subject"][:11] for one in mailbox.messages] == ["Faktura 100", "Påminnelse:"]

    site.within(make_unclear)
    page.reload()
    page.get_by_role("button", name="It arrived").wait_for()
    found["unclear"] = look(page, "delivery-unclear")
    site.open(page, "/settings/invoices/")
    found["settings"] = look(page, "delivery-settings")
    assert {name: each for name, each in found.items() if each} == {}


def test_a_browser_shows_the_paper(site, page):
    (draft,) = site.within(drafts)
    answer = page.request.get(f"{site.address}/w/byran/billing/{draft}/pdf/")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert "Utkast, inte en faktura" in lines_of(answer.body())
