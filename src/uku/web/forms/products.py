"""Making a product."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from uku.web.forms.fields import NumberField, PlainForm, RateField


class ProductForm(PlainForm):
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False, help_text=_("Such as h or pcs"))
    price = NumberField(label=_("Price without VAT"), help_text=_("For one unit"))
    vat_rate = RateField(label=_("VAT rate, %"), help_text=_("25, 12, 6 or 0"))
    article_number = forms.CharField(
        label=_("Article number"), max_length=50, required=False, help_text=_("In the accounting system")
    )

    required_texts = {  # noqa: RUF012  # read once
        "name": _("Write what the client reads on the invoice, such as Bookkeeping."),
        "price": _("Write the price for one unit, such as 1 250,00."),
        "vat_rate": _("Write the VAT rate in per cent, such as 25."),
    }
