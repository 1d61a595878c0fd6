"""The whole simulated Fortnox: companies, people, registered apps, grants, switches, journal."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from fortnox_sim.clock import Clock
from fortnox_sim.company import COMPANIES, Company
from fortnox_sim.fault_plans import FaultPlan
from fortnox_sim.journal import Journal, summarize_vouchers
from fortnox_sim.json_format import Record
from fortnox_sim.rate_limit import RateLimiter
from fortnox_sim.store import Store
from fortnox_sim.switches import Switches

APPS = "apps"
USERS = "users"
CLOCK = "clock"


class Installation:
    """State and its lock. Whoever reads or changes state holds `lock`."""

    def __init__(
        self,
        *,
        clock: Clock,
        save: Path | None = None,
        rng: random.Random | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.rng = rng or random.SystemRandom()
        self.store = Store(save)
        self.switches = Switches(self.store)
        self.journal = Journal(clock)
        self.faults = FaultPlan()
        self.rate_limiter = RateLimiter(monotonic)
        self._companies: dict[str, Company] = {}
        self.resumed = self.store.open(self.journal.restore)
        saved_clock = self.store.table(CLOCK).get("now")
        if saved_clock is not None:
            clock.restore(saved_clock)

    def company(self, number: str) -> Company | None:
        """Find a company by its database number."""
        if number not in self.store.table(COMPANIES):
            return None
        if number not in self._companies:
            self._companies[number] = Company(self.store, number, self.clock, self.switches)
        return self._companies[number]

    def companies(self) -> list[Company]:
        numbers = sorted(self.store.table(COMPANIES).rows)
        return [found for number in numbers if (found := self.company(number))]

    def users(self) -> dict[str, Record]:
        return self.store.table(USERS).rows

    def find_app(self, client_id: str) -> Record | None:
        return self.store.table(APPS).get(client_id)

    def commit(
        self,
        action: str,
        *,
        company: str | None = None,
        key: str | None = None,
        reference: str | None = None,
        request: int | None = None,
        facts: Record | None = None,
    ) -> None:
        """Make a change final and journal it, with `facts` of its own kind and the vouchers it wrote, in one line."""
        if written := summarize_vouchers(self.store.list_written("/vouchers")):
            facts = {**(facts or {}), "vouchers": written}
        entry = self.journal.add(
            "commit", company, action=action, key=key, reference=reference, request=request, **(facts or {})
        )
        self.store.commit([entry])

    def save_clock(self) -> None:
        self.store.put(CLOCK, "now", self.clock.state())

    def make_secret(self, length: int = 40) -> str:
        """Make up a secret of hexadecimal digits."""
        return f"{self.rng.getrandbits(length * 4):0{length}x}"
