"""The period that an invoice is for, in words, and `{period}` in its texts. Pure."""

from __future__ import annotations

from datetime import date

from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import get_language

from uku.invoices.pdf.content import Language
from uku.invoices.pdf.words import show_day
from uku.kit.months import first_of, last_of

PLACEHOLDER = "{period}"


def period_in_words(start: date | None, end: date) -> str:
    """Return a whole month by its name (*March 2026*), else the first and the last day, or the only one.

    In the language in force, days as its papers write them.
    """
    first = start or end
    if (first, end) == (first_of(end), last_of(end)):
        return date_format(first, "F Y")
    code = (get_language() or "")[:2]
    return _days_in_words(first, end, Language(code) if code in set(Language) else Language.ENGLISH)


def _days_in_words(first: date, last: date, language: Language) -> str:
    return " – ".join(show_day(day, language) for day in dict.fromkeys((first, last)))


def name_period(text: str, start: date | None, end: date | None) -> str:
    """Return a text with the period in place of the placeholder; without a period the placeholder stays."""
    return text.replace(PLACEHOLDER, period_in_words(start, end)) if end else text


def restore_placeholder(text: str, start: date | None, end: date | None) -> str:
    """Return a text with the placeholder where it names the period, so that the next invoice names its own."""
    if end is None:
        return text
    earlier = _days_in_words(start or end, end, Language.SWEDISH)  # each language wrote days so once
    return text.replace(period_in_words(start, end), PLACEHOLDER).replace(earlier, PLACEHOLDER)


def months_named(text: str) -> set[int]:
    """Return the months, 1 to 12, that a text calls by name."""
    words = {word.strip(".,:;()").casefold() for word in text.split()}
    return {number for number, name in MONTHS.items() if str(name).casefold() in words}
