"""A copy of the database beside the original sends nothing, until its operator says that it is the original now."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.uku.integrations.fortnox.grants import ask, row

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.client.open import renew_tokens
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport
from uku.integrations.fortnox.tokens import installation
from uku.integrations.fortnox.tokens.grant_state import NotConnected
from uku.kit import clock
from uku.workspaces.models import AuditEntry

HERE = "http://localhost:8720"


@pytest.fixture
def copied(settings):
    """This process is now the copy."""
    settings.UKU = settings.UKU.model_copy(update={"instance": "staging"})


def test_a_grant_is_this_installations_own(connection):
    assert (row().instance, installation.is_foreign(row())) == (HERE, False)


def test_a_copy_sends_nothing(fortnox, shop, copied, run_jobs):
    """F44: neither syncs, nor pushes, nor renewals, and nothing is written on the connection"""
    export, before = shop.export_of(shop.issue()), fortnox.mark()
    facts = Connection.everywhere.values().get()
    for _ in range(2):
        jobs.sweep.func(timestamp=0)
        jobs.keep_alive.func(shop.connection.pk)
        jobs.sync.func(shop.connection.pk, "customers")
        jobs.push.func(export.pk)
        run_jobs()
    with pytest.raises(NotConnected):
        ask(shop.connection)
    with pytest.raises(NotConnected):
        renew_tokens(row())
    assert fortnox.requests(before, prefix="/") == []
    assert (Connection.everywhere.values().get(), InvoiceExport.objects.get().state) == (facts, ExportState.QUEUED)


def test_a_copy_that_is_adopted_goes_on(fortnox, connection, copied, run_jobs):
    """F44"""
    assert installation.adopt(connection=row(), at=clock.now()) is True
    assert installation.adopt(connection=row(), at=clock.now()) is False
    assert row().instance == "staging"
    ask(row())
    entry = AuditEntry.everywhere.get(action="fortnox.adopt")
    assert (entry.before, entry.after) == ({"instance": HERE}, {"instance": "staging"})


def test_a_grant_from_before_grants_had_names_is_taken_for_ours(connection):
    Connection.everywhere.update(instance="")
    assert installation.is_foreign(row()) is False
    jobs.sweep.func(timestamp=0)
    assert row().instance == HERE


@pytest.mark.process
def test_the_operator_is_told_and_adopts_by_one_command(connection, environment, copied):
    """F44"""

    def uku(*arguments: str, said: str = ""):
        found = {**os.environ, **environment, "UKU_INSTANCE": "staging", "COLUMNS": "200"}
        command = [sys.executable, "-m", "uku", *arguments]
        return subprocess.run(command, env=found, input=said, capture_output=True, text=True, check=False)

    told = f"BAD byran: its Fortnox connection belongs to {HERE}; nothing is sent. See `uku fortnox adopt`"
    assert told in uku("doctor").stdout.splitlines()
    assert (uku("fortnox", "adopt", "byran", said="n\n").returncode, row().instance) == (1, HERE)
    done = uku("fortnox", "adopt", "byran", said="y\n")
    assert (done.returncode, row().instance) == (0, "staging")
    assert done.stdout.endswith("The connection of byran now belongs to staging.\n")
    again = uku("fortnox", "adopt", "byran")
    assert (again.returncode, again.stdout) == (0, "The connection of byran belongs to this installation already.\n")
    assert told not in uku("doctor").stdout.splitlines()
