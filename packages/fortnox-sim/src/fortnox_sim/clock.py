"""The simulator's business clock, and Stockholm's local time.

The clock either follows real time (plus whatever was advanced) or stands still until it is
moved. The rate window never uses it: that runs on real time.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

WINTER = timezone(timedelta(hours=1), "CET")
SUMMER = timezone(timedelta(hours=2), "CEST")
LAST_DAY = 31
SUNDAY = 6


def _last_sunday(year: int, month: int) -> datetime:
    day = datetime(year, month, LAST_DAY, 1, tzinfo=UTC)
    return day - timedelta(days=(day.weekday() - SUNDAY) % 7)


def to_stockholm_time(moment: datetime) -> datetime:
    """Show a moment as Swedish wall-clock time (the European Union's rule, needs no zone files)."""
    moment = moment.astimezone(UTC)
    summer = _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10)
    return moment.astimezone(SUMMER if summer else WINTER)


def parse_moment(text: str) -> datetime:
    """Read a moment; one without a zone is Swedish wall-clock time, the first one where it happens twice."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    for zone in (SUMMER, WINTER):
        guess = moment.replace(tzinfo=zone)
        if to_stockholm_time(guess).utcoffset() == guess.utcoffset():
            return guess.astimezone(UTC)
    return moment.replace(tzinfo=WINTER).astimezone(UTC)


class Clock:
    """Business time: `Clock()` follows real time, `Clock("2026-03-31T12:00:00")` stands still."""

    def __init__(self, fixed: str | None = None) -> None:
        self._fixed = parse_moment(fixed) if fixed else None
        self._offset = timedelta()

    def now(self) -> datetime:
        """Give the present moment in UTC."""
        return self._fixed if self._fixed is not None else datetime.now(UTC) + self._offset

    def today(self) -> date:
        """Give today's date in Sweden."""
        return to_stockholm_time(self.now()).date()

    def stamp(self) -> str:
        """Give the present moment as Fortnox's change stamps have it: local, without a zone."""
        return to_stockholm_time(self.now()).strftime("%Y-%m-%d %H:%M:%S")

    def set(self, text: str) -> None:
        """Jump to a moment; a following clock follows from there on."""
        moment = parse_moment(text)
        if self._fixed is not None:
            self._fixed = moment
        else:
            self._offset = moment - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Move forward, or back where a test wants it."""
        step = timedelta(seconds=seconds)
        if self._fixed is not None:
            self._fixed += step
        else:
            self._offset += step

    def state(self) -> dict[str, Any]:
        """Give what a restart needs."""
        fixed = self._fixed.isoformat() if self._fixed is not None else None
        return {"fixed": fixed, "offset": str(self._offset.total_seconds())}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where an earlier run stopped."""
        self._fixed = datetime.fromisoformat(state["fixed"]) if state["fixed"] else None
        self._offset = timedelta(seconds=float(state["offset"]))
