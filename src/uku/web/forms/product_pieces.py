"""How a product is billed per piece: from which field of tasks, and what later pieces cost."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from uku.products.models import Product, TierWay
from uku.products.tiers import Tier
from uku.tasks.models import FieldKind, TaskField
from uku.web.forms.fields import NumberField, PlainForm, offer
from uku.web.forms.products import PriceField
from uku.web.numbers import text_of_number

MOST_TIERS = 5
LAST_PIECE = 1_000_000_000


class PieceField(NumberField):
    """The first piece of a tier, from the second piece on."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and (value != int(value) or not 2 <= value <= LAST_PIECE):  # noqa: PLR2004  # the text
            raise forms.ValidationError(_("Write a whole number from 2."), code="piece")


class PiecesForm(PlainForm):
    task_field = forms.ChoiceField(
        label=_("Billed from"), required=False, help_text=_("A number that each task has, such as vouchers")
    )
    tier_way = forms.ChoiceField(label=_("Price of the pieces"), choices=TierWay.choices)

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        stored = list(product.tiers.order_by("first"))
        initial = {"task_field": str(product.task_field_id or ""), "tier_way": product.tier_way}
        for number, tier in enumerate(stored):
            initial |= {f"first-{number}": str(tier.first), f"price-{number}": text_of_number(tier.price)}
        super().__init__(*args, initial=initial, **kwargs)
        numbers = TaskField.objects.filter(kind=FieldKind.NUMBER).order_by("name")
        self.offered = {str(field.pk): field for field in numbers.filter(Q(archived_at=None) | Q(products=product))}
        names = [(pk, field.name) for pk, field in self.offered.items()]
        offer(self, "task_field", [("", _("Not billed from tasks")), *names])
        self.count = max(MOST_TIERS, len(stored))
        for number in range(self.count):
            self.fields[f"first-{number}"] = PieceField(label=_("From piece"), required=False)
            self.fields[f"price-{number}"] = PriceField(label=_("Price"), required=False)
        for field in self.fields.values():
            field.quiet = True  # type: ignore[attr-defined]  # the template: the page says what may be left empty

    @property
    def tier_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"first-{number}"], self[f"price-{number}"]) for number in range(self.count)]

    @property
    def way(self) -> TierWay:
        return TierWay(self.cleaned_data["tier_way"])

    @property
    def tiers(self) -> list[Tier]:
        typed = [self._typed(number) for number in range(self.count)]
        return [Tier(int(first), price) for first, price in typed if first is not None and price is not None]

    def clean_task_field(self) -> TaskField | None:
        return self.offered.get(self.cleaned_data["task_field"])

    def clean(self) -> None:
        """A tier has both its numbers, and begins after the one before it."""
        for number in range(self.count):
            first, price = self._typed(number)
            if first is None and price is not None and f"first-{number}" not in self.errors:
                self.add_error(f"first-{number}", _("Write the first piece that costs this."))
            if price is None and first is not None and f"price-{number}" not in self.errors:
                self.add_error(f"price-{number}", _("Write what a piece costs from here on."))
        if not self.errors and any(after.first <= before.first for before, after in pairwise(self.tiers)):
            self.add_error(None, _("Write the tiers in order, each from a higher piece than the one before."))

    def _typed(self, number: int) -> tuple[Decimal | None, Decimal | None]:
        return self.cleaned_data.get(f"first-{number}"), self.cleaned_data.get(f"price-{number}")
