"""Months begin on their first day and end before the next one's."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.kit.months import first_of, last_of, months_between, next_month

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2200, 12, 31))


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 29), date(2028, 2, 29)),
        (date(2000, 2, 10), date(2000, 2, 29)),
        (date(2100, 2, 10), date(2100, 2, 28)),
        (date(2026, 4, 30), date(2026, 4, 30)),
        (date(2026, 12, 31), date(2026, 12, 31)),
    ],
)
def test_the_last_day_is_known_in_leap_years_too(day, last):
    assert last_of(day) == last


@given(days)
def test_every_day_is_in_exactly_one_month(day):
    """F64"""
    assert first_of(day) <= day < next_month(day)
    assert last_of(day) + timedelta(days=1) == next_month(day)
    assert next_month(day).day == 1
    assert first_of(last_of(day)) == first_of(day)


@given(days, st.integers(min_value=0, max_value=400))
def test_the_months_between_two_days_follow_each_other_without_a_gap(first, length):
    last = first + timedelta(days=length)
    months = list(months_between(first, last))
    assert (months[0], months[-1]) == (first_of(first), first_of(last))
    assert [next_month(month) for month, _ in pairwise(months)] == months[1:]


def test_no_month_lies_between_a_day_and_an_earlier_month():
    assert list(months_between(date(2026, 3, 1), date(2026, 2, 28))) == []
