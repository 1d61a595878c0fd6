"""The whole demo as a fixture: every process real, the pages seen in Chromium."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.chromium import launch
from tests.journeys.site import open_site

SCREENSHOTS = Path(__file__).parents[2] / ".screenshots"
PATIENCE = 180


@dataclass
class Demo:
    """A run of `uku demo`: what it printed, and where it serves."""

    home: Path
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self, *arguments: str) -> int | None:
        """Run until it serves, or, with --exit, until it ends; return the status if it ended."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("UKU_", "DATABASE"))}
        environment |= {"UKU_HOME": str(self.home), "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
        self.lines = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uku", "demo", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self.process, ready), daemon=True).start()
        if not ready.wait(PATIENCE):
            self.process.kill()
            raise AssertionError(f"the demo neither ended nor served: {self.text}")
        return self.process.wait(30) if not self.serves else None

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout as out:
            for line in out:
                self.lines.append(line.rstrip())
                if line.startswith("Ctrl-C stops"):
                    ready.set()
        ready.set()

    def stop(self) -> int:
        """Press Ctrl-C."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    @property
    def serves(self) -> bool:
        return any(line.startswith("Ctrl-C stops") for line in self.lines)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def address(self) -> str:
        return re.findall(r"Open (http://\S+)", self.text)[0]

    def fact(self, name: str) -> str:
        return re.findall(rf"^  {re.escape(name)} +(\S+)$", self.text, re.MULTILINE)[0]

    def step(self, name: str) -> str:
        return next(line for line in self.lines if line.strip().startswith(name))


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    """The demo after its main job, serving. Thrown away at the end."""
    found = Demo(tmp_path_factory.mktemp("demo"))
    status = found.start()
    assert status is None, found.text
    yield found
    if found.process is not None and found.process.poll() is None:
        found.stop()
    from uku.kit.embedded import Cluster

    Cluster(found.home / "demo").destroy()


@pytest.fixture(scope="module")
def chromium():
    """A Chromium without a window; the test is skipped, or fails in CI, where there is none.

    For one file only: while it lives, its event loop would stand in the way of other tests' Django.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shared_site(chromium, django_db_setup, empty, django_db_blocker):
    """The product on loopback with one workspace, for all tests of a file that only look."""
    with open_site(chromium, empty, django_db_blocker) as found:
        yield found


@pytest.fixture
def site(chromium, django_db_setup, empty, django_db_blocker):
    """The product on loopback with one new workspace, for one test."""
    with open_site(chromium, empty, django_db_blocker) as found:
        yield found
