"""Drafts are edited, copied and deleted, each in the audit log; what is issued stays as it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.invoices.conftest import make_client, make_draft, rows

from uku.clients.models import Client
from uku.invoices.drafts import (
    DraftChanged,
    DraftHead,
    InvoiceAlreadyIssued,
    copy_invoice,
    delete_draft,
    edit_draft,
)
from uku.invoices.models import Invoice, InvoiceRow, Numbering
from uku.invoices.operations import issue_invoice
from uku.workspaces.models import AuditEntry
from uku.workspaces.permissions import NotAllowed

TODAY = date(2026, 4, 1)


def edit(draft, actor, *prices, version=1, **head):
    facts = {"client": draft.client, "invoice_date": draft.invoice_date, **head}
    return edit_draft(
        invoice=draft, version=version, head=DraftHead(**facts), rows=rows(*prices or ("2000",)), actor=actor, at=AT
    )


def newest():
    return AuditEntry.objects.latest("position")


def prices(invoice):
    return list(InvoiceRow.objects.filter(invoice=invoice).values_list("price", flat=True))


def test_an_edited_draft_is_added_up_and_in_the_log_with_both_sides(client, owner):
    draft = make_draft(owner, client)
    edit(draft, owner, "500", "250", invoice_date=TODAY, remarks="March")
    draft.refresh_from_db()
    assert (draft.invoice_date, draft.due_date, draft.net, draft.version) == (
        TODAY,
        date(2026, 4, 21),
        Decimal("750.00"),
        2,
    )
    entry = newest()
    assert (entry.actor, entry.action, entry.summary) == (
        owner,
        "invoice.edit",
        "Draft for Åkerlunds Bygg AB was changed",
    )
    assert (entry.before["rows"], entry.after["rows"]) == (
        ["Bokslut: 1.00 × 1000.00 SEK, 25.00 %"],
        ["Bokslut: 1.00 × 500.00 SEK, 25.00 %", "Bokslut: 1.00 × 250.00 SEK, 25.00 %"],
    )
    assert (entry.before["remarks"], entry.after["remarks"]) == ("", "March")


def test_an_edit_of_what_somebody_changed_meanwhile_is_refused(draft, owner):
    edit(draft, owner, "500")
    with pytest.raises(DraftChanged) as refused:
        edit(draft, owner, "900")
    assert (refused.value.invoice.version, prices(draft)) == (2, [Decimal("500.00")])


def test_an_edit_of_an_invoice_issued_meanwhile_is_refused(issued, owner):
    with pytest.raises(InvoiceAlreadyIssued):
        edit(issued, owner, "900")
    assert prices(issued) == [Decimal("1000.00")]


def test_what_was_changed_after_the_page_was_opened_is_not_issued(draft, owner):
    edit(draft, owner, "500")
    with pytest.raises(DraftChanged):
        issue_invoice(invoice=draft, actor=owner, at=AT, numbering=Numbering.OWN, version=1)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_prices_keep_their_currency_until_the_client_is_another(draft, owner):
    other = make_client(owner)
    Client.objects.update(currency="EUR")
    ours, other = (Client.objects.get(pk=pk) for pk in (draft.client_id, other.pk))
    assert edit(draft, owner, client=ours).currency == "SEK"
    assert edit(draft, owner, version=2, client=other).currency == "EUR"


def test_a_copy_has_the_content_and_nothing_of_the_life(issued, owner):
    Invoice.objects.filter(pk=issued.pk).update(
        number="1042", ocr="104262", your_reference="Åke", our_reference="Olga", remarks="Thanks", difference="vat"
    )
    copied = copy_invoice(invoice=issued, actor=owner, at=AT, today=TODAY)
    copied.refresh_from_db()
    assert (copied.client, copied.your_reference, copied.our_reference, copied.remarks) == (
        issued.client,
        "Åke",
        "Olga",
        "Thanks",
    )
    assert (copied.invoice_date, copied.due_date, copied.net) == (TODAY, date(2026, 4, 21), Decimal("1000.00"))
    assert (copied.state, copied.number, copied.ocr, copied.numbering, copied.ledger, copied.difference) == (
        ("draft", "", "", "", "", "")
    )
    assert copied.reference != issued.reference
    assert newest().summary == "Draft for Åkerlunds Bygg AB, copied from Invoice 1042"


def test_a_deleted_draft_is_gone_and_its_content_is_in_the_log(draft, owner):
    delete_draft(invoice=draft, actor=owner, at=AT)
    assert (Invoice.objects.count(), InvoiceRow.objects.count()) == (0, 0)
    entry = newest()
    assert (entry.action, entry.summary, entry.before["rows"]) == (
        "invoice.delete",
        "Draft for Åkerlunds Bygg AB was deleted",
        ["Bokslut: 1.00 × 1000.00 SEK, 25.00 %"],
    )


def test_an_issued_invoice_is_not_deleted(issued, owner):
    with pytest.raises(InvoiceAlreadyIssued):
        delete_draft(invoice=issued, actor=owner, at=AT)
    assert Invoice.objects.get() == issued


def test_a_member_drafts_and_does_not_issue(client, member):
    draft = make_draft(member, client)
    edit(draft, member)
    delete_draft(invoice=copy_invoice(invoice=draft, actor=member, at=AT, today=TODAY), actor=member, at=AT)
    with pytest.raises(NotAllowed):
        issue_invoice(invoice=draft, actor=member, at=AT, numbering=Numbering.OWN)
