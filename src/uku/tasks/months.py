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


def months_between(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month from `first` to `last`, both included."""
    month = first_of(first)
    while month <= last:
        yield month
        month = next_month(month)
