"""The rows of a draft, which take what they lack from their product."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from uku.invoices.checks import error_of_sum
from uku.invoices.drafts import RowFacts
from uku.invoices.models import InvoiceRow, RowKind, TaskCharge
from uku.invoices.vat_rates import TaxedBuyer, proposed_rate, repeated_rate
from uku.kit.money import ZERO
from uku.products.models import Product
from uku.web.forms.fields import DiscountField, NumberField, PlainForm, RateField
from uku.web.forms.record_field import RecordField, Typed
from uku.web.list_filters import is_id
from uku.web.numbers import text_of_number

FIRST_ROWS = 3
MORE_ROWS = 5
MOST_ROWS = 100
MOST_HITS = 20
EMPTY: Mapping[str, TaskCharge] = {}
_ROW_NAME = re.compile(r"rows-([0-9]{1,3})-")


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
    """One row. Empty altogether it says nothing; with a product its empty fields are the product's.

    With a description alone it is a row of text.
    """

    use_required_attribute = False
    product = RecordField(label=_("Product"), required=False)
    description = forms.CharField(label=_("Description"), max_length=255, required=False)
    quantity = NumberField(label=_("Quantity"), required=False)
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False)
    price = NumberField(label=_("Price"), required=False)
    discount = DiscountField(label=_("Discount, %"), required=False)
    vat_rate = RateField(label=_("VAT, %"), required=False)
    charge = forms.CharField(required=False, widget=forms.HiddenInput)
    proposed_rate = forms.CharField(required=False, widget=forms.HiddenInput)
    """The rate that the page proposed, as long as nobody wrote one; it stands in `vat_rate` too."""

    def __init__(
        self,
        *args: Any,
        products: Mapping[str, Product],
        charges: Mapping[str, TaskCharge] = EMPTY,
        search_url: str = "",
        company: tuple[str, str] = ("", ""),
        currencies: Currencies = Currencies(),  # it is frozen
        buyer: TaxedBuyer | None = None,
        **kwargs: Any,
    ) -> None:
        """`search_url` answers a search of products; `company` is the connected one: its id and its name.

        `charges` are what the draft bills of tasks. Without a `buyer` a product's own rate is taken.
        """
        super().__init__(*args, **kwargs)
        self.buyer = buyer
        self.company, self.currencies, self.charges = company, currencies, charges
        field = cast("RecordField", self.fields["product"])
        field.offer(products, search_products, search_url)
        field.error_messages["invalid_choice"] = _("This product is not in your list. Choose another.")
        for name in self.typed_fields:
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label

    @property
    def typed_fields(self) -> list[str]:
        return [name for name, field in self.fields.items() if not field.widget.is_hidden]

    @property
    def is_blank(self) -> bool:
        typed = (self[name].data for name in self.typed_fields)
        return all(one.is_blank if isinstance(one, Typed) else not str(one or "").strip() for one in typed)

    @property
    def is_text(self) -> bool:
        """Say whether the valid row has a description and nothing else."""
        typed = self.cleaned_data
        return bool(typed.get("description")) and all(
            typed.get(name) in ("", None) for name in self.typed_fields if name != "description"
        )

    def clean(self) -> None:
        """Ask for what neither the row nor its product says, and for the article of a product that lost its own."""
        if self.is_blank or (not self.errors and self.is_text):
            return
        if product := self.cleaned_data.get("product"):
            company, name = self.company
            if company and product.article_number and not product.article_in(company):
                words = _("%(product)s has no article in %(company)s yet. Open the product and choose one.")
                self.add_error("product", words % {"product": product, "company": name})
            self._require_price_in_currency(product)
            if self.cleaned_data.get("vat_rate") is None and self._proposed_rate(product) is None:
                words = _(
                    "Write the VAT rate. The client has reverse charge in Sweden, which is for construction services"
                    " only: those have 0, other services the ordinary rate."
                )
                self.add_error("vat_rate", words)
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

    def _proposed_rate(self, product: Product) -> Decimal | None:
        return proposed_rate(product.vat_rate, self.buyer) if self.buyer else product.vat_rate

    def _charge_of(self, product: Product | None) -> TaskCharge | None:
        """Return what of a task the row bills, as long as its product is one that is billed from that field."""
        charge = self.charges.get(self.cleaned_data["charge"])
        is_same = charge and product and charge.value.field_id == product.task_field_id
        return charge if is_same else None

    @property
    def facts(self) -> RowFacts:
        """The row as it is asked for; call it on a valid row that is not blank."""
        typed = self.cleaned_data
        if self.is_text:
            return RowFacts(typed["description"], kind=RowKind.TEXT)
        product: Product | None = typed["product"]
        return RowFacts(
            description=typed["description"] or (product.name if product else ""),
            quantity=typed["quantity"] if typed["quantity"] is not None else Decimal(1),
            price=_first(typed["price"], product.price if product else None),
            discount=typed["discount"] or ZERO,
            vat_rate=_first(typed["vat_rate"], self._proposed_rate(product) if product else None),
            unit=typed["unit"] or (product.unit if product else ""),
            article_number=product.article_number if product else "",
            rate_proposed=product is not None and _has_proposed_rate(self.data, f"{self.prefix}-"),
            product=product,
            article_company=product.article_company if product else "",
            charge=self._charge_of(product),
        )


class Rows:
    """All rows of the page: as many as were sent, at least three.

    `kept` are products that stand on the draft already, archived or not; `charges` what it bills of tasks, by id.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        search_url: str,
        kept: Collection[int] = (),
        charges: Mapping[str, TaskCharge] = EMPTY,
        more: int = 0,
        company: tuple[str, str] = ("", ""),
        currencies: Currencies = Currencies(),  # it is frozen
        buyer: TaxedBuyer | None = None,
    ) -> None:
        self.currencies = currencies
        products = _products(data or {}, kept)
        data, self.followed = (data, {}) if data is None or buyer is None else _follow(data, products, buyer)
        numbers = [int(found[1]) for name in data or () if (found := _ROW_NAME.match(name))]
        asked = max([n + 1 for n in numbers], default=FIRST_ROWS)
        wanted = max(asked, FIRST_ROWS) + more
        count = min(wanted, MOST_ROWS)
        self.is_too_long = asked > MOST_ROWS
        facts: dict[str, Any] = {
            "products": products,
            "charges": charges,
            "search_url": search_url,
            "company": company,
            "currencies": currencies,
            "buyer": buyer,
        }
        self.forms = [RowForm(data, prefix=f"rows-{number}", **facts) for number in range(count)]
        self.pattern = RowForm(prefix="rows-new", **facts)
        self.trouble = too_many_rows() if more and wanted - more >= MOST_ROWS else ""

    @property
    def facts(self) -> list[RowFacts]:
        return [form.facts for form in self.forms if not form.is_blank]

    @property
    def complete(self) -> list[RowFacts]:
        """The rows that say all that they must, while others may still be written."""
        return [form.facts for form in self.forms if form.is_valid() and not form.is_blank]

    @property
    def unfinished(self) -> int:
        """How many rows do not say all that they must."""
        return sum(not form.is_valid() for form in self.forms if not form.is_blank)

    @property
    def has_errors(self) -> bool:
        return bool(self.trouble) or any(form.is_bound and form.errors for form in self.forms)

    def unchecked(self) -> Rows:
        """Show what was typed without judging it yet."""
        for form in self.forms:
            form.initial = {name: form[name].data for name in form.fields}
            form.is_bound = False
        return self

    def is_valid(self) -> bool:
        """Check each row, and that they add up to something that can be billed."""
        if not all([form.is_valid() for form in self.forms]):  # noqa: C419  # every row shows its errors
            return False
        if self.is_too_long:
            self.trouble = too_many_rows()
        elif not self.facts:
            self.trouble = gettext("Fill in at least one row.")
        else:
            self.trouble = error_of_sum([row.line for row in self.facts if row.kind == RowKind.ARTICLE])
        return not self.trouble

    def refuse_unseen_rates(self) -> bool:
        """Say that rates changed with the client since the page was drawn; return whether any did."""
        words = ngettext(
            "The VAT rate of %(rows)d row follows the client now. Check the sums, and click the button again.",
            "The VAT rates of %(rows)d rows follow the client now. Check the sums, and click the button again.",
            len(self.followed),
        )
        if self.followed:
            self.trouble = words % {"rows": len(self.followed)}
        return bool(self.followed)


