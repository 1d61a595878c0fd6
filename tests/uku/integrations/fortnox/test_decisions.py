"""What a person decides about an invoice that Fortnox never confirmed: adopt it, send it again, or leave it."""

from __future__ import annotations

import threading
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction
from tests.uku.conftest import make_user
from tests.uku.integrations.fortnox.conftest import clear_queue, make_credit_note
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND, until
from tests.uku.web.page_reader import Page, marked_in_menu

from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.invoices.decision import store_adopted
from uku.integrations.fortnox.invoices.export import process_export
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport, RunKind, SyncIssue
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.cancel import await_cancellation, cancel_invoice
from uku.invoices.deliveries import Wanted, send_invoice
from uku.invoices.delivery_models import DeliveryWay
from uku.invoices.models import Invoice, State
from uku.kit import clock
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry
from uku.workspaces.operations import add_member

POST = {"method": "POST", "path": "/3/invoices"}
LOOK_UPS = 6
REFUSAL = '{"ErrorInformation":{"error":1,"message":"Fortnox säger nej","code":2009999}}'


@pytest.fixture
def lost(desk, fortnox, later):
    """An invoice whose create had no answer, looked up until a person must decide. `phase` P2 made it, P1 did not."""

    def lose(*, phase="P2", copy=True, times=1, **changes):
        fortnox.fault(**POST, action="drop", phase=phase, times=times)
        invoice = desk.issue()
        desk.work()
        if copy:
            fortnox.copy_invoice("9001", **changes)
        for _ in range(LOOK_UPS):
            export = InvoiceExport.objects.get(invoice=invoice)
            later(export, seconds=20 * 60)
            clear_queue()
            process_export(export_id=export.pk)
        fortnox.heal()
        export = InvoiceExport.objects.get(invoice=invoice)
        assert export.state == ExportState.NEEDS_PERSON
        return export

    return lose


def forms_of(page: Page) -> list[tuple[str, dict[str, str]]]:
    """Each form that posts, with what its hidden fields say."""
    found: list[tuple[str, dict[str, str]]] = []
    for tag, attributes in page.tags:
        if tag == "form":
            found.append((attributes.get("action") or "", {}))
        elif tag == "input" and attributes.get("type") == "hidden" and found:
            found[-1][1][attributes["name"] or ""] = attributes.get("value") or ""
    return found


def look(desk, export, number: str = "") -> Page:
    address = f"{desk.home}/settings/fortnox/pushes/{export.pk}/decide/"
    return Page(desk.browser.get(address, {"number": number} if number else {}).content.decode())


def offered(page: Page) -> list[str]:
    """The numbers that can be adopted."""
    return [facts["number"] for action, facts in forms_of(page) if action.endswith("/adopt/")]


@pytest.fixture
def decide(desk):
    """Press a button of the page as it is drawn now, or as it was drawn; return the next page."""

    def press(export, way, *, drawn=None, browser=None, **typed):
        action = f"{desk.home}/settings/fortnox/pushes/{export.pk}/{way}/"
        forms = [facts for address, facts in forms_of(drawn or look(desk, export)) if address == action]
        (form,) = [each for each in forms if typed.get("number") in {None, each.get("number")}]
        answer = (browser or desk.browser).post(action, {**form, **typed}, follow=True)
        return Page(answer.content.decode())

    return press


def again(export) -> InvoiceExport:
    return InvoiceExport.objects.select_related("invoice", "decided_by").get(pk=export.pk)


def notes(page: Page) -> list[str]:
    """What the page tells of the button that was pressed."""
    return [text for text in page.all("p") if text.startswith(("Nothing", "Invoice 9", "It can be", "Somebody"))]


@pytest.fixture
def colleague(scope, signed_in):
    """A browser of an admin of the same workspace."""
    user = make_user("adam@byran.example", "Adam Admin")
    add_member(workspace=scope, user=user, role="admin")
    return signed_in(user)


# What the page shows


def by_fact(rows: list[list[str]]) -> dict[str, tuple[str, ...]]:
    """What stands in Uku, in Fortnox and beside it, by the name of the fact; phones read ours with the name."""
    assert [name for name, ours, *_rest in rows if not name.endswith(f", in Uku {ours}")] == []
    return {name.partition(", in Uku ")[0]: (ours, *rest) for name, ours, *rest in rows}


