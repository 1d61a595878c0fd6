"""Drafting an invoice: its head, and rows that take what they lack from their product."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.invoices.drafts import RowFacts
from uku.invoices.models import Invoice, InvoiceRow
from uku.kit.money import ZERO, show_quantity
from uku.products.models import Product
from uku.web.forms.fields import NumberField, PlainForm, RateField, offer

FIRST_ROWS = 5
MORE_ROWS = 5
MOST_ROWS = 100
LONGEST_VERSION = 9
EARLIEST = date(2000, 1, 1)
AHEAD = timedelta(days=366)
MOST_NET = Decimal(10) ** 11
_ROW_NAME = re.compile(r"rows-([0-9]{1,3})-")


class InvoiceForm(PlainForm):
    client: forms.ModelChoiceField[Client] = forms.ModelChoiceField(
        label=_("Client"), queryset=None, empty_label=_("Choose a client")
    )
    invoice_date = forms.DateField(
        label=_("Invoice date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    your_reference = forms.CharField(label=_("Your reference"), max_length=50, required=False)
    our_reference = forms.CharField(label=_("Our reference"), max_length=50, required=False)
    remarks = forms.CharField(label=_("Remarks"), max_length=1000, required=False)

    required_texts = {  # noqa: RUF012  # read once
        "client": _("Choose the client to invoice."),
        "invoice_date": _("Choose the invoice date."),
    }

    def __init__(self, *args: Any, today: date, draft: Invoice | None = None, **kwargs: Any) -> None:
        """`draft` is the one that is edited: its client stays, archived or not."""
        super().__init__(*args, **kwargs)
        self.today = today
        field = cast("forms.ModelChoiceField[Client]", self.fields["client"])
        current = Client.objects.get_queryset().current()
        if draft is not None:
            current |= Client.objects.get_queryset().filter(pk=draft.client_id)
        field.queryset = current.order_by("name_sort", "id").only("workspace_id", "name", "currency", "payment_days")
        field.error_messages["invalid_choice"] = _("This client is not in your list. Choose another.")
        self.fields["invoice_date"].error_messages["invalid"] = _("Write the date like 2026-03-31.")

    def clean_invoice_date(self) -> date:
        day: date = self.cleaned_data["invoice_date"]
        if not EARLIEST <= day <= self.today + AHEAD:
            raise forms.ValidationError(_("Choose a date from 2000 on, at most a year ahead."))
        return day


class HandBackForm(PlainForm):
    remark = forms.CharField(
        label=_("Remark"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


@dataclass(frozen=True, slots=True)
class Currencies:
    """What products are priced in, and what the client is billed in; "" before a client is chosen.

    `seen`: the person was told that the prices are in the client's currency, and saves them as they are.
    """

    own: str = ""
    billed: str = ""
    seen: bool = False

    @property
    def differ(self) -> bool:
        return bool(self.own and self.billed) and self.own != self.billed


class RowForm(PlainForm):
    """One row. Empty altogether it says nothing; with a product its empty fields are the product's."""

    use_required_attribute = False
    product = forms.ChoiceField(label=_("Product"), required=False)
    description = forms.CharField(label=_("Description"), max_length=255, required=False)
    quantity = NumberField(label=_("Quantity"), required=False)
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False)
    price = NumberField(label=_("Price"), required=False)
    vat_rate = RateField(label=_("VAT, %"), required=False)

    def __init__(
        self,
        *args: Any,
        products: Mapping[str, Product],
        company: tuple[str, str] = ("", ""),
        currencies: Currencies = Currencies(),  # it is frozen
        **kwargs: Any,
    ) -> None:
        """`company` is the connected one of the accounting system: its id and its name."""
        super().__init__(*args, **kwargs)
        self.products, self.company, self.currencies = products, company, currencies
        names = [(key, product.name) for key, product in products.items()]
        field = offer(self, "product", [("", _("Choose an article")), *names])
        field.error_messages["invalid_choice"] = _("This product is not in your list. Choose another.")
        for name in self.fields:
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label
        number = str(self.prefix).removeprefix("rows-")
        field.widget.attrs |= {"hx-post": "", "hx-trigger": "change", "hx-vals": json.dumps({"fill": number})}

    @property
    def is_blank(self) -> bool:
        return not any(str(self.data.get(self.add_prefix(name), "")).strip() for name in self.fields)

    def clean(self) -> None:
        """Ask for what neither the row nor its product says, and for the article of a product that lost its own."""
        if self.is_blank:
            return
        if product := self.products.get(self.cleaned_data.get("product", "")):
            company, name = self.company
            if company and product.article_number and not product.article_in(company):
                words = _("%(product)s has no article in %(company)s yet. Open the product and choose one.")
                self.add_error("product", words % {"product": product, "company": name})
            self._require_price_in_currency(product)
            return
        wanted = {
            "description": _("Write a description."),
            "quantity": _("Write a quantity, such as 1."),
            "price": _("Write a price, such as 1 250,00."),
            "vat_rate": _("Write a VAT rate, such as 25."),
        }
        for name, words in wanted.items():
            if name not in self.errors and self.cleaned_data.get(name) in ("", None):
                self.add_error(name, words)

    def _require_price_in_currency(self, product: Product) -> None:
        """Refuse a product's own price as one in another currency, until the person says that it is."""
        if not self.currencies.differ or "price" in self.errors:
            return
        price, facts = self.cleaned_data.get("price"), {"own": self.currencies.own, "billed": self.currencies.billed}
        if price is None:
            words = _("The product's price is in %(own)s. Write the price in %(billed)s.")
            self.add_error("price", words % facts)
        elif price == product.price and not self.currencies.seen:
            words = _(
                "This is the product's price in %(own)s. Write the price in %(billed)s. If it is the same number,"
                " save again."
            )
            self.add_error("price", words % facts)

    @property
    def facts(self) -> RowFacts:
        """The row as it is asked for; call it on a valid row that is not blank."""
        typed = self.cleaned_data
        product = self.products.get(typed["product"])
        return RowFacts(
            description=typed["description"] or (product.name if product else ""),
            quantity=typed["quantity"] if typed["quantity"] is not None else Decimal(1),
            price=_first(typed["price"], product.price if product else None),
            vat_rate=_first(typed["vat_rate"], product.vat_rate if product else None),
            unit=typed["unit"] or (product.unit if product else ""),
            article_number=product.article_number if product else "",
            product=product,
            article_company=product.article_company if product else "",
        )


