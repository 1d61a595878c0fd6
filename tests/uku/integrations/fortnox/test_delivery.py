"""An invoice that Fortnox sends: asked once; and Fortnox told of one that Uku or a person sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST
from tests.uku.invoices.papers import lines_of
from tests.uku.mail_servers import mail_server

from uku.integrations.fortnox.integration import FortnoxIntegration
from uku.integrations.fortnox.models import Connection, CustomerRecord, RunKind
from uku.integrations.fortnox.work import requests
from uku.integrations.fortnox.work.due import wake
from uku.invoices.deliveries import NotDeliverable, Wanted, claim, decide_unclear, send_invoice
from uku.invoices.delivery_models import DeliveryWay, InvoiceDelivery, InvoiceDocument, LedgerMethod
from uku.invoices.documents import store_document
from uku.invoices.models import Invoice, State
from uku.kit import clock
from uku.web.delivery_panels import delivery_context

EMAIL = Wanted(DeliveryWay.ACCOUNTING, method=LedgerMethod.EMAIL)


@pytest.fixture
def invoice(fortnox, shop, run_jobs):
    made = shop.issue()
    run_jobs()
    made.refresh_from_db()
    assert made.number == fortnox.invoices()[0]["DocumentNumber"]
    return made


@pytest.fixture
def send(shop, run_jobs):
    def go(invoice, wanted=EMAIL, seen=0):
        made = send_invoice(invoice=invoice, wanted=wanted, seen=seen, actor=shop.owner, at=clock.now())
        run_jobs()
        return made

    return go


@pytest.fixture
def work(run_jobs):
    """Let leases and pauses be over, and what is then due be done."""

    def go():
        due = InvoiceDelivery.objects.filter(ledger_due_at__isnull=False)
        due.update(ledger_due_at=F("ledger_due_at") - timedelta(minutes=10))
        wake(Connection.objects.get(), at=clock.now())
        run_jobs()

    return go


def stands(invoice) -> tuple[list[str], str]:
    found = InvoiceDelivery.objects.filter(invoice=invoice).order_by("id")
    return [delivery.state for delivery in found], Invoice.objects.get(pk=invoice.pk).state


def panel(invoice, scope):
    found = list(InvoiceDelivery.objects.filter(invoice=invoice).order_by("id"))
    return delivery_context(Invoice.objects.get(pk=invoice.pk), found, scope, at=clock.now())["delivery_panels"][0]


def change_in_fortnox(fortnox, invoice, **facts) -> None:
    """As somebody does who works there."""
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        company.put("invoices", invoice.number, {**company.get("invoices", invoice.number), **facts})


def asked(fortnox, since=0) -> list[str]:
    ways = ("/email", "/einvoice", "/print", "/externalprint")
    return [each for each in fortnox.requests(since) if each.endswith(ways)]


def test_number_and_ocr_on_the_paper_are_those_of_the_journal(fortnox, invoice):
    (theirs,) = fortnox.invoices()
    (created,) = fortnox.commits("invoice.create")
    lines = lines_of(bytes(store_document(invoice, at=clock.now()).content))
    assert f"Fakturanummer {theirs['DocumentNumber']}" in lines
    assert lines.count(f"OCR-nummer {theirs['OCR']}") == 2
    assert created["key"] == theirs["DocumentNumber"]


@pytest.mark.parametrize(
    ("theirs", "asks"), [("EMAIL", "email"), ("ELECTRONICINVOICE", "einvoice"), ("PRINT", "print")]
)
def test_fortnox_sends_in_the_customers_way_and_its_paper_is_kept(fortnox, shop, invoice, send, theirs, asks):
    fortnox.change_customer(shop.customer, DefaultDeliveryTypes={"Invoice": theirs})
    send(invoice, Wanted(DeliveryWay.ACCOUNTING))
    assert asked(fortnox) == [f"GET invoices/{invoice.number}/{asks}"]
    assert stands(invoice) == (["sent"], State.SENT)
    kept, delivery = InvoiceDocument.objects.get(), InvoiceDelivery.objects.get()
    assert (kept.source, bytes(kept.content)[:5]) == ("accounting", b"%PDF-")
    assert (delivery.method, delivery.document, delivery.ledger_due_at) == (asks, kept, None)


def test_a_second_click_has_it_sent_once(fortnox, invoice, send, work):
    for _ in range(3):
        send(invoice)
        work()
    assert asked(fortnox) == [f"GET invoices/{invoice.number}/email"]


def test_a_refusal_is_said_in_fortnoxs_words_and_sends_nothing(fortnox, scope, invoice, send, work):
    body = '{"ErrorInformation":{"error":1,"message":"Kunden saknar e-postadress","code":2000999}}'
    path = f"/3/invoices/{invoice.number}/email"
    fault = fortnox.fault(method="GET", path=path, phase="P1", status=400, body=body)
    send(invoice)
    work()
    found = panel(invoice, scope)
    assert (fortnox.struck(fault), stands(invoice)) == (1, (["refused"], State.CREATED))
    assert (found.badge.words, found.happened) == ("Not sent", "Kunden saknar e-postadress")
    assert (found.means, found.quoted) == ("Nothing was sent.", "2000999")
    fortnox.heal()
    send(invoice, seen=1)
    assert stands(invoice) == (["refused", "sent"], State.SENT)


def test_a_missing_licence_is_named(fortnox, scope, invoice, send):
    body = '{"ErrorInformation":{"error":1,"message":"Licens för e-faktura saknas","code":2001103}}'
    fortnox.fault(method="GET", path=f"/3/invoices/{invoice.number}/einvoice", phase="P1", status=403, body=body)
    send(invoice, Wanted(DeliveryWay.ACCOUNTING, method=LedgerMethod.EINVOICE))
    assert panel(invoice, scope).happened == "Licens för e-faktura saknas"
    assert stands(invoice) == (["refused"], State.CREATED)


def test_a_lost_answer_is_settled_by_what_fortnox_says(fortnox, invoice, send, work):
    fault = fortnox.fault(method="GET", path=f"/3/invoices/{invoice.number}/email", action="reset", phase="P2")
    send(invoice)
    work()
    assert (fortnox.struck(fault), stands(invoice)) == (1, (["sent"], State.SENT))
    assert len(asked(fortnox)) == 1


def test_what_fortnox_does_not_call_sent_is_a_persons_to_settle(fortnox, scope, shop, invoice, send, work):
    fault = fortnox.fault(method="GET", path=f"/3/invoices/{invoice.number}/email", action="reset", phase="P1")
    delivery = send(invoice)
    for _ in range(3):
        work()
    assert (fortnox.struck(fault), stands(invoice)) == (1, (["unclear"], State.CREATED))
    found = panel(invoice, scope)
    assert (found.badge.words, [action.label for action in found.actions]) == (
        "Not confirmed",
        ["It arrived", "Send again"],
    )
    decide_unclear(delivery=delivery, arrived=False, actor=shop.owner, at=clock.now())
    work()
    assert (len(fortnox.commits("invoice.email")), stands(invoice)) == (1, (["not_sent", "sent"], State.SENT))


def test_what_was_unclear_is_settled_by_a_later_reading(fortnox, invoice, send, work, run_jobs):
    fortnox.fault(method="GET", path=f"/3/invoices/{invoice.number}/email", action="reset", phase="P1")
    send(invoice)
    change_in_fortnox(fortnox, invoice, Sent=True)
    requests.request_sync(Connection.objects.get(), RunKind.PAYMENTS)
    run_jobs()
    assert stands(invoice) == (["sent"], State.SENT)


def test_sent_again_after_it_was_sent_a_lost_answer_tells_nothing(fortnox, invoice, send, work):
    send(invoice)
    fortnox.fault(method="GET", path=f"/3/invoices/{invoice.number}/email", action="reset", phase="P1")
    send(invoice, seen=1)
    work()
    assert stands(invoice) == (["sent", "unclear"], State.SENT)


def test_what_was_not_applied_waits_and_is_sent_once(fortnox, invoice, send, work):
    fault = fortnox.fault(method="GET", path=f"/3/invoices/{invoice.number}/email", phase="P1", status=429)
    send(invoice)
    assert stands(invoice) == (["queued"], State.CREATED)
    work()
    assert (fortnox.struck(fault) >= 1, stands(invoice)) == (True, (["sent"], State.SENT))
    assert len(fortnox.commits("invoice.email")) == 1


def test_one_that_was_cancelled_in_fortnox_is_not_sent(fortnox, invoice, send):
    change_in_fortnox(fortnox, invoice, Cancelled=True)
    send(invoice)
    assert (asked(fortnox), stands(invoice)[0]) == ([], ["refused"])


def delete_in_fortnox(fortnox, invoice) -> None:
    fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{invoice.number}")


def test_one_that_was_deleted_in_fortnox_is_not_sent_and_not_asked_for_again(fortnox, invoice, send, work):
    delete_in_fortnox(fortnox, invoice)
    send(invoice)
    before = fortnox.mark()
    work()
    assert (stands(invoice), fortnox.requests(before)) == ((["refused"], "created"), [])


def test_one_that_was_deleted_after_a_worker_died_while_it_had_it_sent_is_a_persons(fortnox, shop, invoice, work):
    made = send_invoice(invoice=invoice, wanted=EMAIL, seen=0, actor=shop.owner, at=clock.now())
    clear_queue()
    assert claim(made, ledger_due_at=clock.now())
    delete_in_fortnox(fortnox, invoice)
    work()
    before = fortnox.mark()
    work()
    assert (stands(invoice), fortnox.requests(before)) == ((["unclear"], "created"), [])


def test_fortnox_is_not_told_for_ever_of_what_was_sent_after_it_was_deleted_there(fortnox, invoice, send, work):
    delete_in_fortnox(fortnox, invoice)
    send(invoice, Wanted(DeliveryWay.HAND))
    before = fortnox.mark()
    work()
    assert (stands(invoice), fortnox.requests(before)) == ((["sent"], "sent"), [])


def test_fortnox_is_told_of_what_uku_sent(fortnox, settings, invoice, send, work):
    with mail_server(settings) as server:
        send(invoice, Wanted(DeliveryWay.UKU, "anna@bygg.example"))
        work()
    assert len(server.received) == 1
    assert asked(fortnox) == [f"PUT invoices/{invoice.number}/externalprint"]
    assert (fortnox.invoices()[0]["Sent"], InvoiceDelivery.objects.get().ledger_due_at) == (True, None)


def test_fortnox_is_told_of_what_a_person_sent_also_after_a_lost_answer(fortnox, invoice, send, work):
    path = f"/3/invoices/{invoice.number}/externalprint"
    fortnox.fault(method="PUT", path=path, action="reset", phase="P2", times=1)
    send(invoice, Wanted(DeliveryWay.HAND))
    work()
    assert (len(fortnox.commits("invoice.externalprint")), fortnox.invoices()[0]["Sent"]) == (1, True)
    assert (stands(invoice), InvoiceDelivery.objects.get().ledger_due_at) == ((["sent"], State.SENT), None)


def test_a_refused_mark_is_shown_and_the_invoice_stays_sent(fortnox, scope, invoice, send, work):
    body = '{"ErrorInformation":{"error":1,"message":"Nej","code":2000999}}'
    path = f"/3/invoices/{invoice.number}/externalprint"
    fortnox.fault(method="PUT", path=path, phase="P1", status=400, body=body)
    send(invoice, Wanted(DeliveryWay.HAND))
    work()
    happened = "The invoice could not be marked as sent in the accounting system: Nej"
    assert (panel(invoice, scope).happened, stands(invoice)) == (happened, (["sent"], State.SENT))


def test_while_fortnox_is_disabled_it_sends_nothing(invoice, shop, send):
    Connection.objects.update(enabled=False)
    with pytest.raises(NotDeliverable):
        send(invoice)
    assert stands(invoice) == ([], State.CREATED)


def test_sent_in_fortnox_is_sent_here(fortnox, scope, invoice, run_jobs):
    change_in_fortnox(fortnox, invoice, Sent=True)
    requests.request_sync(Connection.objects.get(), RunKind.PAYMENTS)
    run_jobs()
    assert (stands(invoice), panel(invoice, scope).badge.words) == (([], State.SENT), "Sent from the accounting system")


def test_another_ocr_number_after_sending_is_shown_and_withholds_our_paper(
    fortnox, scope, settings, invoice, send, run_jobs
):
    """As when Fortnox' invoice service has sent it."""
    with mail_server(settings):
        send(invoice, Wanted(DeliveryWay.UKU, "anna@bygg.example"))
    change_in_fortnox(fortnox, invoice, OCR="777771", NoxFinans=True)
    requests.request_sync(Connection.objects.get(), RunKind.PAYMENTS)
    run_jobs()
    read = Invoice.objects.get()
    assert (read.ocr, read.ledger_ocr, read.factored) == (invoice.ocr, "777771", True)
    found = panel(invoice, scope)
    assert (found.badge.words, found.badge.tone) == ("Sent", "warning")
    assert found.happened == f"The OCR number in the accounting system is now 777771. On Uku's PDF it is {invoice.ocr}."
    with pytest.raises(NotDeliverable, match="withheld"):
        send(invoice, Wanted(DeliveryWay.UKU, "anna@bygg.example"), seen=1)


