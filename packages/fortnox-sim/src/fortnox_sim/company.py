"""One company's books: its tables, its settings, its number series and its financial years."""

from datetime import date
from typing import Any

from fortnox_sim.clock import Clock
from fortnox_sim.errors import INVENTED, ApiError
from fortnox_sim.json_format import Record
from fortnox_sim.store import Store, Table
from fortnox_sim.switches import Switches

COMPANIES = "companies"


class Company:
    """A Fortnox database. Every change goes through `put`, which stamps it."""

    def __init__(self, store: Store, number: str, clock: Clock, switches: Switches) -> None:
        self.number = number
        self.clock = clock
        self.switches = switches
        self._store = store

    @property
    def settings(self) -> Record:
        """The company's own record; raises KeyError when it is gone."""
        return self._store.table(COMPANIES).rows[self.number]

    def change_settings(self, **changes: Any) -> None:
        self._store.put(COMPANIES, self.number, {**self.settings, **changes})

    def table(self, name: str) -> Table:
        return self._store.table(f"{self.number}/{name}")

    def get(self, table: str, key: str) -> Record | None:
        """Find a record; a deleted one is not there."""
        record = self.table(table).get(key)
        return None if record is None or record.get("_deleted") else record

    def put(self, table: str, key: str, record: Record, *, touch: bool = True) -> Record:
        """Store a record, and stamp it as changed now unless told otherwise."""
        if touch:
            record = {**record, "_modified": self.stamp()}
        self._store.put(f"{self.number}/{table}", key, record)
        return record

    def remove(self, table: str, key: str) -> None:
        self._store.put(f"{self.number}/{table}", key, None)

    def stamp(self) -> str:
        text = self.clock.stamp()
        return text[:-2] + "00" if self.switches["lastmodified_minutes"] else text

    def counter(self, series: str) -> int:
        record = self.table("counters").get(series)
        return int(record["next"]) if record else 1

    def set_counter(self, series: str, number: int) -> None:
        self._store.put(f"{self.number}/counters", series, {"next": number})

    def take_number(self, series: str, table: str | None = None) -> int:
        """Draw the next number of a series, stepping over numbers that are taken."""
        number = self.counter(series)
        while table is not None and str(number) in self.table(table):
            number += 1
        self.set_counter(series, number + 1)
        return number

    def find_year(self, day: str) -> Record | None:
        """Find the financial year a date falls in."""
        for year in self.table("years").values():
            if year["FromDate"] <= day <= year["ToDate"]:
                return year
        return None

    def require_year(self, day: str) -> Record:
        year = self.find_year(day)
        if year is None:
            raise ApiError(INVENTED["fiscal_year"])
        return year

    def is_locked(self, day: str) -> bool:
        """Say whether a date lies in the locked period."""
        end = self.settings.get("locked_period")
        return end is not None and day <= end

    def today(self) -> date:
        return self.clock.today()
