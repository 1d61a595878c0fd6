"""What is found right after a pause, a cured trouble or a new grant: old failures are no new news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from tests.uku.conftest import make_workspace
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.grants import HOUR, MINUTE, Thread, row
from tests.uku.integrations.fortnox.simulated import until
from tests.uku.integrations.fortnox.standing_rows import connected, ran

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.connection import authorize as connecting
from uku.integrations.fortnox.connection.grant_check import check_refusal
from uku.integrations.fortnox.health.alerts import review
from uku.integrations.fortnox.health.queries import facts_of
from uku.integrations.fortnox.models import READ_KINDS, BlockReason, Connection, RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.tokens import grant_state
from uku.integrations.fortnox.tokens.encryption import open_tokens, seal_grant, seal_tokens
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.kit.alarms import clear_alarm, raise_alarm
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import Notice
from uku.workspaces.operations import set_plan

LAPSED = '{"ErrorInformation":{"error":1,"message":"Api-licens saknas.","code":2001103}}'
APP = "fortnox.app_credentials"


@pytest.fixture
def failing(scope):
    """A connection whose last run failed eight hours ago, in passing."""
    made = connected()
    ran("customers", minutes_ago=8 * 60, state="stopped", text="ConnectionFailed")
    return made


def mailed() -> list[str]:
    return sorted(Notice.objects.filter(by_mail=True).values_list("key", flat=True))


def test_a_secret_that_was_mended_after_hours_is_not_told_as_an_outage_of_fortnox(failing):
    """F35: a thousand firms would get an e-mail about Fortnox at the moment that all is well again"""
    raise_alarm(key=APP, text="wrong", at=clock.now() - timedelta(hours=8))
    review(failing, at=clock.now())
    clear_alarm(key=APP, at=clock.now())
    review(failing, at=clock.now())
    assert mailed() == []
    review(failing, at=clock.now() + timedelta(hours=6, minutes=1))  # and an outage that does last is told
    assert mailed() == ["fortnox.lasting"]


def test_enabling_again_after_a_week_is_not_told_as_an_outage_of_a_week(failing, scope, owner):
    at = clock.now()
    connecting.disable(workspace=scope, actor=owner, at=at)
    connecting.enable(workspace=scope, actor=owner, at=at + timedelta(days=7))
    review(failing, at=at + timedelta(days=7, minutes=1))
    assert mailed() == []


def test_a_plan_that_comes_back_is_not_told_as_an_outage(failing, scope, owner):
    set_plan(workspace=scope, plan="free", at=clock.now())
    set_plan(workspace=scope, plan="team", at=clock.now())
    review(failing, at=clock.now())
    assert mailed() == []


def test_a_cured_trouble_is_not_told_as_an_outage(failing):
    Connection.objects.update(block_reason=BlockReason.NO_LICENCE, blocked_at=clock.now())
    assert grant_state.unblock(row(), BlockReason.NO_LICENCE, at=clock.now()) is True
    review(failing, at=clock.now())
    assert mailed() == []


@pytest.mark.parametrize("cure", ["by itself", "authorized"])
def test_a_licence_that_was_bought_is_not_told_a_second_time(
    fortnox, connection, scope, owner, authorize, move_clock, cure
):
    """The run that was refused still stands as the newest one when the connection works again"""
    rule = fortnox.fault(path="/3/*", action="status", status=403, body=LAPSED, times=10_000, phase="P0")
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    move_clock(seconds=2 * MINUTE)
    jobs.work.func(connection.pk, connection.company_id)
    assert (row().block_reason, mailed()) == ("no_licence", ["fortnox.no_licence"])
    assert rule
    fortnox.heal()
    move_clock(seconds=30 * HOUR)
    if cure == "authorized":
        authorize(scope, owner)
    else:
        jobs.work.func(connection.pk, connection.company_id)
    assert row().block_reason == ""
    review(row(), at=clock.now())
    assert mailed() == ["fortnox.no_licence"]
    open_now = Notice.objects.filter(cleared_at=None, key__startswith="fortnox.")
    assert list(open_now.values_list("key", flat=True)) == ["fortnox.works_again"]


def test_a_check_that_ends_late_does_not_blame_the_grant_that_came_meanwhile(
    fortnox, connection, scope, owner, authorize, move_clock
):
    """F37: somebody authorized while Fortnox was thinking about the old tokens"""
    Connection.objects.update(refused_since=clock.now())
    move_clock(seconds=2 * MINUTE)
    old = row()
    rule = fortnox.fault(path="/3/companyinformation", action="status", status=403, body=LAPSED, phase="P0", times=1)
    held = fortnox.fault(path="/oauth-v1/token", action="hold", phase="P3", times=1)

    def check() -> None:
        with workspace_in_force(scope.pk):
            check_refusal(connection=old)

    late = Thread(check)
    until(lambda: fortnox.holds(held))
    Connection.objects.update(authorized_at=clock.now())
    fortnox.release(held)
    late.join()
    assert (late.error, fortnox.struck(rule), row().block_reason) == (None, 1, "")


def test_a_new_grant_and_a_disconnect_forget_an_old_refusal(connection, scope, owner, authorize):
    """Else the card would say "Trying again" for ever"""
    Connection.objects.update(refused_since=clock.now() - timedelta(hours=1))
    authorize(scope, owner)
    assert (row().refused_since, facts_of(row(), at=clock.now()).connection.refused) == (None, False)


@pytest.mark.parametrize("company", ['"\\u0000"', '"\\ud800"', '"55600x"', "-1"])
def test_a_hint_of_no_company_is_answered_like_any_other(fortnox, connection, client, queue, company):
    """B65: anyone may send one, so no text may make the page fail"""
    clear_queue()
    answer = client.post("/fortnox/hint", f'{{"tenantId": {company}}}', content_type="application/json")
    assert (answer.status_code, queue()) == (204, [])


def test_one_connection_that_cannot_be_looked_at_stops_no_other(fortnox, connection, owner, queue, move_clock):
    """The sweep and the look at all connections serve every firm of the installation"""
    broken = make_workspace("trasig", owner)
    with workspace_in_force(broken.pk):
        made = Connection.objects.create(enabled=True, company_id="1", instance=connection.instance)
        made.sealed_tokens = seal_tokens(made.pk, open_tokens(connection))
        made.refreshed_at = datetime.max.replace(tzinfo=UTC)
        made.save()
    clear_queue()
    move_clock(seconds=16 * MINUTE)
    jobs.check_all.func(timestamp=0)
    jobs.sweep.func(timestamp=0)
    asked = {arguments["connection_id"] for name, arguments in queue() if "connection_id" in arguments}
    assert connection.pk in asked


def test_a_copy_gives_back_no_grant_and_revokes_nothing_of_the_original(
    fortnox, connection, scope, owner, settings, run_jobs, move_clock
):
    """F44: the original may have confirmed the grant meanwhile; its token is then the one in force"""
    from uku.integrations.fortnox.connection.revoke import store_revocation
    from uku.integrations.fortnox.models import AuthorizationAttempt, PendingGrant, Revocation

    at, here = clock.now(), row().instance
    grant = PendingGrant.objects.create(
        attempt=AuthorizationAttempt.objects.get(), instance=here, created_at=at, expires_at=at + timedelta(hours=24)
    )
    grant.sealed_tokens = seal_grant(grant, open_tokens(row()))
    grant.save()
    spare = replace(open_tokens(row()), refresh_token="spare")
    store_revocation(lambda: spare, company_id="1", company_name="A", service_account=False, at=at)
    settings.UKU = settings.UKU.model_copy(update={"instance": "staging"})
    move_clock(seconds=25 * HOUR)
    before = fortnox.mark()
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert fortnox.requests(before, prefix="/") == []
    assert (PendingGrant.objects.count(), Revocation.objects.count()) == (1, 1)


def test_a_minute_of_a_quiet_connection_costs_no_query_of_its_own(connection, queue):
    """A thousand workspaces on one machine, each looked after once a minute, whatever their history"""
    for kind in READ_KINDS:
        ran(kind)
    hour_ago = clock.now() - timedelta(hours=1)
    Connection.objects.update(authorized_at=hour_ago, resumed_at=hour_ago)  # and nothing was cured since
    jobs.work.func(connection.pk, connection.company_id)
    with CaptureQueriesContext(database) as minute:
        jobs.sweep.func(timestamp=0)
    asked = [query["sql"] for query in minute if "uku_clockoffset" not in query["sql"]]
    assert (len(asked), queue()) == (3, [])  # what is due, grants and revocations, each of all workspaces
    with CaptureQueriesContext(database) as look:
        jobs.work.func(connection.pk, connection.company_id)
    assert len(look) <= 10, [query["sql"][:150] for query in look]
    assert not any("DISTINCT ON" in query["sql"] for query in look)
