"""`uku audit verify` and `uku doctor` say whether the log is as it was written."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest
from tests.environment import SUITE_KEYS
from tests.uku.conftest import make_user, make_workspace, run_a_worker

from uku.workspaces.audit import last_link

pytestmark = pytest.mark.process


@pytest.fixture
def uku(committed):
    bare = {name: value for name, value in os.environ.items() if not name.startswith("UKU_")}
    addresses = {"DATABASE_URL": committed.app, "MIGRATE_DATABASE_URL": committed.owner}

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "uku", *arguments],
            env={**bare, "COLUMNS": "200", **SUITE_KEYS, **addresses},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.splitlines()

    return run


def test_verify_prints_the_last_link_of_each_log_and_finds_what_was_changed(uku, committed):
    run_a_worker()
    byran = make_workspace("byran", make_user("owner@byran.example"))
    annan = make_workspace("annan", make_user("owner@annan.example"))
    good = {each.slug: f"ok  {each.slug}: 1 entries, the last one {last_link(each)[1]}" for each in (byran, annan)}
    assert uku("audit", "verify") == (0, [good["annan"], good["byran"]])
    with psycopg.connect(committed.superuser, autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        session.execute("UPDATE uku_auditentry SET summary = 'Nothing' WHERE workspace_id = %s", [byran.pk])
    bad = "BAD byran: entry 1 was changed, removed or put in"
    assert uku("audit", "verify") == (1, [good["annan"], bad])
    assert uku("audit", "verify", "annan") == (0, [good["annan"]])
    assert uku("audit", "verify", "nobody") == (2, ["There is no workspace nobody."])
    status, lines = uku("doctor")
    assert (status, [line for line in lines if line.startswith("BAD ")]) == (
        1,
        ["BAD byran: entry 1 of the audit log was changed, removed or put in"],
    )
