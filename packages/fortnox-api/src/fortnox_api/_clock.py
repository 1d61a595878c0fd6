"""Time, waiting and chance, passed in so that tests neither wait nor guess."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the client takes time from. Replace any of the four functions.

    `now` gives an aware datetime, `monotonic` seconds that never go back, `sleep` waits so many seconds, and `chance`
    gives a number from 0 up to 1 that spreads waiting times.
    """

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


Now = Callable[[], datetime]
"""The short form of a clock: a function that gives an aware datetime."""


def clock_of(given: Clock | Now | None) -> Clock:
    """Return a whole clock from what a caller passed: a Clock, a function that tells the time, or nothing."""
    if isinstance(given, Clock):
        return given
    return Clock() if given is None else Clock(now=given)
