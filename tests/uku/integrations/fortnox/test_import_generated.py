"""I20 to I23 and I25 for whole histories: the books change between pages, pages fail, and every run keeps its promises.

Each history is a few imports. Before a page of an import somebody changes one record, or the page fails as long as the
client tries. The model is the simulated Fortnox itself, before and after a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.uku.integrations.fortnox.histories import histories
from tests.uku.integrations.fortnox.import_runs import (
    HOURS,
    active_here,
    add,
    books,
    bring_in,
    change,
    delete,
    rows_here,
    skipped_records,
    small_pages,
)
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS

from uku.clients.models import Client
from uku.integrations.fortnox.models import CustomerRecord, RunState, SkippedRecord, SyncIssue, SyncRun

POISON = {"not": "a text"}
AT_FIRST = 9

OPERATIONS = ("insert low", "insert high", "delete", "rename", "deactivate", "reactivate", "identity", "poison", "heal")
operations = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 30))
before_pages = st.dictionaries(
    st.tuples(st.sampled_from(["active", "inactive", "changed"]), st.integers(1, 4)), operations
)
broken_pages = st.none() | st.tuples(st.sampled_from(["active", "inactive", "changed"]), st.integers(1, 3))


@dataclass(frozen=True)
class Step:
    """One import: whether it is a full one, what changes before it and between its pages, and the page that fails."""

    full: bool
    first: list[tuple[str, int]]
    moves: dict[tuple[str, int], tuple[str, int]]
    broken: tuple[str, int] | None


steps = st.builds(
    Step, full=st.booleans(), first=st.lists(operations, max_size=2), moves=before_pages, broken=broken_pages
)


@dataclass
class World:
    """The simulated books of one history, and what the last look at ours was."""

    fortnox: Any
    names: int = 0
    hours: int = 0

    def clear(self) -> None:
        """Begin a history: nine active customers, three that rest; nothing here."""
        self.fortnox.heal()
        with self.fortnox.app.installation.lock:
            company = self.fortnox.app.installation.company(FIRST)
            for number in list(company.table("customers").rows):
                self.fortnox.app.installation.store.put(f"{FIRST}/customers", number, None)
            self.fortnox.app.installation.store.commit([])
        for model in (SkippedRecord, SyncIssue, CustomerRecord, Client, SyncRun):
            model.objects.all().delete()
        for number in range(100, 100 + AT_FIRST + 3):
            self.fortnox.customer(CustomerNumber=str(number), Name=f"Bolag {number} AB", Active=number < 100 + AT_FIRST)

    def let_pass(self, move_clock: Any) -> None:
        """Let three hours pass, so that a run finds what changed since the last one and nothing older."""
        self.hours += 3
        move_clock(seconds=self.hours * HOURS)

    def rows(self) -> dict[str, dict[str, Any]]:
        found = self.fortnox.ask("GET", f"companies/{FIRST}/customers")
        return {row["CustomerNumber"]: row for row in found}

    def step_of(self, operation: tuple[str, int]) -> dict[str, Any]:
        """The control request of an operation, on the record that its figure falls on."""
        what, at = operation
        self.names += 1
        if what.startswith("insert"):
            number = str(99 - self.names % 90) if what == "insert low" else str(1_000 + self.names)
            return add(CustomerNumber=number, Name=f"Nytt bolag {self.names} AB")
        number = sorted(self.rows(), key=int)[at % len(self.rows())]
        return {
            "delete": delete(number),
            "rename": change(number, Name=f"Omdöpt {self.names} AB"),
            "deactivate": change(number, Active=False),
            "reactivate": change(number, Active=True),
            "identity": change(number, OrganisationNumber=NUMBERS[self.names % len(NUMBERS)]),
            "poison": change(number, Name=POISON),
            "heal": change(number, Name=f"Läkt {self.names} AB"),
        }[what]

    def now(self, operation: tuple[str, int]) -> None:
        """Carry an operation out at once."""
        step = self.step_of(operation)
        if step["method"] == "POST" and step["body"]["CustomerNumber"] in self.rows():
            return
        self.fortnox.ask(step["method"], step["path"].removeprefix("/_sim/"), **step.get("body", {}))

    def before(self, place: tuple[str, int], operation: tuple[str, int]) -> None:
        """Carry an operation out just before a page is answered."""
        name, page = place
        query = {"page": page, **({} if name == "changed" else {"filter": name})}
        step = self.step_of(operation)
        if step["path"] == books("customers") and step["body"]["CustomerNumber"] in self.rows():
            return
        self.fortnox.fault(path="/3/customers", query=query, action="mutate", do=[step])


def readable(row: dict[str, Any]) -> bool:
    return isinstance(row["Name"], str)


def alive(rows: dict[str, dict[str, Any]]) -> set[str]:
    return {number for number, row in rows.items() if row.get("Active", True)}


@pytest.fixture
def world(fortnox, connection, monkeypatch):
    small_pages(monkeypatch, 4)
    return World(fortnox)


@pytest.mark.history
@histories(15)
@given(history=st.lists(steps, min_size=1, max_size=3))
def test_every_history_of_imports_keeps_its_promises(world, connection, move_clock, history):
    """I20, I21, I22, I23, I25"""
    world.clear()
    for step in history:
        world.let_pass(move_clock)
        for operation in step.first:
            world.now(operation)
        live_through(world, connection, step)
    world.let_pass(move_clock)
    settle(world, connection)


def live_through(world: World, connection: Any, step: Step) -> None:
    """One import of a history, and its promises."""
    before, active, ids = world.rows(), set(active_here()), known_ids()
    done = last_done()
    for place, operation in step.moves.items():
        world.before(place, operation)
    if step.broken is not None:
        name, page = step.broken
        query = {"page": page, **({} if name == "changed" else {"filter": name})}
        world.fortnox.fault(path="/3/customers", query=query, action="status", status=500, times=3, nth=1)
    run = bring_in(connection, full=step.full)
    world.fortnox.heal()
    after = world.rows()
    throughout = {number for number in before if before[number] == after.get(number)}
    one_row_each(ids)
    if run.state == RunState.DONE:
        complete(run, after, throughout)
    else:
        assert last_done() == done  # I21: no watermark has moved
        assert active & alive(before) & alive(after) <= set(active_here())  # and nothing was retired


def complete(run: SyncRun, after: dict[str, dict[str, Any]], throughout: set[str]) -> None:
    """I20 and I25: what was there all the time is here as it was, but for the rejects, which are listed."""
    listed = {number for number, _ in skipped_records(run)}
    here = set(active_here())
    for number in throughout:
        row = after[number]
        if readable(row) and number in alive(after):
            assert number in here, (number, run.counts)
        if run.full and number not in alive(after):
            assert number not in here
        if run.full and not (readable(row) and number in alive(after)):
            assert number in listed, (number, run.counts)
    gone = here - set(after)
    if run.full and not run.interruptions and not run.lists_disagreed:
        assert {number for number in gone if number not in throughout} <= moved_away(run)


def moved_away(run: SyncRun) -> set[str]:
    """What was seen in the run's own pages and deleted behind its back stays until the next run."""
    seen = CustomerRecord.objects.filter(seen_at__gte=run.started_at, active=True)
    return set(seen.values_list("number", flat=True))


