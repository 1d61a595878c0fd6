"""A draft is handed over to those who may issue, who issue it or hand it back with a remark."""

from __future__ import annotations

import pytest
from tests.uku.conftest import AT
from tests.uku.invoices.conftest import make_draft, rows

from uku.invoices.approval import NotHandedOver, hand_over_draft, return_draft
from uku.invoices.drafts import DraftChanged, DraftHandedOver, DraftHead, delete_draft, edit_draft
from uku.invoices.models import Invoice, Numbering
from uku.invoices.operations import issue_invoice
from uku.workspaces.models import AuditEntry, Membership, Notice
from uku.workspaces.notices import shown_to
from uku.workspaces.permissions import NotAllowed


@pytest.fixture
def handed_over(client, member):
    return hand_over_draft(invoice=make_draft(member, client), version=1, actor=member, at=AT)


def told(user):
    open_ones = shown_to(Membership.objects.get(user=user)).filter(cleared_at=None).order_by("pk")
    return list(open_ones.values_list("title", "text"))


def audited():
    entries = AuditEntry.objects.filter(action__startswith="invoice.").order_by("position")
    return list(entries.values_list("action", flat=True))[1:]


def test_those_who_may_issue_are_told_and_one_of_them_issues(handed_over, owner, admin, member):
    waits = (
        "A draft for Åkerlunds Bygg AB waits for approval",
        "member@byran.example handed it over. Issue it, or hand it back.",
    )
    assert (handed_over.state, told(owner), told(admin), told(member)) == ("approval", [waits], [waits], [])
    issued = issue_invoice(invoice=handed_over, actor=admin, at=AT, numbering=Numbering.OWN)
    assert (issued.state, told(owner), told(admin)) == ("created", [], [])
    assert audited() == ["invoice.hand_over", "invoice.issue"]


def test_a_member_who_was_given_issue_is_told_too(handed_over, scope, admin):
    Membership.objects.filter(user=admin).update(role="member", may_issue_invoices=True)
    assert len(told(admin)) == 1


def test_a_draft_comes_back_with_a_remark_and_who_handed_it_over_is_told(handed_over, owner, member):
    back = return_draft(invoice=handed_over, remark="Wrong month", actor=owner, at=AT)
    assert (back.state, back.approval_remark, back.version) == ("draft", "Wrong month", 3)
    assert (told(owner), told(member)) == ([], [("Your draft for Åkerlunds Bygg AB is back", "Wrong month")])
    again = hand_over_draft(invoice=back, version=3, actor=member, at=AT)
    assert (again.approval_remark, told(member)) == ("", [])
    assert audited() == ["invoice.hand_over", "invoice.hand_back", "invoice.hand_over"]


def test_what_waits_for_approval_is_neither_edited_nor_deleted_nor_handed_over_twice(handed_over, owner):
    head = DraftHead(client=handed_over.client, invoice_date=handed_over.invoice_date)
    with pytest.raises(DraftHandedOver):
        edit_draft(invoice=handed_over, version=2, head=head, rows=rows("1"), actor=owner, at=AT)
    with pytest.raises(DraftHandedOver):
        delete_draft(invoice=handed_over, actor=owner, at=AT)
    with pytest.raises(DraftHandedOver):
        hand_over_draft(invoice=handed_over, version=2, actor=owner, at=AT)
    assert Invoice.objects.get().net == 1000


def test_a_draft_that_somebody_changed_meanwhile_is_not_handed_over(draft, owner, member):
    head = DraftHead(client=draft.client, invoice_date=draft.invoice_date)
    edit_draft(invoice=draft, version=1, head=head, rows=rows("1"), actor=owner, at=AT)
    with pytest.raises(DraftChanged):
        hand_over_draft(invoice=draft, version=1, actor=member, at=AT)


def test_a_draft_is_not_handed_back_twice(handed_over, owner):
    return_draft(invoice=handed_over, remark="", actor=owner, at=AT)
    with pytest.raises(NotHandedOver):
        return_draft(invoice=handed_over, remark="again", actor=owner, at=AT)
    assert Notice.objects.filter(key=f"returned:{handed_over.pk}").count() == 1


def test_who_may_not_issue_hands_nothing_back(handed_over, member):
    with pytest.raises(NotAllowed):
        return_draft(invoice=handed_over, remark="", actor=member, at=AT)
