"""A simulated Fortnox over HTTP, a workspace connected to it, and ways to work the queue off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from tests.uku.integrations.fortnox.baseline import Baseline, Tables
from tests.uku.integrations.fortnox.simulated import ANNA, FIRST, SECOND, Simulated, no_waiting, until

OUR_NUMBER = "402200-0014"  # as in `make_workspace`

OF_PROCESSES = {"UKU_TEST_CLOCK": "1", "UKU_LOG_LEVEL": "INFO", "DJANGO_SETTINGS_MODULE": "uku.settings"}

NEXT_JOB = """
    UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (
      SELECT id FROM procrastinate_jobs
      WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())
      ORDER BY priority DESC, id LIMIT 1)
    RETURNING id, task_name, args
"""


@pytest.fixture(scope="session")
def baseline(addresses):
    """What brings about a world that was made before."""
    with psycopg.connect(addresses.superuser, autocommit=True) as session:
        yield Baseline(Tables(session))


@pytest.fixture
def db(committed, baseline):
    """Everything here talks over HTTP or to other processes, so commits are real."""
    baseline.tables.restart_sequences()
    return committed


@pytest.fixture
def fortnox(settings):
    """The simulated Fortnox, with Uku pointed at it."""
    with Simulated() as simulated:
        places = {"fortnox_auth_url": simulated.address, "fortnox_api_url": simulated.address, "test_clock": True}
        settings.UKU = settings.UKU.model_copy(update=places)
        # The first company is the workspace's own, the second is somebody else's.
        simulated.ask("PATCH", f"companies/{FIRST}", OrganizationNumber=OUR_NUMBER)
        yield simulated


@pytest.fixture
def real_pace():
    """Asked for by tests that are about the pace: 210 ms between requests, as in service."""


@pytest.fixture(autouse=True)
def _hurried(request, monkeypatch):
    """Everywhere else the same row and the same SQL, with a short interval, and repeats at once."""
    if "real_pace" not in request.fixturenames:
        from uku.integrations.fortnox.client import rate_limit

        no_waiting(monkeypatch)
        monkeypatch.setattr(rate_limit, "_RESERVE", rate_limit._RESERVE.replace(rate_limit.INTERVAL, "1 millisecond"))


@pytest.fixture(autouse=True)
def _no_collected_files(settings):
    """Static files come from the finders; WhiteNoise warns of a folder that `collectstatic` never made."""
    settings.STATIC_ROOT = None


@pytest.fixture
def authorize(fortnox):
    """Enable, go to the consent page, approve, take the code in, and confirm the company if that is asked."""

    def go(workspace, user, *, company: str = FIRST, person: str = ANNA):
        from uku.integrations.fortnox.connection import authorize as connecting
        from uku.integrations.fortnox.connection import complete, confirm
        from uku.integrations.fortnox.models import PendingGrant
        from uku.kit import clock
        from uku.kit.scoping import workspace_in_force

        with workspace_in_force(workspace.pk):
            connecting.enable(workspace=workspace, actor=user, at=clock.now())
            url = connecting.begin_authorization(workspace=workspace, actor=user, session_key="session", at=clock.now())
            back = fortnox.consent(url, user=person, company=company)
            attempt = connecting.claim_state(
                state=back["state"], user_id=user.pk, session_key="session", at=clock.now()
            )
            made = complete.complete(attempt=attempt, code=back["code"], at=clock.now())
            if isinstance(made, PendingGrant):
                made = confirm.confirm(workspace=workspace, grant_id=made.pk, actor=user, at=clock.now())
            return made.connection

    return go


@pytest.fixture
def connection(scope, owner, authorize, fortnox, settings, baseline):
    """The workspace connected to the first company, its first import decided, its queue empty, its scope in force."""
    from uku.integrations.fortnox.models import Connection

    def connect() -> None:
        made = authorize(scope, owner)
        made.first_import_of = made.company_id
        made.save(update_fields=["first_import_of"])
        clear_queue()
        let_rest(made)

    baseline.bring_about(connect, fortnox=fortnox, settings=settings)
    owner.refresh_from_db()
    scope.refresh_from_db()
    return Connection.objects.get()


def let_rest(connection, *more: str) -> None:
    """Let everything that is due by itself wait for a cycle, and `more` steps, so that a test is about what it asks."""
    from uku.integrations.fortnox.models import StepRest
    from uku.integrations.fortnox.work.due import CYCLE
    from uku.kit import clock

    rest = {"workspace_id": connection.workspace_id, "until": clock.now() + CYCLE}
    for step in ("customers", "articles", "payments", "statistics", "comparison", "company", "review", *more):
        StepRest.everywhere.update_or_create(connection=connection, step=step, defaults=rest)


def end_rests() -> None:
    """Let everything run again that is due by itself."""
    from uku.integrations.fortnox.models import StepRest

    StepRest.everywhere.all().delete()


def lose_jobs() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")


def clear_queue() -> None:
    """Lose the jobs that wait, as if they had run and found nothing more to do for a cycle."""
    from django.db import connection

    from uku.integrations.fortnox.work.due import CYCLE
    from uku.kit import clock

    lose_jobs()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE fortnox_duework SET due_at = %s, real_due_at = NULL", [clock.now() + CYCLE])


def due_steps(connection) -> list[str]:
    """Return the names of the steps that a loop would find due now, sorted."""
    from uku.integrations.fortnox.work.loop import agenda, look
    from uku.integrations.fortnox.work.steps import STEPS

    row = look(STEPS).get(pk=connection.pk)
    return sorted(found.step.name for found in agenda(row, STEPS).due)


@pytest.fixture
def queue():
    """The names and arguments of the jobs that wait."""

    def waiting(name: str = ""):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
            return [(task, as_dict(args)) for task, args in cursor.fetchall() if name in task]

    return waiting


def as_dict(args):
    return json.loads(args) if isinstance(args, str) else args


@pytest.fixture
def run_jobs(db):
    """Work the queue off in this process: return the names of the jobs that ran."""
    return work_off


def work_off(*, at_most: int = 50) -> list[str]:
    from django.db import connection
    from procrastinate.contrib.django import app

    app.perform_import_paths()
    ran: list[str] = []
    while len(ran) < at_most:
        with connection.cursor() as cursor:
            cursor.execute(NEXT_JOB)
            row = cursor.fetchone()
        if row is None:
            return ran
        app.tasks[row[1]].func(**as_dict(row[2]))
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [row[0]])
        ran.append(row[1])
    raise AssertionError(f"the queue does not end: {ran}")


def read_details(connection) -> None:
    """Let the loop read the details that an import left due, as it does right after one."""
    from uku.integrations.fortnox.work import requests

    requests.wake_for_details(connection)
    work_off()


@pytest.fixture
def read(connection):
    """Run an import and all that is due after it, and nothing of the schedule; return its run."""
    from uku.integrations.fortnox.models import RunKind, SyncRun
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.integrations.fortnox.work.runs import run_sync

    def go(kind=RunKind.CUSTOMERS, **facts):
        run_sync(SyncRequest(connection, kind, **facts))
        let_rest(connection)
        read_details(connection)
        return SyncRun.objects.filter(kind=kind).order_by("-id").first()

    return go


@pytest.fixture
def environment(process_environment, fortnox, db):
    """What a process of ours needs to reach this test's database and Fortnox."""
    places = {"UKU_FORTNOX_AUTH_URL": fortnox.address, "UKU_FORTNOX_API_URL": fortnox.address}
    return {**process_environment, **places, **OF_PROCESSES}


