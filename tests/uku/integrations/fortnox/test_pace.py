"""One request each 210 ms per company, for all processes together; the simulator counts."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.connection.gateway import open_fortnox
from uku.integrations.fortnox.connection.pace import PaceRow


def moments(fortnox, since) -> list[float]:
    found = [e for e in fortnox.journal(since) if e["kind"] == "request" and e["path"].startswith("/3/")]
    return [datetime.fromisoformat(e["at"]).timestamp() for e in found]


@pytest.mark.process
@pytest.mark.parametrize("model", ["sliding", "two-bucket"])
def test_four_processes_never_meet_a_429(fortnox, connection, ask_from, real_pace, model):
    fortnox.switch(rate_limit=True, rate_model=model)
    before = fortnox.mark()
    ask_from(4, requests=15)
    at = moments(fortnox, before)
    assert (len(at), fortnox.statuses(before)) == (60, {200: 60})
    assert max(sum(0 <= later - first < 5 for later in at) for first in at) <= 25
    assert at[-1] - at[0] >= 59 * 0.21 - 1


def test_a_429_holds_everyone_back(fortnox, connection, real_pace):
    with open_fortnox(connection) as api:
        api.customers.count()
        fortnox.fault(path="/3/customers", action="status", status=429, headers={"Retry-After": "2"})
        before = fortnox.mark()
        api.customers.count()
    refused, repeated = moments(fortnox, before)
    assert repeated - refused >= 2
    PaceRow(FIRST).penalize(1.5)
    began = time.monotonic()
    PaceRow(FIRST).acquire()
    assert time.monotonic() - began >= 1.2


def test_each_company_has_its_own_pace(db, real_pace):
    PaceRow("one").penalize(0)
    PaceRow("one").acquire()
    PaceRow("one").penalize(5)
    began = time.monotonic()
    PaceRow("two").acquire()
    assert time.monotonic() - began < 2
