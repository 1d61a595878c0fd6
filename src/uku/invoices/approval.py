"""Approval: a member hands a draft over to those who may issue invoices; they issue it or hand it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy

from uku.invoices.drafts import lock_draft, lock_editable
from uku.invoices.models import Invoice, State
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.notices import News, clear, tell
from uku.workspaces.permissions import Permission, needs


class NotHandedOver(Exception):
    """The draft does not wait for approval."""


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def hand_over_draft(*, invoice: Invoice, version: int | None, actor: User, at: datetime) -> Invoice:
    """Ask those who may issue invoices to look at a draft. Until it is back, its content does not change.

    Raises NotAllowed, InvoiceAlreadyIssued, DraftChanged or DraftHandedOver.
    """
    invoice = lock_editable(invoice, version=version)
    invoice.state, invoice.handed_over_by, invoice.approval_remark = State.APPROVAL, actor, ""
    invoice.version += 1
    invoice.save()
    end_approval_notices(invoice, at=at)
    title = translate_for_workspace(gettext_lazy("A draft for %(client)s waits for approval"), client=invoice.client)
    text = translate_for_workspace(gettext_lazy("%(person)s handed it over. Issue it, or hand it back."), person=actor)
    permission = Permission.ISSUE_INVOICES
    tell(News(_waits_key(invoice), title, text, _page_of(invoice), permission=permission), at=at)
    summary = translate_for_workspace(
        gettext_lazy("Draft for %(client)s was handed over for approval"), client=invoice.client
    )
    record(actor=actor, action="invoice.hand_over", target=invoice, summary=summary, at=at)
    return invoice


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def return_draft(*, invoice: Invoice, remark: str, actor: User, at: datetime) -> Invoice:
    """Hand a draft back with a remark; who handed it over is told.

    Raises NotAllowed, InvoiceAlreadyIssued or NotHandedOver.
    """
    invoice = lock_draft(invoice)
    if invoice.state != State.APPROVAL:
        raise NotHandedOver(invoice.reference)
    invoice.state, invoice.approval_remark = State.DRAFT, remark
    invoice.version += 1
    invoice.save()
    end_approval_notices(invoice, at=at)
    if invoice.handed_over_by not in {None, actor}:
        title = translate_for_workspace(gettext_lazy("Your draft for %(client)s is back"), client=invoice.client)
        news = News(_returned_key(invoice), title, remark, _page_of(invoice), user=invoice.handed_over_by)
        tell(news, at=at)
    summary = translate_for_workspace(gettext_lazy("Draft for %(client)s was handed back"), client=invoice.client)
    record(actor=actor, action="invoice.hand_back", target=invoice, summary=summary, at=at, after={"remark": remark})
    return invoice


def end_approval_notices(invoice: Invoice, *, at: datetime) -> None:
    """Clear what was told about a draft's approval: it is decided now."""
    for key in (_waits_key(invoice), _returned_key(invoice)):
        clear(key=key, at=at)


def _waits_key(invoice: Invoice) -> str:
    return f"approval:{invoice.pk}"


def _returned_key(invoice: Invoice) -> str:
    return f"returned:{invoice.pk}"


def _page_of(invoice: Invoice) -> str:
    return reverse("invoice", kwargs={"slug": invoice.workspace.slug, "pk": invoice.pk})
