"""No wake-up is lost: whatever happens in whatever order, what is due has a job, or the next sweep finds it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.uku.integrations.fortnox.conftest import due_steps, work_off
from tests.uku.integrations.fortnox.histories import histories
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.client.rate_limit import PaceRow
from uku.integrations.fortnox.connection import authorize as connecting
from uku.integrations.fortnox.connection.disconnect import disconnect
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable
from uku.integrations.fortnox.models import Connection, DueWork, InvoiceExport, ReadKind, RunKind
from uku.integrations.fortnox.reload import service
from uku.integrations.fortnox.work import due, requests
from uku.kit import clock
from uku.kit.jobs import has_job
from uku.workspaces.models import Workspace
from uku.workspaces.operations import set_plan

MINUTES = 60


class Killed(BaseException):
    """The worker's process is gone, as by SIGKILL: nothing catches it."""


@pytest.fixture
def kill(monkeypatch):
    """Let the worker work until it is killed before its n-th request; its job is lost with it."""

    def go(requests_left: int) -> None:
        left = [requests_left]
        acquire = PaceRow.acquire

        def acquire_or_die(row: PaceRow) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            acquire(row)

        with monkeypatch.context() as patched:
            patched.setattr(PaceRow, "acquire", acquire_or_die)
            try:
                work_off(at_most=500)
            except Killed:
                with database.cursor() as cursor:
                    cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'doing'")

    return go


def machine_of(shop, scope, authorize, move_clock, kill, met):  # noqa: C901  # one function a rule
    who = {"workspace": scope, "actor": shop.owner}

    class Firm(RuleBasedStateMachine):
        passed = 0

        @initialize()
        def begin(self) -> None:
            set_plan(workspace=scope, plan="team", at=clock.now())
            self.connect(FIRST)

        def connection(self) -> Connection:
            return Connection.objects.get()

        @rule(company=st.sampled_from([FIRST, SECOND]))
        def connect(self, company: str) -> None:
            if Workspace.objects.get(pk=scope.pk).may_integrate:
                disconnect(**who, at=clock.now())
                authorize(scope, shop.owner, company=company)

        @rule()
        def disconnect(self) -> None:
            disconnect(**who, at=clock.now())

        @rule()
        def disable(self) -> None:
            connecting.disable(**who, at=clock.now())

        @rule()
        def enable(self) -> None:
            if Workspace.objects.get(pk=scope.pk).may_integrate:
                connecting.enable(**who, at=clock.now())

        @rule(plan=st.sampled_from(["free", "team"]))
        def change_the_plan(self, plan: str) -> None:
            set_plan(workspace=scope, plan=plan, at=clock.now())

        @rule()
        def issue(self) -> None:
            if self.connection().company_id == FIRST:
                shop.issue()

        @rule(kind=st.sampled_from([*RunKind]), full=st.booleans())
        def ask_for_a_sync(self, kind: RunKind, full: bool) -> None:
            requests.request_sync(self.connection(), kind, full=full)

        @rule(kind=st.sampled_from([*ReadKind]))
        def ask_for_a_record(self, kind: ReadKind) -> None:
            number = "1" if kind in {ReadKind.CUSTOMER, ReadKind.ARTICLE} else ""
            requests.request_read(self.connection(), kind, number)

        @rule()
        def reload(self) -> None:
            try:
                service.begin(actor=shop.owner, at=clock.now())
            except (ConnectionNotUsable, service.AlreadyRunning):
                met.add("no reload")

        @rule(minutes=st.sampled_from([1, 16, 60, 26 * 60]))
        def let_business_time_pass(self, minutes: int) -> None:
            self.passed += minutes * MINUTES
            move_clock(seconds=self.passed)

        @rule(minutes=st.sampled_from([1, 11]))
        def let_real_time_pass(self, minutes: int) -> None:
            """By moving the stamps of the database's clock back."""
            span = timedelta(minutes=minutes)
            stamps = {name: F(name) - span for name in ("sent_at", "next_at", "lease_until")}
            InvoiceExport.objects.update(**stamps)
            DueWork.objects.update(real_due_at=F("real_due_at") - span)

        @rule()
        def sweep(self) -> None:
            jobs.sweep.func(timestamp=0)

        @rule()
        def work(self) -> None:
            work_off(at_most=500)
            met.add("worked")

        @rule(requests_left=st.integers(0, 6))
        def be_killed_and_begin_again(self, requests_left: int) -> None:
            kill(requests_left)
            jobs.check_all.func(timestamp=0)

        @invariant()
        def what_is_due_is_woken_within_a_minute(self) -> None:
            connection = self.connection()
            if steps := due_steps(connection):
                met.update(steps)
                lock = due.work_lock(connection.pk, connection.company_id)
                assert has_job(lock=lock) or due.is_due(connection.pk, clock.now()), steps

    return Firm


@pytest.mark.history
def test_nothing_that_is_due_stays_unwoken(shop, scope, authorize, move_clock, kill):
    met: set[str] = set()
    machine = machine_of(shop, scope, authorize, move_clock, kill, met)
    run_state_machine_as_test(machine, settings=histories(12))
    assert met >= {"worked", "export", "record", "company", "grant", "customers", "payments", "reload", "review"}
