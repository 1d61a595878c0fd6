"""How a grant ended at Fortnox: confirmed, still alive or not known, said wherever one is given back."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.browsers import SCOPES, Visitor, Walk, make_link, said, texts
from tests.uku.integrations.fortnox.conftest import clear_queue, due_steps
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.models import AuthorizationAttempt, BlockReason, Connection, RequestedRead
from uku.workspaces.models import AuditEntry, Notice

CONFIRMED, STILL_ALIVE, NOT_KNOWN = "confirmed", "still_alive", "not_known"
SAID = {
    CONFIRMED: "Fortnox confirmed that the permission has ended.",
    STILL_ALIVE: "but Fortnox still gives Uku access to the company.",
    NOT_KNOWN: "Uku does not know whether Fortnox still gives access to the company.",
}
TO_DO = "remove the integration in Fortnox: Administrera användare → Hantera integrationer."
LICENCE = '{"error":"error_missing_license","error_description":"Licence missing"}'
OUTCOMES = (CONFIRMED, STILL_ALIVE, NOT_KNOWN)
WIDER = (*SCOPES, "bookkeeping")
NARROWED = "Fortnox gives Uku fewer permissions than when the connection was authorized. Missing now: Bookkeeping."


@pytest.fixture
def walk(fortnox, workspace, owner):
    return Walk(owner, workspace, fortnox)


@pytest.fixture
def theirs(fortnox, other_workspace, stranger):
    return Walk(stranger, other_workspace, fortnox)


def let_it_end(fortnox, outcome):
    """Choose how the next mint after a revocation ends; the exchange of the code before it goes through."""
    fortnox.switch(revoke_ends_consent=outcome == CONFIRMED, revoke_ends_every_consent=outcome == CONFIRMED)
    if outcome == NOT_KNOWN:
        rule = {"action": "status", "status": 401, "body": LICENCE}
        fortnox.fault(path="/oauth-v1/token", nth=2, times=1, **rule)


def tells(words: str, outcome: str) -> None:
    assert {other: SAID[other] in words for other in OUTCOMES} == {other: other == outcome for other in OUTCOMES}
    assert (TO_DO in words) is (outcome != CONFIRMED)


SUMMARIES = {
    CONFIRMED: "Fortnox no longer gives Uku access to ",
    STILL_ALIVE: "Fortnox still gives Uku access to ",
    NOT_KNOWN: "Fortnox may still give Uku access to ",
}


def recorded() -> list[dict[str, str]]:
    """What the audit log says; the summary is in English whoever acted, and says no more than is known."""
    entries = list(AuditEntry.everywhere.filter(action="fortnox.revoke").order_by("position"))
    assert [entry.summary for entry in entries if not entry.summary.startswith(SUMMARIES[entry.after["outcome"]])] == []
    return [entry.after for entry in entries]


def sentences(notice) -> str:
    return f"{notice.title} {notice.text}"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_disconnect_tells_one_of_three(walk, fortnox, outcome):
    walk.connect()
    fortnox.switch(revoke_ends_consent=outcome == CONFIRMED)
    if outcome == NOT_KNOWN:
        fortnox.set_company(integration_licence=False)
    tells(said(walk.post("disconnect")), outcome)
    assert recorded() == [{"outcome": outcome}]


def test_a_missing_licence_proves_nothing(walk, fortnox):
    """The mint failed, and the consent lives: with the licence bought again Fortnox mints once more."""
    walk.connect()
    fortnox.set_company(integration_licence=False)
    tells(said(walk.post("disconnect")), NOT_KNOWN)
    assert [grant["alive"] for grant in fortnox.consents()] == [True]


@pytest.mark.parametrize(
    ("path", "status"), [("/oauth-v1/revoke", 503), ("/oauth-v1/token", 503), ("/oauth-v1/revoke", 400)]
)
def test_without_an_answer_that_proves_it_the_end_is_not_known(walk, fortnox, path, status):
    walk.connect()
    fortnox.fault(path=path, action="status", status=status, times=9)
    tells(said(walk.post("disconnect")), NOT_KNOWN)
    assert recorded() == [{"outcome": NOT_KNOWN}]


@pytest.mark.parametrize(("error", "outcome"), [("invalid_grant", CONFIRMED), ("unauthorized_client", NOT_KNOWN)])
def test_only_an_answer_about_the_consent_proves_its_end(walk, fortnox, error, outcome):
    """An app that may not mint at all gets `unauthorized_client` too, so that it proves nothing about the consent."""
    fortnox.switch(revoke_ends_consent=True, credentials_without_consent=error)
    walk.connect()
    tells(said(walk.post("disconnect")), outcome)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_refused_consent_tells_one_of_three(walk, theirs, fortnox, outcome):
    """Another workspace has the company; its own consent may be what still gives access."""
    walk.connect()
    let_it_end(fortnox, outcome)
    page = texts(theirs.connect())
    assert "Exempelbyrån AB is already connected to another workspace." in page
    tells(page, outcome)
    assert AuthorizationAttempt.everywhere.get(workspace__slug="annan").revocation == outcome


def test_a_refused_consent_that_is_alive_at_fortnox_is_not_said_to_be_given_back(walk, theirs, fortnox):
    walk.connect()
    page = texts(theirs.connect())
    assert "given back" not in page
    assert [grant["alive"] for grant in fortnox.consents()] == [True, True]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_wrong_company_at_a_new_authorization_tells_one_of_three(walk, fortnox, outcome):
    walk.connect()
    let_it_end(fortnox, outcome)
    page = texts(walk.connect(company=SECOND))
    assert "This workspace is connected to Exempelbyrån AB, and you chose Annat Företag AB." in page
    tells(page, outcome)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_declined_company_tells_one_of_three(walk, fortnox, outcome):
    let_it_end(fortnox, outcome)
    walk.connect(company=SECOND)
    tells(said(walk.confirm("decline")), outcome)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_company_that_was_taken_before_it_was_confirmed_tells_one_of_three(
    walk, theirs, fortnox, other_workspace, outcome
):
    other_workspace.organisation_number = "402200-0014"
    other_workspace.save()
    theirs.connect(company=SECOND)
    walk.connect(company=SECOND)
    let_it_end(fortnox, outcome)
    if outcome == NOT_KNOWN:
        fortnox.heal()
        fortnox.fault(path="/oauth-v1/token", action="status", status=503, times=9)
    walk.confirm()
    tells(texts(theirs.confirm()), outcome)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_unconfirmed_grant_that_ran_out_tells_one_of_three_in_the_bell(walk, fortnox, run_jobs, move_clock, outcome):
    let_it_end(fortnox, outcome)
    walk.connect(company=SECOND)
    move_clock(seconds=25 * 3600)
    jobs.sweep.func(timestamp=0)
    run_jobs()
    notice = Notice.everywhere.get(key__startswith="fortnox revocation")
    assert "Annat Företag AB" in notice.title
    tells(sentences(notice), outcome)
    assert recorded() == [{"outcome": outcome}]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_refused_administrator_and_who_sent_the_link_are_told_one_of_three(walk, theirs, fortnox, outcome):
    theirs.connect()
    walk.post("enable")
    visitor = Visitor(make_link(walk), fortnox)
    let_it_end(fortnox, outcome)
    tells(texts(visitor.connect()), outcome)
    told = [sentences(notice) for notice in Notice.everywhere.filter(key__startswith="fortnox revocation")]
    assert len(told) == (0 if outcome == CONFIRMED else 1)
    for words in told:
        tells(words, outcome)


def test_a_code_that_could_not_be_exchanged_leaves_the_permission_not_known(walk, fortnox):
    """The person approved in Fortnox, so that `nothing was changed in Fortnox` would not be true."""
    back = fortnox.consent(walk.authorize_url())
    fortnox.fault(path="/oauth-v1/token", action="drop", phase="P2", times=9)
    page = texts(walk.returned(**back))
    tells(page, NOT_KNOWN)
    assert "nothing was changed in Fortnox" not in page


def test_a_permission_that_was_not_given_changed_nothing_in_fortnox(walk, fortnox):
    page = texts(walk.connect(press="deny"))
    assert "Nothing was stored, and nothing was changed in Fortnox." in page


def test_under_an_ordinary_authorization_the_revoked_token_is_tried_once(walk, fortnox, settings):
    """Fortnox answers `revoked` for unknown tokens too: only that it refuses the token proves its end."""
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": False})
    walk.connect()
    before = fortnox.mark()
    tells(said(walk.post("disconnect")), CONFIRMED)
    assert fortnox.requests(before, prefix="/oauth-v1/") == ["POST revoke", "POST token"]


def test_a_revocation_that_did_nothing_is_seen_and_what_it_gave_is_revoked(walk, fortnox, settings):
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": False})
    walk.connect()
    fortnox.fault(path="/oauth-v1/revoke", phase="P1", action="status", status=200, body='{"revoked":true}')
    tells(said(walk.post("disconnect")), STILL_ALIVE)
    assert len(fortnox.commits("token.revoke")) == 1


# The connected workspace is looked at again


def connect_with_bookkeeping(walk, workspace) -> None:
    """The first workspace counts vouchers, so that its consent is wider than what a second one is asked for."""
    walk.post("enable")
    Connection.everywhere.filter(workspace=workspace).update(statistics=["vouchers"])
    walk.connect()
    assert Connection.everywhere.get(workspace=workspace).scopes == sorted(WIDER)
    clear_queue()


@pytest.mark.parametrize(("scopes_from", "lost"), [("latest", ["bookkeeping"]), ("all", [])])
def test_a_refused_narrower_consent_is_seen_by_the_connected_workspace(
    walk, theirs, fortnox, run_jobs, workspace, scopes_from, lost
):
    fortnox.switch(second_consent=scopes_from)
    connect_with_bookkeeping(walk, workspace)
    theirs.connect()
    asked = RequestedRead.everywhere.filter(workspace=workspace)
    assert list(asked.values_list("kind", flat=True)) == ["grant"]
    assert set(run_jobs()) == {"fortnox.work"}
    assert not asked.exists()
    mine = Connection.everywhere.get(workspace=workspace)
    left = sorted(set(WIDER) - set(lost))
    assert (mine.scopes, mine.lost_scopes) == (left, lost)
    assert (NARROWED in texts(walk.see("overview"))) is bool(lost)
    assert (NARROWED in texts(walk.see("connect"))) is bool(lost)
    changes = AuditEntry.everywhere.filter(action="fortnox.scopes_changed")
    assert [(entry.workspace, entry.before, entry.after) for entry in changes] == (
        [(workspace, {"scopes": sorted(WIDER)}, {"scopes": left})] if lost else []
    )


def test_authorizing_again_gives_back_what_a_second_consent_took(walk, theirs, fortnox, run_jobs, workspace):
    connect_with_bookkeeping(walk, workspace)
    theirs.connect()
    run_jobs()
    walk.connect()
    mine = Connection.everywhere.get(workspace=workspace)
    assert (mine.scopes, mine.lost_scopes) == (sorted(WIDER), [])
    assert NARROWED not in texts(walk.see("overview"))


@pytest.mark.parametrize(("ends", "block_reason"), [(True, BlockReason.NEEDS_AUTHORIZATION), (False, "")])
def test_a_revocation_that_ends_the_connected_workspaces_consent_is_seen_there(
    walk, theirs, fortnox, run_jobs, workspace, ends, block_reason
):
    fortnox.switch(revoke_ends_every_consent=ends)
    walk.connect()
    clear_queue()
    theirs.connect()
    run_jobs()
    assert Connection.everywhere.get(workspace=workspace).block_reason == block_reason
    assert ("Needs attention" in texts(walk.see("overview"))) is ends


def test_a_dead_grant_is_not_looked_at(walk, theirs, fortnox, workspace):
    connect_with_bookkeeping(walk, workspace)
    theirs.connect()
    mine = Connection.everywhere.filter(workspace=workspace)
    assert "grant" in due_steps(mine.get())
    mine.update(block_reason=BlockReason.NEEDS_AUTHORIZATION)
    assert "grant" not in due_steps(mine.get())


def test_a_paused_connection_is_looked_at_too(walk, theirs, fortnox, run_jobs, workspace):
    connect_with_bookkeeping(walk, workspace)
    walk.post("disable")
    theirs.connect()
    run_jobs()
    assert Connection.everywhere.get(workspace=workspace).lost_scopes == ["bookkeeping"]


def test_any_renewal_sees_what_the_consent_gives(walk, fortnox, workspace, run_jobs, move_clock):
    """Not only after a refusal here: somebody may have narrowed it by another installation of the same app."""
    walk.connect()
    clear_queue()
    fortnox.ask("PATCH", f"companies/{FIRST}/grants", scopes=sorted(set(SCOPES) - {"article"}))
    move_clock(seconds=25 * 3600)
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert Connection.everywhere.get(workspace=workspace).lost_scopes == ["article"]
