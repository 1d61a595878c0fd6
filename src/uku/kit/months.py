"""Months by their first day, in local dates. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta


def first_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return first_of(first_of(month) + timedelta(days=31))


def last_of(month: date) -> date:
    return next_month(month) - timedelta(days=1)


def months_later(month: date, count: int) -> date:
    """Return the first of the month so many months later, or earlier when it is negative."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def months_between(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month from `first` to `last`, both included."""
    month = first_of(first)
    while month <= last:
        yield month
        month = next_month(month)
