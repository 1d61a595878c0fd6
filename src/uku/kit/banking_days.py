"""Days on which banks move money, by country. Pure.

Sweden: not on Saturdays, Sundays, public holidays and the eves on which banks are closed (Midsummer's, Christmas and
New Year's Eve); open on half days such as 30 April. Anywhere else the European Central Bank's calendar (TARGET).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

from holidays import HolidayBase, country_holidays, financial_holidays

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def is_banking_day(day: date, country: str) -> bool:
    return day.weekday() < _SATURDAY and day not in _closed_days(country)


def first_banking_day(day: date, country: str) -> date:
    """Return the first banking day on or after a day: what is due then can be paid as late as this."""
    while not is_banking_day(day, country):
        day += _DAY
    return day


def add_banking_days(day: date, count: int, country: str) -> date:
    """Return the banking day that is so many after a day."""
    for _ in range(count):
        day = first_banking_day(day + _DAY, country)
    return day


def last_overdue_date(today: date, country: str) -> date:
    """Return the latest due date that is overdue today: the last banking day before today."""
    day = today - _DAY
    while not is_banking_day(day, country):
        day -= _DAY
    return day


@cache
def _closed_days(country: str) -> HolidayBase:
    """Return the holidays of a country; each year is worked out when it is first asked about."""
    if country == "SE":
        return country_holidays("SE", categories=("public", "de_facto"))
    return financial_holidays("ECB")
