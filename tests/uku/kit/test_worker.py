"""Real worker processes on a real database: what they are asked for is done once, whatever is pulled away."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from procrastinate import App, SyncPsycopgConnector
from tests.uku.integrations.fortnox.simulated import until

from uku.kit.embedded import Cluster

pytestmark = pytest.mark.process

PROBE = Path(__file__).parent / "probe_worker.py"
PATIENCE = 120


class Worker:
    """A worker process, and the lines its jobs say."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, PROBE],
            env={**environment, "DJANGO_SETTINGS_MODULE": "uku.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line.strip())

    def hears(self, line: str) -> None:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def says(self, lines: int = 1) -> list[str]:
        return [self._lines.get(timeout=PATIENCE) for _ in range(lines)]

    def says_within(self, seconds: float) -> list[str]:
        """Return the next line, if one comes so soon."""
        try:
            return [self._lines.get(timeout=seconds)]
        except queue.Empty:
            return []

    def says_until(self, last: str) -> list[str]:
        """Return the lines up to `last`; a job whose end could not be stored is done again before it."""
        said = self.says()
        while said[-1] != last:
            said += self.says()
        return said

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=PATIENCE)

    def close(self) -> None:
        with self.process:
            self.process.kill()
            self._reader.join()


@pytest.fixture
def start_worker(process_environment):
    started = []

    def start(**changes: str) -> Worker:
        started.append(Worker({**process_environment, **changes}))
        return started[-1]

    yield start
    for worker in started:
        worker.close()


@pytest.fixture
def defer(committed):
    return lambda name, lock, **arguments: store(committed.app, name, lock, **arguments)


def store(address: str, name: str, lock: str, **arguments: str | float) -> None:
    """Store a job from outside, as another process would."""
    with App(connector=SyncPsycopgConnector(conninfo=address, min_size=1)).open() as app:
        app.configure_task(name, lock=lock).defer(**arguments)


def ask(address: str, question: str) -> list[tuple[str, ...]]:
    with psycopg.connect(address, autocommit=True) as session:
        return session.execute(question).fetchall()


def jobs(address: str) -> list[tuple[str, ...]]:
    return ask(address, "SELECT task_name, status FROM procrastinate_jobs WHERE task_name LIKE 'probe.%' ORDER BY id")


def test_a_transaction_that_a_job_rolls_back_leaves_no_job(committed, defer, start_worker):
    worker = start_worker()
    defer("probe.undo", "one", word="lost")
    defer("probe.keep", "one", word="kept")
    assert worker.says(2) == ["undone", "kept"]
    assert worker.end() == 0
    assert jobs(committed.app) == [
        ("probe.undo", "succeeded"),
        ("probe.keep", "succeeded"),
        ("probe.note", "succeeded"),
    ]


def test_jobs_of_one_lock_run_one_at_a_time_and_in_their_order(defer, start_worker):
    for _ in range(2):
        defer("probe.meet", "one", place="here", patience=0.5)
    for word in "abc":
        defer("probe.note", "one", word=word)
    assert start_worker().says(5) == ["alone", "alone", "a", "b", "c"]


def test_jobs_of_two_locks_run_side_by_side(defer, start_worker):
    for lock in ("one", "two"):
        defer("probe.meet", lock, place="here", patience=PATIENCE)
    assert start_worker().says(2) == ["met", "met"]


