"""Times as people read them, by the clock of one zone. A date of business is a date, and has none. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime


def local_time(when: datetime, zone: str) -> datetime:
    """Return a time as the clocks in `zone`, an IANA name, show it."""
    return when.astimezone(ZoneInfo(zone))


def show_time(when: datetime, zone: str, *, seconds: bool = False) -> str:
    """Show a time by the clocks in `zone`: `1 Apr 2026, 01:30`."""
    form = "d MMM yyyy, HH:mm:ss" if seconds else "d MMM yyyy, HH:mm"
    return str(format_datetime(local_time(when, zone), form, locale="en_GB"))


def show_recent_time(when: datetime, zone: str, *, now: datetime) -> str:
    """Show a time of today as `14:32`, and any other with its date."""
    there = local_time(when, zone)
    if there.date() == local_time(now, zone).date():
        return str(format_datetime(there, "HH:mm", locale="en_GB"))
    return show_time(when, zone)