def test_the_page_shows_each_invoice_that_may_be_ours_beside_ours(fortnox, shop, desk, lost):
    export = lost(Total=Decimal(9), TotalToPay=Decimal(9))
    made = fortnox.invoices()[0]
    page = look(desk, export)
    rows = [row for row in page.rows if len(row) == 4]
    first, second = rows[1 : len(rows) // 2], rows[len(rows) // 2 + 1 :]
    number = made["DocumentNumber"]
    row = f"{shop.article} Bokföring, 2 × 950.00, VAT 25 %"
    whom = f"{shop.customer} Björk Bygg AB"
    told = by_fact(first)
    assert told == {
        "Number": ("–", number, ""),
        "Customer": (whom, whom, "Same"),
        "Invoice date": (told["Invoice date"][0], told["Invoice date"][0], "Same"),
        "Due date": (told["Due date"][0], told["Due date"][0], "Same"),
        "OCR": ("–", made["OCR"], ""),
        "Uku's reference": (export.reference, export.reference, "Same"),
        "Row 1": (row, row, "Same"),
        "Net": ("1,900.00", "1,900.00", "Same"),
        "VAT": ("475.00", "475.00", "Same"),
        "Rounding": ("0.00", "0.00", "Same"),
        "Total": ("2,375.00", "2,375.00", "Same"),
        "Currency": ("SEK", "SEK", "Same"),
        "Booked": ("–", "No", ""),
        "Sent to the client": ("–", "No", ""),
        "Cancelled": ("–", "No", ""),
    }
    copied = by_fact(second)
    differing = {name for name in copied if copied[name][2] == "Differs"}
    assert (copied["Number"], differing) == (("–", "9001", ""), {"Total"})
    assert offered(page) == [number, "9001"]


def test_it_offers_an_invoice_that_somebody_made_by_hand_and_not_those_of_other_invoices(fortnox, shop, desk, lost):
    other = desk.issue()
    desk.work()
    export = lost(phase="P1", times=9, copy=False)
    assert offered(look(desk, export)) == []
    fortnox.copy_invoice("9001", ExternalInvoiceReference1="", Booked=False)
    fortnox.copy_invoice("9002", ExternalInvoiceReference1="", Cancelled=True)
    fortnox.copy_invoice("9003", ExternalInvoiceReference1="", Total=Decimal(1), InvoiceDate="2020-01-01")
    fortnox.copy_invoice("9004")  # with the reference of the other invoice
    assert offered(look(desk, export)) == ["9001"]
    assert offered(look(desk, export, "9003")) == ["9003", "9001"]
    taken = Invoice.objects.get(pk=other.pk)
    page = look(desk, export, taken.number)
    assert f"In Uku it is another invoice already: Invoice {taken.number}." in page.all("p")
    assert offered(page) == ["9001"]
    assert "Fortnox has no invoice with the number 77." in str(look(desk, export, "77").texts)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"Cancelled": True}, "It is cancelled in Fortnox."),
        ({"Currency": "EUR"}, "Its currency is another one."),
        ({"Total": Decimal(-2375)}, "It is a credit note."),
    ],
)
def test_what_cannot_be_ours_says_why_and_is_refused_when_it_is_adopted_all_the_same(
    fortnox, desk, lost, decide, change, why
):
    export = lost()
    drawn = look(desk, export)
    fortnox.copy_invoice("9001", **change)
    assert why in look(desk, export).all("p")
    page = decide(export, "adopt", drawn=drawn, number="9001")
    assert f"Invoice 9001 cannot be adopted. {why}" in notes(page)
    assert again(export).state == ExportState.NEEDS_PERSON


# Adopt


