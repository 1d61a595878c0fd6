"""What deviates: from the volume agreed, else from the mean of the months before, by more than a share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from uku.tasks.month_figures import Deviation, find_deviation, months_shown


def numbers(*given: int | None) -> list[Decimal | None]:
    return [None if each is None else Decimal(each) for each in given]


@pytest.mark.parametrize(
    ("number", "before", "agreed", "found"),
    [
        (125, [100, 100, 100], None, None),  # a quarter more is within the share
        (126, [100, 100, 100], None, Deviation(Decimal(100), 26, is_agreed=False)),
        (74, [100, 100, 100], None, Deviation(Decimal(100), -26, is_agreed=False)),
        (300, [100, 100], None, None),  # two months say nothing
        (300, [None, 100, None, 100, 100], None, Deviation(Decimal(100), 200, is_agreed=False)),
        (37, [], 20, Deviation(Decimal(20), 85, is_agreed=True)),
        (20, [100, 100, 100], 20, None),  # what was agreed goes before the mean
        (5, [0, 0, 0], None, Deviation(Decimal(0), None, is_agreed=False)),
        (0, [0, 0, 0], None, None),
        (0, [10, 10, 10], None, Deviation(Decimal(10), -100, is_agreed=False)),
        (1, [], 0, Deviation(Decimal(0), None, is_agreed=True)),
        (None, [100, 100, 100], 20, None),
        (2, [1, 1, 2], None, Deviation(Decimal(4) / 3, 50, is_agreed=False)),
    ],
)
def test_a_number_deviates_by_more_than_a_share_of_what_was_expected(number, before, agreed, found):
    (told,) = numbers(number)
    assert find_deviation(told, numbers(*before), agreed=agreed, share=25) == found


def test_thirteen_months_are_shown_over_a_change_of_year():
    shown = months_shown(date(2026, 3, 1))
    assert (len(shown), shown[0], shown[-1]) == (13, date(2025, 3, 1), date(2026, 3, 1))
