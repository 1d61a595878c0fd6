"""`Retry-After`: seconds, a date, or nonsense. Fortnox documents no such header; what stands before it may send one."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

SHORTEST: Final = 1.0
LONGEST: Final = 300.0
WINDOW: Final = 5.0
"""Seconds of Fortnox's sliding window: the wait when the answer names none."""


def retry_after(header: str | None, now: datetime) -> float:
    """Return the seconds to wait, from 1 to 300; 5 when the header is missing or makes no sense."""
    seconds = _seconds((header or "").strip(), now)
    return WINDOW if seconds is None else min(max(seconds, SHORTEST), LONGEST)


def _seconds(header: str, now: datetime) -> float | None:
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
