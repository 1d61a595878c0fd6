"""An issued invoice that exists nowhere else is a draft again; its number from Uku is never given twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from tests.uku.conftest import AT
from tests.uku.invoices.conftest import make_draft

from uku.invoices.drafts import DraftHadNumber, delete_draft
from uku.invoices.models import CancelledNumber, Invoice, Numbering, NumberSeries, Payment
from uku.invoices.operations import NotReopenable, issue_invoice, reopen_invoice
from uku.workspaces.models import AuditEntry


@pytest.fixture
def numbered(draft, owner):
    return issue_invoice(invoice=draft, actor=owner, at=AT, numbering=Numbering.OWN)


def test_the_number_is_cancelled_and_the_next_issue_gives_another(numbered, owner):
    number, ocr, reference = numbered.number, numbered.ocr, numbered.reference
    draft = reopen_invoice(invoice=numbered, actor=owner, at=AT)
    (cancelled,) = CancelledNumber.objects.all()
    assert (cancelled.number, cancelled.ocr, cancelled.cancelled_by) == (number, ocr, owner)
    assert (draft.number, draft.ocr, draft.state, draft.reference != reference) == ("", "", "draft", True)
    NumberSeries.objects.update(next_number=int(number))
    again = issue_invoice(invoice=draft, actor=owner, at=AT, numbering=Numbering.OWN)
    assert int(again.number) == int(number) + 1
    entry = AuditEntry.objects.get(action="invoice.reopen")
    assert (entry.summary, entry.before["number"]) == (f"Invoice {number} is a draft again", number)


@pytest.mark.parametrize("ledger", ["", "556001"])
def test_the_database_gives_a_cancelled_number_to_nobody(numbered, client, owner, ledger):
    number = numbered.number
    reopen_invoice(invoice=numbered, actor=owner, at=AT)
    other = make_draft(owner, client)
    numbering = Numbering.ACCOUNTING if ledger else Numbering.OWN
    facts = {"state": "created", "issued_at": AT, "numbering": numbering, "ledger": ledger}
    with pytest.raises(IntegrityError, match="uku_invoice_own_number"), transaction.atomic():
        Invoice.objects.filter(pk=other.pk).update(number=number, **facts)


def test_a_draft_that_had_a_number_is_not_deleted(numbered, owner):
    draft = reopen_invoice(invoice=numbered, actor=owner, at=AT)
    with pytest.raises(DraftHadNumber):
        delete_draft(invoice=draft, actor=owner, at=AT)
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize("state", ["sent", "paid", "cancelled"])
def test_what_a_client_may_have_is_not_reopened(numbered, owner, state):
    Invoice.objects.filter(pk=numbered.pk).update(state=state)
    with pytest.raises(NotReopenable):
        reopen_invoice(invoice=numbered, actor=owner, at=AT)


def test_neither_a_draft_nor_what_is_booked_or_paid_in_part_is_reopened(draft, client, owner):
    booked, paid = (
        issue_invoice(invoice=make_draft(owner, client), actor=owner, at=AT, numbering=Numbering.OWN) for _ in range(2)
    )
    Invoice.objects.filter(pk=booked.pk).update(booked=True)
    Payment.objects.create(invoice=paid, external_number="1", amount=Decimal(1), paid_on=date(2026, 4, 1))
    for invoice in (draft, booked, paid):
        with pytest.raises(NotReopenable):
            reopen_invoice(invoice=invoice, actor=owner, at=AT)
