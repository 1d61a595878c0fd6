"""The demo's processes: started with a log each, waited for, stopped in order."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

START_WITHIN = 30.0
STOP_WITHIN = 12.0


class DidNotStart(Exception):
    """A process ended or stayed silent; the end of its log says why."""


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Ask it to end, and make it after a while."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(name: str, arguments: list[str], *, logs: Path, environment: Mapping[str, str]) -> Child:
    """Start one of our modules in a session of its own, so that Ctrl-C reaches the demo alone."""
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Child(name, process, log)


def wait_for_answer(child: Child, url: str) -> None:
    """Wait until the process answers at `url`. Raises DidNotStart."""

    def answers() -> bool:
        if child.process.poll() is not None:
            raise DidNotStart(f"{child.name} ended at once: {_tail(child.log)}")
        try:
            return httpx2.get(url, timeout=2).status_code < httpx2.codes.INTERNAL_SERVER_ERROR
        except httpx2.TransportError:
            return False

    if not wait_until(answers, seconds=START_WITHIN):
        raise DidNotStart(f"{child.name} does not answer at {url}: {_tail(child.log)}")


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.1) -> bool:
    """Look at a condition again and again; say whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def free_port(wanted: int) -> int:
    """Return the wanted port, or any free one when somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DidNotStart("no port is free on this machine")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:]) or f"{log} is empty"
