"""Tokens are renewed whatever happens: two sources, lost answers, outages, a wrong secret, a full disk.

The journal of the simulated Fortnox is the judge: what reached it, and what it committed.
"""

from __future__ import annotations

import json
import signal
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError
from django.db import connection as database
from tests.uku.integrations.fortnox.conftest import clear_queue, let_rest
from tests.uku.integrations.fortnox.grants import DAY, DENIED, HOUR, MINUTE, TOKEN, Thread, age, ask, row, stored
from tests.uku.integrations.fortnox.simulated import FIRST, until

from fortnox_api import FortnoxError, GrantRevoked, Unauthorized, Unavailable
from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.client.open import renew_tokens
from uku.integrations.fortnox.models import Connection, RunKind, RunState, SyncRun, TokenSource
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.tokens import app_credentials, renewal, spool, store
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.kit.alarms import Alarm, is_open


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.UKU = settings.UKU.model_copy(update={"home": tmp_path})
    return tmp_path


@pytest.fixture
def ordinary(fortnox, settings):
    """An app without a service account: ask for it before `connection`."""
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": False})


@pytest.fixture
def expired(connection):
    age(connection, minutes=-1)
    return Connection.objects.get()


@pytest.fixture
def tick(fortnox, move_clock, run_jobs):
    """Let business time be so many seconds ahead, sweep, and work the queue off."""

    def go(seconds: float) -> None:
        move_clock(seconds=int(seconds))
        jobs.sweep.func(timestamp=0)
        run_jobs()

    return go


@pytest.fixture
def kept_alive(fortnox, move_clock):
    """Let business time be so many seconds ahead and look after the grant of a connection that reads nothing."""

    def go(seconds: float) -> None:
        move_clock(seconds=int(seconds))
        let_rest(row())
        jobs.work.func(row().pk, row().company_id)

    return go


def asked(fortnox, since: int) -> int:
    """How often the token address was asked."""
    return fortnox.requests(since, prefix="/oauth-v1/").count("POST token")


def minted(fortnox, since: int = 0) -> int:
    return len(fortnox.commits("token.credentials", since))


def standing(found: Connection):
    return found.source, found.block_reason, found.generation


# Two sources


def test_after_a_service_accounts_consent_tokens_are_minted_and_its_refresh_token_is_kept(fortnox, connection):
    """Decision 12: the code's token comes first, and the first renewal proves that minting works"""
    spare, before = stored().refresh_token, fortnox.mark()
    ask(connection)
    assert asked(fortnox, before) == 0
    age(connection, minutes=-1)
    ask(connection)
    assert (minted(fortnox, before), fortnox.refreshes(before)) == (1, 0)
    assert (stored().refresh_token, row().source) == (spare, TokenSource.CREDENTIALS)


@pytest.mark.parametrize("word", ["unauthorized_client", "invalid_grant", "unsupported_grant_type"])
def test_where_minting_is_refused_the_refresh_token_takes_over(fortnox, expired, word):
    body = json.dumps({"error": word, "error_description": "No."})
    fortnox.fault(**TOKEN, action="status", status=400, body=body, phase="P0")
    before = fortnox.mark()
    ask(expired)
    assert (minted(fortnox, before), fortnox.refreshes(before)) == (0, 1)
    assert standing(row()) == (TokenSource.REFRESH, "", expired.generation + 1)
    age(expired, minutes=-1)
    ask(expired)
    assert (minted(fortnox, before), fortnox.refreshes(before), asked(fortnox, before)) == (0, 2, 3)


def test_the_spare_refresh_token_is_renewed_once_a_week_and_changes_no_source(fortnox, connection, kept_alive):
    spare, before = stored().refresh_token, fortnox.mark()
    for hours in range(12, 15 * 24, 12):
        kept_alive(hours * HOUR)
    assert 1 <= fortnox.refreshes(before) <= 2
    assert stored().refresh_token != spare
    assert (row().source, row().block_reason) == (TokenSource.CREDENTIALS, "")
    assert clock.now() - row().consent_renewed_at < timedelta(days=8)


