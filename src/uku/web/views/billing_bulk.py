"""What is done to many invoices at once: issued, copied, and taken out as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from uku.invoices.checks import InvoiceNotReady
from uku.invoices.drafts import InvoiceAlreadyIssued, copy_invoice
from uku.invoices.models import Invoice
from uku.invoices.operations import ArticlesElsewhere, NumberSourceChanged
from uku.kit import clock
from uku.kit.spreadsheets import Cell, as_csv, as_xlsx
from uku.web.invoice_list import InvoiceList
from uku.web.list_filters import chosen_ids
from uku.web.views.billing import lines_of
from uku.web.views.client_export import XLSX_TYPE
from uku.web.views.import_files import CSV_TYPE, as_file
from uku.web.views.issue import issue_draft
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.permissions import Permission, require

MOST_NAMED = 5
AT_ONCE = 500


@workspace_page(Permission.SEE_INVOICES)
@require_POST
def billing_bulk(request: WorkspaceRequest) -> HttpResponse:
    """Issue or copy the chosen invoices, in the order of their dates; one that is not of this workspace refuses all."""
    ids, action = chosen_ids(request, "invoice"), request.POST.get("action")
    chosen = list(Invoice.objects.filter(pk__in=ids).select_related("client").order_by("invoice_date", "id"))
    if len(chosen) != len(set(ids)) or action not in ("issue", "copy"):
        raise Http404
    if not chosen:
        messages.info(request, gettext("No invoice was selected. Select invoices with the boxes first."))
    elif action == "issue":
        require(request.membership, Permission.ISSUE_INVOICES)
        _issue(request, [invoice for invoice in chosen if not invoice.is_issued])
    else:
        require(request.membership, Permission.DRAFT_INVOICES)
        _copy(request, [invoice for invoice in chosen if not invoice.is_credit_note])
    query = "show=unpaid" if action == "issue" else request.POST.get("query", "")
    address = reverse("billing", kwargs={"slug": request.workspace.slug})
    return redirect(f"{address}?{query}" if query.isprintable() else address)


def _issue(request: WorkspaceRequest, drafts: Sequence[Invoice]) -> None:
    """Issue each draft by itself, as its own page would: those that cannot be issued stay drafts, and are named."""
    issued, left = 0, []
    for draft in drafts:
        try:
            issue_draft(request, draft)
        except InvoiceAlreadyIssued:
            continue
        except (InvoiceNotReady, ArticlesElsewhere, NumberSourceChanged):
            left.append(draft)
        else:
            issued += 1
    if issued:
        words = ngettext("%(count)s invoice is issued.", "%(count)s invoices are issued.", issued)
        messages.success(request, words % {"count": issued})
    elif not left:
        messages.info(request, gettext("Nothing was issued: no draft was selected."))
    if left:
        slug = request.workspace.slug
        pages = [(reverse("invoice", kwargs={"slug": slug, "pk": draft.pk}), draft.client) for draft in left]
        names = format_html_join(", ", '<a href="{}">{}</a>', pages[:MOST_NAMED])
        words = ngettext(
            "{count} draft was not issued: {names}. Open it to see what to correct first.",
            "{count} drafts were not issued: {names}. Open each to see what to correct first.",
            len(left),
        )
        messages.error(request, format_html(words, count=len(left), names=names))


def _copy(request: WorkspaceRequest, invoices: Sequence[Invoice]) -> None:
    today = clock.today(request.workspace.time_zone)
    for invoice in invoices:
        copy_invoice(invoice=invoice, actor=request.user, at=clock.now(), today=today)
    words = ngettext(
        "%(count)s draft is made, dated today. Check its texts before you issue it.",
        "%(count)s drafts are made, dated today. Check their texts before you issue them.",
        len(invoices),
    )
    messages.success(request, words % {"count": len(invoices)})


@workspace_page(Permission.SEE_INVOICES)
@require_POST
def billing_export(request: WorkspaceRequest) -> HttpResponse:
    """Send the whole list as it is filtered, as CSV or XLSX; a POST, because that is written down."""
    listing = InvoiceList.of(QueryDict(request.POST.get("query", "")), request.workspace)
    form = request.POST.get("action", "")
    if form not in ("csv", "xlsx"):
        raise Http404
    count, at = listing.counts[listing.show], clock.now()
    words = gettext_lazy("Invoices exported: %(count)d")
    summary = translate_for_workspace(words, count=count)
    record(
        actor=request.user,
        action="invoice.export",
        target=request.workspace,
        summary=summary,
        at=at,
        after={"file": form, "search": listing.query},
    )
    rows = list(_rows(listing))
    name = f"invoices-{request.workspace.slug}-{clock.today(request.workspace.time_zone)}.{form}"
    if form == "xlsx":
        return as_file(FileResponse(as_xlsx(rows, title=gettext("Invoices")), content_type=XLSX_TYPE), name)
    return as_file(StreamingHttpResponse(as_csv(rows), content_type=CSV_TYPE), name)


def _rows(listing: InvoiceList) -> Iterator[Sequence[Cell]]:
    """Yield the heading and a row for each invoice, read while the workspace is in force."""
    dates = [gettext("Date"), gettext("Due"), gettext("Status")]
    amounts = [gettext("Net"), gettext("VAT"), gettext("Total"), gettext("Left to pay"), gettext("Currency")]
    yield [gettext("Number"), gettext("Client"), *dates, *amounts, gettext("OCR")]
    invoices = list(listing.records)
    for start in range(0, len(invoices), AT_ONCE):
        for line in lines_of(invoices[start : start + AT_ONCE], listing.seller):
            yield _cells(line.invoice, line.status.words)


def _cells(invoice: Invoice, status: str) -> list[Cell]:
    left = getattr(invoice, "left", None)
    return [
        invoice.number,
        str(invoice.client),
        invoice.invoice_date.isoformat(),
        invoice.due_date.isoformat(),
        status,
        *(invoice.net, invoice.vat, invoice.total),
        "" if left is None else left,
        invoice.currency,
        invoice.ocr,
    ]
