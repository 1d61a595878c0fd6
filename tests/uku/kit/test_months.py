"""Months begin on their first day and end before the next one's."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.kit.months import first_of, last_of, month_named, months_between, months_later, next_month

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


@pytest.mark.parametrize(
    ("day", "count", "moved"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-02-28", 1, "2026-03-31"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-30", -11, "2025-02-28"),
        ("2026-03-01", -12, "2025-03-01"),
    ],
)
def test_a_day_moves_by_months_and_the_last_one_stays_the_last(day, count, moved):
    assert months_later(date.fromisoformat(day), count) == date.fromisoformat(moved)


@given(days, st.integers(min_value=-400, max_value=400))
def test_the_first_of_a_month_moves_to_the_first_of_another(day, count):
    first, second = sorted((first_of(day), months_later(first_of(day), count)))
    assert len(list(months_between(first, second))) == abs(count) + 1
    assert second.day == 1


@pytest.mark.parametrize(
    ("text", "month"),
    [("2026-03", date(2026, 3, 1)), ("2026-13", None), ("2026-03-01", None), ("", None), ("March 2026", None)],
)
def test_a_month_is_named_by_its_year_and_number(text, month):
    assert month_named(text) == month
