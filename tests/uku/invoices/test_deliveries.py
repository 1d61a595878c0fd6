"""An invoice brought to the client by e-mail or by hand: once, whatever the mail server does."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from tests.uku.conftest import AT
from tests.uku.invoices.conftest import make_client, make_draft
from tests.uku.invoices.papers import lines_of
from tests.uku.mail_servers import mail_server

from uku.invoices.cancel import NotCancellable, cancel_invoice
from uku.invoices.deliveries import (
    NotDeliverable,
    Wanted,
    claim,
    clean_addresses,
    decide_unclear,
    lost_deliveries,
    send_invoice,
    withdraw_delivery,
)
from uku.invoices.delivery_mail import give_up_lost, send_mail
from uku.invoices.delivery_models import (
    MAIL_REFUSED,
    DeliveryState,
    DeliveryWay,
    InvoiceDelivery,
    InvoiceDocument,
    LedgerMethod,
)
from uku.invoices.documents import NoDocument, draw_draft, state_rate, store_document, stored_document
from uku.invoices.drafts import DraftHead, RowFacts, create_draft
from uku.invoices.models import Invoice, Numbering, State
from uku.invoices.numbers import finnish_reference_for
from uku.invoices.operations import NotReopenable, issue_invoice, reopen_invoice
from uku.invoices.pdf.content import Supply
from uku.invoices.pdf.words import VAT_SENTENCES
from uku.kit.clock import database_now
from uku.products.operations import create_product
from uku.workspaces.models import AuditEntry, Notice, Workspace
from uku.workspaces.permissions import NotAllowed

pytestmark = pytest.mark.django_db
MAIL = Wanted(DeliveryWay.UKU, "anna@bygg.example", "chef@bygg.example", "arkiv@byran.example")


@pytest.fixture
def invoice(draft, owner):
    return issue_invoice(invoice=draft, actor=owner, at=AT, numbering=Numbering.OWN)


@pytest.fixture
def server(settings):
    with mail_server(settings) as server:
        yield server


def ask(invoice, owner, wanted=MAIL, seen=0, at=AT):
    return send_invoice(invoice=invoice, wanted=wanted, seen=seen, actor=owner, at=at)


def stands(invoice) -> tuple[list[str], str]:
    """The states of its deliveries, and its own."""
    found = InvoiceDelivery.objects.filter(invoice=invoice).order_by("id")
    return [delivery.state for delivery in found], Invoice.objects.get(pk=invoice.pk).state


def jobs(name: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'delivery_id' FROM procrastinate_jobs WHERE task_name = %s ORDER BY id", [name])
        return [int(row[0]) for row in cursor.fetchall()]


def test_an_e_mail_brings_the_paper_to_everybody_named(invoice, owner, server):
    delivery = ask(invoice, owner)
    assert jobs("invoices.send_mail") == [delivery.pk]
    send_mail(delivery_id=delivery.pk, at=AT)
    (message,) = server.messages
    assert (message["To"], message["Cc"], message["Bcc"]) == ("anna@bygg.example", "chef@bygg.example", None)
    assert (message["From"], message["Reply-To"]) == ("Byran <no-reply@localhost>", "owner@byran.example")
    assert message["Subject"] == "Faktura 900000001 från Byran"
    assert message["Message-ID"] == f"<invoice-delivery-{delivery.pk}@localhost>"
    (paper,) = message.iter_attachments()
    assert (paper.get_filename(), paper.get_content_type()) == ("Faktura-900000001.pdf", "application/pdf")
    stored = InvoiceDocument.objects.get(invoice=invoice)
    assert (paper.get_content(), hashlib.sha256(bytes(stored.content)).hexdigest()) == (stored.content, stored.sha256)
    assert f"OCR-nummer {invoice.ocr}" in lines_of(paper.get_content())
    assert stands(invoice) == (["sent"], State.SENT)


def test_a_second_click_sends_nothing(invoice, owner, server):
    first, second = ask(invoice, owner), ask(invoice, owner)
    assert first == second
    for _ in range(3):
        send_mail(delivery_id=first.pk, at=AT)
    assert ask(invoice, owner) == first  # a click from a page that was opened before it was sent
    assert (len(server.received), stands(invoice)) == (1, (["sent"], State.SENT))


def test_sent_again_it_is_the_same_paper(invoice, owner, server):
    for seen in (0, 1):
        send_mail(delivery_id=ask(invoice, owner, seen=seen).pk, at=AT)
    papers = [next(message.iter_attachments()).get_content() for message in server.messages]
    assert len(papers) == 2
    assert papers[0] == papers[1]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_what_the_mail_server_refuses_is_not_sent(invoice, owner, server, step):
    server.refuses_at = step
    delivery = ask(invoice, owner)
    send_mail(delivery_id=delivery.pk, at=AT)
    assert (server.received, stands(invoice)) == ([], (["refused"], State.CREATED))
    assert InvoiceDelivery.objects.get().error_code == MAIL_REFUSED


def test_a_full_mail_server_refuses_and_takes_it_later(invoice, owner, server):
    server.is_full = True
    send_mail(delivery_id=ask(invoice, owner).pk, at=AT)
    assert stands(invoice) == (["refused"], State.CREATED)
    server.is_full = False
    send_mail(delivery_id=ask(invoice, owner, seen=1).pk, at=AT)
    assert (len(server.received), stands(invoice)) == (1, (["refused", "sent"], State.SENT))


def test_a_lost_answer_is_a_persons_to_settle_and_nothing_goes_twice(invoice, owner, server):
    server.breaks_at = "AFTER"
    delivery = ask(invoice, owner)
    for _ in range(2):
        send_mail(delivery_id=delivery.pk, at=AT)
    assert (len(server.received), stands(invoice)) == (1, (["unclear"], State.CREATED))
    with pytest.raises(NotDeliverable):
        ask(invoice, owner, seen=1)
    for _ in range(2):
        decide_unclear(delivery=delivery, arrived=True, actor=owner, at=AT)
    assert (len(server.received), stands(invoice)) == (1, (["sent"], State.SENT))


def test_what_did_not_arrive_is_sent_once_more_by_a_person(invoice, owner, server):
    server.breaks_at = "MAIL"
    delivery = ask(invoice, owner)
    send_mail(delivery_id=delivery.pk, at=AT)
    server.breaks_at = ""
    again = decide_unclear(delivery=delivery, arrived=False, actor=owner, at=AT)
    decide_unclear(delivery=delivery, arrived=False, actor=owner, at=AT)
    send_mail(delivery_id=again.pk, at=AT)
    assert (len(server.received), stands(invoice)) == (1, (["not_sent", "sent"], State.SENT))
    assert (again.to, again.cc, again.bcc) == (MAIL.to, MAIL.cc, MAIL.bcc)


def test_one_recipient_refused_is_not_called_sent(invoice, owner, server):
    server.unknown_person = "anna@bygg.example"
    send_mail(delivery_id=ask(invoice, owner).pk, at=AT)
    assert (len(server.received), stands(invoice)) == (1, (["unclear"], State.CREATED))


def test_what_a_dead_worker_had_begun_is_a_persons_to_settle(invoice, owner, server):
    delivery = ask(invoice, owner)
    assert claim(delivery)
    give_up_lost(at=AT)
    assert stands(invoice) == (["sending"], State.CREATED)
    InvoiceDelivery.objects.update(began_at=database_now() - timedelta(minutes=6))
    assert [lost.pk for lost in lost_deliveries()] == [delivery.pk]
    give_up_lost(at=AT)
    send_mail(delivery_id=delivery.pk, at=AT)
    assert (server.received, stands(invoice)) == ([], (["unclear"], State.CREATED))


def test_by_hand_it_is_sent_at_once_and_its_paper_is_kept(invoice, owner):
    ask(invoice, owner, Wanted(DeliveryWay.HAND, sent_on=date(2026, 3, 30)))
    delivery = InvoiceDelivery.objects.get()
    assert (delivery.sent_on, stands(invoice)) == (date(2026, 3, 30), (["sent"], State.SENT))
    assert delivery.document == InvoiceDocument.objects.get()


def test_by_hand_without_a_day_it_was_sent_today_by_the_firms_clock(invoice, owner):
    ask(invoice, owner, Wanted(DeliveryWay.HAND), at=datetime(2026, 4, 1, 22, 30, tzinfo=UTC))
    assert InvoiceDelivery.objects.get().sent_on == date(2026, 4, 2)


def test_the_paper_that_went_out_stays_though_the_firm_moves(invoice, owner):
    before = bytes(store_document(invoice, at=AT).content)
    Workspace.objects.update(address="Nygatan 9", name="Ny Byrå AB")
    assert bytes(store_document(invoice, at=AT).content) == before
    assert "Storgatan 1" in lines_of(before)
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE uku_invoicedocument SET content = ''")


def test_number_and_ocr_on_the_paper_are_the_invoices(invoice):
    lines = lines_of(bytes(store_document(invoice, at=AT).content))
    assert f"Fakturanummer {invoice.number}" in lines
    assert lines.count(f"OCR-nummer {invoice.ocr}") == 2


def test_a_draft_is_only_previewed(draft):
    assert "Utkast, inte en faktura" in lines_of(draw_draft(draft))
    with pytest.raises(NoDocument):
        store_document(draft, at=AT)
    assert stored_document(draft) is None


def test_what_waits_for_its_number_is_neither_drawn_nor_sent(issued, owner):
    with pytest.raises(NotDeliverable, match="waits for its number"):
        ask(issued, owner)
    with pytest.raises(NoDocument, match="waits for its number"):
        store_document(issued, at=AT)


def test_what_may_have_arrived_is_neither_cancelled_nor_a_draft_again(invoice, owner):
    ask(invoice, owner)
    with pytest.raises(NotCancellable):
        cancel_invoice(invoice=invoice, actor=owner, at=AT)
    with pytest.raises(NotReopenable):
        reopen_invoice(invoice=invoice, actor=owner, at=AT)


def test_what_is_taken_back_before_it_began_can_be_cancelled_and_never_goes(invoice, owner, server):
    delivery = ask(invoice, owner)
    assert withdraw_delivery(delivery=delivery, actor=owner, at=AT)
    cancel_invoice(invoice=invoice, actor=owner, at=AT)
    send_mail(delivery_id=delivery.pk, at=AT)
    assert (server.received, stands(invoice)) == ([], (["not_sent"], State.CANCELLED))


def test_another_ocr_number_in_the_books_withholds_our_paper(invoice, owner, server):
    delivery = ask(invoice, owner)
    Invoice.objects.update(ledger_ocr="77777")
    send_mail(delivery_id=delivery.pk, at=AT)
    assert (server.received, stands(invoice)) == ([], (["refused"], State.CREATED))
    with pytest.raises(NotDeliverable, match="77777"):
        ask(invoice, owner, seen=1)


def test_amounts_that_differ_in_the_books_withhold_our_paper(invoice, owner):
    for accepted_at, words in ((None, "Accept them"), (AT, "Send the invoice from the accounting system")):
        Invoice.objects.update(difference="vat 1.00 instead of 2.00", difference_accepted_at=accepted_at)
        with pytest.raises(NotDeliverable, match=words):
            ask(invoice, owner)


def test_vat_in_euro_waits_for_its_rate(invoice, owner):
    Invoice.objects.update(currency="EUR")
    with pytest.raises(NotDeliverable, match="kronor"):
        ask(invoice, owner)
    state_rate(invoice=invoice, rate=11, on=date(2026, 3, 30), actor=owner, at=AT)
    lines = lines_of(bytes(store_document(invoice, at=AT).content))
    assert "Moms i SEK: 2 750,00, till kursen 11 SEK för 1 EUR den 2026-03-30." in lines


@pytest.mark.parametrize("text", ["anna", "anna@", "a@b.example, hej", "a@b.example\nBcc: x@y.example"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(NotDeliverable):
        clean_addresses(text)


def test_several_addresses_have_commas_or_semicolons():
    assert clean_addresses(" a@b.example; c@d.example,") == "a@b.example, c@d.example"


def test_only_who_may_send_sends(invoice, member):
    with pytest.raises(NotAllowed):
        ask(invoice, member)


def test_each_step_stands_in_the_audit_log(invoice, owner, server):
    send_mail(delivery_id=ask(invoice, owner).pk, at=AT)
    actions = AuditEntry.objects.filter(action__startswith="invoice.sen").order_by("id").values_list("action", "actor")
    assert list(actions) == [("invoice.send", owner.pk), ("invoice.sent", None)]


@pytest.mark.parametrize(("number", "reference"), [("1042", "10427"), ("123456", "1234561")])
def test_a_finnish_reference_has_its_check_digit(number, reference):
    assert finnish_reference_for(number) == reference


def test_a_client_is_written_to_in_the_language_of_its_country(owner, scope, server):
    client = make_client(owner)
    client.country = "GB"
    client.save()
    invoice = issue_invoice(invoice=make_draft(owner, client), actor=owner, at=AT, numbering=Numbering.OWN)
    send_mail(delivery_id=ask(invoice, owner).pk, at=AT)
    (message,) = server.messages
    assert message["Subject"] == "Invoice 900000001 from Byran"
    assert message.get_body().get_content().splitlines() == [
        "Hello,",
        "",
        "Here is invoice 900000001 for 1,250.00 SEK. It is due on 20 Apr 2026.",
        "",
        "Olga Owner",
        "Byran",
    ]


def test_the_ledgers_way_without_a_connected_company_is_refused(invoice, owner):
    with pytest.raises(NotDeliverable):
        ask(invoice, owner, Wanted(DeliveryWay.ACCOUNTING, method=LedgerMethod.EMAIL))
    assert list(InvoiceDelivery.objects.values_list("state", flat=True)) == []
    assert DeliveryState.QUEUED not in stands(invoice)[0]


@pytest.mark.parametrize(
    ("chosen", "country", "title"),
    [("", "FI", "Lasku"), ("sv", "FI", "Faktura"), ("et", "SE", "Arve"), ("", "DE", "Invoice")],
)
def test_the_clients_own_language_goes_before_its_countrys(invoice, chosen, country, title):
    client = invoice.client
    client.language, client.country = chosen, country
    client.save()
    assert lines_of(bytes(store_document(invoice, at=AT).content))[0] == f"{title} 900000001"


def test_goods_have_the_sentence_of_goods(owner, client, scope):
    book = create_product(
        actor=owner, at=AT, name="Book", unit="st", price=Decimal(100), vat_rate=Decimal(0), is_goods=True
    )
    client.vat_type, client.language = "export", "en"
    client.save()
    rows = [RowFacts("Book", Decimal(1), Decimal(100), Decimal(0), product=book)]
    draft = create_draft(actor=owner, at=AT, head=DraftHead(client, AT.date()), rows=rows)
    assert [line for line in lines_of(draw_draft(draft)) if line in VAT_SENTENCES.values()] == [
        VAT_SENTENCES["export", Supply.GOODS]
    ]


def test_issued_again_it_gets_a_paper_with_its_new_number(invoice, owner):
    before = bytes(store_document(invoice, at=AT).content)
    draft = reopen_invoice(invoice=invoice, actor=owner, at=AT)
    assert "Utkast, inte en faktura" in lines_of(draw_draft(draft))
    again = issue_invoice(invoice=draft, actor=owner, at=AT, numbering=Numbering.OWN)
    papers = [lines_of(paper)[0] for paper in (before, bytes(store_document(again, at=AT).content))]
    assert papers == ["Faktura 900000001", "Faktura 900000002"]
    assert InvoiceDocument.objects.count() == 2


def test_whoever_may_send_is_told_until_it_is_sent(invoice, owner, server):
    server.refuses_at = "MAIL"
    send_mail(delivery_id=ask(invoice, owner).pk, at=AT)
    notice = Notice.objects.get()
    assert (notice.title, notice.permission) == ("Invoice 900000001 was not sent to the client", "SEND_INVOICES")
    assert (notice.url, notice.cleared_at) == (f"/w/byran/billing/{invoice.pk}/", None)
    server.refuses_at, server.breaks_at = "", "AFTER"
    unclear = ask(invoice, owner, seen=1)
    send_mail(delivery_id=unclear.pk, at=AT)
    assert list(Notice.objects.filter(cleared_at=None).values_list("title", flat=True)) == [
        "It is not known whether Invoice 900000001 was sent to the client"
    ]
    decide_unclear(delivery=unclear, arrived=True, actor=owner, at=AT)
    assert not Notice.objects.filter(cleared_at=None).exists()
