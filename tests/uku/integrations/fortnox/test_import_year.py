"""F51: a year of changes, both changes of the clock in it, at moments that are awkward for stamps without a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from tests.uku.integrations.fortnox.import_runs import bring_in, change
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.models import CustomerRecord, RunState
from uku.integrations.fortnox.sync.sync_run import with_overlap

SWEDEN = ZoneInfo("Europe/Stockholm")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def turns(start: datetime) -> list[datetime]:
    """The hours, in UTC, at which Sweden's clock is changed within a year."""
    hours = [start.replace(minute=0, second=0, microsecond=0) + n * HOUR for n in range(366 * 24)]
    return [late for early, late in pairwise(hours) if offset(early) != offset(late)]


def offset(moment: datetime) -> timedelta | None:
    return moment.astimezone(SWEDEN).utcoffset()


def plan(start: datetime) -> list[tuple[datetime, str]]:
    """Changes and runs: every 20 minutes around each turn of the clock, and at odd times all year."""
    rng, events = Random(51), []
    for turn in turns(start):
        moment = turn - 3 * HOUR
        while moment < turn + 4 * HOUR:
            events += [(moment, "change"), (moment + rng.choice([0, 59, 61, 400]) * timedelta(seconds=1), "run")]
            moment += 20 * MINUTE
        events.append((turn + 26 * HOUR, "run"))
    moment = start + HOUR
    while moment < start + 365 * DAY:
        moment += rng.randrange(1, 12 * 24 * 3600) * timedelta(seconds=1)
        events += [(moment, "change"), (moment + rng.choice([0, 1, 58, 900, 90_000]) * timedelta(seconds=1), "run")]
    return sorted(events, key=lambda event: event[0])


def test_the_year_holds_a_spring_and_an_autumn():
    """F51: the hour that is missing and the hour that happens twice"""
    start = datetime.now(UTC)
    changes = {offset(turn) for turn in turns(start)}
    assert len(turns(start)) == len(changes) == 2


@pytest.mark.history
@pytest.mark.parametrize("minutes", [False, True])
def test_no_change_of_a_year_is_missed(fortnox, connection, move_clock, minutes):
    """F51: inclusive, with overlap, whether Fortnox's stamps know seconds or minutes only; some runs fail on the way"""
    fortnox.switch(lastmodified_minutes=minutes)
    numbers = [fortnox.customer(Name=f"Bolag {number} AB") for number in range(3)]
    bring_in(connection)
    start, real = datetime.now(UTC), Random(7)
    wanted: dict[str, str] = {}
    for count, (moment, what) in enumerate(plan(start)):
        move_clock(seconds=int((moment - datetime.now(UTC)).total_seconds()))
        if what == "change":
            number = real.choice(numbers)
            wanted[number] = f"Namn {count} AB"
            fortnox.change_customer(number, Name=wanted[number])
            continue
        if count % 11 == 0:
            fortnox.fault(path="/3/customers", action="status", status=500, times=3)
            assert bring_in(connection).state == RunState.RUNNING
            fortnox.heal()
        if count % 7 == 0:  # while the list is answered, just afterwards
            number = real.choice(numbers)
            wanted[number] = f"Mitt i {count} AB"
            fortnox.fault(path="/3/customers", action="mutate", phase="P2", do=[change(number, Name=wanted[number])])
            assert bring_in(connection).state == RunState.DONE
        run = bring_in(connection)
        assert (run.state, run.full) == (RunState.DONE, False)
        names = dict(CustomerRecord.objects.values_list("number", "name"))
        assert {number: names[number] for number in wanted} == wanted, moment.astimezone(SWEDEN)


@pytest.mark.parametrize(
    ("moment", "overlap"),
    [
        ("2026-06-15T10:00:00+00:00", 10 * MINUTE),
        ("2026-10-25T00:30:00+00:00", 2 * HOUR),
        ("2026-10-25T01:30:00+00:00", 2 * HOUR),
        ("2026-10-25T03:30:00+00:00", 2 * HOUR),
        ("2026-10-25T05:00:00+00:00", 10 * MINUTE),
        ("2026-03-29T01:30:00+00:00", 2 * HOUR),
    ],
)
def test_runs_overlap_by_ten_minutes_and_by_two_hours_near_a_turn_of_the_clock(moment, overlap):
    """F51"""
    at = datetime.fromisoformat(moment)
    assert at - with_overlap(at) == overlap


def test_all_that_share_the_last_stamp_are_read(fortnox, connection, move_clock, monkeypatch):
    """F51: several rows carry the stamp of the moment at which the last run began"""
    fortnox.switch(lastmodified_minutes=True)
    numbers = fortnox.customers(5)
    bring_in(connection)
    move_clock(seconds=3 * 3600)
    for number in numbers[:2]:
        fortnox.change_customer(number, City="Kiruna")
    bring_in(connection)
    for number in numbers[2:]:
        fortnox.ask("PATCH", f"companies/{FIRST}/customers/{number}", City="Kiruna")
    bring_in(connection)
    assert set(CustomerRecord.objects.values_list("city", flat=True)) == {"Kiruna"}
