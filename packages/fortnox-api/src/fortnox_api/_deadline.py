"""A total deadline for a request: httpx2 has none, and one byte a second would keep any read timeout happy.

The deadline in force is a context variable. The network backend caps each connect, TLS handshake, read and write to
what is left of it, so that slowly dripped headers end in time as well.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock."""

    at: float
    monotonic: Callable[[], float]

    def left(self) -> float:
        """Seconds that remain; below zero when it has passed."""
        return self.at - self.monotonic()

    def later(self, seconds: float) -> "Deadline":
        """Return the same deadline, moved."""
        return Deadline(self.at + seconds, self.monotonic)


_current: ContextVar[Deadline | None] = ContextVar("fortnox_api_deadline", default=None)


@contextlib.contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """Put a deadline in force for what this thread does inside the block."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


def capped(timeout: float | None, passed: type[Exception]) -> float | None:
    """Return the timeout cut to what is left of the deadline in force. Raises `passed` when nothing is."""
    deadline = _current.get()
    if deadline is None:
        return timeout
    left = deadline.left()
    if left <= 0:
        raise passed("the total deadline has passed")
    return left if timeout is None else min(timeout, left)
