"""One number and one OCR for each invoice, whatever happens to the connection between issuing and sending."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND
from tests.uku.web.page_reader import Page, marked_in_menu

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport
from uku.invoices.models import Invoice, InvoiceRow
from uku.kit import clock
from uku.kit.heartbeats import WorkerHeartbeat
from uku.products.models import Product
from uku.workspaces.models import AuditEntry
from uku.workspaces.operations import set_plan

OWN = "900000001"
INSTEAD = "Issue with a number from Uku"


def stop(name, desk, scope):
    """Keep invoices from going out, in one of the ways; return how it is undone."""
    if name == "disabled":
        desk.disable()
        return desk.enable
    if name == "plan":
        set_plan(workspace=scope, plan="free", at=clock.now())
        return lambda: set_plan(workspace=scope, plan="team", at=clock.now())
    Connection.objects.update(block_reason="needs_authorization", blocked_at=clock.now())
    return desk.connect


def sent(invoice) -> tuple[str, str]:
    return InvoiceExport.objects.get(invoice=invoice).state, Invoice.objects.get(pk=invoice.pk).number


@pytest.mark.parametrize("way", ["disabled", "plan", "trouble"])
def test_what_is_issued_while_nothing_can_be_sent_waits_and_then_goes_out_by_itself(desk, shop, scope, fortnox, way):
    first = desk.issue()
    desk.work()
    undo = stop(way, desk, scope)
    second = desk.issue()
    desk.work()
    assert (second.number, second.ocr, second.numbering) == ("", "", "accounting")
    assert desk.says(second, ">Held</span>")
    undo()
    desk.work()
    assert [sent(first)[0], sent(second)[0]] == [ExportState.CONFIRMED] * 2
    assert [invoice["DocumentNumber"] for invoice in fortnox.invoices()] == [sent(first)[1], sent(second)[1]]
    assert len({invoice.ocr for invoice in Invoice.objects.all()}) == 2


def test_while_no_worker_runs_a_waiting_invoice_says_so_and_promises_nothing(desk, shop):
    WorkerHeartbeat.objects.update(last_beat_at=datetime(2026, 3, 30, 12, 32, tzinfo=UTC))
    happened = (
        "Nothing has been sent or read since 30 Mar 2026, 14:32: the background program of Uku (the worker) is not"
        " running."
    )
    draft = shop.draft()
    assert happened in desk.show(draft).all("p")
    invoice = desk.issue(draft)
    assert desk.says(invoice, ">Held</span>")
    assert happened in desk.show(invoice).all("p")


@pytest.mark.parametrize("way", ["disabled", "plan", "trouble"])
def test_the_page_says_before_issue_that_it_will_wait_and_offers_a_number_from_uku(desk, shop, scope, way):
    draft = shop.draft()
    assert INSTEAD not in desk.show(draft).all("button")
    stop(way, desk, scope)
    page = desk.show(draft)
    words = {
        "disabled": "Fortnox is disabled.",
        "plan": "Integrations are part of the Team and Elite plans; this workspace is on Free.",
        "trouble": "The connection to Fortnox is not working.",
    }
    assert words[way] in page.all("p")
    assert [label for label in page.all("button") if label.startswith("Issue")] == ["Issue", INSTEAD, "Issue and next"]
    issued = desk.issue(draft, number="own")
    assert (issued.number, issued.numbering, InvoiceExport.objects.count()) == (OWN, "own", 0)


def test_a_number_from_uku_is_never_one_that_fortnox_gave(desk, shop):
    first = desk.issue()
    desk.work()
    desk.disconnect()
    second = desk.issue()
    assert (sent(first)[1], second.number, second.ocr) == ("1", OWN, "90000000118")
    assert len({invoice.ocr for invoice in Invoice.objects.all()}) == 2


@pytest.mark.parametrize("follows", [True, False])
def test_a_number_from_uku_goes_to_fortnox_by_hand_and_stays_the_only_one(desk, shop, fortnox, follows):
    fortnox.switch(series_follows_highest=follows)
    desk.disconnect()
    invoice = desk.issue()
    desk.connect()
    desk.work()
    assert (InvoiceExport.objects.count(), fortnox.invoices()) == (0, [])
    assert f"continue its own numbers from {OWN}" in desk.send(invoice)
    (made,) = fortnox.invoices()
    after = Invoice.objects.get(pk=invoice.pk)
    assert (made["DocumentNumber"], made["OCR"], after.number, after.ocr) == (OWN, after.ocr, OWN, invoice.ocr)
    assert (sent(invoice)[0], fortnox.creates()) == (ExportState.CONFIRMED, {invoice.reference: 1})
    following = desk.issue()
    desk.work()
    assert sent(following) == (ExportState.CONFIRMED, "900000002" if follows else "1")
    desk.disconnect()
    assert int(desk.issue().number) > int(OWN) + 1


@pytest.fixture
def used(desk, fortnox):
    """An invoice with a number from Uku that somebody used in Fortnox meanwhile, and its row there."""
    desk.issue()
    desk.work()
    desk.disconnect()
    invoice = desk.issue()
    desk.connect()
    clear_queue()
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        row = next(iter(company.table("invoices").rows.values()))
        company.put("invoices", OWN, {**row, "DocumentNumber": OWN, "ExternalInvoiceReference1": "X"})
        fortnox.app.installation.store.commit([])
    return invoice


def test_a_used_number_is_refused_and_nothing_is_created(desk, fortnox, used):
    page = desk.send(used)
    assert "invoices to the same customer with the same date and total" in page
    export = InvoiceExport.objects.get(invoice=used)
    assert (export.state, export.error_code) == (ExportState.REJECTED, "number_used")
    assert fortnox.creates()[used.reference] == 0


def test_an_invoice_whose_number_is_used_in_fortnox_stays_outside_with_its_number(desk, shop, used):
    desk.send(used)
    name = Connection.objects.get().company_name
    page = desk.show(used)
    assert f"{name} has another invoice with the number {OWN} in Fortnox." in page.all("p")
    assert "Keep the number from Uku" in page.all("button")
    export = InvoiceExport.objects.get(invoice=used)
    address = f"{desk.home}/settings/fortnox/pushes/{export.pk}/keep-number/"
    assert [desk.browser.post(address).status_code for _ in range(2)] == [302, 302]
    assert AuditEntry.objects.filter(action="fortnox.keep_number").count() == 1
    kept = desk.show(used)
    assert {"Keep the number from Uku", "Send to Fortnox"} & {*kept.all("button"), *kept.all("a")} == set()
    assert desk.says(used, ">Number from Uku</span>")
    assert "Needs you" not in desk.browser.get(f"{desk.home}/settings/fortnox/").content.decode()
    desk.disconnect()
    assert desk.says(used, ">Number from Uku</span>")


def test_a_number_from_uku_is_not_sent_while_a_higher_one_of_its_block_is_not_in_fortnox(desk, shop, fortnox):
    desk.disconnect()
    first, second = desk.issue(), desk.issue()
    other_block = desk.issue()
    Invoice.objects.filter(pk=other_block.pk).update(number="900100001", ocr="x")
    desk.connect()
    address = f"{desk.home}/settings/fortnox/invoices/{first.pk}/send/"
    page = desk.browser.get(address).content.decode()
    assert ("Send 900000002 first" in page, "900100001" in page) == (True, False)
    assert f'action="{address}"' not in page
    answer = desk.browser.post(address, follow=True).content.decode()
    assert "Send invoice 900000002 first." in answer
    assert (InvoiceExport.objects.count(), fortnox.creates()) == (0, {})
    desk.send(second)
    desk.send(first)
    assert (sent(first)[0], sent(second)[0]) == (ExportState.CONFIRMED, ExportState.CONFIRMED)


@pytest.mark.parametrize(
    ("state", "code", "kept", "words"),
    [
        ("queued", "", False, "is being sent"),
        ("rejected", "", False, "was not accepted"),
        ("needs_person", "", False, "needs a decision"),
        ("rejected", "number_used", False, ""),
        ("rejected", "number_used", True, ""),
    ],
)
def test_a_higher_number_that_cannot_go_is_told_with_what_to_do(desk, shop, state, code, kept, words):
    desk.disconnect()
    first, second = desk.issue(), desk.issue()
    desk.connect()
    facts = {"company_id": FIRST, "reference": second.reference, "created_at": clock.now()}
    InvoiceExport.objects.create(invoice=second, state=state, error_code=code, number_kept=kept, **facts)
    address = f"{desk.home}/settings/fortnox/invoices/{first.pk}/send/"
    page = desk.browser.get(address).content.decode()
    assert (f'action="{address}"' in page, "Open invoice 900000002" in page) == (not words, bool(words))
    answer = desk.browser.post(address, follow=True).content.decode()
    assert (words in answer, InvoiceExport.objects.filter(invoice=first).exists()) == (True, not words)


def test_a_higher_number_of_another_company_says_which_to_connect(desk, shop):
    desk.disconnect()
    first, second = desk.issue(), desk.issue()
    desk.connect()
    name = Connection.objects.get().company_name
    desk.send(second)
    desk.disconnect()
    desk.connect_other()
    page = desk.browser.get(f"{desk.home}/settings/fortnox/invoices/{first.pk}/send/").content.decode()
    assert f"Invoice 900000002 is in Fortnox, in the company {name}. Connect {name} to send this invoice there." in page


def test_a_rejected_one_is_not_sent_again_before_a_higher_number(desk, shop, fortnox):
    desk.disconnect()
    first, second = desk.issue(), desk.issue()
    desk.connect()
    facts = {"company_id": FIRST, "reference": first.reference, "created_at": clock.now()}
    InvoiceExport.objects.create(invoice=first, state="rejected", **facts)
    desk.retry(first)
    assert (sent(first)[0], fortnox.creates()) == (ExportState.REJECTED, {})
    desk.send(second)
    desk.retry(first)
    assert sent(first)[0] == ExportState.CONFIRMED


def test_a_rejected_invoice_never_belongs_to_the_company_that_refused_it(desk, shop, fortnox):
    desk.disconnect()
    own = desk.issue()
    desk.connect()
    theirs = desk.issue()
    name = Connection.objects.get().company_name
    for invoice in (own, theirs):
        facts = {"company_id": FIRST, "reference": invoice.reference, "created_at": clock.now()}
        InvoiceExport.objects.update_or_create(
            invoice=invoice, defaults={**facts, "state": "rejected", "error_text": "No."}
        )
    clear_queue()
    for change in (desk.disconnect, desk.connect_other):
        change()
        for invoice, badge in ((own, "Number from Uku"), (theirs, "Not sent: correct it")):
            page = desk.show(invoice)
            assert desk.says(invoice, f">{badge}</span>")
            texts = " ".join(page.all("p"))
            assert f"This invoice was not accepted. It belongs to {name}, which is not connected." in texts
            assert ("it goes on" in texts, "issued for" in texts) == (False, False)
    assert any("with its number from Uku" in text for text in desk.show(own).all("p"))
    assert any("gets its number from the connected" in text for text in desk.show(theirs).all("p"))


def test_an_answer_with_another_number_than_was_sent_is_left_to_a_person(desk, fortnox, used):
    """Cancelled there, it can be sent anew, and the cancelled one is not taken for it."""
    fortnox.switch(document_number_reuse="accept", series_follows_highest=False)
    desk.send(used)
    export = InvoiceExport.objects.get(invoice=used)
    assert (export.state, Invoice.objects.get(pk=used.pk).number) == (ExportState.NEEDS_PERSON, OWN)
    assert export.error_text == f"Fortnox has the invoice as number 2, but its number from Uku is {OWN}."
    fortnox.ask("POST", f"companies/{FIRST}/invoices/2/cancel")
    with fortnox.app.installation.lock:
        fortnox.app.installation.company(FIRST).remove("invoices", OWN)
        fortnox.app.installation.store.commit([])
    desk.browser.post(f"{desk.home}/settings/fortnox/pushes/{export.pk}/retry/")
    desk.work()
    assert (
        InvoiceExport.objects.get(invoice=used).error_text
        == "Fortnox has the invoice as number 2, and it is cancelled there."
    )
    desk.send(used)
    assert (sent(used), fortnox.creates()[used.reference]) == ((ExportState.CONFIRMED, OWN), 2)


def test_a_number_that_uku_gave_to_another_invoice_is_left_to_a_person_and_asked_for_no_more(desk, shop, fortnox):
    """Somebody set Fortnox's series to where ours is."""
    desk.disconnect()
    first = desk.issue()
    desk.connect()
    with fortnox.app.installation.lock:
        fortnox.app.installation.company(FIRST).set_counter("invoices", int(OWN))
    third = desk.issue()
    desk.work()
    export = InvoiceExport.objects.get(invoice=third)
    assert (export.state, sent(third)[1], first.number) == (ExportState.NEEDS_PERSON, "", OWN)
    assert export.error_text.startswith(f"Fortnox gave this invoice the number {OWN}. Another invoice in Uku has")
    before = fortnox.mark()
    jobs.sweep.func(timestamp=0)
    desk.work()
    asked = [request for request in fortnox.requests(before) if "invoices" in request and OWN in request]
    assert (asked, fortnox.creates()[third.reference]) == ([], 1)


