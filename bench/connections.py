# ruff: noqa: INP001
"""Many connections, each with a company of its own: what a quiet quarter of an hour costs, and what workers add.

    python bench/connections.py [--connections 100] [--workers 1 2 4]

With many connections most of the time passes before the first figure: they are made one after another, a second or more
each, and their first imports are done by four workers. Each number of workers can be asked for alone.

All connections come due at once, and so many workers do what there is to do. Printed for each number of workers: the
time until all are through, the workers' processor time a connection, what share of one core that is for this many
connections each quarter of an hour, and the requests of each. The simulator runs in this process and shares the
machine. The exit status tells whether all goals were met.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from firm import await_true, connect, exit_status, installation, judge, show, worker

CYCLE_SECONDS = 15 * 60
FIRST_WORKERS = 4
CYCLE_MS, CORE_SHARE, SWEEP_SECONDS, SWEEP_QUERIES, FOUR_WORKERS = 60, 0.25, 0.2, 10, 2.5
CORES_WANTED = 6


def main(connections: int, workers: list[int]) -> int:
    show("work", "limit", "figure", "ratio", "goal")
    with installation() as (fortnox, environment):
        begun = time.monotonic()
        for index in range(connections):
            number = str(600_000 + index)
            fortnox.ask("POST", "companies", Name=f"Bolag {index} AB", DatabaseNumber=int(number))
            connect(fortnox, f"firm-{index}", number)
        show(f"{connections} connections made", "", f"{time.monotonic() - begun:.0f} s")
        crowd = Crowd(fortnox, environment, connections)
        seconds, _spent = crowd.cycle(FIRST_WORKERS)
        show(f"their first imports, {FIRST_WORKERS} workers", "", f"{seconds:.0f} s")
        quick = {count: measure_cycle(crowd, count) for count in workers}
        if {1, 4} <= set(quick):
            compare_workers(quick[1] / quick[4])
        measure_sweep(connections)
    return exit_status()


def compare_workers(ratio: float) -> None:
    """Judge what four workers bring, on a machine that has a core for each of them, the database and the simulator."""
    what, cores = "all due at once: four workers against one", os.cpu_count() or 1
    if cores < CORES_WANTED:
        show(what, "4", f"{ratio:.1f} times", "", f"not judged: {cores} cores for all of it")
    else:
        judge(what, "4", f"{ratio:.1f} times", "", f">= {FOUR_WORKERS}", holds=ratio >= FOUR_WORKERS)


class Crowd:
    """All connections, and the time by which they have gone through their last cycle."""

    def __init__(self, fortnox: Any, environment: dict[str, str], connections: int) -> None:
        self.fortnox, self.environment, self.connections = fortnox, environment, connections
        self._moved = 0
        self.startup = self._spent_by(lambda: time.sleep(8), 1)

    def cycle(self, workers: int) -> tuple[float, float]:
        """Let a cycle come due for all at once; return the seconds until all are through, and the processor time."""
        from uku.integrations.fortnox import jobs
        from uku.integrations.fortnox.models import RunState, SyncRun
        from uku.kit import clock

        self._moved += CYCLE_SECONDS + 60
        clock.move(seconds=self._moved)
        done = SyncRun.everywhere.filter(state=RunState.DONE, started_at__gte=clock.now())
        jobs.sweep.func(timestamp=0)
        seconds: list[float] = []

        def wait() -> None:
            limit = 60 * self.connections
            seconds.append(await_true(lambda: done.count() >= 3 * self.connections, seconds=limit))

        spent = self._spent_by(wait, workers) - self.startup * workers
        return seconds[0], spent

    def _spent_by(self, wait: Callable[[], object], workers: int) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with ExitStack() as stack:
            for _ in range(workers):
                stack.enter_context(worker(self.environment))
            wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_cycle(crowd: Crowd, workers: int) -> float:
    """Print what a quiet cycle of all connections costs; return how long it took."""
    mark = crowd.fortnox.mark()
    seconds, spent = crowd.cycle(workers)
    requests = len(crowd.fortnox.requests(mark)) / crowd.connections
    each, share = spent / crowd.connections * 1000, spent / CYCLE_SECONDS
    what = f"{crowd.connections} quiet connections, all due at once, {workers} workers"
    show(what, "", f"{seconds:.1f} s", "", "")
    what = f"  processor time a connection, {requests:.1f} requests"
    judge(what, "4 requests", f"{each:.0f} ms", "", f"<= {CYCLE_MS} ms", holds=each <= CYCLE_MS)
    what = "  share of one core, each quarter of an hour"
    judge(what, "", f"{share:.1%}", "", f"<= {CORE_SHARE:.0%}", holds=share <= CORE_SHARE)
    return seconds


def measure_sweep(connections: int) -> None:
    from uku.integrations.fortnox import jobs

    begun = time.monotonic()
    queries = counted(lambda: jobs.sweep.func(timestamp=0))
    seconds = time.monotonic() - begun
    what = f"minute sweep, {connections} connections, nothing due: {queries} queries"
    quick = seconds <= SWEEP_SECONDS and queries <= SWEEP_QUERIES
    goal = f"<= {SWEEP_SECONDS} s, {SWEEP_QUERIES} queries"
    judge(what, "1 query", f"{seconds:.3f} s", "", goal, holds=quick)
    begun = time.monotonic()
    queries = counted(lambda: jobs.check_all.func(timestamp=0))
    show(f"the look at all connections: {queries} queries", "", f"{time.monotonic() - begun:.2f} s")


def counted(work: Callable[[], object]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as found:
        work()
    return len(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked = parser.parse_args()
    sys.exit(main(asked.connections, asked.workers))
