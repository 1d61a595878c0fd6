"""Booking is a step of its own: at once, or by a person, by the firm's choice."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.connection.choices import choose_booking
from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.invoices.status import panels_of
from uku.integrations.fortnox.models import Booking, Connection, InvoiceExport, RunKind, SyncIssue
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.models import Invoice
from uku.kit import clock
from uku.workspaces.models import AuditEntry
from uku.workspaces.permissions import NotAllowed


@pytest.fixture
def by_hand(shop, scope):
    choose_booking(workspace=scope, choice=Booking.BY_HAND, actor=shop.owner, at=clock.now())
    return shop


def shown(invoice) -> tuple[str, list[str]]:
    """The badge and the buttons of the invoice's panel."""
    (panel,) = panels_of(Invoice.objects.get(pk=invoice.pk))
    return panel.badge.words, [action.label for action in panel.actions]


def bookings(fortnox) -> list[str]:
    return [request for request in fortnox.requests() if request.endswith("/bookkeep")]


def test_an_invoice_is_left_not_booked_until_a_person_books_it(fortnox, by_hand, run_jobs):
    invoice = by_hand.issue()
    run_jobs()
    invoice.refresh_from_db()
    assert shown(invoice) == (f"In Fortnox {invoice.number}, not booked", ["Book in Fortnox"])
    assert (invoice.booked, bookings(fortnox)) == (False, [])
    for _click in range(2):
        retry_export(export=InvoiceExport.objects.get(), actor=by_hand.owner)
    run_jobs()
    assert shown(invoice) == (f"In Fortnox {invoice.number}, booked", [])
    assert bookings(fortnox) == [f"PUT invoices/{invoice.number}/bookkeep"]
    assert fortnox.creates() == {invoice.reference: 1}


@pytest.mark.parametrize(
    ("days", "told"), [(0, "not booked"), (1, "not booked for 1 day"), (12, "not booked for 12 days")]
)
def test_an_invoice_that_stays_unbooked_says_for_how_long_in_the_list_too(desk, by_hand, later, days, told):
    invoice = desk.issue()
    desk.work()
    later(by_hand.export_of(invoice), seconds=days * 86_400 + 60)
    invoice.refresh_from_db()
    words = f"In Fortnox {invoice.number}, {told}"
    listed = {row[5] for row in desk.list().rows if len(row) > 5} - {"Status"}
    assert (shown(invoice)[0], listed) == (words, {words if days else "Unpaid"})


def test_an_invoice_that_somebody_books_in_fortnox_is_booked_here_too(fortnox, by_hand, run_jobs):
    invoice = by_hand.issue()
    run_jobs()
    number = Invoice.objects.get().number
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{number}/bookkeep")
    retry_export(export=InvoiceExport.objects.get(), actor=by_hand.owner)
    run_jobs()
    assert shown(invoice) == (f"In Fortnox {number}, booked", [])


def test_one_that_is_booked_in_fortnox_is_found_booked_when_it_is_read_back(fortnox, by_hand, run_jobs):
    invoice = by_hand.issue()
    run_jobs()
    number = Invoice.objects.get().number
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{number}/bookkeep")
    run_sync(SyncRequest(by_hand.connection, RunKind.PAYMENTS))
    assert shown(invoice) == (f"In Fortnox {number}, booked", [])


def test_a_booking_that_was_refused_is_solved_once_it_is_booked_in_fortnox(fortnox, shop, run_jobs):
    fortnox.set_company(locked_period=clock.today("Europe/Stockholm").isoformat())
    shop.issue()
    run_jobs()
    fortnox.set_company(locked_period=None)
    assert SyncIssue.objects.get(kind="invoice").solved_at is None
    number = Invoice.objects.get().number
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{number}/bookkeep")
    run_sync(SyncRequest(shop.connection, RunKind.PAYMENTS))
    export = InvoiceExport.objects.get()
    assert (export.booked, export.error_text, SyncIssue.objects.get(kind="invoice").solved_at is None) == (
        True,
        "",
        False,
    )


def test_the_choice_holds_for_invoices_issued_after_it(fortnox, shop, scope, run_jobs):
    before = shop.issue()
    choose_booking(workspace=scope, choice=Booking.BY_HAND, actor=shop.owner, at=clock.now())
    after = shop.issue()
    run_jobs()
    assert [Invoice.objects.get(pk=one.pk).booked for one in (before, after)] == [True, False]


def test_under_the_cash_method_booking_is_not_offered(fortnox, by_hand, run_jobs):
    fortnox.ask("PATCH", f"companies/{FIRST}", method="CASH")
    invoice = by_hand.issue()
    run_jobs()
    assert shown(invoice) == (f"In Fortnox {Invoice.objects.get().number}", [])