def test_adopting_takes_number_ocr_and_figures_and_creates_nothing(fortnox, desk, shop, lost, decide):
    export = lost()
    made = fortnox.invoices()[0]["DocumentNumber"]
    before = fortnox.mark()
    decide(export, "adopt", number=made)
    desk.work()
    row = again(export)
    assert (row.state, row.document_number, row.invoice.number, row.booked) == (ExportState.CONFIRMED, made, made, True)
    assert (row.decision, row.decided_by, row.invoice.difference) == ("adopted", shop.owner, "")
    assert fortnox.commits("invoice.create", before) == []
    assert fortnox.creates() == {export.reference: 1}
    assert SyncIssue.objects.filter(number=export.reference, solved_at=None).count() == 0
    entry = AuditEntry.objects.get(action="fortnox.decide")
    assert (entry.actor, entry.target) == (shop.owner, f"Invoice:{row.invoice_id}")
    assert entry.summary == f"Invoice {made} in Fortnox was adopted"
    assert desk.show(row.invoice).facts["Decision"].startswith(f"{shop.owner} decided, ")


def test_what_differs_in_the_adopted_invoice_is_shown_and_must_be_accepted(fortnox, desk, lost, decide):
    export = lost(phase="P1", times=9, copy=False)
    desk.issue()
    desk.work()
    fortnox.copy_invoice("9001", ExternalInvoiceReference1="", Total=Decimal("2376.00"), RoundOff=Decimal("1.00"))
    decide(export, "adopt", number="9001")
    row = again(export)
    assert (row.invoice.number, row.invoice.total) == ("9001", Decimal(2376))
    assert row.invoice.difference == "rounding 1.00 instead of 0.00 SEK; total 2,376.00 instead of 2,375.00 SEK"


def test_an_adopted_invoice_that_was_paid_before_is_read(fortnox, desk, lost, decide):
    export = lost()
    made = fortnox.invoices()[0]["DocumentNumber"]
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{made}/bookkeep")
    fortnox.pay(made, "2375", clock.today("Europe/Stockholm").isoformat())
    run_sync(SyncRequest(Connection.objects.get(), RunKind.PAYMENTS))
    decide(export, "adopt", number=made)
    desk.work()
    assert again(export).invoice.state == State.PAID


def test_an_invoice_with_a_number_from_uku_is_only_the_one_with_that_number(fortnox, shop, desk, later):
    own = shop.issue(numbering="own")
    fortnox.fault(**POST, action="drop", phase="P2")
    desk.send(own)
    fortnox.copy_invoice("9001")
    export = InvoiceExport.objects.get(invoice=own)
    later(export, seconds=20 * 60)
    process_export(export_id=export.pk)
    page = look(desk, export)
    assert (again(export).state, offered(page)) == (ExportState.NEEDS_PERSON, [own.number])
    assert f"Fortnox has the invoice as number 9001, but its number from Uku is {own.number}." in page.all("p")


# Send again


def test_sending_again_creates_once_more_with_the_same_bytes(fortnox, desk, shop, lost, decide):
    export = lost(phase="P1", times=2, copy=False)
    assert fortnox.creates() == {}
    decide(export, "send-again")
    desk.work()
    row = again(export)
    assert (row.state, row.decision, row.payload_hash) == (ExportState.CONFIRMED, "sent_again", export.payload_hash)
    assert fortnox.creates() == {export.reference: 1}
    assert AuditEntry.objects.get(action="fortnox.decide").actor == shop.owner


def test_what_sending_again_risks_is_said_with_the_numbers(fortnox, desk, lost):
    export = lost()
    made = fortnox.invoices()[0]["DocumentNumber"]
    told = (
        f"Fortnox has Uku's reference on {made}, 9001. If one of them is this invoice, sending it again invoices the"
        " client twice."
    )
    assert told in look(desk, export).all("p")


def test_nothing_is_sent_again_before_the_landing_window_is_over(fortnox, desk, later, decide):
    fortnox.fault(**POST, action="drop", phase="P2")
    invoice = desk.issue()
    desk.work()
    fortnox.copy_invoice("9001")
    export = InvoiceExport.objects.get(invoice=invoice)
    later(export, seconds=6)
    process_export(export_id=export.pk)
    early = look(desk, export)
    assert [text for text in early.all("p") if text.startswith("It can be sent again from ")] != []
    assert [action for action, _facts in forms_of(early) if action.endswith("/send-again/")] == []
    facts = {"seen": str(export.fence), "known": f"{fortnox.invoices()[0]['DocumentNumber']} 9001"}
    desk.browser.post(f"{desk.home}/settings/fortnox/pushes/{export.pk}/send-again/", facts)
    desk.work()
    assert (again(export).state, fortnox.creates()) == (ExportState.NEEDS_PERSON, {export.reference: 1})


