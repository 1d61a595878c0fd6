"""Pages that fail or lie while an import reads them: what is kept, retired and told."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest
from django.db import DatabaseError
from tests.uku.integrations.fortnox.import_runs import (
    CUSTOMERS,
    HOURS,
    active_here,
    bring_in,
    lists,
    skipped_records,
    small_pages,
)
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.clients.models import Client
from uku.integrations.fortnox.models import Connection, CustomerRecord, RunState, SyncIssue, SyncRun

PAGE = 5


@pytest.fixture
def small(monkeypatch):
    small_pages(monkeypatch, PAGE)


@pytest.fixture
def twelve(small, fortnox, connection):
    """Twelve customers, three pages of them, and one that rests."""
    numbers = [fortnox.customer(Name=f"Bolag {number} AB") for number in range(12)]
    fortnox.customer(Name="Vilande AB", Active=False)
    return numbers


# F50 and F53: runs that do not get through


def test_a_run_that_dies_on_a_page_and_is_resumed_retires_nothing(twelve, fortnox, connection):
    """F50, I21: what is unseen is retired after one complete pass by one uninterrupted run only"""
    bring_in(connection)
    fortnox.ask("DELETE", f"companies/{FIRST}/customers/{twelve[-1]}")
    fault = {"query": {"page": 2, "filter": "active"}, "action": "status", "status": 500, "times": 3}
    fortnox.fault(path="/3/customers", **fault)
    dead = bring_in(connection, full=True)
    assert (dead.state, dead.page, active_here()) == (RunState.RUNNING, 1, twelve)
    resumed = bring_in(connection, full=True)
    assert (resumed.pk, resumed.state, active_here()) == (dead.pk, RunState.DONE, twelve)
    whole = bring_in(connection, full=True)
    assert (whole.state, active_here()) == (RunState.DONE, twelve[:-1])


def test_a_page_that_always_fails_ends_the_run_with_its_number_and_blocks_nothing(twelve, fortnox, connection):
    """F53, I21: bounded tries, the page named, the earlier pages kept, nothing retired, the next run works"""
    fault = fortnox.fault(path="/3/customers", query={"page": 3}, action="status", status=500, times=10_000)
    runs = [bring_in(connection) for _ in range(6)]
    assert {run.pk for run in runs} == {runs[0].pk}
    assert (runs[-1].state, active_here()) == (RunState.STOPPED, twelve[:10])
    assert "page 3" in told(runs[-1])
    assert fortnox.struck(fault) <= 6 * 3
    assert SyncIssue.objects.filter(kind="customers", solved_at=None).count() == 1
    fortnox.heal()
    healed = bring_in(connection)
    assert (healed.pk != runs[0].pk, healed.state, active_here()) == (True, RunState.DONE, twelve)
    assert SyncIssue.objects.filter(solved_at=None).count() == 0


def told(run: SyncRun) -> str:
    """What the run log says of how a run ended."""
    return run.text


def test_a_stopped_run_moves_no_watermark(twelve, fortnox, connection, move_clock):
    """F53, I21: the next run begins where the last complete one allows"""
    done = bring_in(connection)
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(twelve[0], Name="Ändrad AB")
    fault = fortnox.fault(path="/3/customers", action="status", status=500, times=10_000)
    for _ in range(7):
        stopped = bring_in(connection)
    assert fortnox.struck(fault) >= 6
    assert stopped.state in {RunState.STOPPED, RunState.RUNNING}
    fortnox.heal()
    move_clock(seconds=9 * HOURS)
    for _ in range(2):
        later = bring_in(connection)
    assert later.state == RunState.DONE
    assert CustomerRecord.objects.get(number=twelve[0]).name == "Ändrad AB"
    assert SyncRun.objects.filter(state=RunState.DONE).first().pk == done.pk


# F52: rows and place together


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_commit_that_fails_moves_neither_rows_nor_place(twelve, fortnox, connection, addresses, page):
    """F52: watermark and rows commit together; afterwards the page is read again"""
    with no_commit_of(page, addresses.superuser), pytest.raises(DatabaseError, match="no commit today"):
        bring_in(connection)
    run = SyncRun.objects.get(kind=CUSTOMERS)
    assert (run.state, run.page, len(active_here())) == (RunState.RUNNING, page - 1, PAGE * (page - 1))
    before = fortnox.mark()
    assert bring_in(connection).state == RunState.DONE
    assert lists(fortnox, before)[0] == ("active", str(page))
    assert active_here() == twelve
    assert Client.objects.count() == 12


@contextmanager
def no_commit_of(page: int, superuser: str):
    """Let the commit fail that would store a page of a run."""
    refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no commit today'; END $$"
    with psycopg.connect(superuser, autocommit=True) as session:
        session.execute(refuse)
        session.execute(
            "CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON fortnox_run DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
            f" WHEN (new.page = {page} AND old.page < {page}) EXECUTE FUNCTION refuse()"
        )
        try:
            yield
        finally:
            session.execute("DROP FUNCTION refuse CASCADE")


# F55, B30 to B33: answers that are no page

NO_PAGES = {
    "null": {"action": "status", "status": 200, "body": "null"},
    "a list": {"action": "status", "status": 200, "body": "[]"},
    "a text": {"action": "status", "status": 200, "body": '"x"'},
    "a number": {"action": "status", "status": 200, "body": "17"},
    "nothing": {"action": "status", "status": 200, "body": ""},
    "HTML": {"action": "html", "status": 200},
    "one record's wrapper": {"action": "status", "status": 200, "body": '{"Customer": {"CustomerNumber": "1"}}'},
    "another case": {"action": "status", "status": 200, "body": '{"customers": []}'},
    "no list inside": {"action": "rewrite", "set": {"Customers": None}},
    "a key twice": {"action": "rewrite", "raw": {"Customers": '[{"CustomerNumber":"1","CustomerNumber":"2"}]'}},
    "not a number": {"action": "rewrite", "raw": {"Customers": '[{"CustomerNumber":"1","Name":NaN}]'}},
    "an error under 200": {
        "action": "status",
        "status": 200,
        "body": '{"ErrorInformation":{"error":1,"message":"Ett fel","code":1000003}}',
    },
    "another page's number": {"action": "rewrite", "meta": {"@CurrentPage": 1}},
    "a bomb": {"action": "bomb", "megabytes": 50},
    "half a page": {"action": "truncate"},
}


@pytest.mark.parametrize("what", NO_PAGES)
def test_an_answer_that_is_no_page_stores_nothing_retires_nothing_and_is_read_again(twelve, fortnox, connection, what):
    """F55, B30, B31, B32, B33, B47: the run stands, its earlier pages are kept, tokens and rows are untouched"""
    bring_in(connection)
    fortnox.ask("DELETE", f"companies/{FIRST}/customers/{twelve[0]}")
    late = fortnox.customer(Name="Ny AB", CustomerNumber="9000")
    before, tokens = fortnox.mark(), Connection.objects.values_list("sealed_tokens", "generation").get()
    fortnox.fault(path="/3/customers", query={"page": 2, "filter": "active"}, times=10_000, **NO_PAGES[what])
    for _ in range(6):
        run = bring_in(connection, full=True)
    assert run.state == RunState.STOPPED
    assert "page 2" in told(run)
    assert active_here() == twelve  # nothing retired, nothing of the page stored
    assert len(lists(fortnox, before)) <= 1 + 6 * 3
    assert (fortnox.refreshes(before), fortnox.mints(before)) == (0, [])
    assert Connection.objects.values_list("sealed_tokens", "generation").get() == tokens
    fortnox.heal()
    healed = bring_in(connection, full=True)
    assert (healed.state, active_here()) == (RunState.DONE, [*twelve[1:], late])


def test_keys_that_nobody_knows_do_no_harm(small, fortnox, connection):
    """B31: the wrapper is required, what is unknown inside is left alone"""
    row = {"CustomerNumber": "1", "Name": "Ek AB", "Moon": {"Phase": 1}, "Name2": [1, 2]}
    fortnox.customer(CustomerNumber="1")
    fortnox.fault(path="/3/customers", action="rewrite", rows={"0": row}, set={"Extra": {"a": 1}})
    run = bring_in(connection)
    assert (run.state, CustomerRecord.objects.get().name, skipped_records(run)) == (RunState.DONE, "Ek AB", [])


def test_the_same_page_twice_ends_the_run_and_the_next_one_is_not_blocked(twelve, fortnox, connection):
    """F55: a repeated page is a loop, and nothing is retired"""
    bring_in(connection)
    fortnox.ask("DELETE", f"companies/{FIRST}/customers/{twelve[-1]}")
    first = [{"CustomerNumber": number, "Name": "Ek AB"} for number in twelve[:5]]
    for page in (1, 2):
        fault = {"query": {"page": page, "filter": "active"}, "action": "rewrite", "set": {"Customers": first}}
        fortnox.fault(path="/3/customers", times=10_000, **fault)
    before = fortnox.mark()
    for _ in range(6):
        run = bring_in(connection, full=True)
    assert (run.state, active_here()) == (RunState.STOPPED, twelve)
    assert len(lists(fortnox, before)) <= 1 + 6 * 3
    fortnox.heal()
    assert bring_in(connection, full=True).state == RunState.DONE


@pytest.mark.parametrize("gone", [["MetaInformation"], []])
def test_without_totals_the_list_ends_with_a_short_page(twelve, fortnox, connection, gone):
    """F55: MetaInformation is missing, or says nonsense"""
    wrong = {} if gone else {"@TotalPages": "x", "@TotalResources": -1}
    fortnox.fault(path="/3/customers", action="rewrite", times=10_000, remove=gone, meta=wrong)
    before = fortnox.mark()
    bring_in(connection)
    assert active_here() == twelve
    assert lists(fortnox, before)[:4] == [("active", "1"), ("active", "2"), ("active", "3"), ("inactive", "1")]
    fortnox.ask("DELETE", f"companies/{FIRST}/customers/{twelve[-1]}")
    assert (bring_in(connection, full=True).state, active_here()) == (RunState.DONE, twelve)  # nothing counts as gone
    fortnox.heal()
    assert (bring_in(connection, full=True).state, active_here()) == (RunState.DONE, twelve[:-1])


def test_a_number_of_pages_that_grows_and_shrinks_is_followed(twelve, fortnox, connection):
    """F55: the number of pages changes on the way"""
    fortnox.fault(path="/3/customers", query={"page": 1, "filter": "active"}, action="rewrite", meta={"@TotalPages": 9})
    run = bring_in(connection)
    assert (run.state, active_here()) == (RunState.DONE, twelve)


# B45: the total does not fit the rows


@pytest.mark.parametrize("total", [13, 11])
def test_a_total_that_does_not_fit_is_read_once_more_and_then_told(twelve, fortnox, connection, total):
    """B45: repeated once, then reported; nothing is retired by a run that cannot be right"""
    bring_in(connection)
    fortnox.ask("DELETE", f"companies/{FIRST}/customers/{twelve[-1]}")
    lie = fortnox.fault(
        path="/3/customers",
        query={"filter": "active"},
        action="rewrite",
        times=10_000,
        meta={"@TotalResources": total - 1, "@TotalPages": 3},
    )
    before = fortnox.mark()
    run = bring_in(connection, full=True)
    assert (run.state, active_here()) == (RunState.STOPPED, twelve)
    assert [place for place in lists(fortnox, before) if place[0] == "active"] == [
        ("active", str(page)) for _ in range(2) for page in (1, 2, 3)
    ]
    assert fortnox.struck(lie) == 6
    assert run.text != ""
    fortnox.heal()
    assert (bring_in(connection, full=True).state, active_here()) == (RunState.DONE, twelve[:-1])


@pytest.mark.parametrize("total", [-1, "many", None, 1.5])
def test_a_total_that_is_none_is_no_total(twelve, fortnox, connection, total):
    """B45: a negative number or a text says nothing; pages and their ends still do"""
    fortnox.fault(path="/3/customers", action="rewrite", times=10_000, raw={}, meta={"@TotalResources": str_or(total)})
    run = bring_in(connection)
    assert (run.state, active_here()) == (RunState.DONE, twelve)


def str_or(value):
    return str(value) if isinstance(value, float) else value


# B46: addresses in answers


def test_neither_a_redirect_nor_an_address_in_a_record_is_followed(fortnox, connection, elsewhere):
    """B46: tokens go to Fortnox alone, whatever an answer says"""
    fortnox.customers(2)
    number = fortnox.customer(CustomerNumber="77")
    row = {"@url": f"{elsewhere.address}/3/customers/77", "CustomerNumber": "77", "Name": "Ek AB"}
    fortnox.fault(path="/3/customers", query={"filter": "active"}, action="rewrite", rows={"2": row})
    bring_in(connection)
    assert number in active_here()
    headers = {"Location": f"{elsewhere.address}/3/customers"}
    fortnox.fault(path="/3/customers", status=302, headers=headers, times=10_000)
    for _ in range(6):
        run = bring_in(connection, full=True)
    assert (run.state, len(active_here()), elsewhere.calls) == (RunState.STOPPED, 3, [])


@pytest.fixture
def elsewhere():
    """Somebody else's address on this machine, and who called there."""
    import socket
    import threading
    from types import SimpleNamespace

    server = socket.create_server(("127.0.0.1", 0))
    found = SimpleNamespace(address=f"http://127.0.0.1:{server.getsockname()[1]}", calls=[])

    def listen() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            found.calls.append(caller.recv(10_000))
            caller.close()

    thread = threading.Thread(target=listen)
    thread.start()
    yield found
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()