def test_the_settings_tab_stores_the_choice_with_an_audit_line(shop, scope, signed_in):
    place = reverse("fortnox:settings", kwargs={"slug": scope.slug})
    browser = signed_in(shop.owner)
    assert browser.get(place).content.decode().count("Leave it not booked: a person books it") == 1
    month = clock.today("Europe/Stockholm").replace(day=1).isoformat()
    sent = {"new_clients": "create", "title": "Monthly summary", "topic": "Bookkeeping", "first_month": month}
    assert browser.post(place, {**sent, "booking": "by_hand"}).status_code == 302
    assert Connection.objects.get().booking == Booking.BY_HAND
    told = AuditEntry.objects.latest("position")
    assert (told.action, told.before, told.after) == (
        "fortnox.booking",
        {"booking": "at_once"},
        {"booking": "by_hand"},
    )
    browser.post(place, sent)  # a page from before the choice was there
    assert Connection.objects.get().booking == Booking.BY_HAND


def test_a_member_does_not_choose(connection, scope, member):
    with pytest.raises(NotAllowed):
        choose_booking(workspace=scope, choice=Booking.BY_HAND, actor=member, at=clock.now())
    assert Connection.objects.get().booking == Booking.AT_ONCE


# By invoice


def test_a_person_chooses_for_one_invoice_whatever_the_setting_says(desk, fortnox, shop, scope, run_jobs):
    left = desk.issue(booking="by_hand")
    choose_booking(workspace=scope, choice=Booking.BY_HAND, actor=shop.owner, at=clock.now())
    booked, by_setting = desk.issue(booking="at_once"), desk.issue()
    exports = [InvoiceExport.objects.get(invoice=invoice) for invoice in (left, booked, by_setting)]
    assert [export.to_book for export in exports] == [False, True, False]
    run_jobs()
    assert [Invoice.objects.get(pk=one.pk).booked for one in (left, booked, by_setting)] == [False, True, False]
    number = Invoice.objects.get(pk=booked.pk).number
    assert bookings(fortnox) == [f"PUT invoices/{number}/bookkeep"]
    told = AuditEntry.objects.filter(action="invoice.issue").order_by("position")
    assert [entry.after.get("to_book") for entry in told] == [False, True, None]


@pytest.mark.parametrize("choice", list(Booking))
def test_the_draft_offers_the_choice_and_preselects_the_setting(desk, shop, scope, choice):
    choose_booking(workspace=scope, choice=choice, actor=shop.owner, at=clock.now())
    page = desk.show(shop.draft())
    (chosen,) = [a["value"] for tag, a in page.tags if tag == "option" and "selected" in a and a["value"] in Booking]
    assert chosen == choice


def test_the_invoice_says_that_it_is_left_not_booked(desk, run_jobs):
    invoice = desk.issue(booking="by_hand")
    (panel,) = panels_of(invoice)
    assert ("Booking", "Left not booked, until a person books it") in panel.facts
    run_jobs()
    assert shown(invoice)[1] == ["Book in Fortnox"]


def test_a_choice_that_no_page_offers_is_the_settings(desk):
    assert InvoiceExport.objects.get(invoice=desk.issue(booking="tomorrow")).to_book


def test_many_at_once_follow_the_setting(desk, shop, scope):
    choose_booking(workspace=scope, choice=Booking.BY_HAND, actor=shop.owner, at=clock.now())
    drafts = [shop.draft() for _ in range(2)]
    sent = {"action": "issue", "invoice": [draft.pk for draft in drafts]}
    assert desk.browser.post(f"{desk.home}/billing/bulk/", sent).status_code == 302
    assert list(InvoiceExport.objects.values_list("to_book", flat=True)) == [False, False]


def test_one_that_was_deleted_in_fortnox_is_not_booked_for_ever(fortnox, by_hand, run_jobs, later):
    """It is read and told as deleted; when it is back, a person books it."""
    invoice = by_hand.issue()
    run_jobs()
    invoice.refresh_from_db()
    kept = fortnox.copy_invoice()
    fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{invoice.number}")
    retry_export(export=InvoiceExport.objects.get(), actor=by_hand.owner)
    run_jobs()
    before = fortnox.mark()
    later(InvoiceExport.objects.get(), seconds=86_400)
    run_jobs()
    assert (shown(invoice)[0], fortnox.requests(before)) == ("Deleted in Fortnox", [])
    fortnox.copy_invoice(invoice.number, of=kept, OCR=invoice.ocr)
    run_sync(SyncRequest(Connection.objects.get(), RunKind.PAYMENTS))
    assert shown(invoice) == (f"In Fortnox {invoice.number}, not booked for 1 day", ["Book in Fortnox"])
    retry_export(export=InvoiceExport.objects.get(), actor=by_hand.owner)
    run_jobs()
    assert shown(invoice)[0] == f"In Fortnox {invoice.number}, booked"