def test_an_invoice_that_landed_after_the_page_was_drawn_is_not_sent_again(fortnox, desk, lost, decide):
    desk.issue()
    desk.work()
    export = lost(phase="P1", times=2, copy=False)
    drawn = look(desk, export)
    fortnox.copy_invoice("9001", ExternalInvoiceReference1=export.reference)
    page = decide(export, "send-again", drawn=drawn)
    desk.work()
    words = "Nothing was sent: Fortnox has other invoices with Uku's reference by now. Look at them."
    assert words in notes(page)
    assert (again(export).state, export.reference in fortnox.creates()) == (ExportState.NEEDS_PERSON, False)
    assert offered(page) == ["9001"]


# Leave


def test_leaving_needs_a_reason_and_neither_sends_nor_looks(fortnox, desk, shop, lost, decide):
    export = lost()
    decide(export, "leave", reason=" ")
    assert again(export).state == ExportState.NEEDS_PERSON
    before = fortnox.mark()
    decide(export, "leave", reason="Typed by hand as 1017")
    desk.work()
    run_sync(SyncRequest(Connection.objects.get(), RunKind.COMPARISON))
    desk.work()
    row = again(export)
    assert (row.state, row.decision_reason) == (ExportState.LEFT, "Typed by hand as 1017")
    assert [each for each in fortnox.requests(before) if each.startswith(("POST", "PUT"))] == []
    assert desk.says(row.invoice, "Settled outside Uku")
    assert AuditEntry.objects.get(action="fortnox.decide").after["reason"] == "Typed by hand as 1017"
    assert SyncIssue.objects.filter(number=export.reference, solved_at=None, kind="invoice").count() == 0


def test_what_was_left_can_be_decided_again(fortnox, desk, lost, decide):
    export = lost()
    decide(export, "leave", reason="Not needed")
    made = fortnox.invoices()[0]["DocumentNumber"]
    assert f"{desk.home}/settings/fortnox/pushes/{export.pk}/decide/" in desk.show(export.invoice).values("a", "href")
    decide(again(export), "adopt", number=made)
    assert (again(export).state, again(export).decision) == (ExportState.CONFIRMED, "adopted")


def test_what_was_left_can_be_cancelled(desk, shop, lost, decide):
    export = lost()
    decide(export, "leave", reason="Not needed")
    cancel_invoice(invoice=export.invoice, actor=shop.owner, at=clock.now())
    row = again(export)
    assert (row.state, row.invoice.state) == (ExportState.CANCELLED, State.CANCELLED)


def test_a_cancellation_that_waited_for_the_decision_is_carried_out(fortnox, shop, desk, later, decide):
    fortnox.fault(**POST, action="drop", phase="P2")
    invoice = desk.issue()
    desk.work()
    cancel_invoice(invoice=invoice, actor=shop.owner, at=clock.now())
    fortnox.copy_invoice("9001")
    later(InvoiceExport.objects.get(), seconds=20 * 60)
    process_export(export_id=InvoiceExport.objects.get().pk)
    export = InvoiceExport.objects.get()
    assert (export.state, "Somebody asked to cancel the invoice." in look(desk, export).all("p")) == (
        ExportState.NEEDS_PERSON,
        True,
    )
    decide(export, "adopt", number=fortnox.invoices()[0]["DocumentNumber"])
    desk.work()
    assert (again(export).invoice.state, fortnox.invoices()[0]["Cancelled"]) == (State.CANCELLED, True)


# Two people, two clicks


def test_a_second_click_changes_nothing_and_says_nothing(fortnox, desk, lost, decide):
    export = lost()
    drawn, made = look(desk, export), fortnox.invoices()[0]["DocumentNumber"]
    for _ in range(2):
        page = decide(export, "adopt", drawn=drawn, number=made)
    desk.work()
    assert (AuditEntry.objects.filter(action="fortnox.decide").count(), notes(page)) == (1, [])
    assert page.heading == f"Invoice {made}"


