"""Adding and editing a product, and what a tax rate is called."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from uku.products.articles import Article, locked_rate, rate_text
from uku.products.models import Product
from uku.web.forms.clients import LONGEST_VERSION
from uku.web.forms.fields import NumberField, PlainForm, offer
from uku.web.templatetags.figures import rate as shown_rate

UNITS = ("tim", "st", "mån", "kv", "år", "h", "km", "utl")
UNIT_LIST = "units"
LONGEST_UNIT = 20  # what the table holds, and what an accounting system takes for a unit's code


class PriceField(NumberField):
    """A price for one unit, of zero or more."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and value < 0:
            raise forms.ValidationError(
                _("Write a price of zero or more. For a deduction, write a negative quantity on the invoice row."),
                code="price",
            )


class ProductForm(PlainForm):
    """`product` is what the form edits, if anything; `article` the one it has or is to have, if that is known.

    `system` is the accounting system that articles are picked from, `company` the connected one there. Without them
    the number is typed.
    """

    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    price = PriceField(label=_("Price without VAT"), help_text=_("Price of one unit"))
    unit = forms.CharField(
        label=_("Unit"),
        max_length=LONGEST_UNIT,
        required=False,
        help_text=_("Such as tim or st"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": UNIT_LIST}),
    )
    vat_rate = forms.TypedChoiceField(label=_("VAT rate"), coerce=Decimal, empty_value=None)
    is_goods = forms.BooleanField(label=_("Goods, not a service"), required=False)
    article_number = forms.CharField(
        label=_("Article number"), max_length=50, required=False, help_text=_("In the accounting system")
    )

    required_texts = {  # noqa: RUF012  # read once
        "name": _("Write what the client reads on the invoice, such as Bookkeeping."),
        "price": _("Write the price for one unit, such as 1 250,00."),
        "vat_rate": _("Choose the VAT rate."),
    }

    def __init__(
        self,
        *args: Any,
        rates: Sequence[Decimal],
        article: Article | None = None,
        product: Product | None = None,
        system: str = "",
        company: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.article, self.product, self.system, self.company = article, product, system, company
        self.locked = locked_rate(article, product)
        offered = [(rate_text(rate), shown_rate(rate)) for rate in rates]
        if self.locked is None:
            field = offer(self, "vat_rate", [("", _("Choose")), *offered])
            field.error_messages["invalid_choice"] = _("Choose one of the rates in the list.")
        else:
            # A rate that comes along all the same is refused, and never taken or dropped in silence.
            field = offer(self, "vat_rate", [(rate_text(self.locked), shown_rate(self.locked))])
            field.required = False
            field.error_messages["invalid_choice"] = _(
                "The article has another VAT rate. Click the button again to save with the article's rate."
            )
        if system:
            self.fields["article_number"].widget = forms.HiddenInput()

    def clean_vat_rate(self) -> Decimal:
        chosen: Decimal = self.cleaned_data["vat_rate"]
        return chosen if self.locked is None else self.locked

    def clean_article_number(self) -> str:
        """Only an active article can be picked; a product keeps the one it has, whatever became of it."""
        number = str(self.cleaned_data["article_number"])
        if not self.system or not number or (self.product and number == self.product.article_in(self.company)):
            return number
        if self.article is None or not self.article.active or self.article.number != number:
            raise forms.ValidationError(
                _("%(system)s has no active article with the number %(number)s. Choose another article, or none."),
                params={"system": self.system, "number": number},
                code="article",
            )
        return number

    @property
    def changes(self) -> dict[str, Any]:
        """What was filled in. A number that stays is left out: the product may have an article in another company."""
        own = self.product.article_in(self.company) if self.product else ""
        return {name: value for name, value in self.cleaned_data.items() if name != "article_number" or value != own}

    @property
    def seen_version(self) -> int:
        """The version that the person saw: sent along with the form; 0, which no product has, when it is not."""
        if not self.is_bound:
            return self.product.version if self.product else 0
        return sent_version(self.data.get("version", ""))


class RateNameForm(PlainForm):
    """What a rate is called on invoices; empty: by its per cent."""

    name = forms.CharField(max_length=60, required=False)


def sent_version(sent: Any) -> int:
    """Return the version number that a form sent; 0, which nothing has, for what is none."""
    text = str(sent)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_VERSION else 0