def known_ids() -> dict[str, int]:
    return dict(CustomerRecord.objects.values_list("number", "pk"))


def one_row_each(before: dict[str, int]) -> None:
    """I23: one row a number, with the id that it always had; a client belongs to one customer."""
    now = known_ids()
    assert CustomerRecord.objects.count() == len(now)
    assert {number: now[number] for number in before} == before
    linked = list(CustomerRecord.objects.exclude(client=None).values_list("client", flat=True))
    assert len(linked) == len(set(linked))


def last_done() -> int | None:
    found = SyncRun.objects.filter(state=RunState.DONE).order_by("-id").first()
    return found and found.pk


def settle(world: World, connection: Any) -> None:
    """When nothing fails any more: one whole run makes all true, and the next one changes nothing (I20, I22)."""
    for _ in range(3):
        run = bring_in(connection, full=True)
    rows = world.rows()
    unread = {number for number in alive(rows) if not readable(rows[number])}
    assert run.state == RunState.DONE
    assert set(active_here()) - unread == alive(rows) - unread
    assert {number for number, _ in skipped_records(run)} == unread | (set(rows) - alive(rows))
    unsolved = set(SyncIssue.objects.filter(solved_at=None).exclude(digest="").values_list("number", flat=True))
    assert unsolved == {number for number, row in rows.items() if not readable(row)}
    before, ids = rows_here(), known_ids()
    bring_in(connection, full=True)
    assert (rows_here(), known_ids()) == (before, ids)
    bring_in(connection)
    assert (rows_here(), known_ids()) == (before, ids)