@pytest.mark.parametrize("way", ["adopt", "send-again", "leave"])
def test_another_persons_decision_in_between_is_told_and_stands(fortnox, desk, shop, lost, decide, colleague, way):
    export = lost()
    drawn, made = look(desk, export), fortnox.invoices()[0]["DocumentNumber"]
    typed = {"adopt": {"number": made}, "leave": {"reason": "Mine"}}.get(way, {})
    decide(export, "leave", browser=colleague, reason="Theirs")
    page = decide(export, way, drawn=drawn, **typed)
    desk.work()
    told = [each for each in notes(page) if each.startswith("Nothing was done. Adam Admin decided, ")]
    assert (len(told), again(export).decision_reason) == (1, "Theirs")
    assert fortnox.creates() == {export.reference: 1}


def test_what_uku_found_in_between_is_told(fortnox, desk, lost, decide):
    export = lost()
    drawn, made = look(desk, export), fortnox.invoices()[0]["DocumentNumber"]
    fortnox.ask("POST", f"companies/{FIRST}/invoices/9001/cancel")
    desk.retry(export.invoice)
    assert again(export).state == ExportState.CONFIRMED
    page = decide(export, "leave", drawn=drawn, reason="Mine")
    assert "Nothing was done: the invoice has changed since you opened the page." in notes(page)
    assert again(export).document_number == made


def test_a_member_without_the_permission_decides_nothing(fortnox, desk, scope, signed_in, lost):
    export = lost()
    member = make_user("mia@byran.example", "Mia Member")
    add_member(workspace=scope, user=member, role="member")
    browser, place = signed_in(member), f"{desk.home}/settings/fortnox/pushes/{export.pk}"
    statuses = [browser.post(f"{place}/{way}/", {"seen": export.fence}).status_code for way in ("adopt", "leave")]
    assert [browser.get(f"{place}/decide/").status_code, *statuses] == [403, 403, 403]
    assert again(export).state == ExportState.NEEDS_PERSON


# When Fortnox does not answer


def test_while_fortnox_does_not_answer_the_invoice_can_only_be_left(fortnox, desk, lost, decide):
    export = lost()
    fortnox.fault(path="/3/*", status=500, times=99)
    page = look(desk, export)
    assert [action.rsplit("/", 2)[1] for action, _facts in forms_of(page) if "/pushes/" in action] == ["leave"]
    decide(export, "leave", drawn=page, reason="Made by hand")
    assert again(export).state == ExportState.LEFT


@pytest.mark.parametrize(
    "changed", [{"enabled": False}, {"company_id": SECOND}, {"sealed_tokens": ""}], ids=["disabled", "other", "gone"]
)
@pytest.mark.parametrize("way", ["adopt", "send-again"])
def test_once_the_company_cannot_be_asked_an_older_page_neither_adopts_nor_sends(
    fortnox, desk, lost, decide, changed, way
):
    export = lost()
    drawn, before = look(desk, export), fortnox.mark()
    Connection.objects.update(**changed)
    facts = {"number": offered(drawn)[0]} if way == "adopt" else {}
    page = decide(export, way, drawn=drawn, **facts)
    assert any("not connected" in text or "disabled" in text for text in page.all("p")), page.all("p")
    assert (again(export).state, again(export).fence) == (ExportState.NEEDS_PERSON, export.fence)
    assert fortnox.requests(before) == []
    left = [action.rsplit("/", 2)[1] for action, _facts in forms_of(look(desk, export)) if "/pushes/" in action]
    assert left == ["leave"]


def test_what_was_never_confirmed_can_be_decided_while_fortnox_cannot_be_searched(fortnox, desk, later):
    fortnox.fault(**POST, action="drop", phase="P2")
    invoice = desk.issue()
    desk.work()
    export = InvoiceExport.objects.get()
    page = f"{desk.home}/settings/fortnox/pushes/{export.pk}/decide/"
    waits = "You do not need to do anything: Uku looks for the invoice in Fortnox by Uku's reference and shows the"
    shown = desk.show(invoice)
    assert (page in shown.values("a", "href"), f"{waits} result here." in shown.all("p")) == (False, True)
    later(export, seconds=20 * 60)
    shown = desk.show(invoice)
    decides = "Uku goes on looking for it and shows the result here. If you know where it is, click Decide."
    assert (page in shown.values("a", "href"), decides in shown.all("p")) == (True, True)
    assert offered(look(desk, export)) == [fortnox.invoices()[0]["DocumentNumber"]]


