"""`uku fortnox reconcile`: has both sides' invoices compared now, and prints what differs and what to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, require_usable_connection
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.issue_messages import explain_issue
from uku.integrations.fortnox.health.messages import counts_in_words
from uku.integrations.fortnox.models import RunKind, RunState, SyncRun
from uku.integrations.fortnox.work import requests
from uku.kit import clock
from uku.kit.heartbeats import missing_worker

LOOK_EVERY: Final = 0.5
EQUAL, DIFFERENT, NOT_COMPARED = 0, 1, 2


def run(say: Callable[[str], None]) -> int:
    """Compare in the workspace in force; return the exit status.

    0 when both sides are equal, 1 when they differ, 2 when they could not be compared.
    """
    try:
        connection = require_usable_connection()
    except ConnectionNotUsable as refusal:
        say(str(refusal))
        return NOT_COMPARED
    asked_at = clock.now()
    requests.request_sync(connection, RunKind.COMPARISON)
    compared = _await_run(connection.company_id, asked_at)
    if compared is None:
        say("Nothing was compared yet: no worker runs. Start one: uku worker")
        return NOT_COMPARED
    if compared.state != RunState.DONE:
        say(f"The invoices could not be compared: {compared.text}")
        return NOT_COMPARED
    say(f"Compared with {connection.company_name}: {counts_in_words(compared)}.")
    standing = sync_issues.open_issues(connection.company_id).filter(kind=sync_issues.DIFFERENCE)
    for issue in standing.order_by("number"):
        words = explain_issue(issue)
        say(f"- {words.happened} {words.means} {words.remedy}")
    return DIFFERENT if standing else EQUAL


def _await_run(company_id: str, asked_at: datetime) -> SyncRun | None:
    """Return the run that began after it was asked for, once it has ended; None when no worker is there to run it."""
    ended = SyncRun.objects.filter(kind=RunKind.COMPARISON, company_id=company_id, started_at__gte=asked_at)
    while (found := ended.exclude(state=RunState.RUNNING).order_by("-id").first()) is None and not missing_worker():
        time.sleep(LOOK_EVERY)
    return found
