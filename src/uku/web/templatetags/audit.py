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

register = template.Library()
# Names that are not spelled as their field is.
_SPELLED = {"bic": "BIC", "email": "E-mail", "f": "F", "iban": "IBAN", "vat": "VAT"}


@register.simple_tag(takes_context=True)
def moment(context: template.Context, when: datetime) -> SafeString:
    """Show an exact time, to the second, by the workspace's clock."""
    zone = context["workspace"].time_zone
    words = show_time(when, zone, seconds=True)
    return format_html('<time datetime="{}">{}</time>', local_time(when, zone).isoformat(), words)


@register.filter
def field_name(name: str) -> str:
    """Show a field's name as words: "vat_number" as "VAT number"."""
    first, *rest = name.split("_")
    return " ".join([_SPELLED.get(first, first.capitalize()), *rest])


@register.filter
def plain_value(value: Any) -> str:
    """Show a value of the log in words: yes and no, a list with commas, an empty one as a word; a table as JSON."""
    if value in ("", [], None):
        return gettext("(empty)")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(plain_value(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
