"""The rate window: 25 requests in 5 seconds per client and company, on real time.

Two models are public: a true sliding window, and the two-bucket approximation Fortnox once explained
(what is left of the previous bucket plus the current one).
"""

from collections import defaultdict, deque
from collections.abc import Callable

WINDOW = 5.0
LIMIT = 25


class RateWindow:
    """Admits or refuses requests; both models are fed so that switching needs no warm-up."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._times: dict[str, deque[float]] = defaultdict(deque)
        self._buckets: dict[str, tuple[int, int, int]] = {}

    def admit(self, key: str, *, model: str, count_refused: bool) -> bool:
        """Say whether a request may pass now, and count it."""
        now = self._monotonic()
        load = self._sliding(key, now) if model == "sliding" else self._two_bucket(key, now)
        admitted = load < LIMIT
        if admitted or count_refused:
            self._times[key].append(now)
            index, current, previous = self._bucket(key, now)
            self._buckets[key] = (index, current + 1, previous)
        return admitted

    def _sliding(self, key: str, now: float) -> float:
        times = self._times[key]
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return len(times)

    def _two_bucket(self, key: str, now: float) -> float:
        self._sliding(key, now)
        _, current, previous = self._bucket(key, now)
        share = 1 - (now % WINDOW) / WINDOW
        return previous * share + current

    def _bucket(self, key: str, now: float) -> tuple[int, int, int]:
        index = int(now // WINDOW)
        known, current, previous = self._buckets.get(key, (index, 0, 0))
        if index == known:
            return index, current, previous
        return index, 0, current if index == known + 1 else 0
