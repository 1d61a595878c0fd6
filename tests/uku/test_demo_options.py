"""`uku demo` on ports of one's choice; one that is taken is refused before anything starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from uku.demo.processes import DidNotStart, alone_in, choose_ports


def test_without_a_choice_the_usual_ports_are_taken_or_free_ones():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        web, fortnox = choose_ports(None, None, usual=(port, port))
    assert len({web, fortnox, port}) == 3


def test_chosen_ports_are_taken():
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        ports = first.getsockname()[1], second.getsockname()[1]
    assert choose_ports(*ports, usual=(1, 2)) == ports


def test_one_port_cannot_serve_both():
    with pytest.raises(DidNotStart, match="^The web pages and the simulated Fortnox need a port each"):
        choose_ports(8725, 8725, usual=(1, 2))


@pytest.mark.process
def test_only_processes_that_live_and_are_the_demos_are_named(tmp_path):
    """The id of a process that ended may be a stranger's by now."""
    waiting = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as stranger, alone_in(tmp_path) as running:
        with subprocess.Popen([sys.executable, "-c", ""]) as ended:
            pass
        running.lock.write(f"{ended.pid} {stranger.pid} ")
        running.lock.flush()
        with pytest.raises(DidNotStart) as error, alone_in(tmp_path):
            pass
        stranger.communicate()
    assert str(error.value).endswith(f"where it runs, or: kill {os.getpid()}")


def test_where_nothing_tells_who_holds_the_lock_no_process_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with alone_in(tmp_path), pytest.raises(DidNotStart, match=r"where it runs\.$"), alone_in(tmp_path):
        pass


@pytest.mark.process
@pytest.mark.parametrize(
    ("option", "whose"), [("--port", "the web pages"), ("--fortnox-port", "the simulated Fortnox")]
)
def test_a_chosen_port_that_is_taken_is_refused_before_anything_starts(tmp_path, option, whose):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("UKU_", "DATABASE"))}
    environment |= {"UKU_HOME": str(tmp_path), "COLUMNS": "200"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = subprocess.run(
            [sys.executable, "-m", "uku", "demo", "--exit", option, str(port)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout == (
        f"Port {port}, which was chosen for {whose}, is in use, so nothing was started. End the program that has it,"
        f" or choose another port with {option}.\n"
    )
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["lock"]