def test_two_companies_may_both_have_an_invoice_1(desk, shop, fortnox):
    first, name = desk.issue(), Connection.objects.get().company_name
    desk.work()
    desk.disconnect()
    desk.connect_other()
    second = desk.issue()
    desk.work()
    assert (sent(first), sent(second)) == ((ExportState.CONFIRMED, "1"), (ExportState.CONFIRMED, "1"))
    assert (desk.says(second, "In Fortnox 1, booked"), desk.says(first, f"In Fortnox 1 of {name}")) == (True, True)


def test_an_invoice_held_for_another_company_says_so_is_not_counted_and_can_be_sent_by_hand(desk, shop, fortnox):
    """F23"""
    desk.disable()
    invoice = desk.issue()
    name = Connection.objects.get().company_name
    desk.disconnect()
    desk.connect_other()
    desk.work()
    words = f"Held: belongs to {name}, which is not connected"
    assert desk.says(invoice, words)
    overview = desk.browser.get(f"{desk.home}/settings/fortnox/").content.decode()
    assert "waiting" not in overview
    assert name in desk.send(invoice)
    assert (sent(invoice)[0], fortnox.invoices(SECOND), fortnox.invoices()) == (ExportState.REJECTED, [], [])
    has_article_in(SECOND, invoice, shop.article)
    desk.retry(invoice)
    assert (sent(invoice), len(fortnox.invoices(SECOND)), fortnox.invoices()) == ((ExportState.CONFIRMED, "1"), 1, [])


