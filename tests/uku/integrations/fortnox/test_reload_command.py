"""`uku fortnox reload`: the same reload as the button's, seen from a terminal or a pipe."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading

import pytest
from rich.console import Console
from tests.uku.integrations.fortnox.conftest import clear_queue, work_off
from tests.uku.integrations.fortnox.simulated import until

from uku.integrations.fortnox.models import Reload, RunState
from uku.integrations.fortnox.reload import command, service
from uku.kit import clock
from uku.kit.heartbeats import WorkerHeartbeat
from uku.kit.scoping import workspace_in_force
from uku.workspaces.operations import set_plan


@pytest.fixture
def follow(connection, scope, monkeypatch):
    """Run the command in a thread of its own while the queue is worked off here; return its status and words."""
    monkeypatch.setattr(command, "LOOK_EVERY", 0.02)

    def go(*, work=work_off, terminal: bool = False, **options):
        out, status = io.StringIO(), []
        go.told = out.getvalue
        console = Console(file=out, force_terminal=terminal, width=200, soft_wrap=True)

        def run():
            from django.db import connection as database

            with workspace_in_force(scope.pk):
                status.append(command.run(console, slug=scope.slug, **options))
            database.close()

        thread = threading.Thread(target=run)
        thread.start()
        if work is not None:
            until(lambda: Reload.objects.filter(state=RunState.RUNNING).exists())
            work()
        thread.join(timeout=60)
        return status[0], out.getvalue()

    return go


def test_it_begins_follows_and_reports_in_lines_where_there_is_no_terminal(fortnox, follow, scope):
    fortnox.customer(OrganisationNumber="455000-0006")
    status, told = follow()
    made = Reload.objects.get()
    assert (status, made.state, made.asked_by) == (0, RunState.DONE, None)
    assert "\x1b" not in told
    assert "Reload data is done." in told
    assert "  Created: 1" in told
    assert f"/w/{scope.slug}/settings/fortnox/reload/{made.pk}/" in told


def test_in_a_terminal_there_is_a_bar(fortnox, follow):
    status, told = follow(terminal=True)
    assert (status, "100 %" in told) == (0, True)


def test_one_that_the_browser_began_is_followed_and_its_beginner_named(fortnox, follow, owner):
    service.begin(actor=owner, at=clock.now())
    status, told = follow()
    assert (status, Reload.objects.count()) == (0, 1)
    assert "Olga Owner started it on " in told


def test_cancelled_from_the_command_line_the_one_who_follows_ends_with_status_one(fortnox, follow, connection):
    def cancel_then_work():
        out = io.StringIO()
        assert command.run(Console(file=out), slug="byran", cancel=True) == 0
        assert "It ends at the next page; what was read stays." in out.getvalue()
        work_off()

    status, told = follow(work=cancel_then_work)
    assert (status, Reload.objects.get().state) == (1, RunState.CANCELLED)
    assert "Reload data was cancelled." in told


def test_there_is_nothing_to_cancel(follow):
    status, told = follow(work=None, cancel=True)
    assert (status, told) == (1, "Nothing was cancelled: no reload runs in this workspace.\n")


def test_it_is_refused_in_words(follow, scope):
    set_plan(workspace=scope, plan="free", at=clock.now())
    status, told = follow(work=None)
    assert (status, "Team and Elite plans" in told) == (2, True)


def test_without_a_worker_it_says_so(fortnox, follow, monkeypatch):
    from datetime import timedelta

    monkeypatch.setattr(command, "QUIET", timedelta(0))
    WorkerHeartbeat.objects.all().delete()

    def wait_then_work():
        until(lambda: "No worker runs" in follow.told())
        work_off()

    status, told = follow(work=wait_then_work)
    assert status == 0
    assert told.count("No worker runs, so nothing takes it up yet. Start one: uku worker.") == 1


@pytest.mark.process
def test_ctrl_c_leaves_it_running_and_says_so(connection, environment, scope):
    clear_queue()
    process = subprocess.Popen(
        [sys.executable, "-m", "uku", "fortnox", "reload", scope.slug],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until(lambda: Reload.objects.filter(state=RunState.RUNNING).exists())
    assert process.stdout is not None
    assert process.stdout.readline() == "Step 1 of 5: Customers\n"
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=30)[0]
    assert process.returncode == 130
    assert told == (
        f"It goes on in the background. To see it again: uku fortnox reload {scope.slug}\n"
        f"To cancel it: uku fortnox reload {scope.slug} --cancel\n"
    )
    assert Reload.objects.get().state == RunState.RUNNING
