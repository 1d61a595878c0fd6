# ruff: noqa: INP001
"""A random life of many invoices, with faults on one call in five, killed workers and a database that is restarted.

    python bench/soak.py [--invoices 1000] [--seed N]

Two firms issue, are paid, credit, cancel and book, decide what is unclear, and have customers created, while real
workers are killed at random and PostgreSQL is stopped as by a power cut. At the end the faults stop, the workers come
to rest, and the simulator's books and journal are the judge: each invoice that should exist was created once, none is
lost, and none is unclear without a person's task. Times of waits are not measured: stamps are moved back while no
worker runs, as if twenty minutes had passed.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from firm import ROOT, installation, restart_database, show
from soak_firm import Firm
from soak_judge import judge_all

from fortnox_sim.fault_plans import Fault, FaultPlan, read_rule

WORKERS = 2
FAULTY, KILLED, RESTARTED = 0.2, 0.015, 0.01
STEPS_OF_AN_EPOCH = 100
"""Actions between two moments at which every worker is killed and time passes."""
ROUNDS_AT_THE_END = 20
FAULTS: tuple[dict[str, Any], ...] = (
    {"action": "drop", "phase": "P1"},
    {"action": "drop", "phase": "P2"},
    {"action": "reset", "phase": "P1"},
    {"action": "reset", "phase": "P2"},
    {"action": "status", "phase": "P1", "status": 500},
    {"action": "status", "phase": "P2", "status": 500},
    {"action": "html", "phase": "P2", "status": 503},
    {"action": "status", "phase": "P1", "status": 429, "headers": {"Retry-After": "1"}},
    {"action": "delay", "phase": "P4", "seconds": 0.1},
    {"action": "delay", "phase": "P5", "seconds": 0.1},
    {"action": "truncate", "phase": "P3"},
)


class RandomFaults(FaultPlan):
    """A plan that hits one call of the API in five, each time with another fault."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self.is_over = False
        self.struck: Counter[str] = Counter()

    def take(self, company: str | None, method: str, path: str, query: dict[str, str]) -> Fault | None:
        if self.is_over or not path.startswith("/3/") or self._chance.random() >= FAULTY:
            return super().take(company, method, path, query)
        rule = self._chance.choice(FAULTS)
        self.struck[f"{rule['action']} {rule['phase']} {rule.get('status', '')}".strip()] += 1
        return read_rule(0, rule)


def hurry() -> None:
    """Let what the firms' people ask of Fortnox from here wait no longer than a quick worker does."""
    import quick_worker

    quick_worker.hurry()


class Workers:
    """Real worker processes that are killed and started again."""

    def __init__(self, environment: dict[str, str], chance: random.Random) -> None:
        self._environment, self._chance = environment, chance
        self._running: list[subprocess.Popen[bytes]] = []
        self.killed = 0

    def start(self) -> None:
        while len(self._running) < WORKERS:
            command = [sys.executable, str(ROOT / "bench/quick_worker.py")]
            self._running.append(
                subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )

    def kill_one(self) -> None:
        self._kill(self._running.pop(self._chance.randrange(len(self._running))))

    def kill_all(self) -> None:
        while self._running:
            self._kill(self._running.pop())

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        self.killed += 1


@contextmanager
def workers_of(environment: dict[str, str], chance: random.Random) -> Iterator[Workers]:
    workers = Workers(environment, chance)
    try:
        yield workers
    finally:
        workers.kill_all()


class Soak:
    def __init__(self, fortnox: Any, workers: Workers, invoices: int, chance: random.Random) -> None:
        from tests.uku.integrations.fortnox.simulated import FIRST, SECOND

        self.fortnox, self.workers, self.invoices, self.chance = fortnox, workers, invoices, chance
        self.firms = [Firm(fortnox, company, chance) for company in (FIRST, SECOND)]
        self.faults = RandomFaults(random.Random(chance.random()))  # noqa: S311  # repeatable
        self.done: Counter[str] = Counter()

    @property
    def issued(self) -> int:
        return self.done["issue"] + self.done["issue_to_new"]

    def run(self) -> bool:
        self.workers.start()
        hurry()
        await_all(self.firms, Firm.is_imported, seconds=120)
        self.fortnox.app.installation.faults = self.faults
        while self.issued < self.invoices:
            self.live_an_epoch()
            show(f"{self.done['issue']} invoices", f"{sum(self.faults.struck.values())} faults", str(dict(self.done)))
        self.faults.is_over = True
        self.come_to_rest()
        return judge_all(self.firms)

    def live_an_epoch(self) -> None:
        self.workers.start()
        mark = self.fortnox.mark()
        await_all(self.firms, lambda _: self.fortnox.mark() > mark, seconds=20)  # they have begun
        for _ in range(self.chance.randint(1, 2 * STEPS_OF_AN_EPOCH)):
            if self.issued >= self.invoices:
                break
            firm = self.chance.choice(self.firms)
            if did := firm.act():
                self.done[did] += 1
            time.sleep(self.chance.random() * 0.2)
            if self.chance.random() < KILLED:
                self.workers.kill_one()
                self.workers.start()
            if self.chance.random() < RESTARTED:
                self.restart_database()
        self.restart_database()
        await_all(self.firms, Firm.is_at_rest, seconds=self.chance.choice((0, 5, 20)))
        self.pass_time()

    def restart_database(self) -> None:
        restart_database()
        self.done["database restarted"] += 1

    def pass_time(self) -> None:
        """Kill all workers, let what they had sent arrive, and let twenty minutes pass."""
        self.workers.kill_all()
        await_true_for_long(self.has_answered)
        for firm in self.firms:
            with firm.scope():
                firm.let_time_pass()

    def has_answered(self) -> bool:
        kinds = Counter(entry["kind"] for entry in self.fortnox.journal())
        return kinds["request"] == kinds["answer"]

    def come_to_rest(self) -> None:
        """Without faults: until nothing is due and nothing unclear, then once more with everything read back."""
        for _ in range(ROUNDS_AT_THE_END):
            self.workers.start()
            await_all(self.firms, Firm.is_at_rest, seconds=60)
            self.pass_time()
            if not any(firm.is_under_way() for firm in self.firms):
                break
        for firm in self.firms:
            with firm.scope():
                firm.read_back()
        self.workers.start()
        await_all(self.firms, Firm.is_at_rest, seconds=600)


def await_all(firms: list[Firm], holds: Any, *, seconds: float) -> bool:
    """Wait until something holds of each firm, or the time is up; say whether it does."""
    deadline = time.monotonic() + seconds
    while not (held := all(holds(firm) for firm in firms)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return held


def await_true_for_long(holds: Any) -> None:
    """Wait until something holds for two seconds: a request may be on its way in, and the machine may be busy."""
    times = 0
    while times < 20:  # noqa: PLR2004
        times = times + 1 if holds() else 0
        time.sleep(0.1)


def main(invoices: int, seed: int) -> int:
    show(f"SEED={seed} INVOICES={invoices}")
    begun, chance = time.monotonic(), random.Random(seed)  # noqa: S311  # repeatable
    with installation(durable=True) as (fortnox, environment), workers_of(environment, chance) as workers:
        soak = Soak(fortnox, workers, invoices, chance)
        held = soak.run()
        faults = f"{sum(soak.faults.struck.values())} faults"
        show(f"{time.monotonic() - begun:.0f} s, {workers.killed} workers killed", faults, str(dict(soak.done)))
    show("holds" if held else f"DOES NOT HOLD: make soak SEED={seed} INVOICES={invoices}")
    return 0 if held else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args()
    sys.exit(main(asked.invoices, asked.seed))
