"""A pytest plugin: a run that leaves processes behind fails, names them and ends them.

Each run puts a folder that does not exist at the end of PATH, with a name that no other run has. Whatever the run
starts inherits it, PostgreSQL and the tests' bare environments too, which keep nothing else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import pytest

GRACE = 10.0  # seconds in which what was told to end may do so


_mark = pytest.StashKey[str]()


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if _is_controller(config):
        config.stash[_mark] = f"/run-of-the-suite-{uuid4().hex}"
        os.environ["PATH"] += os.pathsep + config.stash[_mark]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """After everything else has been torn down, the workers of xdist and the cluster included."""
    result = yield
    if _is_controller(session.config) and (left := _left_behind(session.config.stash[_mark])):
        reporter = session.config.pluginmanager.getplugin("terminalreporter")
        reporter.write_line("Still alive at the end of the run that started it:", red=True)
        for process_id, command in left.items():
            reporter.write_line(f"  {process_id} {command}", red=True)
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
    return result


def _left_behind(mark: str) -> dict[int, str]:
    """The processes of this run that do not end by themselves in a while, each with its command line."""
    deadline = time.monotonic() + GRACE
    while (left := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _marked(mark: str) -> dict[int, str]:
    found = _from_proc(mark.encode()) if Path("/proc/self/environ").exists() else _from_ps(mark)
    return {process_id: command for process_id, command in found.items() if process_id != os.getpid()}


def _from_proc(mark: bytes) -> dict[int, str]:
    found = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                if mark in (place / "environ").read_bytes():
                    found[int(place.name)] = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it has just ended, or is another user's
                continue
    return found


def _from_ps(mark: str) -> dict[int, str]:
    """Where there is no /proc, as on macOS: ps appends the environment to the command."""
    told = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, text=True, check=True)  # noqa: S607
    lines = [line.split(maxsplit=1) for line in told.stdout.splitlines() if mark in line]
    return {int(process_id): command for process_id, command in lines}
