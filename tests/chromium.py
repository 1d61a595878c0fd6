"""The Chromium that tests look through. The shell without windows comes first: it takes a third less processor time."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
MISSING = "Chromium is missing. To have the browser tests: apt-get install chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(playwright: Any) -> Any:
    """Start a browser, or skip the test where there is none."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
