"""The pages on which an invoice is sent, its paper shown, and a client reminded."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.uku.invoices.papers import lines_of
from tests.uku.mail_servers import mail_server

from uku.integrations.registry import DeliveryOffer
from uku.invoices.delivery_mail import send_mail
from uku.invoices.delivery_models import DeliveryWay, InvoiceDelivery, InvoiceDocument, LedgerMethod
from uku.invoices.documents import content_of
from uku.invoices.invoice_settings import settings_of
from uku.invoices.models import Invoice, InvoiceRow
from uku.workspaces.models import Membership, Workspace

pytestmark = pytest.mark.django_db
MAIL = {"way": "uku", "to": "anna@bygg.example", "cc": "", "bcc": "", "sent_on": "2026-04-01", "seen": "0"}


@pytest.fixture
def page(records):
    return f"/w/byran/billing/{records.issued.pk}/"


@pytest.fixture
def browser(signed_in, owner, records, no_integration, april, scope):
    return signed_in(owner)


def deliver_all() -> None:
    for delivery in InvoiceDelivery.objects.all():
        send_mail(delivery_id=delivery.pk, at=datetime(2026, 4, 1, 9, 0, tzinfo=UTC))


def panel_of(read, browser, page, title="To the client") -> list[str]:
    text = " ".join(browser.get(page).content.decode().split())
    panel = next(part for part in re.split(r'<section class="panel[^>]*>', text) if f"<h2>{title}</h2>" in part)
    return read_words(panel)


def problems_of(browser, page) -> list[str]:
    """What is told above everything else on the page, with what to do."""
    text = " ".join(browser.get(page).content.decode().split())
    return read_words(text.split('id="invoice-problems">', maxsplit=1)[1].split('<ol class="way"', maxsplit=1)[0])


def read_words(html: str) -> list[str]:
    return [word.strip() for word in re.split(r"<[^>]*>", html.split("</section>", maxsplit=1)[0]) if word.strip()]


def test_a_draft_has_a_preview_that_keeps_nothing(browser, records):
    answer = browser.get(f"/w/byran/billing/{records.draft.pk}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert "Utkast, inte en faktura" in lines_of(answer.content)
    assert answer["Content-Disposition"] == 'inline; filename="invoice-draft.pdf"'
    assert InvoiceDocument.objects.count() == 0


def test_the_preview_of_a_draft_names_its_period_as_the_invoice_will(scope, records):
    row = {"kind": "text", "description": "Redovisning {period}", "quantity": 0, "price": 0, "vat_rate": 0}
    InvoiceRow.objects.create(invoice=records.draft, position=2, **row)
    facts = {"supply_from": date(2026, 2, 1), "supply_to": date(2026, 2, 28), "remarks": "Tack för {period}"}
    for name, value in facts.items():
        setattr(records.draft, name, value)
    content = content_of(records.draft)
    assert (content.rows[1].description, content.remarks) == ("Redovisning February 2026", "Tack för February 2026")


def test_the_paper_stays_the_same_after_the_firm_has_moved(browser, page):
    first = browser.get(f"{page}pdf/").content
    Workspace.objects.update(address="Nygatan 9")
    assert browser.get(f"{page}pdf/").content == first
    assert browser.get(f"{page}pdf/uku/").content == first


def test_what_waits_for_its_number_is_shown_as_a_draft(signed_in, owner, unnumbered, no_integration):
    answer = signed_in(owner).get(f"/w/byran/billing/{unnumbered.pk}/pdf/")
    assert "Utkast, inte en faktura" in lines_of(answer.content)
    assert InvoiceDocument.objects.count() == 0


def test_from_the_button_to_the_mailbox(browser, read, page, settings, records):
    assert f"{page}send/" in read(browser.get(page)).values("a", "href")
    with mail_server(settings) as server:
        assert browser.post(f"{page}send/", MAIL).status_code == 302
        assert panel_of(read, browser, page)[:2] == ["To the client", "Waiting to be sent"]
        deliver_all()
        browser.post(f"{page}send/", MAIL)  # pressed twice
        deliver_all()
    (message,) = server.messages
    assert next(message.iter_attachments()).get_content() == browser.get(f"{page}pdf/").content
    assert panel_of(read, browser, page) == [
        "To the client", "Sent", "How", "By e-mail from Uku", "To", "anna@bygg.example", "When",
        "1 Apr 2026, 11:00", "Asked by", "Olga Owner",
    ]  # fmt: skip


def test_a_paid_invoice_that_was_never_sent_from_uku_is_not_sent_again(browser, read, page, records):
    Invoice.objects.filter(pk=records.issued.pk).update(state="paid")
    text = browser.get(page).content.decode()
    (button,) = re.findall(r'<a class="([^"]*)" href="[^"]*/send/">([^<]*)</a>', text)
    assert (button, panel_of(read, browser, page)[:2]) == (("button", "Send"), ["To the client", "Not sent from Uku"])


def test_a_refusal_says_what_to_do(browser, read, page, settings):
    with mail_server(settings) as server:
        server.refuses_at = "RCPT"
        browser.post(f"{page}send/", MAIL)
        deliver_all()
    assert panel_of(read, browser, page)[1] == "Not sent"
    assert problems_of(browser, page) == [
        "The mail server did not accept the e-mail.",
        "Nothing was sent.",
        "Correct the cause, then click Send: you can also choose another way there.",
    ]


def test_an_unclear_outcome_asks_a_person(browser, read, page, settings):
    with mail_server(settings) as server:
        server.breaks_at = "AFTER"
        browser.post(f"{page}send/", MAIL)
        deliver_all()
        assert panel_of(read, browser, page)[1] == "Not confirmed"
        assert problems_of(browser, page)[-2:] == ["It arrived", "Send again"]
        assert browser.get(f"{page}send/").status_code == 302
        delivery = InvoiceDelivery.objects.get()
        assert browser.post(f"/w/byran/billing/deliveries/{delivery.pk}/arrived/").status_code == 302
        deliver_all()
    assert len(server.received) == 1
    assert (panel_of(read, browser, page)[1], problems_of(browser, page)) == ("Sent", [])


def test_an_address_that_is_none_is_marked(browser, read, page):
    answer = browser.post(f"{page}send/", {**MAIL, "to": "anna"})
    assert answer.status_code == 422
    assert "“anna” is not an e-mail address." in answer.content.decode()
    answer = browser.post(f"{page}send/", {**MAIL, "to": ""})
    assert "Write the e-mail address that the invoice goes to." in answer.content.decode()
    assert InvoiceDelivery.objects.count() == 0


def test_by_hand_it_is_marked_with_its_day(browser, read, page):
    browser.post(f"{page}send/", {**MAIL, "way": "hand", "to": "", "sent_on": "2026-03-30"})
    assert panel_of(read, browser, page)[1:6] == ["Sent", "How", "By yourself", "When", "30 Mar 2026"]


def test_the_ways_and_addresses_come_from_the_accounting_system(signed_in, owner, records, ledger, april, page):
    ledger.offer = DeliveryOffer("Ledger", LedgerMethod.EINVOICE, "ap@bygg.example", "vd@bygg.example", "")
    text = signed_in(owner).get(f"{page}send/").content.decode()
    assert "From Ledger, as an e-invoice" in text
    assert 'value="ap@bygg.example"' in text
    assert "public bodies take e-invoices only" in text


def test_vat_in_euro_asks_for_its_rate_first(browser, page):
    Invoice.objects.update(currency="EUR")
    text = browser.get(f"{page}send/").content.decode()
    assert "VAT in kronor" in text
    assert 'value="uku"' not in text
    assert browser.post(f"{page}send/", {"rate": "11.05", "on": "2026-03-31"}).status_code == 302
    assert 'value="uku"' in browser.get(f"{page}send/").content.decode()
    assert "Moms i SEK: 6 906,25, till kursen 11,05 SEK för 1 EUR den 2026-03-31." in lines_of(
        browser.get(f"{page}pdf/").content
    )


def test_a_member_sends_with_the_permission_alone(signed_in, member, records, no_integration, page, read):
    browser = signed_in(member)
    assert f"{page}send/" not in read(browser.get(page)).values("a", "href")
    assert browser.post(f"{page}send/", MAIL).status_code == 403
    Membership.everywhere.filter(user=member).update(may_send_invoices=True)
    assert f"{page}send/" in read(browser.get(page)).values("a", "href")
    assert browser.post(f"{page}send/", MAIL).status_code == 302


def test_a_reminder_waits_for_a_checked_payment(browser, read, page, settings):
    Invoice.objects.filter(number__gt="").update(due_date=date(2026, 3, 2), state="sent")
    assert f"{page}remind/" in read(browser.get(page)).values("a", "href")
    assert "Has the client paid by now?" in browser.get(f"{page}remind/").content.decode()
    assert browser.post(f"{page}remind/", {**MAIL}).status_code == 422
    Invoice.objects.update(read_at=datetime(2026, 4, 1, 9, 0, tzinfo=UTC) - timedelta(minutes=2))
    with mail_server(settings) as server:
        assert browser.post(f"{page}remind/", {**MAIL}).status_code == 302
        deliver_all()
    assert [message["Subject"] for message in server.messages] == ["Påminnelse: faktura 900000001 från Byran"]
    assert panel_of(read, browser, page, "Reminder")[1] == "Sent"


def reminded_page(browser, page) -> str:
    return " ".join(browser.get(f"{page}remind/").content.decode().split())


def test_who_is_about_to_remind_reads_of_each_earlier_reminder(browser, page, settings):
    Invoice.objects.filter(number__gt="").update(due_date=date(2026, 3, 2), state="sent")
    Invoice.objects.update(read_at=datetime(2026, 4, 1, 9, 0, tzinfo=UTC) - timedelta(minutes=2))
    assert "The client was reminded" not in reminded_page(browser, page)
    with mail_server(settings):
        assert browser.post(f"{page}remind/", MAIL).status_code == 302
        deliver_all()
    told = "1 Apr 2026, 11:00, by Olga Owner, to anna@bygg.example"
    today, before = "The client was reminded of this invoice today.", "The client was reminded of this invoice before."
    assert (today in reminded_page(browser, page), told in reminded_page(browser, page)) == (True, True)
    InvoiceDelivery.objects.update(asked_at=datetime(2026, 3, 20, 9, 0, tzinfo=UTC))
    assert (today in reminded_page(browser, page), before in reminded_page(browser, page)) == (False, True)
    InvoiceDelivery.objects.update(state="refused")
    assert "The client was reminded" not in reminded_page(browser, page)
    Invoice.objects.update(ledger_reminders=2, ledger_reminded_on=date(2026, 4, 1))
    assert "2 reminders from the accounting system, the last on 1 Apr 2026" in reminded_page(browser, page)
    assert today in reminded_page(browser, page)


def test_an_address_of_a_way_that_was_not_chosen_is_not_looked_at(browser, page):
    sent = {**MAIL, "way": "hand", "to": "anna", "cc": "x", "sent_on": "2026-03-30"}
    assert browser.post(f"{page}send/", sent).status_code == 302
    assert (InvoiceDelivery.objects.get().to, InvoiceDelivery.objects.get().way) == ("", "hand")


def test_what_is_wrong_stands_above_everything_else_with_its_button(browser, page, settings):
    with mail_server(settings) as server:
        server.breaks_at = "AFTER"
        browser.post(f"{page}send/", MAIL)
        deliver_all()
    text = browser.get(page).content.decode()
    top, rest = text.split('<div class="columns">')
    words = "The mail server did not confirm"
    assert [(words in part, "Send again" in part) for part in (top, rest)] == [(True, True), (False, False)]


def test_the_firm_chooses_its_way_once(browser, page):
    address = "/w/byran/settings/invoices/"
    assert browser.post(address, {"way": "hand", "remind_after": "3.5"}).status_code == 422
    answer = browser.post(address, {"way": "hand", "remind_after": "3", "late_interest": "Dröjsmålsränta 10 %."})
    assert answer.status_code == 302
    assert (settings_of().way, settings_of().remind_after) == (DeliveryWay.HAND, 3)
    assert 'value="hand" id="id_way_1" required checked' in browser.get(f"{page}send/").content.decode()
    assert "Dröjsmålsränta 10 %." in lines_of(browser.get(f"{page}pdf/").content)


def test_many_are_sent_together_once_and_what_cannot_be_is_named(browser, owner, records, settings):
    from tests.uku.web.conftest import AT, make_client, make_draft

    from uku.invoices.operations import issue_invoice

    for name, email in (("Ekdungen AB", "ap@ek.example"), ("Utan AB", "")):
        draft = make_draft(owner, make_client(owner, name, email=email), records.product)
        issue_invoice(invoice=draft, actor=owner, at=AT, numbering="own")
    ids = list(Invoice.objects.filter(number__gt="").exclude(pk=records.issued.pk).values_list("pk", flat=True))
    with mail_server(settings) as server:
        for _ in range(2):
            answer = browser.post("/w/byran/billing/send/", {"invoice": ids, "query": "show=unpaid"}, follow=True)
            deliver_all()
    assert answer.redirect_chain == [("/w/byran/billing/?show=unpaid", 302)]
    assert [message["To"] for message in server.messages] == ["ap@ek.example"]
    assert "Invoice 900000003: Write the e-mail address that the invoice goes to." in answer.content.decode()


def test_what_is_not_of_this_workspace_refuses_them_all(browser, records, other_records):
    ids = [records.issued.pk, other_records.issued.pk]
    assert browser.post("/w/byran/billing/send/", {"invoice": ids}).status_code == 404
    assert InvoiceDelivery.everywhere.count() == 0


def test_a_firm_that_sends_itself_marks_them_one_by_one(browser, records):
    browser.post("/w/byran/settings/invoices/", {"way": "hand", "remind_after": "5"})
    answer = browser.post("/w/byran/billing/send/", {"invoice": [records.issued.pk]}, follow=True)
    assert "By the settings you send it yourself." in answer.content.decode()
    assert InvoiceDelivery.objects.count() == 0


def test_a_person_marks_it_as_paid_and_takes_that_back(browser, read, page):
    assert "Mark as paid" in browser.get(page).content.decode()
    wrong = browser.post(f"{page}mark-paid/", {"paid_on": "2026-04-02"})
    assert (wrong.status_code, "between the invoice date and today" in wrong.content.decode()) == (422, True)
    browser.post(f"{page}mark-paid/", {"paid_on": "2026-04-01"})
    shown = browser.get(page).content.decode()
    assert "Marked as paid on 1 Apr 2026 by Olga Owner." in shown
    assert "Mark as paid" not in shown
    browser.post(f"{page}remove-mark/")
    assert "No payment yet." in browser.get(page).content.decode()


def test_who_may_not_issue_is_shown_the_mark_and_cannot_change_it(browser, page, signed_in, member):
    browser.post(f"{page}mark-paid/", {"paid_on": "2026-04-01"})
    other = signed_in(member)
    shown = other.get(page).content.decode()
    assert ("Marked as paid on 1 Apr 2026" in shown, "Remove the mark" in shown) == (True, False)
    assert other.post(f"{page}remove-mark/").status_code == 403
