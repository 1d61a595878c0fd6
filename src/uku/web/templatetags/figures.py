"""Amounts, quantities, dates and times, as people read them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from uku.clients.matching import normalise_number, shown
from uku.kit import clock
from uku.kit.countries import country_name
from uku.kit.identifiers import OWN_COUNTRIES
from uku.kit.money import show_amount, show_date, show_money, show_quantity
from uku.kit.times import local_time, show_time
from uku.tasks.fields import YES
from uku.web.templatetags.times import zone_in

register = template.Library()

register.filter("amount", lambda amount: show_amount(amount) if amount is not None else "")
register.filter("money", lambda amount, currency: show_money(amount, currency) if amount is not None else "")
register.filter("quantity", lambda quantity: show_quantity(Decimal(quantity)) if quantity is not None else "")
register.filter("day", lambda day: show_date(day) if day is not None else "")


@register.filter
def rate(value: Decimal) -> str:
    """Show a rate in per cent without the decimals it does not need: `25 %`, `25.5 %`."""
    return f"{show_quantity(value)} %"


@register.filter
def country(code: str) -> str:
    """Show a country by its name."""
    return country_name(code)


@register.filter
def short_day(day: date, today: date) -> str:
    """Show a date for lists: this year's without the year."""
    return str(format_date(day, "d MMM" if day.year == today.year else "d MMM yyyy", locale="en_GB"))


@register.filter
def month(first: date) -> str:
    return str(format_date(first, "MMMM yyyy", locale="en_GB"))


@register.filter
def weekday(day: date) -> str:
    return str(format_date(day, "EEEE", locale="en_GB"))


@register.filter
def overdue_days(due: date, today: date) -> int:
    return max((today - due).days, 0)


@register.simple_tag(takes_context=True)
def ago(context: template.Context, when: datetime | None) -> SafeString | str:
    """Show a time relatively while it is fresh, by the workspace's clock after a day."""
    if when is None:
        return ""
    zone = zone_in(context)
    exact = show_time(when, zone)
    words = _relative(clock.now() - when) or exact
    return format_html('<time datetime="{}" title="{}">{}</time>', local_time(when, zone).isoformat(), exact, words)


def _relative(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 0 or age >= timedelta(days=1):
        return ""
    if minutes == 0:
        return gettext("just now")
    hours = minutes // 60
    if hours == 0:
        return ngettext("%(count)d min ago", "%(count)d min ago", minutes) % {"count": minutes}
    return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}


@register.filter
def full_number(number: str, country: str = "") -> str:
    """Show an organisation number whole, for people who may change it; another country's as it is written."""
    digits = normalise_number(number) if country in OWN_COUNTRIES else ""
    return f"{digits[:6]}-{digits[6:]}" if digits.isdigit() else shown(digits) or number


@register.filter
def yes_no(value: str) -> str:
    """Show what a field of the kind yes or no says."""
    return gettext("Yes") if value == YES else gettext("No")
