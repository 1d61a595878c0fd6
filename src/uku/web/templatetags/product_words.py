"""A product's fields and an article's texts, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from uku.kit.money import show_amount
from uku.web.templatetags.figures import rate

register = template.Library()


@register.filter
def field_label(field: str) -> str:
    labels = {"description": _("Name"), "unit": _("Unit"), "price": _("Price"), "vat_rate": _("VAT rate")}
    return labels[field]


@register.filter
def rate_name(value: Decimal, names: Mapping[Decimal, str]) -> str:
    """Return what a rate is called on invoices: by the firm, else by its per cent."""
    return names.get(value) or _("VAT %(rate)s") % {"rate": rate(value)}


@register.filter
def said(text: str, field: str) -> str:
    """Show what an article says of a field, which is kept as a plain text; what it leaves empty is a dash."""
    if not text:
        return _("No price") if field == "price" else "–"
    return {"price": lambda: show_amount(Decimal(text)), "vat_rate": lambda: rate(Decimal(text))}.get(
        field, lambda: text
    )()
