"""Without a worker nothing is sent or read: the pages say since when, and who can do what about it."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

import pytest
from tests.uku.conftest import heartbeat
from tests.uku.integrations.fortnox.browsers import texts
from tests.uku.integrations.fortnox.standing_rows import connected, ran

from uku.kit.heartbeats import WorkerHeartbeat

AT = datetime(2026, 3, 30, 12, 32, tzinfo=UTC)
WAY_OUT = (
    "Sending and reading continue automatically when the program runs. The person who runs this"
    " installation starts it with the command: uku worker."
)


@pytest.fixture
def see(signed_in, scope):
    WorkerHeartbeat.objects.all().delete()

    def page(user, tab: str) -> str:
        path = f"/w/{scope.slug}/settings/fortnox/" + ("" if tab == "overview" else f"{tab}/")
        return " ".join(unescape(texts(signed_in(user).get(path))).split())

    return page


@pytest.mark.parametrize("tab", ["overview", "activity"])
def test_the_page_says_since_when_no_worker_is_running_and_how_to_start_one(see, owner, member, tab):
    connected()
    heartbeat(seconds_ago=60)
    WorkerHeartbeat.objects.update(last_beat_at=AT)
    for user in (owner, member):
        happened = "Nothing has been sent or read since 30 Mar 2026, 14:32: "
        assert f"{happened}the background program of Uku (the worker) is not running. {WAY_OUT}" in see(user, tab)


def test_no_next_time_is_promised(see, owner):
    connected()
    assert "soon" not in see(owner, "overview")
    heartbeat(seconds_ago=1)
    assert "soon" in see(owner, "overview")


def test_nothing_is_called_healthy_in_green(see, owner):
    connected()
    ran("customers")
    page = see(owner, "overview")
    assert ("Up to date" in page, "Waiting for a worker" in page) == (False, True)
    heartbeat(seconds_ago=1)
    assert "Up to date" in see(owner, "overview")


def test_where_none_ever_ran_the_page_says_so(see, owner):
    connected()
    assert f"Nothing is sent or read: the background program of Uku (the worker) has not run yet. {WAY_OUT}" in see(
        owner, "overview"
    )


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (datetime(2026, 3, 30, 21, 59, tzinfo=UTC), "14:32"),
        (datetime(2026, 3, 30, 22, 0, tzinfo=UTC), "30 Mar 2026, 14:32"),  # it is the 31st in Stockholm
    ],
)
def test_the_time_is_that_of_the_workspace_and_today_needs_no_date(now, since):
    from uku.integrations.fortnox.health.messages import missing_worker_in_words
    from uku.kit.heartbeats import MissingWorker

    sentence = missing_worker_in_words(MissingWorker(since=AT), now=now, time_zone="Europe/Stockholm")
    assert (
        sentence
        == f"Nothing has been sent or read since {since}: the background program of Uku (the worker) is not running."
    )


@pytest.mark.parametrize("tab", ["overview", "activity"])
def test_with_a_worker_nothing_is_said(see, owner, tab):
    connected()
    heartbeat(seconds_ago=1)
    assert "worker" not in see(owner, tab)


@pytest.mark.parametrize("tab", ["overview", "activity"])
def test_while_fortnox_is_disabled_nobody_misses_a_worker(see, owner, tab):
    connected(enabled=False)
    assert "worker" not in see(owner, tab)