# Credit notes


def test_a_note_that_fortnox_made_otherwise_is_adopted_with_its_figures(fortnox, desk, shop, later, decide):
    invoice = desk.issue()
    desk.work()
    invoice.refresh_from_db()
    note = make_credit_note(shop.owner, invoice, "1")
    fortnox.fault(method="PUT", path=f"/3/invoices/{int(invoice.number) + 1}", status=400, body=REFUSAL, times=9)
    desk.work()
    export = InvoiceExport.objects.get(invoice=note)
    assert export.state == ExportState.NEEDS_PERSON
    fortnox.heal()
    later(export, seconds=20 * 60)
    page, made = look(desk, export), str(int(invoice.number) + 1)
    assert (offered(page), [a for a, _ in forms_of(page) if a.endswith("/send-again/")]) == ([made], [])
    assert f"Fortnox credits an invoice once, and has credit note {made} for it." in page.all("p")
    decide(export, "adopt", number=made)
    desk.work()
    row = again(export)
    assert (row.state, row.invoice.number, row.invoice.total) == (ExportState.CONFIRMED, made, Decimal(-2375))
    assert row.invoice.difference.startswith("net -1,900")


def test_its_page_marks_billing_in_the_menu(desk, lost):
    page = desk.browser.get(f"{desk.home}/settings/fortnox/pushes/{lost().pk}/decide/")
    assert marked_in_menu(page) == {f"{desk.home}/billing/"}


# One that is in Fortnox already


@pytest.fixture
def doubled(fortnox, desk):
    """An invoice in Fortnox, booked, with Uku's reference on another one there too, as a comparison found it."""
    invoice = desk.issue()
    desk.work()
    fortnox.copy_invoice("9001", Booked=False, VoucherNumber=None)
    run_sync(SyncRequest(Connection.objects.get(), RunKind.COMPARISON))
    return InvoiceExport.objects.get(invoice=invoice)


def differences() -> list[str]:
    return list(
        SyncIssue.objects.filter(kind="difference", solved_at=None, ignored_at=None).values_list("code", flat=True)
    )


def compare_again(desk) -> None:
    run_sync(SyncRequest(Connection.objects.get(), RunKind.COMPARISON))
    desk.work()


def test_of_two_with_our_reference_a_person_says_which_one_it_is(fortnox, desk, shop, doubled, decide):
    number = doubled.document_number
    assert differences() == ["twice"]
    assert desk.says(doubled.invoice, "The client may have been invoiced twice.")
    page = look(desk, doubled)
    assert offered(page) == ["9001"]
    assert "It is the one that Uku has." in page.all("p")
    assert [action for action, _facts in forms_of(page) if action.endswith("/send-again/")] == []
    before = fortnox.mark()
    decide(doubled, "adopt", number="9001")
    desk.work()
    row = again(doubled)
    assert (row.state, row.document_number, row.invoice.number, row.booked) == ("confirmed", "9001", "9001", True)
    assert (row.decision, row.decided_by) == ("adopted", shop.owner)
    assert [each for each in fortnox.requests(before) if each.startswith("POST")] == []
    (entry,) = AuditEntry.objects.filter(action="fortnox.decide")
    assert entry.summary == f"Invoice {number}: invoice 9001 in Fortnox was adopted"
    assert differences() == ["twice"]  # the other one still stands in Fortnox
    fortnox.copy_invoice(number, Cancelled=True)
    compare_again(desk)
    assert differences() == []


def test_one_that_was_deleted_and_made_anew_in_fortnox_is_adopted(fortnox, desk, doubled, decide):
    fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{doubled.document_number}")
    compare_again(desk)
    row = again(doubled)
    assert (row.state, row.invoice.is_missing, differences()) == ("confirmed", True, ["moved"])
    assert desk.says(doubled.invoice, f"It does not list {doubled.document_number}, which Uku has.")
    decide(doubled, "adopt", number="9001")
    desk.work()
    row = again(doubled)
    assert (row.invoice.number, row.invoice.is_missing, row.booked, differences()) == ("9001", False, True, [])
    assert fortnox.creates() == {doubled.reference: 1}


