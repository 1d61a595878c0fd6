"""Times and values as the audit log shows them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

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
    return str(FIELDS.get(name, name.replace("_", " ").capitalize()))


@register.filter
def plain_value(value: Any, name: str = "") -> str:
    """Show a value of a field: a choice by its label, yes and no, a list with commas, nothing as a dash, else JSON."""
    if value in ("", [], None):
        return "–"
    if name in CHOICES and value in CHOICES[name]:
        return str(CHOICES[name][value])
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(plain_value(part, name) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
