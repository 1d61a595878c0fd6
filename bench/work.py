# ruff: noqa: INP001
"""One company's loop with a real worker against the simulator: how soon an invoice leaves, and how fast many do.

    python bench/work.py [--invoices 500] [--samples 20] [--neighbours 8] [--only idle batch]

The lines, all of them or those asked for: `idle`, `paid`, `changed`, `reload`, `batch`, `neighbours`, `new`. All take
about nine minutes: the batch of 500 alone 210 seconds at Fortnox' pace. The thousand new customers come last, since
nothing waits for the last of them.

Prints a line for each figure: what, its limit, the figure, the ratio, and whether the goal is met. Fortnox' pace is one
request each 210 ms, so n requests take n times that at least. A latency is from the commit of *Issue* to the moment
when `POST /3/invoices` is in the simulator's journal. The exit status tells whether all goals were met; on a busy
machine they may not be.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Collection
from typing import Any

from firm import await_true, connect, exit_status, installation, judge, show, worker

LINES = ("idle", "paid", "changed", "reload", "batch", "neighbours", "new")
PACE = 0.21
BATCH_RATIO, IDLE_SECONDS, BUSY_SECONDS = 1.10, 0.15, 1.0


def main(invoices: int, samples: int, neighbours: int, only: Collection[str]) -> int:
    show("work", "limit", "figure", "ratio", "goal")
    with installation() as (fortnox, environment):
        firm = Firm(fortnox)
        measures: dict[str, Callable[[], object]] = {
            "idle": lambda: measure_idle(firm, samples),
            "paid": lambda: measure_beside_payments(firm, samples),
            "changed": lambda: measure_beside(firm, "55 changed customers are read", firm.change, samples),
            "reload": lambda: measure_beside(firm, "a reload runs", firm.reload, samples),
            "batch": lambda: measure_batch(firm, invoices),
            "neighbours": lambda: measure_neighbours(firm, neighbours, samples),
            "new": lambda: measure_beside(firm, "1,000 new customers are read", firm.add, samples),
        }
        with worker(environment), firm.scope():
            firm.await_import()
            for line in LINES:
                if line in only:
                    await_true(firm.is_at_rest, seconds=1200)
                    measures[line]()
    return exit_status()


class Firm:
    """One workspace with one client and one article, and ways to issue and to keep its loop busy."""

    def __init__(self, fortnox: Any) -> None:
        from tests.uku.integrations.fortnox.simulated import FIRST

        self.fortnox, self.company = fortnox, FIRST
        self.customer, self.article = fortnox.customer(OrganisationNumber="455000-0006"), fortnox.article()
        self.changing = fortnox.customers(55)
        self.owner, self.connection = connect(fortnox, "byran", FIRST)

    def scope(self) -> Any:
        from uku.kit.scoping import workspace_in_force

        return workspace_in_force(self.connection.workspace_id)

    def await_import(self) -> None:
        from uku.integrations.fortnox.models import CustomerRecord, RunKind, RunState, SyncRun

        def is_done() -> bool:
            done = SyncRun.objects.filter(state=RunState.DONE).values_list("kind", flat=True)
            return {RunKind.CUSTOMERS, RunKind.ARTICLES, RunKind.PAYMENTS} <= set(done) and not self.is_busy()

        await_true(is_done, seconds=600)
        self.client = CustomerRecord.objects.get(number=self.customer).client

    def draft(self) -> Any:
        from tests.uku.integrations.fortnox.conftest import make_draft

        return make_draft(self.owner, self.client, self.article)

    def issue(self, draft: Any) -> float:
        """Issue a draft; return the moment after its commit."""
        from uku.invoices.models import Numbering
        from uku.invoices.operations import issue_invoice
        from uku.kit import clock

        by_fortnox = Numbering.ACCOUNTING
        issue_invoice(invoice=draft, actor=self.owner, at=clock.now(), numbering=by_fortnox, ledger=self.company)
        return time.monotonic()

    def ask_for(self, kind: str, *, full: bool = False) -> None:
        from uku.integrations.fortnox.models import RunKind
        from uku.integrations.fortnox.work import requests

        requests.request_sync(self.connection, RunKind(kind), full=full, asked_by=self.owner.pk)

    def change(self) -> None:
        for number in self.changing:
            self.fortnox.change_customer(number, City="Malmö")
        self.ask_for("customers")

    def pay(self) -> None:
        from uku.kit import clock

        today = clock.today("Europe/Stockholm").isoformat()
        for made in self.fortnox.invoices()[:60]:
            self.fortnox.pay(made["DocumentNumber"], "100", today)
        self.ask_for("payments")

    def add(self) -> None:
        self.fortnox.customers(1_000)
        self.ask_for("customers", full=True)

    def reload(self) -> None:
        from uku.integrations.fortnox.reload import service
        from uku.kit import clock

        service.begin(actor=self.owner, at=clock.now())

    def is_busy(self) -> bool:
        """Say whether a sync or a reload is under way or asked for, or details are to be read."""
        from uku.integrations.fortnox.models import CustomerRecord, Reload, RequestedSync, RunState, SyncRun

        running = (rows.objects.filter(state=RunState.RUNNING).exists() for rows in (SyncRun, Reload))
        unread = CustomerRecord.objects.filter(client__isnull=False, detail_read_at=None, active=True)
        return any(running) or RequestedSync.objects.exists() or unread.exists()

    def is_at_rest(self) -> bool:
        return self.is_settled() and not self.is_busy()

    def is_settled(self) -> bool:
        from uku.integrations.fortnox.models import ExportState, InvoiceExport

        return not InvoiceExport.objects.exclude(state=ExportState.CONFIRMED, booked=True).exists()


def measure_idle(firm: Firm, samples: int) -> None:
    found = []
    for draft in [firm.draft() for _ in range(samples)]:
        await_true(firm.is_settled, seconds=60)
        time.sleep(PACE)  # what the one before was booked by
        found.append(latency(firm, draft))
    judge_latencies("idle", found, IDLE_SECONDS)


def measure_beside_payments(firm: Firm, samples: int) -> None:
    for draft in [firm.draft() for _ in range(60)]:
        firm.issue(draft)
    await_true(firm.is_settled, seconds=300)
    measure_beside(firm, "60 paid invoices are read back", firm.pay, samples)


def measure_beside(firm: Firm, what: str, begin: Callable[[], object], samples: int) -> None:
    judge_latencies(f"while {what}", latencies(firm, begin, firm.is_busy, samples), BUSY_SECONDS)


def latencies(firm: Firm, begin: Callable[[], object], is_busy: Callable[[], bool], samples: int) -> list[float]:
    """Issue invoices one after another for as long as something else is done; return how long each took to leave."""
    drafts = [firm.draft() for _ in range(samples)]
    begin()
    await_true(is_busy, seconds=60)
    found = []
    for draft in drafts:
        found.append(latency(firm, draft))
        if not is_busy():
            break
    return found


def latency(firm: Firm, draft: Any) -> float:
    mark = firm.fortnox.mark()
    issued = firm.issue(draft)
    await_true(lambda: "POST invoices" in firm.fortnox.requests(mark), seconds=600)
    return time.monotonic() - issued


def judge_latencies(what: str, found: list[float], goal: float) -> None:
    found = sorted(found)
    late = found[max(0, -(-len(found) * 95 // 100) - 1)]
    figure = f"p50 {statistics.median(found):.2f}, p95 {late:.2f} s"
    told = f"n={len(found)}", f"p95 <= {goal:.2f} s"
    judge(f"issue to POST {what}", f"{PACE} s", figure, *told, holds=late <= goal)


def measure_neighbours(firm: Firm, count: int, samples: int) -> None:
    """Issue while so many other companies reload their data: more than a worker has places."""
    from uku.integrations.fortnox.models import CustomerRecord, Reload, RunState, SyncRun
    from uku.integrations.fortnox.reload import service
    from uku.kit import clock
    from uku.kit.scoping import workspace_in_force

    made = []
    for index in range(count):
        number = 600_001 + index
        firm.fortnox.ask("POST", "companies", Name=f"Granne {index} AB", DatabaseNumber=number, customers=150)
        made.append(connect(firm.fortnox, f"granne-{index}", str(number)))
    unread = CustomerRecord.everywhere.filter(client__isnull=False, detail_read_at=None, active=True)
    theirs = [connection.workspace_id for _owner, connection in made]
    done = SyncRun.everywhere.filter(state=RunState.DONE, workspace__in=theirs)
    await_true(lambda: done.count() >= 3 * count and not unread.exists(), seconds=1200)

    def reload_all() -> None:
        for owner, connection in made:
            with workspace_in_force(connection.workspace_id):
                service.begin(actor=owner, at=clock.now())

    running = Reload.everywhere.filter(state=RunState.RUNNING)
    found = latencies(firm, reload_all, running.exists, samples)
    judge_latencies(f"while {count} other companies reload", found, BUSY_SECONDS)
    await_true(lambda: not running.exists(), seconds=600)


def measure_batch(firm: Firm, count: int) -> None:
    """Issue many at once; they are to leave, and be booked, at Fortnox' pace."""
    drafts = [firm.draft() for _ in range(count)]
    mark, begun = firm.fortnox.mark(), time.monotonic()
    for draft in drafts:
        firm.issue(draft)
    await_true(firm.is_settled, seconds=count * 3 + 60)
    seconds, requests = time.monotonic() - begun, len(firm.fortnox.requests(mark))
    limit = requests * PACE
    ratio = seconds / limit
    what = f"{count} invoices at once, booked: {requests} requests"
    judge(what, f"{limit:.0f} s", f"{seconds:.0f} s", f"{ratio:.2f}", f"<= {BATCH_RATIO}", holds=ratio <= BATCH_RATIO)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=int, default=500)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--neighbours", type=int, default=8)
    parser.add_argument("--only", nargs="+", choices=LINES, default=LINES)
    asked = parser.parse_args()
    sys.exit(main(asked.invoices, asked.samples, asked.neighbours, asked.only))
