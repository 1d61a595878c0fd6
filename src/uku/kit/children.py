"""Processes that end with the one that started them, even when that one was killed.

Systems do not agree on how a process could be told that its parent is gone, but all of them close the pipes of a dead
process. So each child holds the reading end of a pipe whose only writing end its parent has, and when that closes it
tells itself to stop.
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog

log = structlog.get_logger()

STOP_WITHIN: Final = 15.0
"""Seconds in which a process that was told to stop may finish what it does; then it is killed."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STEADY_AFTER = 60.0  # seconds: a child that lived so long did not fail at its start

_pipe: list[int] = []  # the reading end and the writing end, made for the first child


def _close_pipe() -> None:
    while _pipe:
        os.close(_pipe.pop())


os.register_at_fork(after_in_child=_close_pipe)  # a forked process must not keep its parent's end open


def start_child(arguments: Sequence[str], *, keep_open: Sequence[int] = (), **options: Any) -> subprocess.Popen[bytes]:
    """Start `python -m ARGUMENTS` in a session of its own, so that Ctrl-C reaches this process alone.

    It is told to stop when this process ends. `keep_open` are files that it inherits, `options` go to Popen.
    """
    if not _pipe:
        _pipe.extend(os.pipe())
    reading = _pipe[0]
    command = [sys.executable, "-m", "uku.kit.children", str(reading), *arguments]
    return subprocess.Popen(command, pass_fds=(reading, *keep_open), start_new_session=True, **options)


def stop_child(child: subprocess.Popen[bytes]) -> None:
    """Tell a child to stop, and kill it after a while."""
    child.terminate()
    try:
        child.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def end_with_parent(await_its_end: Callable[[], object]) -> None:
    """Watch the parent in a thread: when the given wait returns, stop this process as SIGTERM would, or kill it."""

    def watch() -> None:
        await_its_end()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_WITHIN)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


class RestartedChild:
    """A child that is started again when it ends, after a pause that grows while it fails, until it is stopped."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._child = start_child(arguments)
        self._watch = threading.Thread(target=self._keep_running, name="child-watch", daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """End the child, and do not start it again."""
        with self._lock:
            self._stopping.set()
        stop_child(self._child)
        self._watch.join()

    def _keep_running(self) -> None:
        pause, began = 0.0, time.monotonic()
        while True:
            status = self._child.wait()
            if self._stopping.is_set():
                return
            pause = next_pause(pause, lived=time.monotonic() - began)
            log.error("child ended", child=" ".join(self._arguments), status=status, starts_again_in=pause)
            self._stopping.wait(pause)
            with self._lock:
                if self._stopping.is_set():
                    return
                self._child, began = start_child(self._arguments), time.monotonic()


def next_pause(last: float, *, lived: float) -> float:
    """Return how many seconds to wait before a child is started again that lived so long."""
    return FIRST_PAUSE if lived >= STEADY_AFTER or not last else min(last * 2, LONGEST_PAUSE)


def main() -> None:
    """Run a module as `python -m` would, until it or the parent ends."""
    reading, module = int(sys.argv[1]), sys.argv[2]
    sys.argv = sys.argv[2:]
    end_with_parent(lambda: os.read(reading, 1))
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
