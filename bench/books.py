# ruff: noqa: INP001
"""Figures of the books: how a simulator with 10,000 and 100,000 vouchers starts, and how their SIE file is counted.

    python bench/books.py [runs]

Each run is a process of its own: `fortnox.sie.count` over loopback, the processor's seconds for it and all seconds, the
simulator's included, and the most memory that it had. The median of five runs is printed, and what ten times as many
cost: at most 12 times the start, 11 times the reading, 1.2 times the memory.
"""

import json
import resource
import subprocess
import sys
import time
import tracemalloc
from datetime import date
from statistics import median
from urllib.parse import SplitResult, urlsplit

from simulator import call, connect, say

from fortnox_api import Fortnox, PaceLimiter, StaticAuth

SIZES = (10_000, 100_000)
RUNS = 5
MOST = {"start": 12, "reading": 11, "memory": 1.2, "allocated": 1.2}


def start(vouchers: int) -> tuple["subprocess.Popen[str]", SplitResult, float]:
    """Start a simulator; give the process, its address and the seconds it took."""
    began = time.monotonic()
    command = [sys.executable, "-m", "fortnox_sim", "--port", "0", "--seed", "empty", "--vouchers", str(vouchers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline() if process.stdout else ""
    return process, urlsplit(line.split()[-1]), time.monotonic() - began


def count(address: str, token: str, *, trace: bool) -> None:
    """Count a year's vouchers in this process, and print what that took."""
    if trace:
        tracemalloc.start()
    began, worked = time.monotonic(), time.process_time()
    with Fortnox(auth=StaticAuth(token), base_url=address, limiter=PaceLimiter(0)) as fortnox:
        today = date.today()  # noqa: DTZ011 - the simulator runs on today
        counted = fortnox.sie.count(date(today.year, 1, 1), date(today.year, 12, 31))
    took = {
        "reading": time.process_time() - worked,
        "elapsed": time.monotonic() - began,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "allocated": tracemalloc.get_traced_memory()[1] / 1024**2 if trace else 0,
        "vouchers": counted.total.vouchers,
        "rows": counted.total.rows,
    }
    say(json.dumps(took))


def run_apart(address: str, token: str, how: str) -> dict[str, float]:
    command = [sys.executable, __file__, how, address, token]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def measure(vouchers: int, runs: int) -> dict[str, float]:
    """Give the medians for so many vouchers."""
    starts = []
    for _ in range(runs - 1):
        process, _, took = start(vouchers)
        starts.append(took)
        process.terminate()
        process.wait()
    process, address, took = start(vouchers)
    starts.append(took)
    try:
        token = connect(address, "bookkeeping")["Authorization"].split()[1]
        base = f"http://{address.netloc}"
        found = [run_apart(base, token, "count") for _ in range(runs)]
        traced = run_apart(base, token, "trace")
        size = len(call(address, "GET", "/3/sie/4", headers={"Authorization": f"Bearer {token}"})[2])
    finally:
        process.terminate()
        process.wait()
    medians = {name: median(run[name] for run in found) for name in ("reading", "elapsed", "memory")}
    figures = {"start": median(starts), **medians, "allocated": traced["allocated"]}
    say(
        f"{found[0]['vouchers']} vouchers, {found[0]['rows']} rows, {size / 1e6:.1f} MB: "
        f"start {figures['start']:.2f} s, counted in {figures['reading']:.2f} s of {figures['elapsed']:.2f}, "
        f"process {figures['memory']:.1f} MB, allocated {figures['allocated']:.2f} MB"
    )
    return figures


def main() -> None:
    """Print the figures of both sizes and their ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    small, large = (measure(vouchers, runs) for vouchers in SIZES)
    for name, most in MOST.items():
        ratio = large[name] / small[name]
        say(f"{name}: {ratio:.2f} times as much, at most {most}: {'holds' if ratio <= most else 'DOES NOT HOLD'}")


if __name__ == "__main__":
    if len(sys.argv) == 4:  # noqa: PLR2004 - a run of its own: how, address, token
        count(sys.argv[2], sys.argv[3], trace=sys.argv[1] == "trace")
    else:
        main()
