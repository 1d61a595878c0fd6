"""A run of the suite that leaves processes behind fails and names them; those of others are not its business."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.uku.integrations.fortnox.simulated import until

pytestmark = pytest.mark.process

LEAVE = """
import subprocess, sys, os, pathlib
def test_it():
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)  # left"], {options})
    pathlib.Path("left").write_text(str(left.pid))
    {end}
"""


@pytest.fixture
def run(tmp_path):
    """Run a suite of one test in a process of its own; return the run and the process that its test started."""

    def go(end: str, options: str = "start_new_session=True") -> tuple[subprocess.CompletedProcess[str], int]:
        (tmp_path / "test_one.py").write_text(LEAVE.format(options=options, end=end))
        command = [sys.executable, "-m", "pytest", "-p", "tests.leftovers", "-p", "no:django", "-c", os.devnull]
        told = subprocess.run(
            [*command, "--rootdir", str(tmp_path), "test_one.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            check=False,
        )
        return told, int((tmp_path / "left").read_text())

    return go


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_that_is_left_behind_fails_the_run_is_named_and_ended(run):
    told, left = run(end="left.returncode = 0")
    assert told.returncode == 1
    assert f"Still alive at the end of the run that started it:\n  {left} " in told.stdout
    assert "1 passed" in told.stdout
    until(lambda: not is_alive(left))


def test_a_run_that_ends_its_processes_passes(run):
    told, left = run(end="left.kill(); left.wait()")
    assert (told.returncode, is_alive(left)) == (0, False)
    assert "Still alive" not in told.stdout


def test_the_processes_of_another_run_are_left_alone(run):
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with other:
        told, _left = run(end="left.kill(); left.wait()")
        assert (told.returncode, other.poll()) == (0, None)
