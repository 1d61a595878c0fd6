"""The page of a draft: written, saved, added up while it is written, and issued."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from uku.clients.models import Client
from uku.integrations.registry import number_source_of
from uku.invoices.drafts import (
    DraftChanged,
    DraftHandedOver,
    DraftHead,
    InvoiceAlreadyIssued,
    buyer_of,
    create_draft,
    edit_draft,
    rows_of,
)
from uku.invoices.models import Invoice, InvoiceRow, State
from uku.invoices.totals import add_up
from uku.kit import clock
from uku.tasks.billing import late_volumes_of
from uku.web import integration_data
from uku.web.forms.invoice_rows import MORE_ROWS, MOST_ROWS, Currencies, Rows, typed_rows
from uku.web.forms.invoices import InvoiceForm, seen_version
from uku.web.list_filters import is_id
from uku.web.views.draft_steps import hand_over, tell_handed_over, tell_issued
from uku.web.views.issue import checks_of, issue_and_tell, rate_names_of, rows_of_other_companies
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission, may


@dataclass(frozen=True, slots=True)
class Page:
    """A draft as it is written: its two forms, and the draft that it changes, if there is one already."""

    form: InvoiceForm
    rows: Rows
    draft: Invoice | None = None
    version: int | None = None
    overtaken: bool = False

    @classmethod
    def blank(cls, request: WorkspaceRequest, **initial: Any) -> Self:
        return cls(_form(request, None, initial=initial), _rows(request, None))

    @classmethod
    def of(cls, request: WorkspaceRequest, draft: Invoice) -> Self:
        """Return what the draft says now."""
        initial = {name: getattr(draft, name) for name in InvoiceForm.base_fields}
        if draft.due_date == DraftHead(draft.client, draft.invoice_date).due_by_terms:
            initial["due_date"] = None  # it follows the terms
        stored = list(InvoiceRow.objects.filter(invoice=draft).select_related("product"))
        rows = _rows(request, typed_rows(stored), draft=draft, kept=_products_of(stored)).unchecked()
        return cls(_form(request, None, draft=draft, initial=initial), rows, draft, draft.version)

    @classmethod
    def sent(
        cls,
        request: WorkspaceRequest,
        draft: Invoice | None,
        data: Mapping[str, Any] | None = None,
        kept: Collection[int] = (),
    ) -> Self:
        """Return what was sent; it is checked when `is_valid` or `preview` is asked for.

        `data` is what would be sent by a page that is only drawn, and `kept` its products that may be archived.
        """
        data = request.POST.dict() if data is None else data
        form = _form(request, data, draft=draft)
        form.is_valid()
        client = form.cleaned_data.get("client")
        billed = _billed_in(client, draft) if client else ""
        seen = bool(billed) and data.get("priced_in") == billed
        stored = draft.rows.values_list("product", flat=True) if draft else ()
        currencies = Currencies(request.workspace.currency, billed, seen=seen)
        company = integration_data.connected_company()
        facts = {"kept": {*stored, *kept}, "company": company, "currencies": currencies}
        rows = _rows(request, data, draft=draft, buyer=buyer_of(client) if client else None, **facts)
        return cls(form, rows, draft, seen_version(request))

    @property
    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.rows.is_valid()])

    @property
    def head(self) -> DraftHead:
        return DraftHead(**self.form.cleaned_data)

    def preview(self, request: WorkspaceRequest) -> Invoice | None:
        """Return the invoice that the form would make, not stored; None while its head is not complete."""
        if not self.form.is_valid():
            return None
        head = self.head
        return Invoice(
            pk=self.draft.pk if self.draft else None,
            workspace_id=request.workspace.pk,
            client=head.client,
            currency=_billed_in(head.client, self.draft),
            invoice_date=head.invoice_date,
            due_date=head.due,
            supply_from=head.supply_from,
            supply_to=head.supply_to,
            remarks=head.remarks,
        )


@workspace_page(Permission.DRAFT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_new(request: WorkspaceRequest) -> HttpResponse:
    if request.method != "POST":
        client = _client_named(request.GET.get("client", ""))
        day = _date_named(request.GET.get("date", "")) or clock.today(request.workspace.time_zone)
        page = Page.blank(request, client=client, invoice_date=day)
        written = {"client": str(client.pk), "invoice_date": day.isoformat()} if client else {}
        return _draw(request, page, summed=Page.sent(request, None, written))
    if "more" in request.POST or "rows_of" in request.POST:
        return _draw_again(request, None)
    page = Page.sent(request, None)
    if not page.is_valid or _shows_other_rates(request, page):
        return _draw(request, page, status=422)
    draft = create_draft(actor=request.user, at=clock.now(), head=page.head, rows=page.rows.facts)
    return _after_saving(request, draft)


@workspace_page(Permission.DRAFT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The page of a draft. What was typed stays on it when it is not saved."""
    draft = get_object_or_404(Invoice.objects.select_related("client"), pk=pk)
    if draft.is_issued:
        return tell_issued(request, pk)
    if draft.state == State.APPROVAL and request.method != "POST":
        return tell_handed_over(request, pk)
    if request.method != "POST":
        return _draw(request, Page.of(request, draft))
    if "more" in request.POST or "rows_of" in request.POST:
        return _draw_again(request, draft)
    return _save(request, draft)


