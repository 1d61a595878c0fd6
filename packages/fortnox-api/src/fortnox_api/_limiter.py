"""Pacing. Fortnox allows 25 requests in any 5 seconds for one client id and company.

Source: fortnox.se/developer/guides-and-good-to-know/rate-limits-for-fortnox-api.
"""

import threading
from typing import Protocol

from fortnox_api._clock import Clock, Now, clock_of


class Limiter(Protocol):
    """Gives leave to send. One limiter stands for one company; all that talk to it must share it."""

    def acquire(self) -> None:
        """Return when the next request may go out."""

    def penalize(self, seconds: float) -> None:
        """Fortnox answered 429: let nobody send for so many seconds."""


class PaceLimiter:
    """One request each `interval` seconds, shared by the threads of one process.

    The default of 0.21 s passes both known models of Fortnox's window; a burst of 25 does not.
    """

    def __init__(self, interval: float = 0.21, clock: Clock | Now | None = None) -> None:
        self._interval = interval
        self._clock = clock_of(clock)
        self._lock = threading.Lock()
        self._next = self._clock.monotonic()

    def acquire(self) -> None:
        """Reserve the next free moment, then wait for it."""
        with self._lock:
            now = self._clock.monotonic()
            mine = max(self._next, now)
            self._next = mine + self._interval
        if mine > now:
            self._clock.sleep(mine - now)

    def penalize(self, seconds: float) -> None:
        """Move the next free moment so many seconds from now, unless it already lies later."""
        with self._lock:
            self._next = max(self._next, self._clock.monotonic() + seconds)
