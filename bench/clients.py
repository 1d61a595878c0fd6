# ruff: noqa: INP001
"""Three clients side by side against one simulator: 2,000 customers and 400 articles, and what may happen on page 2.

    make compare

fortpyx and pyfortnox come from the package registry into an environment of their own. Each client reads everything in
a process of its own, once in peace, once with a 429 on page 2 of the customers, once with a token that expires there,
once with a connection that is cut there. Requests are counted by the simulator's journal. Prints the table of the
client's README.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[1]
CUSTOMERS, ARTICLES = 2_000, 400
FOREIGN = ROOT / ".foreign/bin/python"
CLIENTS = {"fortpyx": FOREIGN, "pyfortnox": FOREIGN, "fortnox-api": Path(sys.executable)}
WINDOW = 5.5
"""Seconds until the simulator's rate window has forgotten the run before."""
EXPIRE = {"method": "POST", "path": "/_sim/clock", "body": {"advance": 3700}}
SCENES: dict[str, dict[str, Any] | None] = {
    "in peace": None,
    "429 on page 2": {"action": "status", "status": 429},
    "the token expires on page 2": {"action": "mutate", "phase": "P0", "do": EXPIRE},
    "the connection is cut on page 2": {"action": "truncate", "phase": "P3"},
}


def main() -> None:
    """Run every client through every scene and print what came of it."""
    command = ["-m", "fortnox_sim", "--port", "0", "--seed", "empty"]
    command += ["--customers", str(CUSTOMERS), "--articles", str(ARTICLES)]
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as simulator:
        address = _read_line(simulator).split()[-1]
        try:
            _say("| client | | requests | seconds | customers | articles | how it ended |")
            _say("|---|---|---|---|---|---|---|")
            for client in CLIENTS:
                for scene in SCENES:
                    time.sleep(WINDOW)
                    _say(_row(address, client, scene))
        finally:
            simulator.terminate()


def _row(address: str, client: str, scene: str) -> str:
    """Let a client connect, plan the fault, let it read, and return its row of the table."""
    with httpx2.Client(base_url=address, trust_env=False) as http:
        driver = [str(each) for each in (CLIENTS[client], ROOT / "tests/foreign/read_all.py", client, address)]
        with subprocess.Popen(driver, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            _read_line(process)  # it is connected
            if (fault := SCENES[scene]) is not None:
                http.post("/_sim/faults", json={"path": "/3/customers", "query": {"page": "2"}, **fault})
            before = http.get("/_sim/journal").json()["next"]
            found = json.loads(process.communicate("\n")[0])
        entries = http.get("/_sim/journal", params={"since": before}).json()["entries"]
        http.delete("/_sim/faults")
    requests = sum(entry["kind"] == "request" and entry["path"].startswith("/3/") for entry in entries)
    name = f"{client} {found['version']}"
    counts = " | ".join(f"{found[kind]:,}" if found[kind] is not None else "–" for kind in ("customers", "articles"))
    return f"| {name} | {scene} | {requests} | {found['seconds']:.1f} | {counts} | {found['end']} |"


def _read_line(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline() if process.stdout else ""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if not FOREIGN.exists():
        sys.exit("The other clients are not installed: run `make compare`.")
    main()
