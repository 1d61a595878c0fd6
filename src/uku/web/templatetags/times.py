"""Exact times: by the workspace's clock, and with the zone named on a person's own pages."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from uku.kit.times import local_time, show_time

register = template.Library()


@register.simple_tag(takes_context=True)
def exact_time(context: template.Context, when: datetime | None) -> str:
    """Show a time by the workspace's clock, for a sentence."""
    return show_time(when, zone_in(context)) if when is not None else ""


@register.simple_tag(takes_context=True)
def own_time(context: template.Context, when: datetime) -> SafeString:
    """Show a time on a person's own page, which belongs to no workspace: the zone is named."""
    zone = zone_in(context)
    words = f"{show_time(when, zone)} ({zone})"
    return format_html('<time datetime="{}">{}</time>', local_time(when, zone).isoformat(), words)


def zone_in(context: template.Context) -> str:
    """Return the zone whose clock a page shows."""
    return str(context.get("time_zone", "UTC"))
