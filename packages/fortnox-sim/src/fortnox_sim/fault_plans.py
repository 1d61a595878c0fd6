"""The fault plan: which request is hit, in which phase, and how.

P0 before reading, P1 read and not committed, P2 committed without a response, P3 part of the response,
P4 response late, P5 committed late. A rule is addressed by company, method, path and query, and
hits from the nth match on, as many times as it says.
"""

import itertools
import threading
from dataclasses import dataclass, field

from fortnox_sim.json_format import Record

PHASES = ("P0", "P1", "P2", "P3", "P4", "P5")
ACTIONS = ("drop", "reset", "status", "hold", "delay", "truncate", "html", "drip", "mutate", "rewrite", "bomb")
DEFAULT_PHASE = {
    "truncate": "P3",
    "drip": "P3",
    "hold": "P4",
    "delay": "P4",
    "drop": "P2",
    "reset": "P2",
    "mutate": "P1",
    "rewrite": "P2",
    "bomb": "P2",
}
KEYS = frozenset(
    [
        "company",
        "method",
        "path",
        "query",
        "nth",
        "times",
        "phase",
        "action",
        "status",
        "body",
        "headers",
        "seconds",
        "do",
        "set",
        "raw",
        "remove",
        "meta",
        "rows",
        "megabytes",
        "echo",
    ]
)
BEFORE_COMMIT = frozenset({"P0", "P1"})


@dataclass
class Fault:
    """One rule of the plan and what became of it."""

    id: str
    rule: Record
    phase: str
    action: str
    nth: int
    times: int
    seen: int = 0
    hits: int = 0
    holding: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def seconds(self) -> float:
        return float(self.rule.get("seconds") or 0)

    @property
    def state(self) -> str:
        if self.holding:
            return "holding"
        return "done" if self.hits >= self.times else "armed"

    def matches(self, company: str | None, method: str, path: str, query: dict[str, str]) -> bool:
        """Say whether a request has the company, method, path and query that the rule names."""
        rule = self.rule
        if rule.get("company") and str(rule["company"]) != company:
            return False
        if rule.get("method") and rule["method"].upper() != method:
            return False
        wanted = rule.get("path") or "*"
        same = path.startswith(wanted[:-1]) if wanted.endswith("*") else path.rstrip("/") == wanted.rstrip("/")
        return same and all(query.get(k) == str(v) for k, v in (rule.get("query") or {}).items())

    def wait(self, limit: float | None = None) -> None:
        """Block until released (hold) or until the time is up."""
        self.holding += 1
        try:
            self.released.wait(limit)
        finally:
            self.holding -= 1

    def to_json(self) -> Record:
        counts = {"seen": self.seen, "struck": self.hits}
        fixed = {"phase": self.phase, "action": self.action, "nth": self.nth, "times": self.times}
        return {"id": self.id, "state": self.state, **self.rule, **fixed, **counts}


def read_rule(number: int, rule: Record) -> Fault:
    """Check a rule; ValueError says what is wrong."""
    unknown = set(rule) - KEYS
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    action = rule.get("action", "status")
    if action not in ACTIONS:
        raise ValueError(f"action is one of {', '.join(ACTIONS)}")
    phase = rule.get("phase") or DEFAULT_PHASE.get(action, "P1")
    if phase not in PHASES:
        raise ValueError(f"phase is one of {', '.join(PHASES)}")
    nth, times = int(rule.get("nth") or 1), int(rule.get("times") or 1)
    return Fault(f"f{number}", dict(rule), phase, action, nth, times)


class FaultPlan:
    """All rules; asked once per request."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._faults: dict[str, Fault] = {}

    def add(self, rule: Record) -> Fault:
        fault = read_rule(next(self._numbers), rule)
        self._faults[fault.id] = fault
        return fault

    def to_json(self) -> list[Record]:
        return [fault.to_json() for fault in self._faults.values()]

    def release(self, number: str) -> bool:
        """Release what a rule holds, now and later."""
        fault = self._faults.get(number)
        if fault is not None:
            fault.released.set()
        return fault is not None

    def clear(self) -> None:
        """Remove all rules and release what they hold."""
        for fault in self._faults.values():
            fault.released.set()
        self._faults.clear()

    def take(self, company: str | None, method: str, path: str, query: dict[str, str]) -> Fault | None:
        """Find the rule that hits this request; each matching rule counts it."""
        hit = None
        for fault in self._faults.values():
            if not fault.matches(company, method, path, query):
                continue
            fault.seen += 1
            due = fault.nth <= fault.seen < fault.nth + fault.times
            if due and hit is None:
                fault.hits += 1
                hit = fault
        return hit
