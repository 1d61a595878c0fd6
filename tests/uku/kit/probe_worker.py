"""A worker process with jobs of the tests' own, which say on standard output what they did."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import defaultdict
from pathlib import Path

import django

from uku.kit.loading import loading_what_stays

with loading_what_stays():
    django.setup()

from django.db import transaction  # Django first

from uku.kit import worker
from uku.kit.jobs import enqueue, job

worker.POLL_EVERY = float(os.environ.get("PROBE_POLL_EVERY", worker.POLL_EVERY))
meetings: dict[str, threading.Barrier] = defaultdict(lambda: threading.Barrier(2))


class NotThisTime(Exception):
    pass


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


@job(name="probe.note")
def note(word: str) -> None:
    say(word)


@job(name="probe.undo")
def undo(word: str) -> None:
    """Ask for a note in a transaction that is rolled back."""
    with contextlib.suppress(NotThisTime), transaction.atomic():
        enqueue("probe.note", lock="undo", word=word)
        raise NotThisTime
    say("undone")


@job(name="probe.keep")
def keep(word: str) -> None:
    """Ask for a note in a transaction that is committed."""
    with transaction.atomic():
        enqueue("probe.note", lock="keep", word=word)


@job(name="probe.meet")
def meet(place: str, patience: float) -> None:
    """Say whether another job comes to the same place while this one waits there."""
    barrier = meetings[place]
    try:
        barrier.wait(patience)
        say("met")
    except threading.BrokenBarrierError:
        barrier.reset()
        say("alone")


@job(name="probe.hang_once")
def hang_once(marker: str) -> None:
    """Never end the first time; end at once the next time."""
    if Path(marker).exists():
        say("finished")
        return
    Path(marker).touch()
    say("hanging")
    threading.Event().wait()


@job(name="probe.listen")
def listen() -> None:
    """Work until a line comes in."""
    say("listening")
    say(f"heard {sys.stdin.readline().strip()}")


worker.run_worker(concurrency=4)