def test_a_spare_that_fortnox_refuses_is_dropped_and_missed_by_nobody(fortnox, connection, kept_alive):
    """I13: a token that was finally refused is not sent again"""
    from uku.integrations.fortnox.client.open import oauth_app

    oauth_app().refresh(stored().refresh_token)  # somebody spent it
    before = fortnox.mark()
    kept_alive(8 * DAY)
    kept_alive(30 * DAY)
    assert len(fortnox.commits("token.reuse", before)) == 1
    assert (stored().refresh_token, row().consent_renewed_at, row().block_reason) == (None, None, "")
    ask(row())


@pytest.mark.parametrize("source", ["minting", "refreshing"])
def test_a_revoked_grant_needs_a_person_and_is_asked_for_once(fortnox, settings, scope, owner, authorize, source, tick):
    """I18, and the end of both sources"""
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": source == "minting"})
    made = authorize(scope, owner)
    clear_queue()
    fortnox.ask("POST", f"companies/{FIRST}/revoke")
    age(made, minutes=-1)
    before = fortnox.mark()
    for minutes in (1, 20, 40, 25 * 60, 50 * 60):
        tick(minutes * MINUTE)
    assert asked(fortnox, before) == (2 if source == "minting" else 1)
    assert (row().block_reason, row().sealed_tokens != "") == ("needs_authorization", True)
    authorize(scope, owner)
    assert row().block_reason == ""
    ask(row())


# Lost answers


@pytest.mark.parametrize("grace", [0, 120])
def test_a_refresh_whose_answer_is_lost_is_tried_once_more(fortnox, ordinary, expired, grace, move_clock):
    """F31, F30: the marker stands, the spent token is sent one more time, then a person is needed"""
    fortnox.switch(refresh_grace_seconds=grace)
    fortnox.fault(**TOKEN, action="reset", phase="P2")
    before = fortnox.mark()
    with pytest.raises(FortnoxError):
        ask(expired)
    assert (row().refresh_started_at is not None, row().block_reason) == (True, "")
    move_clock(seconds=80)
    for _ in range(3):
        if grace:
            ask(expired)
        else:
            with pytest.raises(GrantRevoked):
                ask(expired)
        move_clock(seconds=200)
    assert asked(fortnox, before) == 2
    assert row().block_reason == ("" if grace else "needs_authorization")
    assert (row().refresh_started_at is None) == bool(grace)


def test_a_lost_rotation_of_a_service_account_costs_nothing(fortnox, expired, move_clock):
    """F30, F31: the company's consent mints, whatever became of the refresh token"""
    Connection.objects.update(source=TokenSource.REFRESH)
    fortnox.fault(**TOKEN, action="reset", phase="P2")
    with pytest.raises(FortnoxError):
        ask(expired)
    move_clock(seconds=2 * MINUTE)
    before = fortnox.mark()
    ask(expired)
    assert (len(fortnox.commits("token.reuse", before)), minted(fortnox, before)) == (1, 1)
    assert standing(row()) == (TokenSource.CREDENTIALS, "", expired.generation + 1)
    assert (stored().refresh_token, row().refresh_started_at) == (None, None)


@pytest.mark.parametrize("given", ["", None])
def test_an_empty_refresh_token_replaces_nothing(fortnox, ordinary, expired, given):
    """F33, I16"""
    body = json.dumps({"access_token": "eyJ-another", "expires_in": 3600, "refresh_token": given})
    before = stored().refresh_token
    fortnox.fault(**TOKEN, action="status", status=200, body=body, phase="P2")
    renew_tokens(expired)
    assert (stored().access_token, stored().refresh_token) == ("eyJ-another", before)


# What the database does not take


@pytest.fixture
def full_disk(db):
    """The disk is full exactly where new tokens are to be stored; call the result to make room."""
    with psycopg.connect(db.superuser, autocommit=True) as session:
        session.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END$$"
        )
        session.execute(
            "CREATE TRIGGER no_room BEFORE UPDATE ON fortnox_connection FOR EACH ROW"
            " WHEN (NEW.sealed_tokens <> OLD.sealed_tokens) EXECUTE FUNCTION no_room()"
        )

        def make_room() -> None:
            session.execute("DROP FUNCTION IF EXISTS no_room() CASCADE")

        yield make_room
        make_room()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", (0.0,))


