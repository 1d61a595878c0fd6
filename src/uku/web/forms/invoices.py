"""The head of a draft, and what is asked when it is handed back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.invoices.drafts import DraftHead
from uku.invoices.models import Invoice
from uku.web.forms.fields import PlainForm
from uku.web.forms.record_field import RecordField
from uku.web.list_filters import is_id

LONGEST_VERSION = 9
MOST_HITS = 20
EARLIEST = date(2000, 1, 1)
AHEAD = timedelta(days=366)
PERIOD_AHEAD = timedelta(days=3653)
_WRITE_DATE = _("Write the date like 2026-03-31.")


def _date_field(label: Any, *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, error_messages={"invalid": _WRITE_DATE})


class InvoiceForm(PlainForm):
    client = RecordField(label=_("Client"))
    invoice_date = _date_field(_("Invoice date"), required=True)
    due_date = _date_field(_("Due date"))
    supply_from = _date_field(_("Period from"))
    supply_to = _date_field(_("Period until, or day of delivery"))
    your_reference = forms.CharField(label=_("Your reference"), max_length=50, required=False)
    our_reference = forms.CharField(label=_("Our reference"), max_length=50, required=False)
    remarks = forms.CharField(label=_("Remarks"), max_length=1000, required=False)

    required_texts = {  # noqa: RUF012  # read once
        "client": _("Choose the client to invoice."),
        "invoice_date": _("Choose the invoice date."),
    }

    def __init__(
        self, *args: Any, today: date, client_search: str, draft: Invoice | None = None, **kwargs: Any
    ) -> None:
        """`client_search` answers a search; the client of the draft that is edited stays, archived or not."""
        super().__init__(*args, **kwargs)
        self.today = today
        offer_clients(self, draft.client if draft else None, client_search)

    def clean_invoice_date(self) -> date:
        day: date = self.cleaned_data["invoice_date"]
        if not EARLIEST <= day <= self.today + AHEAD:
            raise forms.ValidationError(_("Choose a date from 2000 on, at most a year ahead."))
        return day

    def clean_supply_from(self) -> date | None:
        return self._day_of_period("supply_from")

    def clean_supply_to(self) -> date | None:
        return self._day_of_period("supply_to")

    def _day_of_period(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and not EARLIEST <= day <= self.today + PERIOD_AHEAD:
            raise forms.ValidationError(_("Choose a date from 2000 on, at most ten years ahead."))
        return day

    def clean(self) -> None:
        """Refuse a due date before the invoice's own, and half a period or one that ends before it begins."""
        facts = self.cleaned_data
        issued, due = facts.get("invoice_date"), facts.get("due_date")
        if issued and due and not issued <= due <= issued + AHEAD:
            self.add_error("due_date", _("Choose a date on or after the invoice date, at most a year later."))
        client = facts.get("client")
        if client and issued and not due and DraftHead(client, issued).due_by_terms is None:
            words = _("Choose the due date: neither the client nor your company has terms of payment.")
            self.add_error("due_date", words)
        start, end = facts.get("supply_from"), facts.get("supply_to")
        if start and "supply_to" not in self.errors and not end:
            self.add_error("supply_to", _("Choose the last day of the period."))
        if start and end and end < start:
            self.add_error("supply_to", _("The period ends before it begins."))


def offer_clients(form: forms.Form, kept: Client | None, url: str) -> None:
    """Give the field `client` what a search by `url` finds, what was sent, and the one kept, archived or not."""
    sent = str(form.data.get("client", ""))
    known = {str(kept.pk): kept} if kept else {}
    if sent not in known and is_id(sent):
        known |= {str(client.pk): client for client in Client.objects.current().filter(pk=sent)}
    field = cast("RecordField", form.fields["client"])
    field.offer(known, search_clients, url)
    field.error_messages["invalid_choice"] = _("This client is not in your list. Choose another.")


def search_clients(words: str) -> list[Client]:
    return list(Client.objects.current().search(words).order_by("name_sort", "id")[:MOST_HITS])


class HandBackForm(PlainForm):
    remark = forms.CharField(
        label=_("Remark"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


def seen_version(request: HttpRequest) -> int | None:
    """Return the version of the draft that the sent page showed; None when it names none."""
    sent = request.POST.get("version", "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) <= LONGEST_VERSION else None
