"""Time, waiting and chance, passed in so that tests neither wait nor guess; and the pace of requests.

Fortnox allows 25 requests in any 5 seconds for one client id and company.
Source: fortnox.se/developer/guides-and-good-to-know/rate-limits-for-fortnox-api.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the client takes time from. Replace any of the four functions.

    `now` gives an aware datetime, `monotonic` seconds that never go back, `sleep` waits so many seconds, and `chance`
    gives a number from 0 up to 1 that spreads waiting times.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


Now = Callable[[], datetime]
"""The short form of a clock: a function that gives an aware datetime."""


def make_clock(given: Clock | Now | None) -> Clock:
    """Return a whole clock from what a caller passed: a Clock, a function that tells the time, or nothing."""
    if isinstance(given, Clock):
        return given
    return Clock() if given is None else Clock(now=given)


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
        self._clock = make_clock(clock)
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
