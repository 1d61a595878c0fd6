"""The rate window: 25 requests in 5 seconds per client and company, on real time.

Two models are public: a true sliding window, and the two-bucket approximation Fortnox once explained
(what is left of the previous bucket plus the current one).
"""

from collections import defaultdict, deque
from collections.abc import Callable

WINDOW = 5.0
LIMIT = 25


class RateLimiter:
    """Admits or refuses requests; both models count, so that either can be switched to at any time."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._times: dict[str, deque[float]] = defaultdict(deque)
        self._buckets: dict[str, tuple[int, int, int]] = {}

    def admit(self, key: str, *, model: str, count_refused: bool) -> bool:
        """Say whether a request may pass now, and count it."""
        now = self._monotonic()
        times = self._times[key]
        while times and times[0] <= now - WINDOW:
            times.popleft()
        bucket = int(now // WINDOW)
        known, current, previous = self._buckets.get(key, (bucket, 0, 0))
        if bucket != known:
            current, previous = 0, current if bucket == known + 1 else 0
        elapsed = (now % WINDOW) / WINDOW
        load = len(times) if model == "sliding" else previous * (1 - elapsed) + current
        admitted = load < LIMIT
        if admitted or count_refused:
            times.append(now)
            self._buckets[key] = (bucket, current + 1, previous)
        return admitted
