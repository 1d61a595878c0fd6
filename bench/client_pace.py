# ruff: noqa: INP001
"""Four processes at full speed through the pace row, for a minute under each model of Fortnox's window.

    python bench/client_pace.py [SECONDS]

Prints requests a second and the number of 429, judged by the simulator's journal. The bar: no 429, and at least
4.5 requests a second. The exit status tells whether it was met.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import tests.environment  # noqa: E402, F401 - invented keys, before the settings are read
from tests.client_and_simulator.conftest import Town  # noqa: E402

from uku.kit.embedded import Cluster  # noqa: E402

MODELS = ("sliding", "two-bucket")
PROCESSES = 4
BAR = 4.5


def main(seconds: float) -> int:
    """Run both models one after the other; return the exit status."""
    with tempfile.TemporaryDirectory(prefix="uku-bench-") as home:
        cluster = Cluster(Path(home) / "home", fsync=False)
        try:
            addresses = cluster.ensure_running()
            places = {"DATABASE_URL": addresses.app, "MIGRATE_DATABASE_URL": addresses.owner}
            environment = {**os.environ, **places, "DJANGO_SETTINGS_MODULE": "uku.settings"}
            migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
            subprocess.run(migrate, env={**environment, "DATABASE_URL": addresses.owner}, check=True)
            met = [measure(model, seconds, environment) for model in MODELS]
        finally:
            cluster.destroy()
    return 0 if all(met) else 1


def measure(model: str, seconds: float, environment: dict[str, str]) -> bool:
    """Let the crowd run against one model, print what the journal says, and tell whether the bar was met."""
    with Town() as sim:
        token = sim.tokens().access_token
        sim.switch(rate_limit=True, rate_model=model)
        order = {"processes": PROCESSES, "seconds": seconds, "address": sim.address, "token": token, "pace": model}
        script = ROOT / "tests/client_and_simulator/crowd.py"
        before = sim.mark()
        places = {"UKU_FORTNOX_AUTH_URL": sim.address, "UKU_FORTNOX_API_URL": sim.address}
        run = [sys.executable, str(script), json.dumps(order)]
        done = subprocess.run(run, env={**environment, **places}, stdout=subprocess.PIPE, text=True, check=True)
        reports = [json.loads(line) for line in done.stdout.splitlines()]
        answers = sim.statuses(before)
    taken = max(report["seconds"] for report in reports)
    speed = sum(answers.values()) / taken
    failed = sum(sum(report["failed"].values()) for report in reports)
    print(  # noqa: T201
        f"{model:<11} {PROCESSES} processes, {taken:5.1f} s: {sum(answers.values())} requests,"
        f" {speed:.2f} a second, {answers[429]} answered 429, {failed} calls failed"
    )
    return answers[429] == 0 and failed == 0 and speed >= BAR


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