def test_a_killed_workers_job_is_given_back_and_finished_by_the_next_worker(committed, defer, start_worker, tmp_path):
    first = start_worker()
    defer("probe.hang_once", "one", marker=str(tmp_path / "hung"))
    assert first.says() == ["hanging"]
    defer("probe.note", "one", word="next in line")
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    ask(committed.app, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute' RETURNING 1")
    assert start_worker().says(2) == ["finished", "next in line"]


def test_the_job_of_a_worker_killed_beside_others_is_given_back_once(committed, defer, start_worker, tmp_path):
    first = start_worker()
    defer("probe.hang_once", "one", marker=str(tmp_path / "hung"))
    assert first.says() == ["hanging"]
    others = [start_worker(), start_worker()]
    until(lambda: len(ask(committed.app, "SELECT id FROM procrastinate_workers")) == 3)  # all can be told to end
    defer("probe.listen", "two")
    defer("probe.listen", "three")
    first.end(signal.SIGKILL)
    dead = "SELECT worker_id FROM procrastinate_jobs WHERE task_name = 'probe.hang_once'"
    past = "last_heartbeat = now() - interval '1 minute'"
    ask(committed.app, f"UPDATE procrastinate_workers SET {past} WHERE id = ({dead}) RETURNING 1")
    said = read_all(others, 3)
    assert sorted(said) == ["finished", "listening", "listening"]
    for worker in others:
        worker.process.stdin.close()
        assert worker.end() == 0
    assert jobs(committed.app) == [(f"probe.{name}", "succeeded") for name in ("hang_once", "listen", "listen")]


def read_all(workers: list[Worker], lines: int) -> list[str]:
    """Read lines from whichever worker says them."""
    said: list[str] = []
    deadline = time.monotonic() + PATIENCE
    while len(said) < lines and time.monotonic() < deadline:
        for worker in workers:
            try:
                said.append(worker._lines.get(timeout=0.1))
            except queue.Empty:
                continue
    return said


def test_a_worker_told_to_stop_finishes_what_it_does_and_ends_with_status_0(committed, defer, start_worker):
    worker = start_worker()
    defer("probe.listen", "one")
    assert worker.says() == ["listening"]
    worker.process.send_signal(signal.SIGTERM)
    worker.hears("the end")
    assert worker.says() == ["heard the end"]
    assert worker.process.wait(timeout=PATIENCE) == 0
    assert jobs(committed.app) == [("probe.listen", "succeeded")]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_with_status_0(committed, defer, start_worker, how):
    worker = start_worker()
    defer("probe.note", "one", word="ready")
    assert worker.says() == ["ready"]
    assert worker.end(how) == 0
    assert ask(committed.app, "SELECT * FROM procrastinate_workers") == []


@pytest.fixture(scope="module")
def spare(tmp_path_factory):
    """A cluster of this module's own, with a migrated database."""
    cluster = Cluster(tmp_path_factory.mktemp("own"), fsync=True)
    addresses = cluster.ensure_running()
    environment = {**os.environ, "DATABASE_URL": addresses.owner, "DJANGO_SETTINGS_MODULE": "uku.settings"}
    subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
    yield cluster
    cluster.destroy()


@pytest.fixture
def own_cluster(spare):
    """A running cluster with an empty queue, which a test may stop."""
    address = spare.ensure_running().owner
    ask(address, "WITH gone AS (DELETE FROM procrastinate_jobs RETURNING 1) SELECT count(*) FROM gone")
    return spare


def wake(worker: Worker, address: str, word: str) -> None:
    """Store notes until one is heard: a worker that has just started may not listen yet. Then hear them all."""
    stored, heard = 0, 0
    while not heard:
        store(address, "probe.note", f"{word} {stored}", word=word)  # a lock each: none waits for the end of another
        stored += 1
        heard = worker.says_within(1.0).count(word)
    while heard < stored:
        heard += worker.says().count(word)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_worker_outlives_a_restart_of_the_database_and_hears_of_jobs_again(own_cluster, start_worker, mode):
    """It looks for jobs by itself once an hour only: what it does, it was told of."""
    address = own_cluster.addresses().app
    worker = start_worker(DATABASE_URL=address, PROBE_POLL_EVERY="3600")
    wake(worker, address, "before")
    own_cluster.stop(mode)
    own_cluster.ensure_running()
    wake(worker, address, "after")
    for turn in range(20):
        store(address, "probe.note", f"turn {turn}", word=f"turn {turn}")
        worker.says_until(f"turn {turn}")
    assert worker.process.poll() is None
    assert worker.end() == 0


def test_a_worker_whose_database_is_away_waits_for_it_and_can_be_stopped_meanwhile(own_cluster, start_worker):
    address = own_cluster.addresses().app
    ready = start_worker(DATABASE_URL=address)
    store(address, "probe.note", "one", word="ready")
    assert ready.says() == ["ready"]
    own_cluster.stop()
    early = start_worker(DATABASE_URL=address)
    assert ready.end() == 0
    own_cluster.ensure_running()
    store(address, "probe.note", "one", word="there it is")
    assert set(early.says_until("there it is")) <= {"ready", "there it is"}
    assert early.end() == 0
