"""The demo's processes: started with a log each, waited for, stopped in order."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

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


@dataclass
class Running:
    """The one demo in a home. Its children hold the home's lock too, so that none is left behind unseen."""

    home: Path
    lock: IO[str]

    def start(self, name: str, arguments: list[str]) -> Child:
        """Start one of our modules in a session of its own, so that Ctrl-C reaches the demo alone."""
        log = self.home / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(self.lock.fileno(),),
            )
        self.lock.write(f"{process.pid} ")
        self.lock.flush()
        return Child(name, process, log)


@contextmanager
def alone_in(home: Path) -> Iterator[Running]:
    """Take the home's lock. Raises DidNotStart while another demo, or a process it left behind, holds it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DidNotStart(
                f"A demo is running in {home} already. Stop it with Ctrl-C where it runs, or: kill {lock.read()}"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} ")
        yield Running(home, lock)


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
