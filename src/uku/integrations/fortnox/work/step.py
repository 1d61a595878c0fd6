"""One piece of work for a connection: when it is due, how urgent it is, and what does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any

from django.db.models.expressions import Combinable

from uku.integrations.fortnox.models import Connection


class Rank(IntEnum):
    """Who waits: the lower goes first."""

    PERSON = 0
    TOKENS = 1
    READ_BACK = 2
    IMPORT = 3
    DETAIL = 4
    RELOAD = 5
    STATISTICS = 6


class Clock(Enum):
    """Which clock a step's due time is told by."""

    BUSINESS = "business"
    REAL = "real"


class Needs(Enum):
    """What must hold for a step to run."""

    NOTHING = "nothing"
    TOKENS = "tokens"
    """Tokens that this installation may use; the integration may be disabled."""
    SYNC = "sync"
    """Also enabled, allowed by the plan, not blocked, not refused."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a step is given: the connection as loaded for it, and what to call before each request of background work.

    `make_way` does first what a person waits for, and raises where no request may leave any more.
    """

    connection: Connection
    make_way: Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A kind of work. `facts` are annotations of the connection that `find_due` reads, so that one query asks for all.

    `find_due` returns when the step is due, by the step's clock, or None. `do` does one piece of it; it returns False
    when it failed, and the step rests.
    """

    name: str
    rank: Rank
    find_due: Callable[[Any], datetime | None]
    do: Callable[[Work], bool]
    facts: Mapping[str, Combinable] = field(default_factory=dict)
    clock: Clock = Clock.BUSINESS
    needs: Needs = Needs.SYNC