class Rows:
    """All rows of the page: as many as were sent, or five empty ones."""

    def __init__(
        self,
        data: Mapping[str, str] | None,
        products: Sequence[Product],
        *,
        more: int = 0,
        company: tuple[str, str] = ("", ""),
        currencies: Currencies = Currencies(),  # it is frozen
    ) -> None:
        self.currencies = currencies
        known = {str(product.pk): product for product in products}
        numbers = [int(found[1]) for name in data or () if (found := _ROW_NAME.match(name))]
        asked = max([n + 1 for n in numbers], default=FIRST_ROWS)
        count = min(asked + more, MOST_ROWS)
        self.is_too_long = asked > MOST_ROWS
        self.forms = [
            RowForm(data, prefix=f"rows-{number}", products=known, company=company, currencies=currencies)
            for number in range(count)
        ]
        self.trouble = ""

    @property
    def facts(self) -> list[RowFacts]:
        return [form.facts for form in self.forms if not form.is_blank]

    @property
    def has_errors(self) -> bool:
        return bool(self.trouble) or any(form.is_bound and form.errors for form in self.forms)

    def unchecked(self) -> Rows:
        """Show what was typed without judging it yet."""
        for form in self.forms:
            form.initial = {name: form.data.get(form.add_prefix(name), "") for name in form.fields}
            form.is_bound = False
        return self

    def is_valid(self) -> bool:
        """Check each row, and that they add up to something that can be billed."""
        if not all([form.is_valid() for form in self.forms]):  # noqa: C419  # every row shows its errors
            return False
        if self.is_too_long:
            words = gettext("An invoice can have %(most)d rows at most. Write the others on a second invoice.")
            self.trouble = words % {"most": MOST_ROWS}
        else:
            self.trouble = _error_of_sum(self.facts)
        return not self.trouble


def _error_of_sum(rows: Sequence[RowFacts]) -> str:
    if not rows:
        return gettext("Fill in at least one row.")
    sums = [row.quantity * row.price for row in rows]
    if sum(map(abs, sums), ZERO) >= MOST_NET:
        return gettext("The total is larger than an invoice can have. Check quantities and prices.")
    if sum(sums, ZERO) < 0:
        return gettext("The total is less than zero. Only a credit note can have a negative total.")
    return ""


def seen_version(request: HttpRequest) -> int | None:
    """Return the version of the draft that the sent page showed; None when it names none."""
    sent = request.POST.get("version", "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) <= LONGEST_VERSION else None


def typed_rows(rows: Sequence[InvoiceRow]) -> dict[str, str]:
    """Return a draft's rows as the form has them when they are typed."""
    return {
        f"rows-{number}-{name}": value
        for number, row in enumerate(rows)
        for name, value in {
            "product": str(row.product_id or ""),
            "description": row.description,
            "quantity": show_quantity(row.quantity),
            "unit": row.unit,
            "price": f"{row.price:.2f}",
            "vat_rate": show_quantity(row.vat_rate),
        }.items()
    }


def with_product(
    data: Mapping[str, str], number: str, products: Sequence[Product], *, with_price: bool
) -> dict[str, str]:
    """Return the form's data with one row filled in from the product just chosen in it.

    Its price is left out where the client is billed in another currency.
    """
    chosen = {str(product.pk): product for product in products}.get(data.get(f"rows-{number}-product", ""))
    filled = {name: str(value) for name, value in data.items()}
    if chosen:
        proposal = {
            "description": chosen.name,
            "unit": chosen.unit,
            **({"price": f"{chosen.price:.2f}"} if with_price else {}),
            "vat_rate": show_quantity(chosen.vat_rate),
            "quantity": filled.get(f"rows-{number}-quantity") or "1",
        }
        filled |= {f"rows-{number}-{name}": value for name, value in proposal.items()}
    return filled


def _first(typed: Decimal | None, proposed: Decimal | None) -> Decimal:
    """Return the typed number, else the product's; one of them is there once the row is valid."""
    return typed if typed is not None else proposed or ZERO