def test_leaving_a_double_with_a_reason_keeps_the_invoice_and_tells_it_no_more(fortnox, desk, shop, doubled, decide):
    decide(doubled, "leave", reason="9001 is a private copy")
    compare_again(desk)
    row = again(doubled)
    assert (row.state, row.document_number, row.decision_reason) == (
        "confirmed",
        doubled.document_number,
        "9001 is a private copy",
    )
    assert (differences(), row.decided_by) == ([], shop.owner)
    fortnox.copy_invoice("9002")
    compare_again(desk)
    assert differences() == ["twice"]


GOT = "The client may have got the invoice as number {number}."
KNOWN_HERE = {
    "sent": GOT,
    "queued to be sent": GOT,
    "sent from fortnox": GOT,
    "paid": GOT,
    "credited": "The invoice was credited as number {number}.",
    "to be cancelled": "The invoice is cancelled, or is to be.",
}
"""What Uku knows of the invoice that it has, and why another one in Fortnox is not taken in its place."""


@pytest.mark.parametrize("way", KNOWN_HERE)
def test_what_a_client_may_have_under_its_number_gets_no_other(fortnox, desk, shop, doubled, way):
    invoice, drawn = doubled.invoice, look(desk, doubled)
    ways = {"sent": Wanted(DeliveryWay.HAND), "queued to be sent": Wanted(DeliveryWay.UKU, "kund@björk.example")}
    if way in ways:
        send_invoice(invoice=invoice, wanted=ways[way], seen=0, actor=shop.owner, at=clock.now())
    elif way == "credited":
        make_credit_note(shop.owner, invoice)
    elif way == "to be cancelled":
        await_cancellation(invoice_id=invoice.pk, at=clock.now())
    elif way == "paid":
        fortnox.pay(doubled.document_number, "1000", clock.today("Europe/Stockholm").isoformat())
    else:
        fortnox.copy_invoice(doubled.document_number, Sent=True)
    run_sync(SyncRequest(Connection.objects.get(), RunKind.PAYMENTS))
    fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{doubled.document_number}")  # only Uku still knows
    refused(desk, doubled, drawn, KNOWN_HERE[way])


KNOWN_THERE = {
    "sent": "The client got it from Fortnox as number {number}.",
    "paid": "Fortnox has payments or a credit note of number {number}.",
    "credited": "Fortnox has payments or a credit note of number {number}.",
}
"""What Fortnox knows of the invoice that Uku has, and Uku has not read yet."""


@pytest.mark.parametrize("way", KNOWN_THERE)
def test_fortnox_is_asked_whether_the_client_has_the_number_that_uku_has(fortnox, desk, doubled, way):
    drawn, number = look(desk, doubled), doubled.document_number
    if way == "sent":
        fortnox.copy_invoice(number, Sent=True)
    elif way == "paid":
        fortnox.pay(number, "1000", clock.today("Europe/Stockholm").isoformat())
    else:
        fortnox.copy_invoice(number, CreditInvoiceReference="9002")
    refused(desk, doubled, drawn, KNOWN_THERE[way])


def test_adopting_waits_for_a_sending_that_is_being_stored(desk, shop, scope, doubled, committed):
    drawn, begun, ended = look(desk, doubled), threading.Event(), threading.Event()

    def send() -> None:
        try:
            with workspace_in_force(scope.pk), transaction.atomic():
                by_hand = Wanted(DeliveryWay.HAND)
                send_invoice(invoice=doubled.invoice, wanted=by_hand, seen=0, actor=shop.owner, at=clock.now())
                begun.set()
                ended.wait(20)
        finally:
            begun.set()
            connection.close()

    sender = threading.Thread(target=send)
    sender.start()
    begun.wait(20)
    with psycopg.connect(committed.superuser, autocommit=True) as watcher:
        release = threading.Thread(target=lambda: (until(lambda: has_waiter(watcher)), ended.set()))
        release.start()
        refused(desk, doubled, drawn, KNOWN_HERE["sent"])
        release.join(20)
    sender.join(20)