def has_article_in(company: str, invoice, number: str) -> None:
    """Let the product of the invoice's row have an article in a company, as a person picks it."""
    facts = {"name": "Bokföring", "price": 950, "vat_rate": 25, "created_at": clock.now()}
    product = Product.objects.create(article_number=number, article_company=company, **facts)
    InvoiceRow.objects.filter(invoice=invoice).update(product=product)


@pytest.mark.parametrize("days", [36, 400])
def test_an_old_invoice_is_not_sent_unasked(desk, shop, fortnox, days):
    draft = shop.draft(on=clock.today("Europe/Stockholm") - timedelta(days=days))
    assert any("does not send it automatically" in text for text in desk.show(draft).all("p"))
    invoice = desk.issue(draft)
    desk.work()
    jobs.sweep.func(timestamp=0)
    desk.work()
    assert (sent(invoice)[0], fortnox.creates()) == ("held", {})
    desk.send(invoice)
    assert (sent(invoice)[0], fortnox.creates()) == (ExportState.CONFIRMED, {invoice.reference: 1})


def test_the_number_appears_by_itself_and_then_nothing_is_asked_any_more(desk, shop):
    invoice = desk.issue()
    waiting = desk.show(invoice)
    (polled,) = [tag for _name, tag in waiting.tags if tag.get("hx-trigger") == "every 2s"]
    assert (polled["id"], polled["hx-select"], waiting.heading) == ("invoice-state", "#invoice-state", "Invoice")
    desk.work()
    done = desk.show(invoice)
    assert [tag for _name, tag in done.tags if "hx-trigger" in tag] == []
    assert (done.heading, done.facts["OCR"]) == ("Invoice 1", "133 Copy OCR number")