def test_tokens_that_cannot_be_stored_outlive_the_process(fortnox, ordinary, expired, full_disk, impatient, home):
    """F32: an error is raised, a sealed file holds what Fortnox gave, and nobody refreshes again"""
    old, before = stored(), fortnox.mark()
    with pytest.raises(DatabaseError, match="could not extend file"):
        ask(expired)
    [file] = (home / "spool").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert old.refresh_token not in file.read_text()
    ask(expired)  # with what the file holds, although there is still no room
    assert (stored(), asked(fortnox, before), fortnox.refreshes(before)) == (old, 1, 1)
    full_disk()
    assert (store.store_all_spooled(), store.store_all_spooled(), list((home / "spool").iterdir())) == (1, 0, [])
    assert standing(row()) == (TokenSource.REFRESH, "", expired.generation + 1)
    renew_tokens(row())
    assert (fortnox.refreshes(before), fortnox.commits("token.reuse", before)) == (2, [])


@pytest.fixture
def spooled(ordinary, expired, full_disk, impatient):
    """Renewed tokens in a file, and room for them again."""
    with pytest.raises(DatabaseError):
        ask(expired)
    full_disk()
    return expired


def test_tokens_in_a_file_that_a_new_grant_overtook_are_thrown_away(fortnox, spooled, home, scope, owner, authorize):
    """F32, I15"""
    authorize(scope, owner)
    granted = stored()
    assert (store.store_all_spooled(), list((home / "spool").iterdir()), stored()) == (0, [], granted)


def test_a_session_that_is_cut_during_a_refresh_loses_nothing(fortnox, ordinary, expired, db, home, settings):
    """F32: the tokens are stored over another session"""
    settings.UKU = settings.UKU.model_copy(update={"test_clock": False})  # which would ask the database for the time
    held = fortnox.fault(**TOKEN, action="hold", phase="P4")
    pids: list[int] = []

    def work() -> None:
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pids.append(cursor.fetchone()[0])
        ask(expired)

    thread = Thread(work)
    until(lambda: fortnox.holds(held))
    with psycopg.connect(db.superuser, autocommit=True) as session:
        session.execute("SELECT pg_terminate_backend(%s)", [pids[0]])
    fortnox.release(held)
    thread.join()
    assert (thread.error, row().generation, fortnox.refreshes()) == (None, expired.generation + 1, 1)
    assert list((home / "spool").glob("*")) == []


def test_a_database_that_takes_nothing_is_found_out_before_a_token_is_spent(fortnox, ordinary, expired, db):
    """F32: the marker's commit shows that the result can be stored"""
    before = fortnox.mark()
    with database.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        with pytest.raises(DatabaseError, match="read-only"):
            ask(expired)
    finally:
        database.close()
    assert asked(fortnox, before) == 0
    ask(expired)


@pytest.mark.process
def test_a_worker_takes_the_files_in_when_it_starts(fortnox, spooled, home, environment, worker):
    """F32"""
    environment["UKU_HOME"] = str(home)
    with worker():
        until(lambda: row().generation > spooled.generation)
    assert list((home / "spool").iterdir()) == []


# A wrong app secret, and outages


def test_a_wrong_app_secret_alarms_the_operator_once_and_blames_no_customer(
    fortnox, expired, move_clock, mailoutbox, settings
):
    """F35"""
    settings.UKU = settings.UKU.model_copy(update={"operator_email": "drift@byran.example"})
    from uku.kit.upkeep import mail_alarms

    fortnox.ask("POST", "apps", client_id="uku-demo", client_secret="another")
    before = fortnox.mark()
    for _ in range(4):
        with pytest.raises(Unavailable):
            ask(expired)
        mail_alarms.func(timestamp=0)
    assert (asked(fortnox, before), standing(row())) == (1, standing(expired))
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        (["drift@byran.example"], "Uku at http://localhost:8720 needs attention")
    ]
    for minutes in range(1, 21):
        move_clock(seconds=minutes * MINUTE)
        with pytest.raises(Unavailable):
            ask(expired)
    assert 2 <= asked(fortnox, before) <= 5
    assert (Alarm.objects.count(), is_open(app_credentials.ALARM), row().block_reason) == (1, True, "")
    fortnox.ask("POST", "apps", client_id="uku-demo", client_secret="uku-demo-secret")
    move_clock(seconds=26 * MINUTE)
    ask(row())
    assert (is_open(app_credentials.ALARM), row().block_reason) == (False, "")


