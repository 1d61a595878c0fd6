"""Times and values as the audit log shows them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from uku.kit.countries import country_name
from uku.kit.money import show_amount, show_date, show_quantity
from uku.kit.times import local_time, show_time
from uku.web.audit_words import CHOICES, FIELDS

register = template.Library()


@register.simple_tag(takes_context=True)
def moment(context: template.Context, when: datetime) -> SafeString:
    """Show an exact time, to the second, by the workspace's clock."""
    zone = context["workspace"].time_zone
    words = show_time(when, zone, seconds=True)
    return format_html('<time datetime="{}">{}</time>', local_time(when, zone).isoformat(), words)


@register.filter
def field_name(name: str) -> str:
    """Show a field's name as words: "vat_number" as "VAT number"; one that has none by its name."""
    return str(FIELDS.get(name, capfirst(name.replace("_", " "))))


def _shown_day(text: str) -> str:
    return show_date(date.fromisoformat(text)) if _DAY.fullmatch(text) else text


def _shown_sum(text: str) -> str:
    return show_amount(Decimal(text)) if _DECIMAL.fullmatch(text) else text


def _shown_rate(text: str) -> str:
    return f"{show_quantity(Decimal(text))} %" if _DECIMAL.fullmatch(text) else text


def _shown_answer(text: str) -> str:
    return {"True": gettext("yes"), "False": gettext("no")}.get(text, text)


_DAY, _DECIMAL = re.compile(r"\d{4}-\d{2}-\d{2}"), re.compile(r"-?\d+(\.\d+)?")
_SHOWN: Mapping[str, Callable[[str], str]] = {
    "country": country_name,
    "is_person": _shown_answer,
    **dict.fromkeys(("due_date", "final_pay_date", "first_month", "invoice_date", "paid_on", "sent_on"), _shown_day),
    **dict.fromkeys(("balance", "credited_amount", "paid", "price", "total"), _shown_sum),
    **dict.fromkeys(("rate", "vat_rate"), _shown_rate),
}
"""How a text that the log keeps of a field is shown: the log keeps what a program wrote."""


@register.filter
def plain_value(value: Any, name: str = "") -> str:
    """Show a value of a field: a choice by its label, yes and no, a list with commas, nothing as a dash, else JSON."""
    if value in ("", [], None):
        return "–"
    if name in CHOICES and value in CHOICES[name]:
        return str(CHOICES[name][value])
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, str) and name in _SHOWN:
        return _SHOWN[name](value)
    if isinstance(value, list):
        return ", ".join(plain_value(part, name) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