def test_a_held_invoice_looks_seldom_for_its_number_and_shows_it_when_the_hold_ends(desk, shop):
    desk.disable()
    invoice = desk.issue()
    assert desk.show(invoice).values("aside", "hx-trigger") == ["every 10s"]
    desk.enable()
    desk.work()
    assert (desk.show(invoice).values("aside", "hx-trigger"), desk.show(invoice).heading) == ([], "Invoice 1")


def test_without_a_company_the_draft_and_the_invoice_say_that_the_number_is_from_uku(desk, shop):
    draft = shop.draft()
    words = "Issue gives the invoice a number from Uku. Its content can then no longer be changed."
    assert words not in desk.show(draft).all("p")
    desk.disconnect()
    assert words in desk.show(draft).all("p")
    assert "Number from Uku" in desk.show(desk.issue(draft)).all("p")


def test_the_page_before_it_is_sent_belongs_to_the_invoice(desk, shop):
    """It marks Billing in the menu, and leads back to the invoice, not to the settings."""
    desk.disconnect()
    invoice = desk.issue()
    desk.connect()
    answer = desk.browser.get(f"{desk.home}/settings/fortnox/invoices/{invoice.pk}/send/")
    page = Page(answer.content.decode())
    backs = [attributes["href"] for tag, attributes in page.tags if attributes.get("class") == "back"]
    assert (marked_in_menu(answer), backs) == ({f"{desk.home}/billing/"}, [f"{desk.home}/billing/{invoice.pk}/"])
