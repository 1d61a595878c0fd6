"""Counting by day where Fortnox documents no search by day: by listing, and by a search once it was seen to work."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from typing import Generic

from fortnox_api._errors import Rejected
from fortnox_api._resource import Collection, ItemT

DayOf = Callable[[ItemT], date | None]


def count_days(items: Iterable[ItemT], day_of: DayOf[ItemT], first: date, last: date) -> int:
    """Return how many have a day in this range, both ends included."""
    return sum(first <= day <= last for day in map(day_of, items) if day is not None)


class DayCount(Generic[ItemT]):
    """Counts a list by day. An unproven search is tried once, at first use, on a day whose count the list tells.

    That day is the first and the last of the range, so a search that leaves either out, means another date, or is
    ignored gives another number. As long as all records have one day nothing can be proved.
    """

    def __init__(
        self, collection: Collection[ItemT], day_of: DayOf[ItemT], count_by_search: Callable[[date, date], int]
    ) -> None:
        self._collection = collection
        self._day_of = day_of
        self._count_by_search = count_by_search
        self._search_works: bool | None = None

    def count(self, first: date, last: date) -> int:
        """Return how many have a day in this range, both ends included."""
        if self._search_works:
            return self._count_by_search(first, last)
        days = Counter(map(self._day_of, self._collection.list()))
        if self._search_works is None:
            self._search_works = self._try_search(days)
        return sum(number for day, number in days.items() if day is not None and first <= day <= last)

    def _try_search(self, days: Counter[date | None]) -> bool | None:
        """Tell whether the search gives what the list tells; None when the list cannot tell it from an ignored one."""
        day = next((day for day in days if day is not None and days[day] < days.total()), None)
        if day is None:
            return None
        try:
            return self._count_by_search(day, day) == days[day]
        except Rejected:
            return False
