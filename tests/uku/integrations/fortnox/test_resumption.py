"""What stood still goes on at once when its cause is cured, whatever the cure, and the page says what was waiting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from tests.uku.integrations.fortnox.browsers import Walk, said, texts
from tests.uku.integrations.fortnox.conftest import clear_queue, due_steps, lose_jobs
from tests.uku.integrations.fortnox.grants import row
from tests.uku.integrations.fortnox.import_runs import complaint
from tests.uku.integrations.fortnox.simulated import SECOND
from tests.uku.integrations.fortnox.standing_rows import exported

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.connection import authorize as connecting
from uku.integrations.fortnox.connection.grant_check import check_refusal
from uku.integrations.fortnox.health import alerts, summary
from uku.integrations.fortnox.models import (
    Connection,
    ExportState,
    InvoiceExport,
    RunKind,
    RunState,
    SyncRun,
)
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.tokens import app_credentials, encryption, installation
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.kit.months import first_of
from uku.tasks.models import TaskValue
from uku.tasks.summaries import Schedule, plan_summaries
from uku.workspaces.models import Notice
from uku.workspaces.operations import set_plan

NO_SCOPE, NO_LICENCE = complaint(2000663, "Har inte behörighet för scope"), complaint(2001101, "Ingen licens")
EVERY_KIND = sorted(str(kind) for kind in RunKind)


@pytest.fixture
def walk(owner, scope, fortnox):
    return Walk(owner, scope, fortnox)


@pytest.fixture
def counted(connection, owner):
    """Switch work statistics on from last month: sales invoices, and vouchers, which need a permission of their own."""
    last_month = first_of(first_of(clock.today("Europe/Stockholm")) - timedelta(days=1))
    fields = {"sales_invoices": "Sales invoices", "vouchers": "Vouchers"}
    plan_summaries(
        actor=owner,
        at=clock.now(),
        title="Month",
        topic="Books",
        client=None,
        fields=fields,
        schedule=Schedule(last_month),
    )
    Connection.objects.update(statistics=list(fields))


@pytest.fixture
def stopped(shop, counted, scope, owner, settings, move_clock, run_jobs, request):
    """Let everything have been read a minute ago and an invoice wait; stop it all; return what cures that."""
    right = settings.UKU
    Connection.objects.update(statistics=["sales_invoices"])  # what the grant has no permission for is not waited for
    export = shop.export_of(shop.issue())
    InvoiceExport.objects.filter(pk=export.pk).update(next_at=clock.now() + timedelta(hours=1))
    for kind in RunKind:
        run_sync(SyncRequest(row(), kind))
    run_jobs()
    clear_queue()
    move_clock(seconds=60)

    def stop(cause: str):
        if cause == "authorization":
            Connection.objects.update(block_reason="needs_authorization", blocked_at=clock.now())
            return lambda: request.getfixturevalue("authorize")(scope, owner)
        if cause == "switch":
            connecting.disable(workspace=scope, actor=owner, at=clock.now())
            return lambda: connecting.enable(workspace=scope, actor=owner, at=clock.now())
        if cause == "plan":
            set_plan(workspace=scope, plan="free", at=clock.now())
            return lambda: set_plan(workspace=scope, plan="team", at=clock.now())
        if cause == "licence":
            Connection.objects.update(block_reason="no_licence", blocked_at=clock.now())
            return lambda: check_refusal(connection=row())
        if cause == "copy":
            settings.UKU = right.model_copy(update={"instance": "staging"})
            return lambda: installation.adopt(connection=row(), at=clock.now())
        settings.UKU = right.model_copy(update={"token_keys": (SecretStr(Fernet.generate_key().decode()),)})
        encryption.open_or_mark_unreadable(row(), clock.now())
        settings.UKU = right
        return lambda: encryption.open_or_mark_unreadable(row(), clock.now())

    return stop


@pytest.mark.parametrize("cause", ["authorization", "switch", "plan", "licence", "copy", "key"])
def test_each_cure_wakes_every_kind_and_each_invoice_at_once(stopped, queue, run_jobs, cause):
    cure = stopped(cause)
    alerts.review(row(), at=clock.now())
    clear_queue()
    cure()
    assert due_steps(row()) == sorted([*EVERY_KIND, "export"])
    assert len(queue("fortnox.work")) == 1
    assert [notice.key for notice in Notice.objects.filter(cleared_at=None, tone="bad")] == []
    run_jobs()
    assert InvoiceExport.objects.get().state == ExportState.CONFIRMED
    assert sorted(SyncRun.objects.filter(started_at__gte=row().resumed_at).values_list("kind", flat=True)) == EVERY_KIND
    assert [kind.badge.tone for kind in summary.health_of(row()).kinds if kind.badge.words != "Up to date"] == []


def test_a_job_that_was_lost_is_made_up_for_by_the_next_sweep(stopped, queue):
    stopped("switch")()
    lose_jobs()
    jobs.sweep.func(timestamp=0)
    assert len(queue("fortnox.work")) == 1
    assert due_steps(row()) == sorted([*EVERY_KIND, "export"])


def test_switching_off_and_on_three_times_reads_once(fortnox, stopped, run_jobs, scope, owner):
    for _ in range(3):
        stopped("switch")()
    before = fortnox.mark()
    run_jobs()
    assert fortnox.requests(before).count("GET invoicepayments") == 1


def test_a_secret_that_the_operator_mended_lets_what_stopped_go_on_with_the_next_sweep(stopped, queue):
    app_credentials.note_refused(clock.now())
    SyncRun.objects.filter(kind=RunKind.STATISTICS).update(state=RunState.STOPPED)
    jobs.sweep.func(timestamp=0)
    assert (due_steps(row()), queue("fortnox.work")) == ([], [])
    app_credentials.note_accepted(clock.now())
    jobs.sweep.func(timestamp=0)
    assert due_steps(row()) == ["export", "statistics"]
    assert len(queue("fortnox.work")) == 1


def test_a_permission_that_was_just_granted_has_its_figure_at_once(
    fortnox, connection, counted, authorize, scope, owner, run_jobs
):
    run_sync(SyncRequest(row(), RunKind.STATISTICS))
    assert set(TaskValue.objects.values_list("field__name", flat=True)) == {"Sales invoices"}
    authorize(scope, owner)
    run_jobs()
    assert set(TaskValue.objects.values_list("field__name", flat=True)) == {"Sales invoices", "Vouchers"}


def words_of(kind: str) -> str:
    return next(found.badge.words for found in summary.health_of(row()).kinds if found.kind == kind)


@pytest.mark.parametrize(
    ("body", "cured_by_the_grant"), [(NO_SCOPE, True), (NO_LICENCE, False)], ids=["permission", "licence"]
)
def test_what_was_not_permitted_is_up_to_date_right_after_authorize(
    fortnox, connection, authorize, scope, owner, run_jobs, body, cured_by_the_grant
):
    """A new grant cures a missing permission by itself; whether a licence was bought, the run that is woken tells."""
    fortnox.fault(path="/3/invoice*", action="status", status=403, body=body, times=10, phase="P0")
    run_sync(SyncRequest(row(), RunKind.PAYMENTS))
    fortnox.heal()
    assert words_of("payments") == "No permission"
    open_now = Notice.objects.filter(cleared_at=None, tone="bad")
    assert open_now.count() == 1
    authorize(scope, owner)
    assert (open_now.count(), words_of("payments") == "No permission") == (
        (0, False) if cured_by_the_grant else (1, True)
    )
    run_jobs()
    assert (open_now.count(), words_of("payments")) == (0, "Up to date")


def test_a_licence_that_is_missing_still_is_not_told_a_second_time(
    fortnox, connection, authorize, scope, owner, run_jobs
):
    fortnox.fault(path="/3/invoice*", action="status", status=403, body=NO_LICENCE, times=10, phase="P0")
    run_sync(SyncRequest(row(), RunKind.PAYMENTS))
    authorize(scope, owner)
    run_jobs()
    assert SyncRun.objects.filter(kind=RunKind.PAYMENTS).latest("id").state == RunState.STOPPED
    assert Notice.objects.filter(by_mail=True).count() == 1


def test_invoices_that_were_not_permitted_clear_their_banner_when_they_are_sent(
    fortnox, shop, authorize, scope, owner, run_jobs
):
    fortnox.fault(method="POST", path="/3/invoices", action="status", status=403, body=NO_LICENCE, times=1, phase="P0")
    export = shop.export_of(shop.issue())
    run_jobs()
    alerts.review(row(), at=clock.now())
    open_now = Notice.objects.filter(cleared_at=None, tone="bad")
    assert (open_now.count(), words_of("invoices")) == (1, "No permission")
    authorize(scope, owner)
    jobs.work.func(row().pk, row().company_id)  # and no sweep
    export.refresh_from_db()
    assert (export.state, open_now.count(), words_of("invoices")) == (ExportState.CONFIRMED, 0, "Up to date")


@pytest.fixture
def two_held(shop, owner):
    """Two invoices wait for this company and one for another; the grant is dead, and that is told."""
    for _ in range(2):
        shop.issue()
    exported(owner, state="queued", company_id=SECOND, attempts=0)
    clear_queue()
    Connection.objects.update(block_reason="needs_authorization", blocked_at=clock.now())
    alerts.review(row(), at=clock.now())


TWO = "2 invoices were waiting and are being sent now."


def test_the_page_after_authorize_and_the_bell_say_what_was_waiting(walk, two_held):
    answer = walk.connect()
    assert said(answer) == (
        f"Fortnox is connected to Exempelbyrån AB. {TWO} Being read now: Customers, Articles, Paid status."
    )
    assert Notice.objects.get(cleared_at=None, key="fortnox.works_again").text == TWO
    assert TWO in texts(walk.browser.get(answer["Location"]))


def test_what_waits_behind_a_licence_is_not_told_as_nothing(fortnox, walk, two_held, run_jobs):
    """The bell speaks when the last cause is gone, and the invoices went out before that."""
    fortnox.fault(path="/3/invoicepayments", action="status", status=403, body=NO_LICENCE, times=1, phase="P0")
    Connection.objects.update(block_reason="")
    run_sync(SyncRequest(row(), RunKind.PAYMENTS))
    walk.connect()
    run_jobs()
    assert Notice.objects.get(cleared_at=None, key="fortnox.works_again").text == "Syncing continues automatically."


def test_confirming_and_enabling_say_what_was_waiting_too(walk, two_held):
    walk.post("disable")
    assert TWO not in said(walk.post("enable"))  # the grant is dead still
    Connection.objects.update(block_reason="")
    walk.post("disable")
    assert said(walk.post("enable")) == f"{TWO} Being read now: Customers, Articles, Paid status."
    walk.see("overview")
    assert said(walk.post("enable")) == ""  # it is on already: nothing was cured


def test_a_first_connection_says_that_it_reads_and_that_no_invoice_waited(walk):
    assert said(walk.connect()) == (
        "Fortnox is connected to Exempelbyrån AB. Being read now: Customers, Articles, Paid status."
    )


def test_disconnect_counts_only_invoices_that_wait_for_the_connected_company(walk, two_held):
    assert "2 invoices waiting to be sent are held." in texts(walk.see("disconnect"))
