"""How the connection stands, decided from facts and from nothing else. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

LASTING: Final = timedelta(hours=6)
"""Errors that pass are told to a person when they last longer, and once."""

INVOICES: Final = "invoices"
"""The kind of data that goes out. The kinds that come in are named like their runs."""

STATISTICS: Final = "statistics"
"""The kind of data whose permission is asked for only when a person chooses it."""

NO_API_LICENCE: Final = "2001103"
"""Fortnox's code for a company without the integration licence."""


class HealthState(Enum):
    """From the best to the worst; what a connection without tokens is in stands first."""

    OFF = 0
    NOT_CONNECTED = 1
    HEALTHY = 2
    PAUSED = 3
    DEGRADED = 4
    NOT_PERMITTED = 5
    NEEDS_AUTHORIZATION = 6


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What concerns every kind of data. `block_reason` is a value of BlockReason, "" when the grant lives.

    `refused`: Fortnox refused, and a check with new tokens will decide. `app_refused`: the app's secret is wrong.
    `runs_out_at`: when the grant dies for want of a renewal, None as long as it is renewed in time (F42).
    """

    enabled: bool = True
    connected: bool = True
    plan_allows: bool = True
    foreign: bool = False
    block_reason: str = ""
    app_refused: bool = False
    refused: bool = False
    renewal_failures: int = 0
    runs_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What is known of one kind of data. Times are None when it has not happened.

    `refused_code` is Fortnox's code when the newest answer that tells says "not permitted", else None;
    `lacks_scope` that the grant has no permission for all that is wanted; `failing_since` when the first try
    after the last success failed without Fortnox saying why for good. `chosen` is False when nobody asked for this
    kind: then none of the others says anything about today.
    """

    kind: str
    refused_code: str | None = None
    lacks_scope: bool = False
    failing_since: datetime | None = None
    last_success: datetime | None = None
    last_attempt: datetime | None = None
    next_try: datetime | None = None
    running: bool = False
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """`exports`: how many invoices are in each state of an export."""

    at: datetime
    connection: ConnectionFacts
    kinds: tuple[KindFacts, ...] = ()
    exports: Mapping[str, int] = field(default_factory=dict)


class Cause(Enum):
    """Why something stands still. A cause is told once, whatever number of attempts it spoils."""

    BLOCKED = "blocked"
    APP_REFUSED = "app_credentials"
    NOT_PERMITTED = "not_permitted"
    LACKS_SCOPE = "permission_lacking"
    LASTING = "lasting"
    RUNS_OUT = "runs_out"


BY_MAIL: Final = frozenset({Cause.BLOCKED, Cause.NOT_PERMITTED, Cause.LASTING, Cause.RUNS_OUT})
"""A wrong app secret is the operator's to mend, and a scope that was just chosen is on the screen: no e-mail."""


@dataclass(frozen=True, slots=True)
class ActiveCause:
    """A cause that holds now. `detail` tells causes of one sort apart: the block reason, or Fortnox's code."""

    cause: Cause
    detail: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The cause's name among the notices."""
        if self.cause == Cause.BLOCKED:
            return f"fortnox.{self.detail}"
        return f"fortnox.{self.cause.value}" + (f":{self.detail}" if self.detail else "")


def is_paused(facts: ConnectionFacts) -> bool:
    """By a person, by the plan, or because this is a copy of the installation that holds the grant (F44)."""
    return not (facts.enabled and facts.plan_allows) or facts.foreign


def state_of(facts: ConnectionFacts) -> HealthState:
    """Return how the connection as a whole stands, whatever its kinds of data do."""
    if not facts.connected:
        return HealthState.NOT_CONNECTED if facts.enabled else HealthState.OFF
    if is_paused(facts):
        return HealthState.PAUSED
    if facts.block_reason == "no_licence":
        return HealthState.NOT_PERMITTED
    if facts.block_reason:
        return HealthState.NEEDS_AUTHORIZATION
    return HealthState.DEGRADED if facts.app_refused or facts.refused or facts.renewal_failures else HealthState.HEALTHY


def state_of_kind(connection: ConnectionFacts, kind: KindFacts) -> HealthState:
    """Return how one kind of data stands: as the connection where that stands still, else by its own facts."""
    if not kind.chosen:
        return HealthState.OFF
    whole = state_of(connection)
    if whole not in {HealthState.HEALTHY, HealthState.DEGRADED}:
        return whole
    if kind.refused_code is not None or kind.lacks_scope:
        return HealthState.NOT_PERMITTED
    failing = connection.app_refused or connection.refused or kind.failing_since is not None
    return HealthState.DEGRADED if failing else HealthState.HEALTHY


def needs_attention(facts: Facts) -> bool:
    """Say whether someone has to do something, or should know: passing errors only once they last."""
    return most_serious_cause(facts) is not None


def most_serious_cause(facts: Facts) -> ActiveCause | None:
    """Return the most serious cause that needs attention; None while paused.

    A permission that a statistic was just chosen for is none: the bell and a note on the tabs say so, and the
    connection works meanwhile.
    """
    if is_paused(facts.connection):
        return None
    for active in active_causes(facts):
        only_chosen = active.cause == Cause.LACKS_SCOPE and set(active.kinds) <= {STATISTICS}
        if not only_chosen:
            return active
    return None


def active_causes(facts: Facts) -> tuple[ActiveCause, ...]:
    """Return the causes that hold, the most serious first. A pause hides none: they would be back after it."""
    connection = facts.connection
    if not connection.connected:
        return ()
    active = [ActiveCause(Cause.BLOCKED, connection.block_reason)] if connection.block_reason else []
    active += [ActiveCause(Cause.APP_REFUSED)] if connection.app_refused else []
    codes = dict.fromkeys(kind.refused_code for kind in facts.kinds if kind.refused_code is not None)
    if connection.refused or connection.block_reason:  # the licence of the whole connection is looked into, or told
        codes.pop(NO_API_LICENCE, None)
    for code in codes:  # one missing licence may stop several kinds of data
        stopped = tuple(kind.kind for kind in facts.kinds if kind.refused_code == code)
        active.append(ActiveCause(Cause.NOT_PERMITTED, code, stopped))
    others = [kind for kind in facts.kinds if kind.refused_code is None]
    lacking = tuple(kind.kind for kind in others if kind.lacks_scope)
    if lacking:
        active.append(ActiveCause(Cause.LACKS_SCOPE, kinds=lacking))
    explained = connection.app_refused or bool(connection.block_reason)
    lasting = tuple(k.kind for k in others if k.failing_since is not None and facts.at - k.failing_since >= LASTING)
    if lasting and not explained:
        active.append(ActiveCause(Cause.LASTING, kinds=lasting))
    if connection.runs_out_at is not None and not explained:
        active.append(ActiveCause(Cause.RUNS_OUT))
    return tuple(active)


def failing_since(facts: Facts) -> datetime | None:
    """Return since when errors that pass are seen, over all kinds of data; None when there is none."""
    return min((kind.failing_since for kind in facts.kinds if kind.failing_since is not None), default=None)
