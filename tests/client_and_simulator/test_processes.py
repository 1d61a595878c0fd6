"""Real processes over one PostgreSQL: one refresh for all of them, one pace for all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from tests.client_and_simulator.conftest import Town, aged
from tests.uku.conftest import make_user, make_workspace
from tests.uku.integrations.fortnox.simulated import FIRST

CROWD = Path(__file__).with_name("crowd.py")
MARGIN = timedelta(minutes=10)


@pytest.fixture
def crowd(committed):
    """Start a crowd of processes; `result` waits for it and gives one report per process."""
    started: list[subprocess.Popen[str]] = []

    def start(sim, **order):
        places = {"UKU_FORTNOX_AUTH_URL": sim.address, "UKU_FORTNOX_API_URL": sim.address}
        database = {"DATABASE_URL": committed.app, "MIGRATE_DATABASE_URL": committed.owner}
        command = [sys.executable, str(CROWD), json.dumps({"address": sim.address, **order})]
        process = subprocess.Popen(command, env={**os.environ, **database, **places}, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def reports(process):
    out, _ = process.communicate(timeout=120)
    return [json.loads(line) for line in out.splitlines()]


def failures(found):
    total = Counter()
    for each in found:
        total.update(each["failed"])
    return dict(total)


@pytest.fixture
def stored(committed, sim):
    """A connection whose tokens come into the margin of their expiry in four seconds."""
    from uku.integrations.fortnox.models import Connection
    from uku.integrations.fortnox.tokens.encryption import seal_tokens

    workspace = make_workspace("byran", make_user("owner@byran.example"))
    tokens = aged(sim.tokens(), seconds=MARGIN.total_seconds() + 4)
    row = Connection.everywhere.create(workspace=workspace, enabled=True, company_id=FIRST)
    Connection.everywhere.filter(pk=row.pk).update(sealed_tokens=seal_tokens(row.pk, tokens), generation=1)
    return row


@pytest.mark.process
@pytest.mark.parametrize("ends", [False, True], ids=["the old token lives", "the old token ends"])
def test_sixteen_processes_refresh_once_across_an_expiry_and_no_call_fails(sim, crowd, stored, ends):
    """F29, with the store that the product uses"""
    sim.switch(refresh_ends_access=ends)
    before = sim.mark()
    found = reports(crowd(sim, processes=16, seconds=6, connection=stored.pk))
    stored.refresh_from_db()
    assert failures(found) == {}
    assert len(found) == 16
    assert all(each["calls"] > 1 for each in found)
    assert (len(sim.commits("token.refresh", before)), sim.tries(before)) == (1, 1)
    assert sim.commits("token.reuse", before) == []
    assert (stored.generation, stored.refresh_started_at) == (2, None)
    answers = sim.statuses(before)
    assert answers[400] == 0
    assert answers[401] == 0 or ends


@pytest.mark.process
def test_four_processes_at_full_speed_meet_no_429_under_either_model(sim, crowd):
    """Both models at once, each with its own simulator and its own row of the pace table"""
    with Town() as other:
        running = []
        for place, model in ((sim, "sliding"), (other, "two-bucket")):
            token = place.tokens().access_token
            place.switch(rate_limit=True, rate_model=model)
            running.append((place, place.mark(), crowd(place, processes=4, seconds=11, token=token, pace=model)))
        for place, before, process in running:
            found = reports(process)
            answers = place.statuses(before)
            assert failures(found) == {}
            assert set(answers) == {200}
            # How quick they are is for bench/client_pace.py to say; here other tests share the machine.
            assert answers[200] == sum(each["calls"] for each in found)