def _save(request: WorkspaceRequest, draft: Invoice) -> HttpResponse:
    """Save what was typed over the draft that the page showed; a newer one is not overwritten unseen."""
    page = Page.sent(request, draft)
    if not page.is_valid or _shows_other_rates(request, page):
        return _draw(request, page, status=422)
    facts: dict[str, Any] = {"version": page.version or 0, "head": page.head, "rows": page.rows.facts}
    try:
        draft = edit_draft(invoice=draft, actor=request.user, at=clock.now(), **facts)
    except InvoiceAlreadyIssued:
        return tell_issued(request, draft.pk)
    except DraftHandedOver:
        return tell_handed_over(request, draft.pk)
    except DraftChanged as error:
        newest = error.invoice
        return _draw(request, replace(page, draft=newest, version=newest.version, overtaken=True), status=409)
    return _after_saving(request, draft)


def _shows_other_rates(request: WorkspaceRequest, page: Page) -> bool:
    """Refuse to issue with rates that the person has not seen yet."""
    return request.POST.get("then", "").startswith("issue") and page.rows.refuse_unseen_rates()


def _after_saving(request: WorkspaceRequest, draft: Invoice) -> HttpResponse:
    """Issue the draft that was just saved if that was asked for, and go where the person goes on."""
    then, slug = request.POST.get("then", ""), request.workspace.slug
    if then == "hand-over":
        return hand_over(request, draft, version=draft.version)
    if then in ("issue", "issue-own", "issue-next") and may(request.membership, Permission.ISSUE_INVOICES):
        is_issued = issue_and_tell(request, draft, version=draft.version, own_number=then == "issue-own")
        if is_issued and then == "issue-next":
            return redirect(f"{reverse('invoice-new', kwargs={'slug': slug})}?date={draft.invoice_date.isoformat()}")
        return redirect("invoice" if is_issued else "invoice-edit", slug=slug, pk=draft.pk)
    messages.success(request, gettext("The draft is saved."))
    return redirect("invoice-edit", slug=slug, pk=draft.pk)


@workspace_page(Permission.DRAFT_INVOICES)
@require_POST
def invoice_summary(request: WorkspaceRequest) -> HttpResponse:
    """Add up and check what is written so far; nothing is saved, and no field is in the answer."""
    sent = request.POST.get("draft", "")
    draft = Invoice.objects.select_related("client").filter(pk=sent).first() if is_id(sent) else None
    context = _summary(request, Page.sent(request, draft))
    return render(request, "billing/_draft_summary.html", context)


def _summary(request: WorkspaceRequest, page: Page) -> dict[str, Any]:
    """Return what stands beside the form: sums, due date, checks, and whose rows could be copied."""
    invoice = page.preview(request) if page.form.is_bound else page.draft
    facts = page.rows.complete if page.form.is_bound else None
    if invoice is None:
        return {"preview": None}
    if facts is None:
        rows = list(InvoiceRow.objects.filter(invoice=invoice).select_related("product"))
    else:
        rows = rows_of(invoice, facts)
    lines = [row.line for row in rows if not row.is_text]
    latest = Invoice.objects.filter(client=invoice.client, credits=None).exclude(issued_at=None).exclude(number="")
    return {
        "preview": invoice,
        "totals": add_up(lines, whole_kronor=invoice.currency == "SEK"),
        "rate_names": rate_names_of(invoice, rows),
        "checks": checks_of(invoice, rows),
        "latest": latest.order_by("-invoice_date", "-id").first(),
        "is_copyable": not rows,
        "unfinished": page.rows.unfinished if page.form.is_bound else 0,
        "followed": page.rows.followed,
    }