def too_many_rows() -> str:
    words = gettext("An invoice can have %(most)d rows at most. Write the others on a second invoice.")
    return words % {"most": MOST_ROWS}


def search_products(words: str) -> list[Product]:
    """Find products in use by name or article number; every word must occur."""
    found = Product.objects.filter(archived_at=None)
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(article_number__istartswith=word))
    return list(found.order_by("name", "id")[:MOST_HITS])


def typed_rows(rows: Sequence[InvoiceRow], *, first: int = 0, buyer: TaxedBuyer | None = None) -> dict[str, str]:
    """Return rows as the form has them when they are typed, numbered from `first` on; for a `buyer`, made again."""
    return {
        f"rows-{number}-{name}": value
        for number, row in enumerate(rows, start=first)
        for name, value in (_typed_text(row) if row.is_text else _typed_row(row, buyer)).items()
    }


def _typed_text(row: InvoiceRow) -> dict[str, str]:
    return {"description": row.description}


def _typed_row(row: InvoiceRow, buyer: TaxedBuyer | None) -> dict[str, str]:
    rate: Decimal | None = row.vat_rate
    if buyer is not None:
        rate = repeated_rate(row.vat_rate, row.product.vat_rate if row.product else None, buyer)
    is_proposed = row.rate_proposed or rate != row.vat_rate
    return {
        "product": str(row.product_id or ""),
        "product-words": str(row.product or ""),
        "description": row.description,
        "quantity": text_of_number(row.quantity),
        "unit": row.unit,
        "price": f"{row.price:.2f}",
        "discount": text_of_number(row.discount) if row.discount else "",
        "vat_rate": "" if rate is None else text_of_number(rate),
        "charge": str(row.charge_id or ""),
        "proposed_rate": text_of_number(rate) if rate is not None and is_proposed else "",
    }


