"""A process that can die at each durable step: after a commit, and on either side of a request to Fortnox.

It reads orders from standard input, one JSON a line, and does each in a forked child of its own: `get` or `post` a
page as a signed-in browser, `job` with its arguments, or `import` of the customers by itself; `fortnox` says where the
simulator is, and `rows` makes pages of so many rows. The answer, one JSON a line, tells the steps that the child took,
the lines of the product that made each of them, and how it ended. A child that comes to the ordered step kills itself
with SIGKILL, as a power cut would.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import django

from uku.kit.loading import loading_what_stays

with loading_what_stays():
    django.setup()

from django.conf import settings  # Django first
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

import uku
from fortnox_api import DeadlineTransport, _resource

WRITES = ("INSERT INTO", "UPDATE", "DELETE FROM")
PRODUCT = str(Path(uku.__file__).parent)


def product_lines() -> set[str]:
    """Return the lines of the product that are being run, as "invoices/cancel.py:89"."""
    found, frame = set(), sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(PRODUCT):
            found.add(f"{path.removeprefix(PRODUCT)[1:]}:{frame.f_lineno}")
        frame = frame.f_back
    return found


class Life:
    """Counts the steps of one child and ends it at the ordered one."""

    def __init__(self, pipe: int, last: int | None) -> None:
        self._pipe, self._last, self._count = pipe, last, 0
        self._written: list[str] = []
        self._lines: set[str] = set()

    def step(self, name: str) -> None:
        lines = self._lines | product_lines()
        self._lines.clear()
        os.write(self._pipe, f"{json.dumps([name, sorted(lines)])}\n".encode())
        if self._count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        self._count += 1

    def watch(self) -> None:
        """Make every commit and every request a step. Nothing in the product knows of it."""
        commit, send = BaseDatabaseWrapper._commit, DeadlineTransport.handle_request
        life = self

        def committed(database: Any) -> Any:
            answer = commit(database)
            if life._written:
                life.step(f"commit {' '.join(dict.fromkeys(life._written))}")
                life._written.clear()
            return answer

        def sent(transport: Any, request: Any) -> Any:
            name = f"{request.method} {request.url.path}"
            life.step(f"before {name}")
            response = send(transport, request)
            life.step(f"after {name}")
            return response

        BaseDatabaseWrapper._commit = committed  # type: ignore[method-assign]
        DeadlineTransport.handle_request = sent  # type: ignore[method-assign]

    def executed(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        words = str(sql).split()
        if str(sql).lstrip().startswith(WRITES):
            table = words[1 if words[0] == "UPDATE" else 2].strip('"')
            if context["connection"].in_atomic_block:
                self._written.append(table)
                self._lines |= product_lines()
            else:
                self.step(f"commit {table}")
        return answer


def prepare() -> None:
    """Load what each child would otherwise load anew, and do not keep the pace: the steps are the same."""
    from django.urls import get_resolver
    from procrastinate.contrib.django import app

    from uku.integrations.fortnox.client import open as client
    from uku.integrations.fortnox.client import rate_limit

    app.perform_import_paths()
    assert get_resolver().url_patterns
    client.oauth_app()  # which reads the certificates
    rate_limit._RESERVE = rate_limit._RESERVE.replace(rate_limit.INTERVAL, "1 millisecond")  # type: ignore[misc]


def import_customers(*, full: bool) -> None:
    """Run an import of the one connection as nothing but its own fence orders it: neither queue nor loop."""
    from uku.integrations.fortnox.models import Connection, RunKind
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.integrations.fortnox.work.runs import run_sync
    from uku.kit.scoping import workspace_in_force

    one = Connection.everywhere.select_related("workspace").get()
    with workspace_in_force(one.workspace_id):
        run_sync(SyncRequest(one, RunKind.CUSTOMERS, full=full))


def do(order: dict[str, Any]) -> None:
    places = {"fortnox_auth_url": order["fortnox"], "fortnox_api_url": order["fortnox"]}
    settings.UKU = settings.UKU.model_copy(update=places)
    if "rows" in order:
        _resource.PAGE_SIZE = order["rows"]  # type: ignore[misc]
    if order["do"] == "job":
        from procrastinate.contrib.django import app

        app.tasks[order["name"]].func(**order["arguments"])
        return
    if order["do"] == "import":
        import_customers(full=order["full"])
        return
    browser = Client(SERVER_NAME=settings.UKU.host)
    if order.get("session"):
        browser.cookies[settings.SESSION_COOKIE_NAME] = order["session"]
    answer = getattr(browser, order["do"])(order["path"], order.get("data", {}))
    if answer.status_code >= 400:
        raise RuntimeError(f"{order['path']} answered {answer.status_code}")


def live(order: dict[str, Any], pipe: int) -> None:
    """The child: do the order, and leave without the parent's clean-up."""
    life = Life(pipe, order.get("at"))
    life.watch()
    with connection.execute_wrapper(life.executed):
        do(order)
    os._exit(0)


def main() -> None:
    prepare()
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            live(json.loads(line), writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            steps = [json.loads(step) for step in pipe]
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        told = {"steps": [name for name, _ in steps], "lines": [lines for _, lines in steps]}
        sys.stdout.write(json.dumps({**told, "killed": killed, "status": status}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
