"""Whether a worker runs, and since when none does: each worker says so itself, by the database's clock."""

from __future__ import annotations

import os
import signal
import socket
from datetime import timedelta

import pytest
from tests.uku.conftest import heartbeat
from tests.uku.integrations.fortnox.simulated import until
from tests.uku.kit import test_worker

from uku.kit.heartbeats import MissingWorker, WorkerHeartbeat, delete_old_heartbeats, missing_worker

start_worker, defer = test_worker.start_worker, test_worker.defer


def test_where_no_worker_ever_ran_one_is_missing_and_nobody_knows_since_when(db):
    assert missing_worker() == MissingWorker(since=None)


def test_no_worker_is_missing_while_one_beats(db):
    heartbeat(seconds_ago=3600)
    heartbeat(seconds_ago=10)
    assert missing_worker() is None


def test_a_worker_is_missing_since_the_last_beat_of_the_last_one(db):
    heartbeat(seconds_ago=3600)
    last = heartbeat(seconds_ago=90)
    assert missing_worker() == MissingWorker(since=last.last_beat_at)


def test_a_worker_that_was_stopped_is_missing_at_once(db):
    last = heartbeat(seconds_ago=1, stopped=True)
    assert missing_worker() == MissingWorker(since=last.last_beat_at)


def test_old_heartbeats_are_deleted_but_for_the_last_one(db):
    heartbeat(seconds_ago=8 * 86400)
    last = heartbeat(seconds_ago=7 * 86400)
    delete_old_heartbeats()
    assert list(WorkerHeartbeat.objects.all()) == [last]
    young = heartbeat(seconds_ago=60)
    delete_old_heartbeats()
    assert list(WorkerHeartbeat.objects.all()) == [young]


@pytest.mark.process
def test_a_worker_beats_while_its_job_runs_and_says_when_it_stops(committed, defer, start_worker):
    worker = start_worker()
    defer("probe.listen", "one")
    assert worker.says() == ["listening"]
    first = WorkerHeartbeat.objects.get()
    assert (first.host, first.process_id, first.stopped_at) == (socket.gethostname(), worker.process.pid, None)
    until(lambda: WorkerHeartbeat.objects.get().last_beat_at > first.last_beat_at)
    worker.hears("the end")
    assert worker.says() == ["heard the end"]
    assert (missing_worker(), worker.end()) == (None, 0)
    stopped = WorkerHeartbeat.objects.get()
    assert (stopped.id, stopped.stopped_at) == (first.id, stopped.last_beat_at)
    assert missing_worker() == MissingWorker(since=stopped.last_beat_at)


@pytest.mark.process
def test_the_heartbeat_of_a_killed_worker_stays_as_it_was_last(committed, defer, start_worker):
    worker = start_worker()
    defer("probe.note", "one", word="ready")
    assert worker.says() == ["ready"]
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    last = WorkerHeartbeat.objects.get()
    assert last.stopped_at is None
    WorkerHeartbeat.objects.update(last_beat_at=last.last_beat_at - timedelta(minutes=1))
    assert missing_worker() == MissingWorker(since=last.last_beat_at - timedelta(minutes=1))
