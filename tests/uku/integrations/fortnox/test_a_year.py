"""Four hundred days in seconds: nobody authorizes again, for either source of tokens; then the grant really ends.

Business time moves on both sides, jobs are called as the worker would call them, and every few weeks all is begun
anew as after a restart: objects and database sessions. The journal of the simulated Fortnox is the judge.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from inspect import unwrap
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection as database
from tests.uku.integrations.fortnox.grants import DAY, HOUR, ask, row, stored
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.models import Connection, CustomerRecord, ExportState, StepRest
from uku.kit import clock
from uku.workspaces.models import Notice

DAYS = 400
WORK = unwrap(jobs.work.func)  # without the worker's new database session for each job
LAPSED = range(120, 210)  # the plan ran out for these days
ASLEEP = {source: range(250, 250 + days) for source, days in (("minting", 60), ("refreshing", 40))}  # server off
BUSY = {*range(1, 8), *range(230, 235), *range(395, 401)}  # days on which people work; on the others nobody does


@pytest.fixture(params=["minting", "refreshing"])
def source(request, settings, fortnox):
    minting = request.param == "minting"
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": minting})
    return request.param


@pytest.fixture
def year(source, fortnox, shop, scope, move_clock):
    """Live through 400 days from the day of the first connection; return where the journal stood before.

    Nothing but the people's requests and the keeping alive is done meanwhile.
    """
    StepRest.objects.update(until=clock.now() + timedelta(days=2 * DAYS))
    before = fortnox.mark()
    for day in range(1, DAYS + 1):
        if day in ASLEEP[source]:
            continue
        if day in {LAPSED.start, LAPSED.stop}:
            scope.plan = "free" if day == LAPSED.start else "team"
            scope.save()
        if day % 30 == 0:
            database.close()  # a restart: nothing is remembered but what is stored
        for hour in (3, 15) if day in BUSY else (3,):
            move_clock(seconds=day * DAY + hour * HOUR)
            a_moment(day in BUSY and day not in LAPSED)
    return before


def a_moment(busy: bool) -> None:
    connection = row()
    if busy:
        ask(connection)
    WORK(connection.pk, connection.company_id)


def used(fortnox, since: int) -> Counter[str]:
    """How often tokens were given out, by how."""
    return Counter(e["action"] for e in fortnox.journal(since) if e["kind"] == "commit" and "token." in e["action"])


@pytest.mark.history
def test_nobody_authorizes_again_for_four_hundred_days(source, fortnox, shop, year):
    """I13, I14, I15, I19: no authorization, no token used twice, as many renewals as days and working hours need"""
    found, given = row(), used(fortnox, year)
    assert (found.block_reason, found.renewal_failures, found.refused_since) == ("", 0, None)
    assert (given["token.code"], given["token.reuse"]) == (0, 0)
    awake = DAYS - len(ASLEEP[source])
    if source == "minting":
        assert awake - 20 <= given["token.credentials"] <= awake + 2 * len(BUSY)
        # The spare is renewed weekly until the server sleeps for longer than it lives; then it is missed by nobody.
        assert ASLEEP[source].start // 7 - 3 <= given["token.refresh"] <= ASLEEP[source].start // 6
        assert stored().refresh_token is None
    else:
        assert awake - 20 <= given["token.refresh"] <= awake + 2 * len(BUSY)
    assert found.generation == shop.connection.generation + given["token.refresh"] + given["token.credentials"]
    assert clock.now() - found.refreshed_at < timedelta(days=1)
    ask(found)


def test_the_year_crosses_both_changes_of_the_clock():
    """Whatever day it begins on, 400 days hold a spring and an autumn"""
    start = datetime.now(UTC)
    offsets = [
        (start + timedelta(days=day)).astimezone(ZoneInfo("Europe/Stockholm")).utcoffset() for day in range(DAYS)
    ]
    assert sum(one != other for one, other in pairwise(offsets)) >= 2


@pytest.fixture
def settled_sweep(run_jobs):
    def go() -> None:
        jobs.sweep.func(timestamp=0)
        run_jobs()

    return go


def causes() -> list[tuple[str, bool]]:
    """The open notices that need a person, and whether they go out by e-mail."""
    found = Notice.objects.filter(cleared_at=None).exclude(tone="good")
    return list(found.values_list("key", "by_mail"))


def kept(shop):
    """Links, settings and what waits to be sent."""
    links = list(CustomerRecord.objects.order_by("number").values_list("number", "client_id"))
    return links, Connection.objects.values_list("statistics", "enabled").get()


def mails_to_owners(outbox) -> list[str]:
    return [mail.subject for mail in outbox if "Fortnox" in mail.subject]


@pytest.fixture
def live_on(move_clock, settled_sweep):
    """Let the hours pass, sweep at each, and work the queue off."""

    def go(*hours: int) -> None:
        for hour in hours:
            move_clock(seconds=hour * HOUR)
            settled_sweep()

    return go


@pytest.fixture
def told_once_and_cured(fortnox, shop, scope, owner, authorize, settled_sweep, mailoutbox):
    """The end that is asked for: one cause, one e-mail, all kept; after Authorize what was queued goes out once."""

    def check(export, block_reason: str, before, **person: str) -> None:
        assert (row().block_reason, causes()) == (block_reason, [(f"fortnox.{block_reason}", True)])
        export.refresh_from_db()
        assert (export.state, kept(shop), len(mails_to_owners(mailoutbox))) == (ExportState.QUEUED, before, 1)
        authorize(scope, owner, **person)
        settled_sweep()
        export.refresh_from_db()
        assert (export.state, kept(shop), causes(), row().block_reason) == (ExportState.CONFIRMED, before, [], "")
        assert (fortnox.creates(), len(mails_to_owners(mailoutbox))) == ({export.reference: 1}, 1)

    return check


def test_a_grant_revoked_in_fortnox_is_told_once_and_taken_up_again(
    source, fortnox, shop, live_on, told_once_and_cured
):
    """I18: exactly one e-mail, the state, and every link, setting and queued push intact"""
    fortnox.ask("POST", f"companies/{FIRST}/revoke")
    export, before = shop.export_of(shop.issue()), kept(shop)
    live_on(2, 3, 30, 60)
    told_once_and_cured(export, "needs_authorization", before)


def test_a_company_that_changed_owner_is_told_once_and_taken_up_again(
    source, fortnox, shop, live_on, told_once_and_cured
):
    """The daily look notices and holds the pushes; a personal grant has ended with its person anyway"""
    fortnox.switch(owner_change_ends_consent=False)
    fortnox.ask("POST", f"companies/{FIRST}/owner", Name="Nya Ägare AB", OrganizationNumber="455000-0055")
    before = kept(shop)
    live_on(25)
    export = shop.export_of(shop.issue())
    live_on(26, 50, 80)
    block_reason = "company_changed" if source == "minting" else "needs_authorization"
    told_once_and_cured(export, block_reason, before, person="agare@nyagare.example")
