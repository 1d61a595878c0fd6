# ruff: noqa: INP001
"""A random life of many invoices, with faults on one call in five, killed workers and a database that is restarted.

    python bench/soak.py [--invoices 1000] [--seed N]

Two firms issue, are paid, credit, cancel and book, while real workers are killed at random and PostgreSQL is stopped
as by a power cut. At the end the faults stop, the workers come to rest, and the simulator's books and journal are the
judge: each invoice that should exist was created once, none is lost, and none is unclear without a person's task.
Times of waits are not measured: stamps are moved back while no worker runs, as if twenty minutes had passed.
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

from firm import ROOT, connect, installation, restart_database, show
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


class Firm:
    """One workspace with a customer and an article in a company of its own, and what befalls its invoices."""

    def __init__(self, fortnox: Any, company: str, chance: random.Random) -> None:
        self.fortnox, self.company, self.chance = fortnox, company, chance
        self.customer = fortnox.customer(company, OrganisationNumber="455000-0006")
        self.article = fortnox.article(company)
        self.owner, self.connection = connect(fortnox, f"byran-{company}", company)

    def scope(self) -> Any:
        from uku.kit.scoping import workspace_in_force

        return workspace_in_force(self.connection.workspace_id)

    def is_imported(self) -> bool:
        from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, RunKind, RunState, SyncRun

        with self.scope():
            done = set(SyncRun.objects.filter(state=RunState.DONE).values_list("kind", flat=True))
            linked = CustomerRecord.objects.filter(client__isnull=False).exists() and ArticleRecord.objects.exists()
            return {RunKind.CUSTOMERS, RunKind.ARTICLES} <= done and linked

    def act(self) -> str:
        """Let one thing happen, by a person here or in Fortnox; return what it was, "" when nothing could."""
        names = (
            ("issue",) * 6 + ("pay",) * 4 + ("credit",) * 2 + ("cancel", "book", "reverse", "retry", "choose_booking")
        )
        name = self.chance.choice(names)
        with self.scope():
            return name if getattr(self, name)() else ""

    def issue(self) -> bool:
        from tests.uku.integrations.fortnox.conftest import make_draft

        from uku.integrations.fortnox.models import CustomerRecord
        from uku.invoices.models import Numbering
        from uku.invoices.operations import issue_invoice
        from uku.kit import clock

        client = CustomerRecord.objects.get(number=self.customer).client
        price = f"{self.chance.randint(1, 200_000) / 100:.2f}"
        quantity = self.chance.choice(("1", "2", "0.5", "3.25"))
        draft = make_draft(self.owner, client, self.article, price=price, quantity=quantity)
        by_fortnox = Numbering.ACCOUNTING
        issue_invoice(invoice=draft, actor=self.owner, at=clock.now(), numbering=by_fortnox, ledger=self.company)
        return True

    def pay(self) -> bool:
        """Pay what an invoice owes, or a part of it, in Fortnox; have it read back."""
        open_ones = [row for row in self.fortnox.invoices(self.company) if row.get("Booked") and row["Balance"] > 1]
        if not open_ones:
            return False
        invoice = self.chance.choice(open_ones)
        amount = invoice["Balance"] if self.chance.random() < 0.6 else (invoice["Balance"] / 2).quantize(1)  # noqa: PLR2004
        from uku.kit import clock

        body = {"amount": str(amount), "date": clock.today("Europe/Stockholm").isoformat()}
        number = invoice["DocumentNumber"]
        self.fortnox.ask("POST", f"companies/{self.company}/payments", invoice=number, **body)
        self.read_back()
        return True

    def reverse(self) -> bool:
        found = self.fortnox.ask("GET", f"companies/{self.company}/payments")
        numbers = [row["Number"] for row in found if row.get("Booked")]
        if not numbers:
            return False
        self.fortnox.ask("DELETE", f"companies/{self.company}/payments/{self.chance.choice(numbers)}")
        self.read_back()
        return True

    def read_back(self) -> None:
        from uku.integrations.fortnox.models import RunKind
        from uku.integrations.fortnox.work import requests

        requests.request_sync(self.connection, RunKind.PAYMENTS)

    def credit(self) -> bool:
        from tests.uku.integrations.fortnox.conftest import make_credit_note

        from uku.invoices.credit import NotCreditable

        if (invoice := self._any_issued()) is None:
            return False
        row = invoice.rows.get()
        part = None if self.chance.random() < 0.5 else str(row.quantity / 2)  # noqa: PLR2004
        try:
            make_credit_note(self.owner, invoice, part)
        except NotCreditable:
            return False
        return True

    def cancel(self) -> bool:
        from uku.invoices.cancel import NotCancellable, can_be_cancelled, cancel_invoice
        from uku.kit import clock

        invoice = self._any_issued(booked=False)
        if invoice is None or not can_be_cancelled(invoice):
            return False
        try:
            cancel_invoice(invoice=invoice, actor=self.owner, at=clock.now())
        except NotCancellable:
            return False
        return True

    def book(self) -> bool:
        from uku.integrations.fortnox.models import ExportState

        return self._retry(state=ExportState.CONFIRMED, booked=False, to_book=False, cancel_wanted_at=None)

    def retry(self) -> bool:
        """A person has what needs a decision looked for again."""
        from uku.integrations.fortnox.models import ExportState

        return self._retry(state__in=[ExportState.NEEDS_PERSON, ExportState.REJECTED])

    def _retry(self, **which: Any) -> bool:
        from uku.integrations.fortnox.invoices.retry import retry_export
        from uku.integrations.fortnox.models import InvoiceExport

        found = list(InvoiceExport.objects.filter(company_id=self.company, cancelled_at=None, **which).order_by("id"))
        if not found:
            return False
        retry_export(export=self.chance.choice(found), actor=self.owner)
        return True

    def choose_booking(self) -> bool:
        from uku.integrations.fortnox.connection.choices import choose_booking
        from uku.integrations.fortnox.models import Booking
        from uku.kit import clock

        choice = Booking.BY_HAND if self.chance.random() < 0.3 else Booking.AT_ONCE  # noqa: PLR2004
        workspace = self.connection.workspace
        choose_booking(workspace=workspace, choice=choice, actor=self.owner, at=clock.now())
        return True

    def _any_issued(self, **which: Any) -> Any:
        from uku.invoices.models import Invoice, State

        issued = Invoice.objects.filter(credits=None, state__in=[State.CREATED, State.PAID], **which).order_by("-id")
        newest = list(issued[:40])
        return self.chance.choice(newest) if newest else None

    def is_at_rest(self) -> bool:
        from tests.uku.integrations.fortnox.conftest import due_steps

        with self.scope():
            return due_steps(self.connection) == []

    def is_under_way(self) -> bool:
        """Say whether something is still to become clear, or to be made, booked or cancelled, by itself."""
        from django.db.models import Q

        from uku.integrations.fortnox.invoices.credit import is_ready
        from uku.integrations.fortnox.invoices.export import TO_BOOK
        from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport

        queued = Q(state=ExportState.QUEUED) & (Q(kind=ExportKind.CREATE) | is_ready())
        moving = queued | Q(state__in=[ExportState.SENDING, ExportState.UNCERTAIN]) | TO_BOOK
        wanted = Q(cancel_wanted_at__isnull=False)
        return InvoiceExport.everywhere.filter(moving | wanted, company_id=self.company).exists()

    def let_time_pass(self) -> None:
        """Move the stamps of what goes out back by twenty minutes, end rests, and wake the loop. No worker runs."""
        from datetime import timedelta

        from django.db.models import F

        from uku.integrations.fortnox.models import InvoiceExport, Pace, StepRest
        from uku.integrations.fortnox.work.due import wake
        from uku.kit import clock

        span = timedelta(minutes=20)
        theirs = InvoiceExport.everywhere.filter(company_id=self.company)
        theirs.update(sent_at=F("sent_at") - span, next_at=F("next_at") - span, lease_until=F("lease_until") - span)
        StepRest.everywhere.all().delete()
        Pace.objects.all().delete()
        wake(self.connection, at=clock.now())


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

    def run(self) -> bool:
        self.workers.start()
        await_all(self.firms, Firm.is_imported, seconds=120)
        self.fortnox.app.installation.faults = self.faults
        while self.done["issue"] < self.invoices:
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
            if self.done["issue"] >= self.invoices:
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
