"""The page on which a person decides about an invoice that Fortnox did not confirm, and its three buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fortnox_api import FortnoxError, NotFound
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, is_usable
from uku.integrations.fortnox.health.messages import error_in_words
from uku.integrations.fortnox.invoices import decision
from uku.integrations.fortnox.invoices.candidates import find_candidates, numbers_with_reference, read_standing
from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport
from uku.integrations.fortnox.tokens.grant_state import NotConnected, note_failure
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

NOT_CONNECTED = gettext_lazy("Fortnox is not connected, or the invoice belongs to another company.")


class NumberForm(forms.Form):
    number = forms.RegexField(label=gettext_lazy("Number in Fortnox"), regex="^[0-9]{1,18}$", max_length=18)


class LeaveForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)
    seen = forms.IntegerField()


class DecisionForm(forms.Form):
    """What the person saw: the fence of the export, the chosen number, and the numbers that have Uku's reference."""

    seen = forms.IntegerField()
    number = forms.RegexField(regex="^[0-9]{1,18}$", required=False)
    known = forms.CharField(max_length=500, required=False)


@workspace_page(Permission.ISSUE_INVOICES)
@require_safe
def decide(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Show what Fortnox has beside the invoice; `?number=` adds one that the person looks for."""
    export = get_object_or_404(
        InvoiceExport.objects.select_related("invoice__client", "workspace", "decided_by"), pk=pk
    )
    if not decision.can_decide(export):
        messages.info(request, _("There is nothing to decide about this invoice now."))
        return redirect("invoice", slug=request.workspace.slug, pk=export.invoice_id)
    search = NumberForm(request.GET if "number" in request.GET else None)
    typed = search.cleaned_data["number"] if search.is_valid() else ""
    context = {
        "section": "billing",  # where in the menu a page is that an invoice leads to
        "export": export,
        "invoice": export.invoice,
        "search": search,
        "is_confirmed": export.state == ExportState.CONFIRMED,
        "is_credit": export.kind == ExportKind.CREDIT,
        **_look(request, export, typed),
    }
    return render(request, "fortnox/decide.html", context)


def _look(request: WorkspaceRequest, export: InvoiceExport, typed: str) -> dict[str, Any]:
    """Read what may be the invoice; where Fortnox cannot be asked, say why."""
    connection = connection_of(request.workspace)
    if not is_usable(connection) or connection.company_id != export.company_id:
        return {"failure": NOT_CONNECTED}
    try:
        with open_fortnox(connection) as fortnox:
            known, standing = numbers_with_reference(fortnox, export), read_standing(fortnox, export)
            try:
                candidates = find_candidates(fortnox, export, [*([typed] if typed else []), *known], standing)
            except NotFound:
                messages.info(request, _("Fortnox has no invoice with the number %(number)s.") % {"number": typed})
                candidates = find_candidates(fortnox, export, known, standing)
    except NotConnected:
        return {"failure": NOT_CONNECTED}
    except FortnoxError as error:
        note_failure(connection, error)
        return {"failure": error_in_words(error)}
    sent = [each.number for each in candidates if each.sent and each.number != export.document_number]
    return {
        "candidates": candidates,
        "known": known,
        "is_gone": standing is None and any(not each.obstacle for each in candidates),
        "sent_instead": ", ".join(sent),
        "obstacle_to_sending": decision.obstacle_to_sending(export, known),
    }


@workspace_page(Permission.ISSUE_INVOICES)
@require_POST
def adopt(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def act(export: InvoiceExport, facts: dict[str, Any]) -> None:
        decision.adopt(export=export, number=facts["number"], seen=facts["seen"], actor=request.user, at=clock.now())

    return _act(request, pk, DecisionForm(request.POST), act)


@workspace_page(Permission.ISSUE_INVOICES)
@require_POST
def send_again(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def act(export: InvoiceExport, facts: dict[str, Any]) -> None:
        known = facts["known"].split()
        decision.send_again(export=export, known=known, seen=facts["seen"], actor=request.user, at=clock.now())

    return _act(request, pk, DecisionForm(request.POST), act)


@workspace_page(Permission.ISSUE_INVOICES)
@require_POST
def leave(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def act(export: InvoiceExport, facts: dict[str, Any]) -> None:
        decision.leave(export=export, reason=facts["reason"], seen=facts["seen"], actor=request.user, at=clock.now())

    return _act(request, pk, LeaveForm(request.POST), act)


def _act(
    request: WorkspaceRequest, pk: int, form: forms.Form, act: Callable[[InvoiceExport, dict[str, Any]], None]
) -> HttpResponse:
    """Carry a decision out and lead to the invoice; what was not decided leads back, with why."""
    export = get_object_or_404(InvoiceExport.objects.select_related("invoice", "workspace"), pk=pk)
    slug = request.workspace.slug
    if not form.is_valid():
        messages.error(request, _("Nothing was changed: a reason is needed."))
        return redirect("fortnox:decide", slug=slug, pk=pk)
    try:
        act(export, form.cleaned_data)
    except decision.NotDecided as refusal:
        if str(refusal):
            messages.error(request, str(refusal))
        return redirect("fortnox:decide", slug=slug, pk=pk)
    except (ConnectionNotUsable, NotConnected) as refusal:
        messages.error(request, str(refusal) if isinstance(refusal, ConnectionNotUsable) else str(NOT_CONNECTED))
    except FortnoxError as error:
        messages.error(request, error_in_words(error))
        return redirect("fortnox:decide", slug=slug, pk=pk)
    return redirect("invoice", slug=slug, pk=export.invoice_id)
