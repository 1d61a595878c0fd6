"""The period that an invoice is for, in words, and `{period}` in its texts. Pure."""

from __future__ import annotations

from datetime import date

from django.utils.dates import MONTHS
from django.utils.formats import date_format

from uku.kit.months import first_of, last_of

PLACEHOLDER = "{period}"


def period_in_words(start: date | None, end: date) -> str:
    """Return a whole month by its name (*March 2026*), else the first and the last day, or the only one."""
    first = start or end
    if (first, end) == (first_of(end), last_of(end)):
        return date_format(first, "F Y")
    days = [first] if first == end else [first, end]
    return " – ".join(day.isoformat() for day in days)


def name_period(text: str, start: date | None, end: date | None) -> str:
    """Return a text with the period in place of the placeholder; without a period the placeholder stays."""
    return text.replace(PLACEHOLDER, period_in_words(start, end)) if end else text


def restore_placeholder(text: str, start: date | None, end: date | None) -> str:
    """Return a text with the placeholder where it names the period, so that the next invoice names its own."""
    return text.replace(period_in_words(start, end), PLACEHOLDER) if end else text


def months_named(text: str) -> set[int]:
    """Return the months, 1 to 12, that a text calls by name."""
    words = {word.strip(".,:;()").casefold() for word in text.split()}
    return {number for number, name in MONTHS.items() if str(name).casefold() in words}
