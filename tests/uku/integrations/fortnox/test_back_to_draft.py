"""An issued invoice goes back to draft where Fortnox certainly never created it, and nowhere else."""

from __future__ import annotations

import threading

import pytest
from django.db import connection as database
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import until
from tests.uku.integrations.fortnox.test_export import LOOKUPS, POST, error
from tests.uku.integrations.fortnox.test_invoice_numbers import OWN, used
from tests.uku.web.page_reader import Page

from uku.integrations.fortnox.invoices.back_to_draft import MayExist, return_to_draft
from uku.integrations.fortnox.invoices.export import process_export
from uku.integrations.fortnox.models import ExportState, InvoiceExport, SyncIssue
from uku.invoices.models import CancelledNumber, Invoice
from uku.kit import clock
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry, Membership

__all__ = ["used"]
BACK = "Back to draft"


def press(desk, invoice) -> None:
    export = InvoiceExport.objects.filter(invoice=invoice).latest("pk")
    answer = desk.browser.post(f"{desk.home}/settings/fortnox/pushes/{export.pk}/back-to-draft/")
    assert (answer.status_code, answer["Location"]) == (302, f"{desk.home}/billing/{invoice.pk}/")


def states(invoice) -> list[str]:
    return list(InvoiceExport.objects.filter(invoice=invoice).order_by("pk").values_list("state", flat=True))


def fresh(invoice) -> Invoice:
    return Invoice.objects.get(pk=invoice.pk)


@pytest.fixture
def rejected(desk, fortnox):
    """An invoice that Fortnox refused."""
    fortnox.fault(**POST, action="status", status=400, body=error(2000359))
    invoice = desk.issue()
    desk.work()
    return invoice


def test_a_refused_invoice_is_a_draft_again_and_is_issued_as_another_one(desk, fortnox, rejected):
    old = rejected.reference
    assert BACK in desk.show(rejected).all("button")
    press(desk, rejected)
    draft = fresh(rejected)
    assert (draft.state, draft.issued_at, draft.number, draft.numbering, draft.ledger) == ("draft", None, "", "", "")
    assert (draft.reference != old, SyncIssue.objects.filter(solved_at=None).count()) == (True, 0)
    assert "The invoice is a draft again. Edit it, then issue it." in desk.show(draft).all("p")
    desk.issue(draft)
    desk.work()
    assert states(draft) == [ExportState.WITHDRAWN, ExportState.CONFIRMED]
    assert fortnox.creates() == {draft.reference: 1}
    entry = AuditEntry.objects.get(action="invoice.reopen")
    assert (entry.before["reference"], entry.after["reference"]) == (old, draft.reference)


def test_a_second_click_does_nothing_and_says_so(desk, rejected):
    for _ in range(2):
        press(desk, rejected)
    said = "Nothing was changed: the invoice is in Fortnox, may be there, or is a draft again."
    assert said in desk.show(rejected).all("p")
    assert AuditEntry.objects.filter(action="invoice.reopen").count() == 1


def test_a_withdrawn_export_is_never_sent(desk, fortnox, rejected):
    press(desk, rejected)
    before = fortnox.mark()
    desk.retry(rejected)
    desk.work()
    assert (states(rejected), fortnox.requests(before)) == ([ExportState.WITHDRAWN], [])


def test_what_our_own_check_stopped_goes_back_too(desk, shop, fortnox):
    invoice = shop.issue(rate="12")
    desk.work()
    press(desk, invoice)
    assert (fresh(invoice).state, fortnox.requests().count("POST invoices")) == ("draft", 0)


def test_an_invoice_that_waits_goes_back_and_is_not_sent_when_the_way_is_free(desk, fortnox):
    desk.disable()
    invoice = desk.issue()
    assert BACK in desk.show(invoice).all("button")
    press(desk, invoice)
    desk.enable()
    desk.work()
    assert (fresh(invoice).state, fortnox.requests().count("POST invoices")) == ("draft", 0)


def test_what_goes_out_in_a_moment_does_not_offer_the_way_back(desk):
    assert BACK not in desk.show(desk.issue()).all("button")


