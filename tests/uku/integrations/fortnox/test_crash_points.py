"""Connect, renew and disconnect, killed at every durable step in a real process, begun again, judged by the journal.

The steps are not named anywhere in the product: the process counts each commit and each side of each request
(mortal.py), so a new step is a new place to die without anybody listing it. Each test tells its list on failure.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.uku.integrations.fortnox.browsers import Walk
from tests.uku.integrations.fortnox.conftest import clear_queue, let_rest, work_off
from tests.uku.integrations.fortnox.grants import ask, row

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.connection.disconnect import disconnect
from uku.integrations.fortnox.models import Connection, PendingGrant, Revocation, RevocationOutcome, TokenSource
from uku.kit import clock
from uku.workspaces.models import Notice

pytestmark = pytest.mark.process
EXCHANGED = "after POST /oauth-v1/token"
HOUR = 3600


class Hours:
    """Time goes on for both sides, each step from the last one."""

    def __init__(self, move_clock) -> None:
        self._move, self._passed = move_clock, 0

    def go(self, hours: int) -> None:
        self._passed += hours
        self._move(seconds=self._passed * HOUR)

    def work(self, hours: int) -> None:
        """Let hours pass, and do what the schedule then finds."""
        self.go(hours)
        jobs.sweep.func(timestamp=0)
        work_off(at_most=200)


@pytest.fixture
def hours(move_clock):
    return Hours(move_clock)


@pytest.fixture
def walk(fortnox, workspace, owner):
    return Walk(owner, workspace, fortnox)


def session_of(walk: Walk) -> str:
    from django.conf import settings

    return str(walk.browser.cookies[settings.SESSION_COOKIE_NAME].value)


def living_families(fortnox, since: int) -> set[str]:
    """Grants given since a mark whose refresh token nobody revoked."""
    given = {entry["family"] for entry in fortnox.exchanges(since)}
    return given - {entry["family"] for entry in fortnox.revocations(since)}


def nothing_left_over() -> None:
    assert (PendingGrant.everywhere.count(), Revocation.everywhere.count()) == (0, 0)


def test_a_connect_killed_at_any_step_is_begun_again_and_leaves_no_grant_behind(
    mortal, walk, fortnox, workspace, hours
):
    """F30 for the first grant. One that a newer grant of the same company replaces is not revoked: the newer one may
    stand on its consent. Disconnect then says whether access outlived it.
    """
    steps: list[str] = []
    while True:
        mark = fortnox.mark()
        back = fortnox.consent(walk.authorize_url())
        died = mortal.die(len(steps), do="get", path="/fortnox/callback", data=back, session=session_of(walk))
        if died is None:
            break
        steps.append(died)
        assert walk.returned(**back).status_code in {302, 400}, died
        given = len(fortnox.exchanges(mark))
        if not row().is_connected:
            walk.connect()
            given += 1
        ask(row())
        hours.work(25)
        nothing_left_over()
        assert fortnox.reuses(mark) == [], died
        codes = [entry["spent"] for entry in fortnox.exchanges(mark)]
        assert len(codes) == len(set(codes)), died
        kept = living_families(fortnox, mark)
        assert len(kept) == given <= 2, (died, steps)
        ended = disconnect(workspace=workspace, actor=None, at=clock.now())
        # A consent that was given before the process died lives on, and gives access after the one we know has ended.
        lives = any(consent["alive"] for consent in fortnox.consents())
        assert ended == (RevocationOutcome.STILL_ALIVE if lives else RevocationOutcome.CONFIRMED), (died, steps)
        clear_queue()
    assert steps.count(EXCHANGED) == 1, steps
    assert len(steps) >= 8, steps


def keeping_alive(connection) -> dict[str, Any]:
    """Order what is due for a connection that reads nothing: its tokens are renewed."""
    let_rest(connection)
    place = {"connection_id": connection.pk, "company_id": connection.company_id}
    return {"do": "job", "name": "fortnox.work", "arguments": place}


@pytest.mark.parametrize("source", TokenSource)
def test_a_renewal_killed_at_any_step_costs_a_service_account_nothing(
    source, mortal, connection, fortnox, hours, authorize, scope, owner
):
    """F30, F31, I13, I14: the lost rotation is recovered by minting, and the spent token is tried once at the most."""
    steps: list[str] = []
    while True:
        Connection.everywhere.update(source=source)
        clear_queue()
        mark = fortnox.mark()
        hours.go(30)
        died = mortal.die(len(steps), **keeping_alive(connection))
        if died is None:
            break
        steps.append(died)
        hours.work(1)
        assert (row().block_reason, len(fortnox.reuses(mark)) <= 1) == ("", True), died
        ask(row())
        if row().source != source:
            authorize(scope, owner)
    assert steps.count(EXCHANGED) >= 1
    assert Notice.everywhere.filter(cleared_at=None).count() == 0


def test_a_rotation_lost_without_a_service_account_is_told_once_and_never_tried_in_a_loop(
    mortal, connection, fortnox, hours
):
    """F30 without client credentials: one deliberate retry, then a person, and nothing more is sent."""
    Connection.everywhere.update(source=TokenSource.REFRESH, service_account=False)
    hours.work(30)
    hours.go(30)
    steps = mortal.live(**keeping_alive(connection))
    hours.go(30)
    mark = fortnox.mark()
    assert mortal.die(steps.index(EXCHANGED), **keeping_alive(connection)) == EXCHANGED
    for _ in range(5):
        hours.work(6)
    assert row().block_reason == "needs_authorization"
    assert (len(fortnox.rotations(mark)), len(fortnox.reuses(mark))) == (1, 1)
    assert Notice.everywhere.filter(cleared_at=None, by_mail=True).count() == 1


@pytest.mark.parametrize("ends", [True, False])
def test_a_disconnect_killed_at_any_step_is_finished_by_itself(ends, mortal, walk, fortnox, hours):
    """S33, I17: forgotten here in one step, revoked in the end, and nothing is sent with the old tokens."""
    fortnox.switch(revoke_ends_consent=ends)
    steps: list[str] = []
    while True:
        walk.connect()
        clear_queue()
        mark = fortnox.mark()
        died = mortal.die(len(steps), do="post", path=walk.address("disconnect"), session=session_of(walk))
        if died is None:
            break
        steps.append(died)
        if row().is_connected:
            walk.post("disconnect")
        gone = fortnox.mark()
        hours.work(1)
        nothing_left_over()
        assert not row().is_connected
        assert fortnox.requests(gone) == [], died
        assert [entry["reused"] for entry in fortnox.revocations(mark)].count(False) == 1, died
    assert len(steps) >= 6, steps