def test_with_a_wrong_app_secret_calls_go_on_while_their_token_lives(fortnox, connection):
    """F35"""
    fortnox.ask("POST", "apps", client_id="uku-demo", client_secret="another")
    age(connection, minutes=5)
    before = fortnox.mark()
    for _ in range(3):
        ask(connection)
    assert (asked(fortnox, before), is_open(app_credentials.ALARM)) == (1, True)


OUTAGES = {
    "429": {"action": "status", "status": 429},
    "503": {"action": "html", "status": 503},
    "closed": {"action": "drop", "phase": "P0"},
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_of_hours_is_waited_out_by_itself(fortnox, expired, move_clock, tick, outage):
    """F36, I18: ever longer waits, the token kept, nobody told to authorize, and all well when it is over"""
    kept, before = stored().refresh_token, fortnox.mark()
    fortnox.fault(**TOKEN, times=10_000, **OUTAGES[outage])
    for minutes in range(5, 6 * 60, 5):
        move_clock(seconds=minutes * MINUTE)
        with pytest.raises(FortnoxError):
            ask(expired)
    assert 10 <= asked(fortnox, before) <= 25
    found = row()
    assert (found.block_reason, found.renewal_failures, stored().refresh_token) == ("", asked(fortnox, before), kept)
    fortnox.heal()
    tick(6 * HOUR + 45 * MINUTE)
    assert (row().renewal_failures, row().renew_not_before, row().block_reason) == (0, None, "")
    assert not SyncRun.objects.filter(state=RunState.RUNNING).exists()
    assert SyncRun.objects.filter(state=RunState.DONE, kind=RunKind.CUSTOMERS).exists()


def test_while_the_wait_lasts_calls_fail_at_once_without_asking(fortnox, expired, move_clock):
    """F36"""
    fortnox.fault(**TOKEN, action="status", status=503, times=1)
    before = fortnox.mark()
    for _ in range(4):
        with pytest.raises(Unavailable) as caught:
            ask(expired)
        assert caught.value.transient is True
    assert asked(fortnox, before) == 1
    move_clock(seconds=2 * MINUTE)
    ask(expired)


def test_passing_trouble_is_not_noticed_while_the_token_lives(fortnox, connection):
    fortnox.fault(**TOKEN, action="status", status=503, times=99)
    age(connection, minutes=5)
    for kind in (RunKind.CUSTOMERS, RunKind.ARTICLES):
        run_sync(SyncRequest(connection, kind))
    assert [run.state for run in SyncRun.objects.all()] == [RunState.DONE] * 2
    assert (row().renewal_failures, row().block_reason) == (1, "")


def test_the_waits_grow_are_spread_and_have_an_end():
    """F36: after an outage not everybody comes back in the same minute"""
    waits = [renewal.wait_after(failures, 0.5) / timedelta(minutes=1) for failures in (1, 2, 3, 4, 5, 6, 7, 5000)]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    assert renewal.wait_after(1, 0.0) == timedelta(seconds=45)
    assert renewal.wait_after(1, 1.0) == timedelta(seconds=75)
    shares = {renewal.spread(number, timedelta(hours=4)) for number in range(1, 1001)}
    assert len(shares) > 500
    assert min(shares) >= timedelta(0)
    assert max(shares) < timedelta(hours=4)


# Tokens that die early, and refusals


def test_a_token_that_dies_in_the_middle_of_an_import_costs_one_renewal(fortnox, connection):
    """F39"""
    fortnox.customers(501)
    fortnox.fault(path="/3/customers", query={"page": 2}, phase="P0", **DENIED)
    before = fortnox.mark()
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    run = SyncRun.objects.get()
    assert (run.state, asked(fortnox, before)) == (RunState.DONE, 1)
    pages = [query.get("page") for query in fortnox.queries("/3/customers", before) if query["filter"] == "active"]
    assert pages == ["1", "2", "2"]


def test_tokens_that_stay_refused_are_renewed_now_and_then_and_end_with_a_person(fortnox, connection, kept_alive):
    """F40: once per request, once per minute, each quarter of an hour, and after an hour the reason is told"""
    fortnox.fault(path="/3/*", times=10_000, phase="P0", **DENIED)
    before = fortnox.mark()
    for _ in range(5):
        with pytest.raises(Unauthorized):
            ask(connection)
    assert asked(fortnox, before) == 1
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    assert (row().block_reason, row().refused_since is not None) == ("", True)
    for minutes in range(1, 58):
        kept_alive(minutes * MINUTE)
    assert (row().block_reason, asked(fortnox, before) <= 6) == ("", True)
    for minutes in range(58, 90):
        kept_alive(minutes * MINUTE)
    assert (row().block_reason, asked(fortnox, before) <= 8) == ("needs_authorization", True)


def test_a_refusal_that_passes_is_forgotten_without_anybody(fortnox, connection, tick, queue):
    """F40, the friendly end"""
    rule = fortnox.fault(path="/3/*", times=10_000, phase="P0", **DENIED)
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    tick(2 * MINUTE)
    assert row().refused_since is not None
    assert rule
    fortnox.heal()
    tick(20 * MINUTE)
    assert (row().refused_since, row().block_reason) == (None, "")
    tick(36 * MINUTE)
    assert SyncRun.objects.filter(kind=RunKind.CUSTOMERS, state=RunState.DONE).exists()


LAPSED = '{"ErrorInformation":{"error":1,"message":"Api-licens saknas.","code":2001103}}'
SIGNED_OUT = '{"ErrorInformation":{"error":1,"message":"Ogiltig inloggning","code":2000310}}'


@pytest.mark.parametrize(
    ("body", "block_reason"), [(LAPSED, "no_licence"), (SIGNED_OUT, "needs_authorization")], ids=["2001103", "2000310"]
)
def test_a_code_that_ends_a_connection_is_looked_at_again_before_it_is_believed(
    fortnox, connection, tick, body, block_reason
):
    """Reconnect after a re-check"""
    fortnox.fault(path="/3/*", action="status", status=403, body=body, times=10_000, phase="P0")
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    assert row().block_reason == ""
    tick(2 * MINUTE)
    assert row().block_reason == block_reason
    before = fortnox.mark()
    for hours in (1, 5, 20):
        tick(hours * HOUR)
    assert fortnox.requests(before, prefix="/") == []


def test_a_code_that_passes_ends_nothing(fortnox, connection, tick):
    fortnox.fault(path="/3/*", action="status", status=403, body=SIGNED_OUT, times=1, phase="P0")
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    assert row().refused_since is not None
    tick(2 * MINUTE)
    assert (row().refused_since, row().block_reason) == (None, "")


@pytest.mark.parametrize("source", ["minting", "refreshing"])
def test_a_lapsed_licence_is_looked_at_daily_and_clears_by_itself(
    fortnox, settings, scope, owner, authorize, tick, source
):
    """error_missing_license: authorizing again would not help; buying the licence does, and nobody has to press"""
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": source == "minting"})
    authorize(scope, owner)
    clear_queue()
    fortnox.ask("PATCH", f"companies/{FIRST}", integration_licence=False)
    before = fortnox.mark()
    tick(26 * HOUR)
    assert row().block_reason == "no_licence"
    for hours in range(27, 27 + 96, 3):
        tick(hours * HOUR)
    assert (row().block_reason, asked(fortnox, before) <= 6) == ("no_licence", True)
    fortnox.ask("PATCH", f"companies/{FIRST}", integration_licence=True)
    tick((27 + 96 + 30) * HOUR)
    assert (row().block_reason, row().block_text, row().blocked_at) == ("", "", None)
    tick((27 + 96 + 31) * HOUR)
    assert SyncRun.objects.filter(state=RunState.DONE, kind=RunKind.CUSTOMERS).exists()


# Clocks and idle months


@pytest.mark.parametrize("skew", [-600, 600])
def test_clocks_that_differ_by_ten_minutes_do_no_harm(fortnox, connection, skew):
    """F41: expiry is our receiving time and `expires_in`, and a refusal is the backstop"""
    fortnox.ask("POST", "clock", advance=skew)
    before = fortnox.mark()
    renew_tokens(connection)
    ask(connection)
    assert (asked(fortnox, before), fortnox.statuses(before)[401]) == (1, 0)
    age(connection, minutes=11)
    fortnox.ask("POST", "clock", advance=3600)
    Connection.objects.update(refreshed_at=clock.now() - timedelta(minutes=49))
    ask(connection)
    assert (asked(fortnox, before), fortnox.statuses(before)[401]) == (2, 1)


@pytest.mark.parametrize(
    ("life", "seconds"), [(0, 60), (-5, 60), (None, 60), ("3600", 3600), (10**12, 86_400)], ids=str
)
def test_a_life_that_makes_no_sense_is_kept_between_a_minute_and_a_day(fortnox, connection, monkeypatch, life, seconds):
    """F41"""
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    body = json.dumps({"access_token": "eyJ-another", "expires_in": life})
    fortnox.fault(**TOKEN, action="status", status=200, body=body, phase="P1")
    renew_tokens(connection)
    assert stored().expires_at == moment + timedelta(seconds=seconds)
    assert stored().refresh_token is not None


@pytest.mark.parametrize("source", ["minting", "refreshing"])
@pytest.mark.parametrize("days", [44, 46])
def test_after_weeks_of_standing_still_one_request_tells_how_it_stands(
    fortnox, settings, scope, owner, authorize, tick, source, days
):
    """F42: 44 days cost nothing; 46 end a refresh token, and only that"""
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": source == "minting"})
    authorize(scope, owner)
    clear_queue()
    before = fortnox.mark()
    tick(days * DAY)
    dead = source == "refreshing" and days == 46
    assert row().block_reason == ("needs_authorization" if dead else "")
    assert asked(fortnox, before) <= (2 if source == "minting" else 1)
    tick(days * DAY + HOUR)
    assert asked(fortnox, before) <= (3 if source == "minting" else 2) - dead


def test_a_refresh_token_that_nothing_renewed_for_thirty_days_is_warned_of(
    fortnox, ordinary, connection, move_clock, queue
):
    """F42: one notice and one e-mail with the days that are left, and a renewal is the cure"""
    from uku.integrations.fortnox.health import summary as words
    from uku.integrations.fortnox.health.alerts import review
    from uku.workspaces.models import Notice

    clear_queue()
    move_clock(seconds=29 * DAY)
    review(row(), at=clock.now())
    assert (renewal.grows_old(row(), clock.now()), Notice.objects.count()) == (False, 0)
    for day in (31, 32):
        move_clock(seconds=day * DAY)
        review(row(), at=clock.now())
    (notice,) = Notice.objects.all()
    assert (notice.key, notice.title) == (
        "fortnox.runs_out",
        "The connection to Fortnox has not been renewed for a month.",
    )
    assert "The connection expires in about 13 days." in notice.text
    assert "The connection expires in about 12 days" in words.overall_of(row()).block.means
    assert [name for name, _facts in queue() if "mail_notice" in name] == ["workspaces.mail_notice"]
    renew_tokens(row())
    review(row(), at=clock.now())
    assert [found.key for found in Notice.objects.filter(cleared_at=None)] == ["fortnox.works_again"]
    assert words.overall_of(row()).block is None


@pytest.mark.parametrize("why", ["disabled", "free"])
def test_tokens_are_kept_alive_while_all_else_is_paused(fortnox, ordinary, connection, scope, kept_alive, tick, why):
    """Only the keep-alive goes on"""
    if why == "disabled":
        Connection.objects.update(enabled=False)
    else:
        scope.plan = "free"
        scope.save()
    before = fortnox.mark()
    tick(DAY)
    for day in range(2, 61):
        kept_alive(day * DAY)
    assert 50 <= fortnox.refreshes(before) <= 60
    assert (fortnox.requests(before), row().block_reason) == ([], "")


# A holder that hangs


@pytest.mark.parametrize("minutes", [5, -1])
def test_who_waits_for_a_hanging_refresh_gives_up_and_uses_the_old_token(fortnox, connection, monkeypatch, minutes):
    """F46"""
    age(connection, minutes=minutes)
    held = fortnox.fault(**TOKEN, action="hold", phase="P4")
    holder = Thread(lambda: ask(connection))
    until(lambda: fortnox.holds(held))
    monkeypatch.setattr(store, "LOCK_WAIT", "300ms")
    before = fortnox.mark()
    if minutes > 0:
        ask(connection)
    else:
        with pytest.raises(Unavailable, match="another process"):
            ask(connection)
    assert asked(fortnox, before) == 0
    fortnox.release(held)
    holder.join()
    assert (holder.error, row().generation) == (None, connection.generation + 1)


HOLD = """
import sys, time
import django
from uku.kit.loading import loading_what_stays
with loading_what_stays():
    django.setup()
from uku.integrations.fortnox.tokens.store import PostgresTokenStore
with PostgresTokenStore(int(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.process
def test_a_killed_holder_frees_the_lock_at_once(fortnox, expired, processes, tmp_path):
    """F46"""
    holder = processes("-c", HOLD, str(expired.pk))
    until(lambda: any("held" in log.read_text() for log in tmp_path.glob("process-*.log")))
    waiter = Thread(lambda: ask(expired))
    waiter.join(0.3)
    assert waiter.is_alive()
    holder.kill()
    waiter.join(30)
    assert (waiter.is_alive(), waiter.error, row().generation) == (False, None, expired.generation + 1)


@pytest.mark.process
@pytest.mark.parametrize("minutes", [5, -1])
def test_a_frozen_holder_is_not_waited_for_without_end(fortnox, connection, processes, tmp_path, monkeypatch, minutes):
    """F46: SIGSTOP; whoever waits gives up and uses the living token, and SIGKILL frees the lock at once"""
    age(connection, minutes=minutes)
    holder = processes("-c", HOLD, str(connection.pk))
    until(lambda: any("held" in log.read_text() for log in tmp_path.glob("process-*.log")))
    holder.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(store, "LOCK_WAIT", "300ms")
    before = fortnox.mark()
    if minutes > 0:
        ask(connection)
    else:
        with pytest.raises(Unavailable, match="another process"):
            ask(connection)
    assert asked(fortnox, before) == 0
    holder.kill()
    holder.wait()
    monkeypatch.setattr(store, "LOCK_WAIT", "2s")
    renew_tokens(row())
    assert (asked(fortnox, before), row().generation) == (1, connection.generation + 1)


def test_what_fails_late_blames_no_newer_grant(fortnox, ordinary, expired, scope, owner, authorize):
    """F37, S35: failures are guarded by the generation, like tokens"""
    from uku.integrations.fortnox.tokens.grant_state import note_renewal_failure

    authorize(scope, owner)
    for fault in (GrantRevoked("used"), Unavailable("down")):
        note_renewal_failure(expired, fault, clock.now())
    assert (row().block_reason, row().renewal_failures, row().renew_not_before) == ("", 0, None)


def test_a_spooled_file_is_read_back_as_it_was_written(home):
    """F32"""
    told = spool.SpooledRenewal(7, 3, "sealed", "2026-03-31T09:00:00+00:00", "refresh", "renewed")
    place = spool.write(told)
    assert (place.parent, spool.find(7, 3), spool.find(7, 4), list(spool.all_spooled())) == (
        home / "spool",
        told,
        None,
        [told],
    )
    spool.remove(told)
    assert list(spool.all_spooled()) == []
