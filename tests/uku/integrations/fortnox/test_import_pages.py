"""Pages that move while an import reads them, lists of every length, and what each costs."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.import_runs import (
    ARTICLES,
    CUSTOMERS,
    HOURS,
    active_here,
    add,
    bring_in,
    change,
    delete,
    lists,
    meanwhile,
    skipped_records,
    small_pages,
)
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.clients.models import Client
from uku.integrations.fortnox.models import CustomerRecord, RunState

PAGE = 5


@pytest.fixture
def small(monkeypatch):
    """Pages of five rows."""
    small_pages(monkeypatch, PAGE)


@pytest.fixture
def twelve(small, fortnox, connection):
    """Twelve customers, three pages of them, and one that rests."""
    numbers = [fortnox.customer(Name=f"Bolag {number} AB") for number in range(12)]
    fortnox.customer(Name="Vilande AB", Active=False)
    return numbers


# F47: the books change between pages

MOVES = {
    "deleted": lambda numbers: ([delete(numbers[0])], numbers[1:]),
    "several deleted": lambda numbers: ([delete(number) for number in numbers[:4]], numbers[4:]),
    "deactivated": lambda numbers: ([change(numbers[2], Active=False)], [n for n in numbers if n != numbers[2]]),
    "inserted before": lambda numbers: ([add(CustomerNumber="00")], numbers),
    "inserted behind": lambda numbers: ([add(CustomerNumber="9000")], [*numbers, "9000"]),
    "renamed": lambda numbers: ([change(numbers[7], Name="Nytt namn AB")], numbers),
    "reactivated": lambda numbers: ([change("13", Active=True)], [*numbers, "13"]),
    "deleted, and two more came": lambda numbers: (
        [delete(numbers[0]), add(CustomerNumber="9000"), add(CustomerNumber="9001")],
        [*numbers[1:], "9000", "9001"],
    ),
}


@pytest.mark.parametrize("what", MOVES)
def test_what_exists_throughout_is_never_missed_though_the_pages_move(twelve, fortnox, connection, what):
    """F47: a stable order, rows that come twice are one, and the total is checked again at the end"""
    steps, there = MOVES[what](twelve)
    meanwhile(fortnox, 2, *steps, filter="active")
    run = bring_in(connection)
    assert run.state == RunState.DONE
    assert set(there) <= set(CustomerRecord.objects.values_list("number", flat=True))
    assert CustomerRecord.objects.count() == CustomerRecord.objects.values("number").distinct().count()
    bring_in(connection, full=True)
    assert sorted(active_here(), key=int) == sorted({*there, *fresh(fortnox)}, key=int)
    assert Client.objects.count() == CustomerRecord.objects.exclude(client=None).count()


def test_a_total_that_only_the_middle_page_tells_has_the_list_read_again(twelve, fortnox, connection):
    """F47: one goes before the second page and one comes before the third, so as many rows come as the first told"""
    meanwhile(fortnox, 2, delete(twelve[0]), filter="active")
    meanwhile(fortnox, 3, add(CustomerNumber="9000"), filter="active")
    before = fortnox.mark()
    assert bring_in(connection).state == RunState.DONE
    assert set(active_here()) == {*twelve, "9000"}
    pages = [("active", str(page)) for page in (1, 2, 3)]
    assert [each for each in lists(fortnox, before) if each[0] == "active"] == pages * 2


def fresh(fortnox) -> list[str]:
    """The active customers that are in the books now."""
    rows = fortnox.ask("GET", f"companies/{FIRST}/customers")
    return [row["CustomerNumber"] for row in rows if row.get("Active", True)]


def test_a_row_that_comes_on_two_pages_is_one_customer_and_one_client(twelve, fortnox, connection):
    """F47: an insertion before what was read pushes the last row of a page onto the next one"""
    meanwhile(fortnox, 2, add(CustomerNumber="00"), filter="active")
    bring_in(connection)
    assert CustomerRecord.objects.filter(number=twelve[4]).count() == 1
    assert Client.objects.filter(name="Bolag 4 AB").count() == 1


def test_a_renumbered_record_hides_none_that_is_known(twelve, fortnox, connection, move_clock):
    """F47, F50: one goes and one comes between two pages, so no total tells; what no list showed is asked for"""
    move_clock(seconds=3 * HOURS)
    bring_in(connection)
    move_clock(seconds=6 * HOURS)
    meanwhile(fortnox, 2, delete(twelve[0]), add(CustomerNumber="9000"), filter="active")
    before = fortnox.mark()
    run = bring_in(connection, full=True)
    assert (run.state, set(active_here())) == (RunState.DONE, {*twelve, "9000"})
    assert fortnox.requests(before).count(f"GET customers/{twelve[5]}") == 1
    bring_in(connection, full=True)
    assert set(active_here()) == {*twelve[1:], "9000"}


# F48: sizes


@pytest.mark.parametrize(
    ("kind", "count", "pages"),
    [
        *((CUSTOMERS, count, pages) for count, pages in ((0, 1), (1, 1), (499, 1), (500, 1), (501, 2), (1_000, 2))),
        *((ARTICLES, count, pages) for count, pages in ((0, 1), (1, 1), (499, 1), (500, 1), (501, 2), (1_000, 2))),
        (CUSTOMERS, 2_001, 5),
        (ARTICLES, 2_001, 5),
    ],
)
def test_every_size_arrives_completely_for_as_many_lists_as_computed(fortnox, connection, kind, count, pages):
    """F48: ⌈active / 500⌉ lists and one of the inactive ones, and nothing else is asked"""
    if count:
        fortnox.ask("POST", f"companies/{FIRST}/{kind}", count=count)
    before = fortnox.mark()
    run = bring_in(connection, kind)
    wanted = [("active", str(page)) for page in range(1, pages + 1)] + [("inactive", "1")]
    assert lists(fortnox, before, kind) == wanted
    assert fortnox.requests(before) == [f"GET {kind}"] * len(wanted)
    assert (run.state, run.counts.get("seen", 0), run.counts.get("imported", 0)) == (RunState.DONE, count, count)
    assert len(set(active_here(kind))) == count
    assert Client.objects.count() == (count if kind == CUSTOMERS else 0)


@pytest.mark.parametrize(("active", "inactive"), [(4, 4), (5, 5), (6, 6), (5, 11), (20, 0), (0, 10)])
def test_both_lists_are_read_to_their_end_whatever_their_lengths(small, fortnox, connection, active, inactive):
    """F48, with pages of five: each list ends by its count of pages, an empty one by its empty page"""
    for number in range(active + inactive):
        fortnox.customer(Name=f"Bolag {number} AB", Active=number < active)
    before = fortnox.mark()
    run = bring_in(connection)
    pages = {name: max(1, -(-count // PAGE)) for name, count in (("active", active), ("inactive", inactive))}
    assert lists(fortnox, before) == [(name, str(page)) for name in pages for page in range(1, pages[name] + 1)]
    assert (len(active_here()), len(skipped_records(run))) == (active, inactive)


# F49: inactive rows do not shorten a page


def test_a_page_full_of_inactive_changes_does_not_end_the_list(small, fortnox, connection, move_clock):
    """F49: the count of a page is taken before its rows are chosen"""
    numbers = [fortnox.customer(Name=f"Bolag {number} AB") for number in range(7)]
    bring_in(connection)
    move_clock(seconds=3 * HOURS)
    for number in numbers:
        fortnox.change_customer(number, Phone1="08-1", Active=number not in numbers[:5])
    before = fortnox.mark()
    run = bring_in(connection)
    assert lists(fortnox, before) == [("changed", "1"), ("changed", "2")]
    assert (run.state, active_here()) == (RunState.DONE, numbers[5:])
    assert set(Client.objects.filter(phone="08-1").values_list("name", flat=True)) >= {"Bolag 5 AB", "Bolag 6 AB"}
