"""`uku serve` as a tree of processes: it ends with its parent, keeps its worker running, and takes no taken port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import httpx2
import pytest
from tests.uku.integrations.fortnox.simulated import until

from uku.kit.heartbeats import WorkerHeartbeat

pytestmark = pytest.mark.process


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health/live", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def workers() -> list[int]:
    """The processes of the workers that beat now, oldest first."""
    found = WorkerHeartbeat.objects.filter(stopped_at=None).order_by("started_at").values_list("process_id", flat=True)
    return [process for process in found if is_alive(process)]


@pytest.fixture
def serve(committed, process_environment, tmp_path):
    """Start `uku serve`; what still runs of it at the end is killed."""
    started = []

    def start(*options: str, port: int = 0) -> SimpleNamespace:
        taken = port or free_port()
        environment = {**process_environment, "UKU_HOME": str(tmp_path), "UKU_LOG_LEVEL": "INFO"}
        with (tmp_path / "log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "uku", "serve", "--port", str(taken), *options],
                env=environment,
                stdout=log,
                stderr=log,
            )
        started.append(process)
        return SimpleNamespace(process=process, port=taken, log=tmp_path / "log")

    yield start
    for process in started:
        process.kill()
        process.wait()
    until(lambda: workers() == [])


@pytest.fixture
def with_worker(serve):
    """A server that answers, with its worker running."""
    found = serve("--with-worker")
    until(lambda: answers(found.port) and workers())
    return found


def test_when_it_is_killed_nothing_answers_any_more_and_its_worker_ends(with_worker):
    with_worker.process.kill()
    with_worker.process.wait()
    until(lambda: not answers(with_worker.port))
    until(lambda: workers() == [])
    assert WorkerHeartbeat.objects.get().stopped_at is not None


def test_told_to_end_it_ends_with_its_worker(with_worker):
    with_worker.process.terminate()
    assert with_worker.process.wait(timeout=30) == 0
    assert (answers(with_worker.port), workers()) == (False, [])
    assert WorkerHeartbeat.objects.get().stopped_at is not None


def test_a_worker_that_dies_is_started_again_and_the_log_says_so(with_worker):
    (first,) = workers()
    os.kill(first, signal.SIGKILL)
    until(lambda: [process for process in workers() if process != first])
    assert answers(with_worker.port)
    assert with_worker.log.read_text().count("child ended") == 1


def test_a_port_in_use_is_refused_in_words_before_anything_starts(serve):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = serve("--with-worker", port=port)
        assert second.process.wait(timeout=30) == 2
    assert second.log.read_text() == (
        f"Something else listens on 127.0.0.1, port {port}, so nothing was started. End that program, perhaps an Uku"
        " that still runs, or choose another port with --port.\n"
    )
    assert WorkerHeartbeat.objects.count() == 0


def test_a_second_server_on_the_port_of_a_first_is_refused(serve):
    first = serve()
    until(lambda: answers(first.port))
    second = serve(port=first.port)
    assert second.process.wait(timeout=30) == 2
    assert "Something else listens on 127.0.0.1" in second.log.read_text()


def test_an_address_that_is_not_this_machines_is_refused_in_words(serve):
    refused = serve("--host", "192.0.2.1")
    assert refused.process.wait(timeout=30) == 2
    assert refused.log.read_text() == (
        f"This machine cannot listen on 192.0.2.1, port {refused.port}: Cannot assign requested address. Nothing was"
        " started. Choose another address with --host, or another port with --port.\n"
    )