def test_the_invoice_addresses_of_the_customer_are_proposed(fortnox, shop, invoice, run_jobs):
    addresses = {
        "EmailInvoice": "ap@bjork.example",
        "EmailInvoiceCC": "vd@bjork.example",
        "EmailInvoiceBCC": "x@b.example",
    }
    fortnox.change_customer(shop.customer, **addresses, DefaultDeliveryTypes={"Invoice": "EMAIL"})
    CustomerRecord.objects.update(detail_read_at=None)
    clear_queue()
    wake(Connection.objects.get(), at=clock.now())
    run_jobs()
    offer = FortnoxIntegration().delivery_offer(invoice)
    assert (offer.to, offer.cc, offer.bcc) == tuple(addresses.values())
    assert (offer.system, offer.method) == ("Fortnox", LedgerMethod.EMAIL)


def test_a_client_with_e_invoices_needs_a_reference_before_issue(fortnox, shop):
    CustomerRecord.objects.update(invoice_delivery="ELECTRONICINVOICE")
    draft = shop.draft()
    sentences = [check.sentence for check in FortnoxIntegration().invoice_checks(draft, [])]
    assert "The client gets e-invoices, which need “Your reference”." in sentences
    draft.your_reference = "Anna"
    assert FortnoxIntegration().invoice_checks(draft, []) == []
