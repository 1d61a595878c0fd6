"""On which days money moves, and from when on a due date is overdue (rule: banking days of the seller's country)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.kit.banking_days import first_banking_day, is_banking_day, last_overdue_date

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
COUNTRIES = st.sampled_from(["SE", "FI", "EE", ""])


@pytest.mark.parametrize(
    ("day", "country", "opens"),
    [
        (date(2026, 6, 18), "SE", True),
        (date(2026, 6, 19), "SE", False),  # Midsummer's Eve
        (date(2026, 12, 23), "SE", True),
        (date(2026, 12, 24), "SE", False),
        (date(2026, 12, 25), "SE", False),
        (date(2026, 12, 31), "SE", False),
        (date(2026, 1, 6), "SE", False),
        (date(2026, 4, 30), "SE", True),  # half a day
        (date(2026, 5, 13), "SE", True),  # half a day
        (date(2026, 5, 14), "SE", False),  # Ascension
        (date(2026, 6, 20), "SE", False),  # a Saturday
        (date(2026, 6, 19), "FI", True),
        (date(2026, 5, 14), "FI", True),
        (date(2026, 4, 3), "FI", False),  # Good Friday
        (date(2026, 5, 1), "FI", False),
        (date(2026, 12, 24), "FI", True),
        (date(2026, 12, 26), "FI", False),
    ],
)
def test_banks_are_open_as_their_calendar_says(day, country, opens):
    assert is_banking_day(day, country) is opens


def test_what_is_due_on_midsummers_eve_can_be_paid_on_monday_and_is_overdue_from_tuesday():
    due = date(2026, 6, 19)
    assert first_banking_day(due, "SE") == date(2026, 6, 22)
    assert last_overdue_date(date(2026, 6, 22), "SE") == date(2026, 6, 18)
    assert last_overdue_date(date(2026, 6, 23), "SE") == date(2026, 6, 22)


@given(due=DAYS, later=st.integers(0, 15), country=COUNTRIES)
def test_overdue_by_the_list_is_overdue_by_the_day(due, later, country):
    """The list asks for due dates up to one day, the page for the last day of one: both say the same."""
    today = due + timedelta(days=later)
    assert (due <= last_overdue_date(today, country)) == (first_banking_day(due, country) < today)
