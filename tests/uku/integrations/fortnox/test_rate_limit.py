"""One request each 210 ms per company, for all processes together; the simulator counts."""

from __future__ import annotations

from datetime import datetime

import pytest

from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.client.rate_limit import LONGEST_WAIT, PaceRow


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


def waits(company: str) -> float | None:
    """How long the next request of a company would wait; None when it would not."""
    slept: list[float] = []
    PaceRow(company, sleep=slept.append).acquire()
    return slept[0] if slept else None


def test_who_is_held_back_waits_for_what_is_left_and_other_companies_do_not(db, real_pace):
    assert (waits("one"), waits("two")) == (None, None)
    PaceRow("one").penalize(100)
    assert 0 < waits("one") <= 100
    PaceRow("one").penalize(10_000)
    assert 0 < waits("one") <= LONGEST_WAIT
    assert waits("three") is None
