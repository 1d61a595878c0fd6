"""Months by their first day, in local dates. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta


def month_named(text: str) -> date | None:
    """Return the first day of the month that a text names, as "2026-03"; None when it names none."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def first_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return first_of(first_of(month) + timedelta(days=31))


def last_of(month: date) -> date:
    return next_month(month) - timedelta(days=1)


def months_later(day: date, count: int) -> date:
    """Move a day by whole months, back when it is negative; the last day of a month stays the last one."""
    year, number = divmod(day.year * 12 + day.month - 1 + count, 12)
    moved = date(year, number + 1, 1)
    last = last_of(moved)
    return last if day == last_of(day) else moved.replace(day=min(day.day, last.day))


def months_between(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month from `first` to `last`, both included."""
    month = first_of(first)
    while month <= last:
        yield month
        month = next_month(month)
