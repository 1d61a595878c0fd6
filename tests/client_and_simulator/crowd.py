"""Many processes of ours at once, as a script: they wait for each other, call Fortnox, and say what came of it.

    python crowd.py '{"processes": 4, "seconds": 12, "address": "http://…", "pace": "556001", "token": "…"}'

With `connection` they share the stored tokens of that row, with `token` they send that one. With `pace` they
share that row of the pace table. One line of JSON per process comes out.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from typing import Any

from uku.boot import start_django

LEAST_CALLS = 2


def work(order: dict[str, Any], gate: Any, results: Any) -> None:
    try:
        results.put(report(order, gate))
    except BaseException:  # noqa: BLE001 - whatever it is, the parent has to hear of it
        results.put({"calls": 0, "failed": {traceback.format_exc(): 1}})


def report(order: dict[str, Any], gate: Any) -> dict[str, Any]:
    from fortnox_api import Fortnox, FortnoxError, PaceLimiter
    from uku.integrations.fortnox.client.rate_limit import PaceRow

    limiter = PaceRow(order["pace"]) if order.get("pace") else PaceLimiter(0.0)
    failed: Counter[str] = Counter()
    calls = 0
    with Fortnox(auth=auth_of(order), base_url=order["address"], limiter=limiter) as fortnox:
        gate.wait(timeout=60)
        begun = time.monotonic()
        # On a machine that is busy elsewhere a process may be late: each makes its calls all the same.
        while calls < LEAST_CALLS or time.monotonic() < begun + order["seconds"]:
            calls += 1
            try:
                fortnox.customers.count()
            except FortnoxError as fault:
                failed[repr(fault)] += 1
    return {"calls": calls, "failed": dict(failed)}


def auth_of(order: dict[str, Any]) -> Any:
    from fortnox_api import RefreshTokenAuth, StaticAuth
    from uku.integrations.fortnox.client.open import oauth_app
    from uku.integrations.fortnox.tokens.store import PostgresTokenStore

    if "token" in order:
        return StaticAuth(order["token"])
    return RefreshTokenAuth(oauth_app(), PostgresTokenStore(order["connection"]))


def main() -> None:
    order = json.loads(sys.argv[1])
    start_django()
    context = multiprocessing.get_context("fork")  # Django is loaded once, before there is any connection
    gate, results = context.Barrier(order["processes"]), context.SimpleQueue()
    crowd = [context.Process(target=work, args=(order, gate, results)) for _ in range(order["processes"])]
    for process in crowd:
        process.start()
    for _ in crowd:
        print(json.dumps(results.get()), flush=True)  # noqa: T201 - the parent reads it
    for process in crowd:
        process.join()


if __name__ == "__main__":
    main()
