"""What a reload reads, how far it is, and how long that takes. Pure: no database, no clock.

A unit of progress is a request to Fortnox, since requests are what takes the time: one each 210 ms a company.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from uku.integrations.fortnox.models import ReloadPhase
from uku.integrations.fortnox.statistics.counts import MONTHS_BACK, PAGE
from uku.kit.months import first_of, months_later

PACE: Final = timedelta(milliseconds=210)
ENOUGH_TO_JUDGE: Final = 0.05
"""The share of a phase that must be done before its own speed says more than the pace."""


@dataclass(frozen=True, slots=True)
class Period:
    """The 13 calendar months that a reload reads again: from the first of the month twelve months ago until today."""

    first: date
    last: date


def period_until(today: date) -> Period:
    return Period(months_later(first_of(today), -MONTHS_BACK), today)


@dataclass(frozen=True, slots=True)
class KnownCounts:
    """What is known before a reload begins: how many of each there are here.

    `details` wait to be read one by one; `invoices` were sent from here in the window; `months` have a summary task
    there; counting all statistics of all of them takes `statistics_requests`.
    """

    customers: int = 0
    inactive_customers: int = 0
    articles: int = 0
    inactive_articles: int = 0
    details: int = 0
    invoices: int = 0
    months: int = 0
    statistics_requests: int = 0


def expected_requests(known: KnownCounts) -> dict[str, int]:
    """Return the requests that each phase takes, as far as can be known now."""
    return {
        ReloadPhase.CUSTOMERS: list_requests(known.customers, known.inactive_customers),
        ReloadPhase.ARTICLES: list_requests(known.articles, known.inactive_articles),
        ReloadPhase.DETAILS: known.details,
        ReloadPhase.PAYMENTS: 2 * page_count(known.invoices) + 1,
        ReloadPhase.STATISTICS: known.statistics_requests,
    }


def list_requests(active: int, inactive: int) -> int:
    """The requests of a full import: what is active, then what is inactive."""
    return page_count(active) + page_count(inactive)


def page_count(rows: int) -> int:
    """Return how many requests list so many rows: one even for none."""
    return max(1, -(-rows // PAGE))


def duration_of(requests: int) -> timedelta:
    """Return how long so many requests take at the pace."""
    return PACE * requests


@dataclass(frozen=True, slots=True)
class PhaseProgress:
    """How far one phase is: `done` of `total` of what it counts, and the requests it takes in all."""

    phase: str
    requests: int
    done: int = 0
    total: int = 0
    ended: bool = False
    running_for: timedelta = timedelta(0)

    @property
    def share(self) -> float:
        if self.ended:
            return 1.0
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0

    @property
    def left(self) -> timedelta:
        """The time it still takes: by its own speed once that shows, before that by the pace."""
        if ENOUGH_TO_JUDGE <= self.share < 1:
            return max(self.running_for * ((1 - self.share) / self.share), timedelta(0))
        return duration_of(self.requests) * (1 - self.share)


def time_left(phases: Sequence[PhaseProgress]) -> timedelta:
    return sum((phase.left for phase in phases), timedelta(0))


def percent_done(phases: Sequence[PhaseProgress]) -> int:
    """Return how much of all the requests is done, from 0 to 100; 100 only when every phase has ended."""
    whole = sum(phase.requests for phase in phases)
    if all(phase.ended for phase in phases):
        return 100
    done = sum(phase.requests * phase.share for phase in phases)
    return min(int(100 * done / whole), 99) if whole else 0