def _draw_again(request: WorkspaceRequest, draft: Invoice | None) -> HttpResponse:
    """Show the page again with more rows, or with those of another invoice; nothing is saved."""
    data = request.POST.dict()
    sent, more = data.pop("rows_of", ""), MORE_ROWS if "more" in data else 0
    kept: set[int] = set()
    refused = ""
    if is_id(sent):
        copied = list(InvoiceRow.objects.filter(invoice_id=int(sent), charge=None).select_related("product"))
        written = _rows(request, data).forms
        first = max([number for number, row in enumerate(written, 1) if not row.is_blank], default=0)
        if first + len(copied) <= MOST_ROWS:
            client = _client_named(data.get("client", ""))
            kept = _products_of(copied)
            data |= typed_rows(copied, first=first, buyer=buyer_of(client) if client else None)
        else:
            refused = gettext(
                "An invoice can have %(most)d rows at most, and there is room for %(room)d of the %(count)d to copy."
                " No row was copied."
            ) % {"most": MOST_ROWS, "room": MOST_ROWS - first, "count": len(copied)}
    if draft is not None:
        kept |= set(draft.rows.exclude(product=None).values_list("product", flat=True))
    typed = _form(request, data, draft=draft)
    form = _form(request, None, draft=draft, initial={name: typed[name].data for name in InvoiceForm.base_fields})
    rows = _rows(request, data, draft=draft, kept=kept, more=more).unchecked()
    rows.trouble = rows.trouble or refused
    page = Page(form, rows, draft, seen_version(request))
    return _draw(request, page, summed=Page.sent(request, draft, data, kept))


def _draw(request: WorkspaceRequest, page: Page, *, summed: Page | None = None, status: int = 200) -> HttpResponse:
    """Show a page; `summed` is what its sums are of, when that was neither sent nor stored."""
    draft, billed = page.draft, page.rows.currencies.billed
    context = {
        "form": page.form,
        "rows": page.rows,
        "draft": draft,
        "overtaken": page.overtaken,
        "version": page.version,
        "priced_in": billed or request.POST.get("priced_in", draft.currency if draft else ""),
        "source": number_source_of(draft or Invoice(invoice_date=clock.today(request.workspace.time_zone))),
        "cancelled_numbers": list(draft.cancelled_numbers.order_by("pk")) if draft else [],
        "late_volumes": late_volumes_of(draft.client) if draft else [],
        "elsewhere": rows_of_other_companies(list(draft.rows.select_related("product"))) if draft else [],
        **_summary(request, summed or page),
    }
    return render(request, "billing/draft.html", context, status=status)


def _form(request: WorkspaceRequest, data: Any, *, draft: Invoice | None = None, **facts: Any) -> InvoiceForm:
    search = reverse("client-search", kwargs={"slug": request.workspace.slug})
    today = clock.today(request.workspace.time_zone)
    return InvoiceForm(data, today=today, client_search=search, draft=draft, **facts)


def _rows(request: WorkspaceRequest, data: Any, *, draft: Invoice | None = None, **facts: Any) -> Rows:
    search = reverse("product-search", kwargs={"slug": request.workspace.slug})
    live = draft.task_charges.filter(freed_at=None).select_related("value") if draft else ()
    return Rows(data, search_url=search, charges={str(charge.pk): charge for charge in live}, **facts)


def _products_of(rows: Collection[InvoiceRow]) -> set[int]:
    return {row.product_id for row in rows if row.product_id}


def _billed_in(client: Client, draft: Invoice | None) -> str:
    """Return the currency of an invoice to a client; a draft keeps its own while the client is the same."""
    return draft.currency if draft is not None and draft.client_id == client.pk else client.currency


def _client_named(text: str) -> Client | None:
    return Client.objects.current().filter(pk=text).first() if is_id(text) else None


def _date_named(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
