"""`uku demo` on ports of one's choice; one that is taken is refused before anything starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from uku.demo.processes import DidNotStart, choose_ports


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