@pytest.fixture
def go(shop, later):
    def on(invoice, *, after: float = 0):
        export = InvoiceExport.objects.get(invoice=invoice)
        later(export, seconds=after)
        clear_queue()
        with workspace_in_force(export.workspace_id):
            process_export(export_id=export.pk)
        return InvoiceExport.everywhere.get(pk=export.pk)

    return on


def test_an_invoice_that_may_be_in_fortnox_does_not_go_back(desk, fortnox, go):
    fortnox.fault(**POST, action="drop", phase="P1", times=2)
    invoice = desk.issue()
    assert go(invoice).state == ExportState.UNCERTAIN
    assert BACK not in desk.show(invoice).all("button")
    press(desk, invoice)
    for pause in LOOKUPS:
        go(invoice, after=pause)
    assert (states(invoice), InvoiceExport.objects.get().attempts) == ([ExportState.QUEUED], 1)
    press(desk, invoice)
    assert fresh(invoice).state == "created"


def test_a_refusal_after_an_unclear_create_proves_nothing(desk, fortnox, go):
    fortnox.fault(**POST, action="drop", phase="P1")
    invoice = desk.issue()
    go(invoice)
    for pause in LOOKUPS:
        go(invoice, after=pause)
    fortnox.fault(**POST, action="status", status=400, body=error(2000359))
    assert go(invoice).state == ExportState.REJECTED
    assert BACK not in desk.show(invoice).all("button")
    press(desk, invoice)
    assert fresh(invoice).state == "created"


def test_an_invoice_in_fortnox_does_not_go_back(desk):
    invoice = desk.issue()
    desk.work()
    press(desk, invoice)
    assert (fresh(invoice).state, states(invoice)) == ("created", [ExportState.CONFIRMED])


def test_a_worker_that_was_about_to_send_finds_the_export_withdrawn(desk, shop, fortnox, owner):
    """It holds the row as it was, and reads the customer while the person presses the button."""
    held = fortnox.fault(method="GET", path=f"/3/customers/{shop.customer}", action="hold", phase="P0")
    invoice = desk.issue()
    export = InvoiceExport.objects.get(invoice=invoice)

    def work() -> None:
        try:
            with workspace_in_force(export.workspace_id):
                process_export(export_id=export.pk)
        finally:
            database.close()

    worker = threading.Thread(target=work)
    worker.start()
    until(lambda: fortnox.holds(held))
    return_to_draft(export=export, actor=owner, at=clock.now())
    fortnox.release(held)
    worker.join()
    assert (states(invoice), fortnox.requests().count("POST invoices")) == ([ExportState.WITHDRAWN], 0)


def test_a_number_from_uku_is_cancelled_for_ever_and_stays_visible(desk, fortnox, used):
    desk.send(used)
    press(desk, used)
    draft = fresh(used)
    assert (draft.number, [row.number for row in CancelledNumber.objects.all()]) == ("", [OWN])
    page = desk.show(draft)
    assert page.facts["Cancelled number"] == OWN
    words = f"The invoice is a draft again. Edit it, then issue it. The number {OWN} is cancelled: no invoice gets it"
    assert f"{words} again." in page.all("p")
    assert "Delete" not in page.all("a")
    desk.browser.post(f"{desk.home}/billing/{draft.pk}/delete/")
    assert fresh(draft).state == "draft"
    desk.issue(draft)
    desk.work()
    assert fresh(draft).number == "2"


def test_a_member_without_the_permission_who_posts_directly_is_refused(desk, rejected, signed_in, member):
    export = InvoiceExport.objects.get()
    address = f"{desk.home}/settings/fortnox/pushes/{export.pk}/back-to-draft/"
    browser = signed_in(member)
    assert browser.post(address).status_code == 403
    page = f"{desk.home}/billing/{rejected.pk}/"
    assert BACK not in Page(browser.get(page).content.decode()).all("button")
    Membership.objects.filter(user=member).update(may_issue_invoices=True)
    assert BACK in Page(browser.get(page).content.decode()).all("button")
    assert browser.post(address).status_code == 302
    assert fresh(rejected).state == "draft"


def test_the_operation_itself_refuses_what_may_exist(desk, shop, owner):
    invoice = desk.issue()
    desk.work()
    with pytest.raises(MayExist):
        return_to_draft(export=InvoiceExport.objects.get(invoice=invoice), actor=owner, at=clock.now())
