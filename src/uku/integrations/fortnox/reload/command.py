"""`uku fortnox reload`: begins the same reload as the button does, and shows how far it is until it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from uku.integrations.fortnox.connection.guards import ConnectionNotUsable
from uku.integrations.fortnox.models import Connection, Reload, ReloadPhase, RunState
from uku.integrations.fortnox.reload import progress, queries, report, service, steps
from uku.kit import clock
from uku.kit.heartbeats import missing_worker

LOOK_EVERY: Final = 0.5
QUIET: Final = timedelta(seconds=10)  # without a worker, before somebody is told
DONE, NOT_DONE, REFUSED, LEFT = 0, 1, 2, 130


def run(console: Console, *, slug: str, cancel: bool = False) -> int:
    """Begin a reload in the workspace in force and follow it to its end; return the exit status.

    0 when it is done, 1 when it stopped or was cancelled, 2 when it was refused, 130 after Ctrl-C. One that runs
    already is followed instead.
    """
    if cancel:
        found = queries.running()
        if found is None or not service.ask_to_cancel(reload=found, actor=None, at=clock.now()):
            _say(console, "Nothing was cancelled: no reload runs in this workspace.")
            return NOT_DONE
        _say(console, "Cancelled. It ends at the next page; what was read stays.")
        return DONE
    try:
        reload = service.begin(actor=None, at=clock.now())
    except ConnectionNotUsable as refusal:
        _say(console, str(refusal))
        return REFUSED
    except service.AlreadyRunning as refusal:
        _say(console, str(refusal))
        reload = refusal.reload
    try:
        _follow(console, reload.pk)
    except KeyboardInterrupt:
        _say(console, "It goes on in the background. To see it again: uku fortnox reload " + slug)
        _say(console, f"To cancel it: uku fortnox reload {slug} --cancel")
        return LEFT
    reload = _row(reload.pk)
    _say(console, f"{report.title_of_the_end(reload)} It took {report.duration(reload)}.")
    if (why := report.why_stopped(reload)) is not None:
        for sentence in (why.happened, why.means, why.remedy):
            _say(console, f"  {sentence}")
    for label, count in report.figures(report.sums(reload.runs.all())):
        if count:
            _say(console, f"  {label}: {count}")
    _say(console, f"The report: {settings.UKU.public_url}{report.address_of(reload)}")
    return DONE if reload.state == RunState.DONE else NOT_DONE


def _row(pk: int) -> Reload:
    return Reload.objects.select_related("asked_by", "workspace").get(pk=pk)


def _follow(console: Console, pk: int) -> None:
    """Show how far it is until it ends: a bar with the phase before it and the time left, or plain lines."""
    if console.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} % {task.fields[left]}"),
        )
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("", total=100, left="")
            for reload, percent, left in _until_the_end(console, pk):
                bar.update(task, completed=percent, description=_place(reload), left=left)
        return
    printed = set()
    for reload, _percent, _left in _until_the_end(console, pk):
        if (line := _place(reload)) not in printed:
            printed.add(line)
            _say(console, line)


def _until_the_end(console: Console, pk: int) -> Iterator[tuple[Reload, int, str]]:
    """Yield the reload with how much of it is done and the time left, twice a second, the last time when it ended."""
    began, warned = time.monotonic(), False
    while True:
        reload = _row(pk)
        phases = queries.phases_of(reload, clock.now())
        yield reload, progress.percent_done(phases), f"{report.about(progress.time_left(phases))} left"
        if reload.state != RunState.RUNNING:
            return
        if not warned and time.monotonic() - began > QUIET.total_seconds() and missing_worker():
            _say(console, "No worker runs, so nothing takes it up yet. Start one: uku worker. The reload waits for it.")
            warned = True
        time.sleep(LOOK_EVERY)


def _place(reload: Reload) -> str:
    """Say where it is: the step, or why it stands still."""
    if reload.state != RunState.RUNNING:
        return report.title_of_the_end(reload)
    if reload.cancel_asked_at is not None:
        return "Cancelling"
    connection = Connection.objects.select_related("workspace").first()
    if connection is not None and steps.is_paused(connection):
        return "Paused: Fortnox is disabled, or the plan has no integrations"
    if steps.is_waiting(reload, clock.now()):
        return "Waiting: Fortnox does not answer as it should; tried again in a few minutes"
    order = list(ReloadPhase)
    place = order.index(ReloadPhase(reload.phase))
    return f"Step {place + 1} of {len(order)}: {order[place].label}"


def _say(console: Console, line: str) -> None:
    """Print a line above the bar, or plainly into a pipe: rich would write it twice when Ctrl-C comes just then."""
    if console.is_terminal:
        console.print(line, markup=False, highlight=False)
    else:
        print(line, file=console.file, flush=True)  # the command's output