def has_waiter(watcher: psycopg.Connection) -> bool:
    """Say whether a transaction waits for a row that another one holds."""
    return watcher.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() != (0,)


@pytest.fixture
def while_read(fortnox, scope):
    """Do something while Fortnox's answer about an invoice is under way to the reading that has begun."""

    def go(export, act) -> None:
        held = fortnox.fault(method="GET", path=f"/3/invoices/{export.document_number}", action="hold", phase="P4")

        def read() -> None:
            try:
                with workspace_in_force(scope.pk):
                    run_sync(SyncRequest(Connection.objects.get(), RunKind.PAYMENTS))
            finally:
                connection.close()

        InvoiceExport.objects.filter(pk=export.pk).update(read_due_at=clock.now())
        reader = threading.Thread(target=read)
        reader.start()
        until(lambda: fortnox.holds(held))
        act()
        fortnox.release(held)
        reader.join(20)

    return go


@pytest.mark.parametrize("gone", [False, True], ids=["stands", "is deleted"])
def test_what_is_read_of_the_first_is_not_taken_for_the_adopted_one(fortnox, shop, doubled, while_read, gone):
    if gone:
        fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{doubled.document_number}")
    facts = {"export": doubled, "seen": doubled.fence, "actor": shop.owner, "at": clock.now()}
    with open_fortnox(Connection.objects.get()) as client:
        found = client.invoices.get("9001")
    while_read(doubled, lambda: store_adopted(found=found, standing=None, **facts))
    row = again(doubled)
    assert (row.document_number, row.booked, row.invoice.booked, row.invoice.is_missing) == (
        "9001",
        False,
        False,
        False,
    )
    assert row.read_due_at is not None  # the new one is still to be read
    run_sync(SyncRequest(Connection.objects.get(), RunKind.PAYMENTS))
    row = again(doubled)
    assert (row.invoice.balance, row.read_due_at) == (Decimal(2375), None)


def test_a_wish_to_read_once_more_that_comes_while_it_is_read_is_kept(fortnox, shop, doubled, while_read):
    wished = clock.now()
    while_read(doubled, lambda: InvoiceExport.objects.filter(pk=doubled.pk).update(read_due_at=wished))
    assert again(doubled).read_due_at == wished


def refused(desk, export, drawn: Page, why: str) -> None:
    """Expect that nothing can be adopted, and that an older page that offered it is told why."""
    words, form = why.format(number=export.document_number), {"number": "9001", "seen": str(export.fence)}
    assert offered(drawn) == ["9001"]
    answer = desk.browser.post(f"{desk.home}/settings/fortnox/pushes/{export.pk}/adopt/", form, follow=True)
    assert f"Invoice 9001 cannot be adopted. {words}" in Page(answer.content.decode()).all("p")
    page = look(desk, export)
    assert (offered(page), words in page.all("p")) == ([], True)
    assert again(export).document_number == again(export).invoice.number == export.document_number


def test_of_one_that_is_gone_the_page_says_that_nobody_knows_whether_it_was_sent(fortnox, desk, doubled):
    fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{doubled.document_number}")
    words = (
        f"Fortnox does not have {doubled.document_number} any more, and cannot tell whether the client got it. Ask"
        " the client which number the invoice has before you adopt another one."
    )
    page = look(desk, doubled)
    assert (offered(page), words in page.all("p")) == (["9001"], True)


def test_leaving_says_which_number_the_client_got_instead(fortnox, desk, doubled):
    words = (
        "Fortnox has sent 9001 to the client. If you leave, the client's invoice has another number than the one in"
        " Uku."
    )
    assert words not in look(desk, doubled).all("p")
    fortnox.copy_invoice("9001", Sent=True, Booked=False)
    page = look(desk, doubled)
    assert (offered(page), words in page.all("p")) == (["9001"], True)


def test_the_same_difference_is_decided_by_the_first_of_two(desk, doubled, decide, colleague):
    drawn = look(desk, doubled)
    decide(doubled, "leave", reason="A copy", drawn=drawn)
    page = decide(doubled, "adopt", drawn=drawn, browser=colleague, number="9001")
    assert again(doubled).document_number == doubled.document_number
    assert any("decided" in text for text in page.all("p"))