def _has_proposed_rate(data: Mapping[str, Any], prefix: str) -> bool:
    """Say whether a row that was sent has the rate that the page proposed, or none: nobody wrote another."""
    written = str(data.get(f"{prefix}vat_rate", "")).strip()
    return not written or written == data.get(f"{prefix}proposed_rate")


def _follow(
    data: Mapping[str, Any], products: Mapping[str, Product], buyer: TaxedBuyer
) -> tuple[dict[str, Any], dict[int, str]]:
    """Put the buyer's rates where the page proposed another's; return what was sent so, and the new rates by row.

    A rate that a person must say is "".
    """
    followed: dict[int, str] = {}
    for name in data:
        found = _ROW_NAME.match(name)
        if found is None or name != f"{found[0]}proposed_rate" or not data[name]:
            continue
        product = products.get(str(data.get(f"{found[0]}product", "")))
        if product is None or not _has_proposed_rate(data, found[0]):
            continue
        rate = proposed_rate(product.vat_rate, buyer)
        if (text := "" if rate is None else text_of_number(rate)) != data[name]:
            followed[int(found[1])] = text
    rates = {f"rows-{row}-{name}": text for row, text in followed.items() for name in ("vat_rate", "proposed_rate")}
    return {**data, **rates}, followed


def _products(data: Mapping[str, Any], kept: Collection[int]) -> dict[str, Product]:
    """Return the products whose ids were sent, by id: those in use, and those that stand on the draft already."""
    sent = {str(value) for name, value in data.items() if name.startswith("rows-") and name.endswith("-product")}
    ids = [one for one in sent if is_id(one)]
    found = Product.objects.filter(pk__in=ids).filter(Q(archived_at=None) | Q(pk__in=kept)) if ids else ()
    return {str(product.pk): product for product in found}


def _first(typed: Decimal | None, proposed: Decimal | None) -> Decimal:
    """Return the typed number, else the product's; one of them is there once the row is valid."""
    return typed if typed is not None else proposed or ZERO
