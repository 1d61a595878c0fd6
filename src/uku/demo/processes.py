"""The demo's processes: started with a log each, waited for, stopped in order; they end when the demo is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx2

from uku.kit.children import start_child, stop_child

START_WITHIN = 30.0


class DidNotStart(Exception):
    """A process ended or stayed silent; the end of its log says why."""


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Tell it to end, and kill it after a while."""
        stop_child(self.process)


@dataclass
class Running:
    """The one demo in a home. Its children hold the home's lock too, so that none is left behind unseen."""

    home: Path
    lock: IO[str]

    def start(self, name: str, arguments: list[str]) -> Child:
        """Start one of our modules, with its log."""
        log = self.home / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        streams = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        with log.open("ab") as out:
            process = start_child(arguments, keep_open=(self.lock.fileno(),), stdout=out, **streams)
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
            living = " ".join(_holders(lock, lock.read().split()))
            way_out = f", or: kill {living}" if living else "."
            raise DidNotStart(
                f"A demo is running in {home} already. Stop it with Ctrl-C where it runs{way_out}"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} ")
        yield Running(home, lock)


def _holders(lock: IO[str], named: Sequence[str]) -> list[str]:
    """Return which of the named processes have the lock open: one that ended may have left its id to a stranger."""
    if Path("/proc/self/fd").exists():
        return [pid for pid in named if _has_open(pid, lock)]
    if not (lsof := shutil.which("lsof")):
        return []
    told = subprocess.run([lsof, "-t", lock.name], capture_output=True, text=True, check=False)
    return [pid for pid in named if pid in told.stdout.split()]


def _has_open(pid: str, file: IO[str]) -> bool:
    wanted = os.fstat(file.fileno())
    with suppress(OSError):  # it ended, or belongs to somebody else
        return any(os.path.samestat(found.stat(), wanted) for found in Path(f"/proc/{pid}/fd").iterdir())
    return False


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


def choose_ports(web: int | None, fortnox: int | None, *, usual: tuple[int, int]) -> tuple[int, int]:
    """Return the ports of the web pages and of the simulated Fortnox: the chosen ones, else the usual or free ones.

    Raises DidNotStart when a chosen one is in use.
    """
    if web is not None and web == fortnox:
        raise DidNotStart(
            f"The web pages and the simulated Fortnox need a port each, and {web} was chosen for both. Nothing was"
            " started. Choose different ones with --port and --fortnox-port."
        )
    found: list[int] = []
    wanted = ((web, "the web pages", "--port"), (fortnox, "the simulated Fortnox", "--fortnox-port"))
    for (chosen, whose, option), common in zip(wanted, usual, strict=True):
        if chosen is not None and not _is_free(chosen):
            raise DidNotStart(
                f"Port {chosen}, which was chosen for {whose}, is in use, so nothing was started. End the program that"
                f" has it, or choose another port with {option}."
            )
        avoided = {port for port in (web, fortnox, *found) if port is not None}
        found.append(chosen or _free_port(common, avoided))
    return found[0], found[1]


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _free_port(usual: int, avoided: set[int]) -> int:
    """Return the usual port, or any free one when somebody has it or it is to be avoided."""
    if usual not in avoided and _is_free(usual):
        return usual
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        if port not in avoided:
            return port


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:]) or f"{log} is empty"
