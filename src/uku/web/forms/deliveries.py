"""Sending an invoice, reminding of one, and the firm's settings for both."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.invoices.deliveries import NotDeliverable, clean_addresses
from uku.invoices.delivery_models import DeliveryWay
from uku.web.forms.fields import NumberField, PlainForm, offer

LONGEST_ADDRESSES = 1024


def _addresses(label: Any, *, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email", "spellcheck": "false"})
    return forms.CharField(
        label=label, max_length=LONGEST_ADDRESSES, required=False, help_text=help_text, widget=widget
    )


class MailForm(PlainForm):
    """Where an e-mail goes. Several addresses have a comma between them."""

    to = _addresses(_("To"), help_text=_("Separate several addresses with commas."))
    cc = _addresses(_("CC"))
    bcc = _addresses(_("BCC"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].quiet = True  # type: ignore[attr-defined]  # the template: an e-mail needs it

    def clean(self) -> dict[str, Any]:
        for name in ("to", "cc", "bcc"):
            try:
                self.cleaned_data[name] = clean_addresses(self.cleaned_data.get(name, ""))
            except NotDeliverable as error:
                self.add_error(name, str(error))
        return self.cleaned_data


class SendForm(MailForm):
    """How an invoice is brought to the client: the ways that are open for it."""

    way = forms.ChoiceField(label=_("How"), widget=forms.RadioSelect)
    sent_on = forms.DateField(
        label=_("Sent on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    field_order = ("way", "to", "cc", "bcc", "sent_on")

    def __init__(self, *args: Any, ways: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "way", ways)
        self.fields["sent_on"].quiet = True  # type: ignore[attr-defined]  # the template: it is filled in

    def clean(self) -> dict[str, Any]:
        """The addresses belong to an e-mail from Uku alone: the page shows them for no other way."""
        if self.cleaned_data.get("way") not in {DeliveryWay.UKU, None}:
            return {**self.cleaned_data, "to": "", "cc": "", "bcc": ""}
        super().clean()
        if self.cleaned_data.get("way") == DeliveryWay.UKU and not self.cleaned_data.get("to"):
            self.add_error("to", gettext("Write the e-mail address that the invoice goes to."))
        return self.cleaned_data


class RateForm(PlainForm):
    """By which rate VAT in another currency is told in kronor."""

    rate = forms.DecimalField(label=_("Kronor for one"), max_digits=12, decimal_places=6, min_value=0, localize=False)
    on = forms.DateField(label=_("Rate of"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class InvoiceSettingsForm(PlainForm):
    way = forms.ChoiceField(label=_("Send invoices"), choices=DeliveryWay.choices)
    remind_after = NumberField(
        label=_("Remind at the earliest after"), help_text=_("Banking days after the due date, from 0 to 60.")
    )
    late_interest = forms.CharField(
        label=_("Text on late interest"),
        max_length=300,
        required=False,
        help_text=_("Empty: interest by law, in the client's language."),
    )

    def clean_remind_after(self) -> int:
        days = self.cleaned_data["remind_after"]
        if days != int(days) or not 0 <= days <= 60:  # noqa: PLR2004  # as the field says
            raise forms.ValidationError(gettext("Write a whole number from 0 to 60."))
        return int(days)
