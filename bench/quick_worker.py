# ruff: noqa: INP001
"""`uku worker` with short waits: what it would do after a second it does after some milliseconds. The rest is as is."""

import time
from dataclasses import replace

import django

django.setup()

import fortnox_api._client  # noqa: E402  # Django first
from fortnox_api import Clock  # noqa: E402
from fortnox_api._clock import Now, make_clock  # noqa: E402
from uku import commands  # noqa: E402
from uku.integrations.fortnox.client import rate_limit  # noqa: E402
from uku.kit import worker  # noqa: E402

SHORTER = 0.02
STALLED_AFTER = 6.0  # seconds; a living worker tells every five that it runs


def sleep_shortly(seconds: float) -> None:
    time.sleep(seconds * SHORTER)


def make_quick_clock(given: Clock | Now | None) -> Clock:
    return replace(make_clock(given), sleep=sleep_shortly)


def hurry() -> None:
    """Shorten the waits between tries, and between requests of one company."""
    fortnox_api._client.make_clock = make_quick_clock  # type: ignore[attr-defined]  # noqa: SLF001
    rate_limit._RESERVE = rate_limit._RESERVE.replace(rate_limit.INTERVAL, "1 millisecond")  # noqa: SLF001
    rate_limit._PUSH_BACK = rate_limit._PUSH_BACK.replace("secs => %s", f"secs => {SHORTER} * %s")  # noqa: SLF001


if __name__ == "__main__":
    hurry()
    worker.STALLED_AFTER = STALLED_AFTER
    commands.run_jobs(concurrency=2)
