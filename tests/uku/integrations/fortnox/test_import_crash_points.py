"""An import and its details, killed at every durable step in a real process and taken up again.

The process counts each commit and each side of each request (mortal.py); nobody lists the steps.
"""

from __future__ import annotations

from collections import Counter
from threading import Thread

import pytest
from tests.uku.integrations.fortnox.baseline import Moment
from tests.uku.integrations.fortnox.conftest import Mortal, changes_nothing, clear_queue, forks, let_rest, work_off
from tests.uku.integrations.fortnox.import_runs import (
    CUSTOMERS,
    HOURS,
    active_here,
    bring_in,
    lists,
    newest,
    rows_here,
    small_pages,
)
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS

from uku.clients.models import Client
from uku.integrations.fortnox.models import CustomerRecord, RequestedSync, RunState, SkippedRecord, SyncIssue, SyncRun
from uku.integrations.fortnox.work import requests

pytestmark = pytest.mark.process
ROWS = 3  # a page


@pytest.fixture
def killed_at_each_step(mortal, connection, fortnox, baseline, monkeypatch):
    """Kill the loop at each of its steps: before each life `begin`, after each death `judge` with its name."""
    small_pages(monkeypatch, ROWS)

    place = {"connection_id": connection.pk, "company_id": connection.company_id}
    order = {"do": "job", "name": "fortnox.work", "arguments": place}

    def go(begin, judge) -> list[str]:
        begin()
        clear_queue()
        begun, mark = Moment(fortnox, baseline.tables), fortnox.mark()
        steps = mortal.live(rows=ROWS, **order)
        clear_queue()
        judge(None, mark)
        for at, step in enumerate(steps):
            if changes_nothing(step):
                continue
            begun.put_back()
            mark = fortnox.mark()
            assert mortal.die(at, rows=ROWS, **order) == step
            clear_queue()
            judge(step, mark)
        return steps

    return go


def forget() -> None:
    """Nothing was ever imported here."""
    for model in (SkippedRecord, SyncIssue, CustomerRecord, Client, SyncRun):
        model.objects.all().delete()


def books(fortnox) -> None:
    """Eight customers: one rests, one cannot be read, two share a number."""
    for number in range(5):
        fortnox.customer(Name=f"Bolag {number} AB", TermsOfPayment="10")
    fortnox.customer(Name="Vilande AB", Active=False)
    poison = fortnox.customer(Name="Giftig AB")
    fortnox.change_customer(poison, Name={"not": "a text"})
    for name in ("Koncern AB", "Koncern filial AB"):
        fortnox.customer(Name=name, OrganisationNumber=NUMBERS[0])


def ask_for_import(connection, *, full: bool = False) -> None:
    """Ask for the customers, and for nothing else, as if nobody had asked before."""
    RequestedSync.objects.all().delete()
    let_rest(connection, "details")
    requests.request_sync(connection, CUSTOMERS, full=full)


def test_a_first_import_killed_at_any_step_ends_as_one_clean_run(killed_at_each_step, connection, fortnox, move_clock):
    """F50, F52: at most one page is read again, and what was stored stands"""
    books(fortnox)
    move_clock(seconds=3 * HOURS)
    before = fortnox.mark()
    bring_in(connection)
    clean, asked = rows_here(), len(fortnox.requests(before))
    assert newest().state == RunState.DONE

    def begin() -> None:
        forget()
        ask_for_import(connection)

    def judge(died: str | None, mark: int) -> None:
        bring_in(connection)
        assert newest().state == RunState.DONE, died
        assert rows_here() == clean, died
        assert SyncRun.objects.filter(state=RunState.RUNNING).count() == 0, died
        assert asked <= len(fortnox.requests(mark)) <= asked + 1, (died, lists(fortnox, mark))

    steps = killed_at_each_step(begin, judge)
    assert len(steps) >= 12, steps


def test_a_reload_killed_at_any_step_retires_nothing_by_halves(killed_at_each_step, connection, fortnox, baseline):
    """F50, F52, I21: whatever was unseen stays until one whole run has not seen it"""
    books(fortnox)
    bring_in(connection)
    before, arranged = rows_here(), Moment(fortnox, baseline.tables)
    gone, renamed, rests = sorted(active_here(), key=int)[:3]

    def change() -> None:
        fortnox.ask("DELETE", f"companies/{FIRST}/customers/{gone}")
        fortnox.change_customer(renamed, Name="Nytt namn AB")
        fortnox.change_customer(rests, Active=False)
        fortnox.customer(Name="Ny AB")

    change()
    for _ in range(2):
        bring_in(connection, full=True)
    clean = rows_here()
    assert clean != before

    def begin() -> None:
        arranged.put_back()
        change()
        ask_for_import(connection, full=True)

    def judge(died: str | None, mark: int) -> None:
        if died is not None:
            assert gone in active_here() or newest().stage == "changed", died  # all lists were read by then
        for _ in range(3):
            bring_in(connection, full=True)
        assert newest().state == RunState.DONE, died
        assert rows_here() == clean, died

    steps = killed_at_each_step(begin, judge)
    assert len(steps) >= 12, steps


def test_details_killed_at_any_step_are_each_read_and_none_more_than_twice(killed_at_each_step, connection, fortnox):
    """F52: a slice of details is stored with what they tell, so only the slice under way is read again"""
    books(fortnox)
    bring_in(connection)
    linked = set(CustomerRecord.objects.exclude(client=None).values_list("number", flat=True))

    def begin() -> None:
        let_rest(connection)
        CustomerRecord.objects.update(detail_read_at=None)
        Client.objects.update(payment_days=30)

    def judge(died: str | None, mark: int) -> None:
        requests.wake_for_details(connection)
        work_off()
        asked = [path for path in fortnox.requests(mark) if path.startswith("GET customers/")]
        assert {path.removeprefix("GET customers/") for path in asked} == linked, died
        assert max(Counter(asked).values()) <= 2, died
        assert CustomerRecord.objects.exclude(client=None).filter(detail_read_at=None).count() == 0, died
        assert Client.objects.filter(payment_days=10).count() == 5, died

    steps = killed_at_each_step(begin, judge)
    assert len(steps) >= 10, steps


@pytest.fixture
def another_mortal(environment, fortnox, tmp_path):
    with forks(environment, tmp_path / "another.log") as process:
        yield Mortal(process, fortnox.address)


@pytest.mark.parametrize("second", ["an import", "a full one"])
def test_two_imports_at_once_end_as_one(mortal, another_mortal, connection, fortnox, monkeypatch, move_clock, second):
    """F56, I24: whatever the interleaving, rows, clients and the log are those of one run after the other.

    No loop keeps the two apart here.
    """
    small_pages(monkeypatch, ROWS)
    books(fortnox)
    move_clock(seconds=3 * HOURS)  # one that begins when the other has ended finds nothing changed
    bring_in(connection)
    clean = rows_here()
    for _ in range(3):
        forget()
        clear_queue()
        lives = [
            Thread(target=one.live, kwargs={"do": "import", "rows": ROWS, "full": full})
            for one, full in ((mortal, False), (another_mortal, second == "a full one"))
        ]
        for life in lives:
            life.start()
        for life in lives:
            life.join()
        assert newest(CUSTOMERS).state == RunState.DONE
        assert SyncRun.objects.filter(state=RunState.RUNNING).count() == 0
        assert rows_here() == clean
        bring_in(connection, full=True)
        assert rows_here() == clean
