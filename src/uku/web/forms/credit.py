"""Crediting an invoice: how much of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.invoices.models import InvoiceRow
from uku.kit.money import ZERO
from uku.web.forms.fields import NumberField, PlainForm


class CreditForm(PlainForm):
    """One quantity for each row of which something is left; empty or 0 credits nothing of it."""

    reason = forms.CharField(label=_("Text on the credit note"), max_length=1000, required=False)

    def __init__(self, *args: Any, rows: Sequence[InvoiceRow], left: Mapping[int, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = [row for row in rows if row.pk in left]
        self.left = left
        for row in self.rows:
            label = _("Quantity to credit: %(row)s") % {"row": row.description}
            field = NumberField(label=label, required=False, initial=f"{left[row.pk]:.2f}")
            field.widget.attrs["aria-label"] = label
            self.fields[_name(row)] = field

    @property
    def lines(self) -> list[tuple[InvoiceRow, Decimal, forms.BoundField]]:
        """Each row with what is left of it and its field."""
        return [(row, self.left[row.pk], self[_name(row)]) for row in self.rows]

    @property
    def quantities(self) -> dict[int, Decimal]:
        """What to credit, by row id: as typed on a valid form, all that is left before anything was typed."""
        if not self.is_bound:
            return dict(self.left)
        typed = {row.pk: self.cleaned_data.get(_name(row)) or ZERO for row in self.rows}
        return {pk: quantity for pk, quantity in typed.items() if quantity}

    def clean(self) -> None:
        """Refuse more than is left of a row, and nothing at all."""
        for row in self.rows:
            quantity, most = self.cleaned_data.get(_name(row)) or ZERO, self.left[row.pk]
            if not min(ZERO, most) <= quantity <= max(ZERO, most):
                words = gettext("Write at most %(most)s: that is what is left to credit.")
                self.add_error(_name(row), words % {"most": f"{most.normalize():f}"})
        if not self.errors and not self.quantities:
            self.add_error(None, gettext("Write how much is credited on at least one row."))


def _name(row: InvoiceRow) -> str:
    return f"quantity-{row.pk}"