@pytest.fixture
def processes(environment, tmp_path):
    """Start `python …` processes; what still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"process-{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def changes_nothing(step: str) -> bool:
    """Whether both sides are after a step what they were after the one before: killed here is killed there."""
    return step in {"commit fortnox_pace", "commit fortnox_duework"} or step.startswith("before GET")


@dataclass
class Mortal:
    """The process that forks a child for each order, and the product's lines that a child was killed at."""

    process: subprocess.Popen[str]
    fortnox: str
    """The address of this test's simulator; the process may be older."""
    killed_at: set[str] = field(default_factory=set)
    lines: list[list[str]] = field(default_factory=list)
    """Those of the last order that was done to its end, by step."""

    def live(self, **order: Any) -> list[str]:
        """Do an order to its end and return the steps it took."""
        lived = self._told(order)
        assert (lived["killed"], lived["status"]) == (False, 0), lived
        self.lines = list(lived["lines"])
        return list(lived["steps"])

    def die(self, at: int, **order: Any) -> str | None:
        """Do an order and be killed at a step; return its name, or None when the order has no such step."""
        lived = self._told({**order, "at": at})
        if not lived["killed"]:
            assert lived["status"] == 0, lived
            return None
        self.killed_at |= set(lived["lines"][-1])
        return str(lived["steps"][-1])

    def _told(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({**order, "fortnox": self.fortnox}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the process ended"
        return dict(json.loads(answer))


@contextmanager
def forks(environment, log):
    """Start the process that forks a child for each order."""
    arguments = [sys.executable, "-m", "tests.uku.integrations.fortnox.mortal"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with log.open("w") as lines, subprocess.Popen(arguments, env=environment, stderr=lines, **pipes) as process:
        yield process
        process.kill()


@pytest.fixture(scope="session")
def forking(addresses, tmp_path_factory):
    """The one process that forks the children of all tests here: to start it costs more than most of them do."""
    environment = {**os.environ, **OF_PROCESSES, "DATABASE_URL": addresses.app}
    with forks(environment, tmp_path_factory.mktemp("forking") / "mortal.log") as process:
        yield process


@pytest.fixture
def mortal(forking, fortnox, db):
    return Mortal(forking, fortnox.address)


ASK = """
import pathlib, sys, time
import django
from uku.kit.loading import loading_what_stays
with loading_what_stays():
    django.setup()
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.models import Connection
connection, place = Connection.everywhere.get(), pathlib.Path(sys.argv[1])
(place / f"ready-{sys.argv[2]}").touch()
while not (place / "go").exists():
    time.sleep(0.01)
with open_fortnox(connection) as fortnox:
    for _ in range(int(sys.argv[3])):
        fortnox.customers.count()
"""


@pytest.fixture
def ask_from(processes, tmp_path):
    """Send requests from several real processes that begin together; return when all have ended well."""

    def run(count: int, *, requests: int) -> None:
        running = [processes("-c", ASK, str(tmp_path), str(i), str(requests)) for i in range(count)]
        until(lambda: len(list(tmp_path.glob("ready-*"))) == count)
        (tmp_path / "go").touch()
        assert [process.wait(timeout=120) for process in running] == [0] * count

    return run


@pytest.fixture
def worker(processes):
    """A context in which a real worker runs."""

    @contextmanager
    def run():
        process = processes("-m", "uku", "worker")
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)

    return run


@pytest.fixture
def shop(fortnox, connection, owner, scope, settings, baseline):
    """One customer and one article, imported, and ways to issue an invoice to it and to push it."""
    from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, InvoiceExport, RunKind
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.integrations.fortnox.work.runs import run_sync

    def open_shop() -> None:
        fortnox.customer(OrganisationNumber="455000-0006", Email="post@bjork.example")
        fortnox.article()
        for kind in (RunKind.CUSTOMERS, RunKind.ARTICLES):
            run_sync(SyncRequest(connection, kind))
        clear_queue()

    baseline.bring_about(open_shop, fortnox=fortnox, settings=settings)
    customer = CustomerRecord.objects.get(company_id=FIRST).number
    article = ArticleRecord.objects.get(company_id=FIRST).number
    return SimpleNamespace(
        customer=customer,
        article=article,
        owner=owner,
        connection=connection,
        client=CustomerRecord.objects.get(number=customer, company_id=FIRST).client,
        article_record=ArticleRecord.objects.get(number=article),
        draft=lambda **facts: make_draft(
            owner, CustomerRecord.objects.get(number=customer, company_id=FIRST).client, article, **facts
        ),
        issue=lambda **facts: issue(
            owner, CustomerRecord.objects.get(number=customer, company_id=FIRST).client, article, **facts
        ),
        issue_old=lambda **facts: send_although_old(
            issue(owner, CustomerRecord.objects.get(number=customer, company_id=FIRST).client, article, **facts)
        ),
        export_of=lambda invoice: InvoiceExport.objects.get(invoice=invoice),
    )


def bill_in_euros(fortnox, shop) -> None:
    """Let the shop's client be billed in euros, at 11.25 kronor."""
    from uku.workspaces.models import Workspace

    fortnox.set_company(currencies={"EUR": "11.25"})
    Workspace.objects.update(iban="SE4550000000058398257466")
    shop.client.currency = "EUR"
    shop.client.save()


@pytest.fixture
def desk(shop, signed_in, scope, run_jobs, authorize, fortnox):
    """What the owner does in the browser, and what befalls the connection."""
    from tests.uku.web.page_reader import Page

    from uku.integrations.fortnox.connection import authorize as connecting
    from uku.integrations.fortnox.connection import disconnect
    from uku.integrations.fortnox.models import Connection, CustomerRecord, InvoiceExport, RunKind
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.integrations.fortnox.work.runs import run_sync
    from uku.invoices.models import Invoice
    from uku.kit import clock

    with fortnox.app.installation.lock:
        for company in (FIRST, SECOND):
            fortnox.app.installation.company(company).set_counter("invoices", 1)
    browser = signed_in(shop.owner)
    home = f"/w/{scope.slug}"

    def show(invoice):
        return Page(browser.get(f"{home}/billing/{invoice.pk}/", follow=True).content.decode())

    def says(invoice, words: str) -> bool:
        return words in browser.get(f"{home}/billing/{invoice.pk}/", follow=True).content.decode()

    def issue(draft=None, **posted):
        draft = draft or shop.draft()
        answer = browser.post(f"{home}/billing/{draft.pk}/issue/", posted)
        assert answer.status_code == 302
        return Invoice.objects.get(pk=draft.pk)

    def send(invoice) -> str:
        """Go by the button on the invoice page, through the page that names the consequence."""
        address = f"{home}/settings/fortnox/invoices/{invoice.pk}/send/"
        assert address in show(invoice).values("a", "href")
        page = browser.get(address)
        assert page.status_code == 200
        assert browser.post(address).status_code == 302
        run_jobs()
        return page.content.decode()

    def retry(invoice) -> None:
        export = InvoiceExport.objects.get(invoice=invoice)
        assert browser.post(f"{home}/settings/fortnox/pushes/{export.pk}/retry/").status_code == 302
        run_jobs()

    def connect_other() -> None:
        authorize(scope, shop.owner, company=SECOND)
        Connection.objects.update(first_import_of=SECOND)
        clear_queue()
        fortnox.customer(SECOND, OrganisationNumber="455000-0006", Email="post@bjork.example")
        fortnox.article(SECOND, ArticleNumber=shop.article)
        for kind in (RunKind.CUSTOMERS, RunKind.ARTICLES):
            run_sync(SyncRequest(Connection.objects.get(), kind))
        CustomerRecord.objects.filter(company_id=SECOND).update(client=shop.client)
        clear_queue()

    by = {"workspace": scope, "actor": shop.owner}
    return SimpleNamespace(
        show=show,
        says=says,
        issue=issue,
        send=send,
        retry=retry,
        list=lambda: Page(browser.get(f"{home}/billing/").content.decode()),
        enable=lambda: connecting.enable(**by, at=clock.now()),
        disable=lambda: connecting.disable(**by, at=clock.now()),
        disconnect=lambda: disconnect.disconnect(**by, at=clock.now()),
        connect=lambda company=FIRST: authorize(scope, shop.owner, company=company),
        connect_other=connect_other,
        work=run_jobs,
        browser=browser,
        home=home,
    )


def make_draft(owner, client, article, *, price="950.00", quantity="2", rate="25", on=None, text="Bokföring"):
    from uku.integrations.fortnox.connection.company import connected_company
    from uku.invoices.drafts import DraftHead, RowFacts, create_draft
    from uku.kit import clock

    company = connected_company() or FIRST
    row = RowFacts(text, Decimal(quantity), Decimal(price), Decimal(rate), "h", article, article_company=company)
    day = on or clock.today("Europe/Stockholm")
    return create_draft(actor=owner, at=clock.now(), head=DraftHead(client, day), rows=[row])


def send_although_old(invoice):
    """Say by hand that an invoice goes out whose date would hold it; return it."""
    from uku.integrations.fortnox.models import ExportState, InvoiceExport
    from uku.integrations.fortnox.work.requests import wake_for_export
    from uku.kit import clock

    export = InvoiceExport.objects.get(invoice=invoice)
    export.state, export.hold, export.sent_by_hand_at = ExportState.QUEUED, "", clock.now()
    export.save()
    wake_for_export(export)
    return invoice


def issue(owner, client, article, *, numbering="accounting", **facts):
    from uku.integrations.fortnox.models import Connection
    from uku.invoices.operations import issue_invoice
    from uku.kit import clock

    draft = make_draft(owner, client, article, **facts)
    ledger = Connection.objects.get().company_id if numbering == "accounting" else ""
    return issue_invoice(invoice=draft, actor=owner, at=clock.now(), numbering=numbering, ledger=ledger)


def make_credit_note(owner, invoice, quantity=None, *, ledger=None, notes_seen=None):
    """Credit what is left of an invoice, or a quantity of each row."""
    from uku.integrations.registry import ledger_of
    from uku.invoices.credit import credit_invoice
    from uku.invoices.credit_totals import left_to_credit
    from uku.invoices.models import Invoice
    from uku.kit import clock

    left = left_to_credit(invoice)
    return credit_invoice(
        invoice=Invoice.objects.get(pk=invoice.pk),
        actor=owner,
        at=clock.now(),
        on=clock.today("Europe/Stockholm"),
        ledger=ledger_of(invoice) if ledger is None else ledger,
        quantities=left if quantity is None else dict.fromkeys(left, Decimal(quantity)),
        notes_seen=invoice.credit_notes.count() if notes_seen is None else notes_seen,
    )


@pytest.fixture
def later():
    """Let time have passed for pushes, by moving their stamps back: no test waits for minutes."""

    def move(export, *, seconds: float) -> None:
        from uku.integrations.fortnox.models import InvoiceExport

        row = InvoiceExport.everywhere.get(pk=export.pk)
        span = timedelta(seconds=seconds)
        moved = {
            name: getattr(row, name) and getattr(row, name) - span for name in ("sent_at", "next_at", "lease_until")
        }
        InvoiceExport.everywhere.filter(pk=export.pk).update(**moved)

    return move


@pytest.fixture
def move_clock(fortnox):
    """Move business time on both sides."""

    def move(*, seconds: int) -> None:
        from uku.kit import clock

        clock.move(seconds=seconds)
        wanted = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        fortnox.ask("POST", "clock", set=wanted)

    return move


__all__ = ["until"]
