"""Before anything is in force: is this the right company? Asked when it is not the workspace's own."""

from __future__ import annotations

import pytest
from tests.uku.conftest import make_user, make_workspace
from tests.uku.integrations.fortnox.browsers import SCOPES, Walk, nothing_stored, said, says, texts
from tests.uku.integrations.fortnox.conftest import OUR_NUMBER, clear_queue, due_steps
from tests.uku.integrations.fortnox.simulated import ANNA, FIRST, SECOND

from fortnox_sim.seeds.demo_firm import KARIN
from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.connection import errors
from uku.integrations.fortnox.models import AuthorizationAttempt, Connection, PendingGrant
from uku.workspaces.models import AuditEntry, Membership


@pytest.fixture
def walk(fortnox, workspace, owner):
    return Walk(owner, workspace, fortnox)


def number_of(fortnox, company):
    return fortnox.ask("GET", f"companies/{company}")["OrganizationNumber"]


def test_a_company_with_another_organisation_number_is_shown_before_it_is_active(walk, fortnox):
    """B63: name, organisation number and database number; nothing is stored as active, nothing is read."""
    answer = walk.connect(company=SECOND)
    assert answer["Location"] == walk.address("confirm")
    nothing_stored()
    assert due_steps(Connection.everywhere.get()) == []
    page = texts(walk.see("confirm"))
    assert "This is not the company of this workspace: Byran has organisation number 402200-0014." in page
    assert f"Company Annat Företag AB Organisation number {number_of(fortnox, SECOND)} Database number {SECOND}" in page
    assert "Connect Annat Företag AB" in page
    assert "Not this company" in page
    assert "Fortnox gave access to Annat Företag AB" in texts(walk.see("overview"))


def test_confirming_connects_it(walk, fortnox, queue):
    walk.connect(company=SECOND)
    answer = walk.confirm()
    assert answer["Location"] == walk.home
    stored = Connection.everywhere.get()
    assert (stored.company_id, stored.company_name, stored.scopes) == (SECOND, "Annat Företag AB", sorted(SCOPES))
    assert [arguments["company_id"] for _, arguments in queue("fortnox.work")] == ["", SECOND]  # Enable, and Connect
    assert due_steps(stored) == ["articles", "customers", "payments"]
    assert PendingGrant.everywhere.count() == 0
    assert walk.confirm()["Location"] == walk.address("connect")
    assert len(fortnox.requests(prefix="/oauth-v1/token")) == 1


def test_not_this_company_gives_the_permission_back_at_once(walk, fortnox):
    fortnox.switch(revoke_ends_consent=True)
    walk.connect(company=SECOND)
    answer = walk.confirm("decline")
    assert "That company was not connected. Uku has deleted its token. Fortnox confirmed" in said(answer)
    nothing_stored()
    assert PendingGrant.everywhere.count() == 0
    assert len(fortnox.commits("token.revoke")) == 1


@pytest.mark.parametrize(("hours", "waits"), [(23, True), (25, False)])
def test_an_unconfirmed_grant_is_given_back_after_24_hours(walk, fortnox, run_jobs, move_clock, hours, waits):
    walk.connect(company=SECOND)
    move_clock(seconds=hours * 3600)
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert PendingGrant.everywhere.exists() is waits
    assert len(fortnox.commits("token.revoke")) == (0 if waits else 1)
    nothing_stored()


def test_a_grant_that_ran_out_cannot_be_confirmed_any_more(walk, move_clock):
    walk.connect(company=SECOND)
    page = walk.see("confirm")
    move_clock(seconds=25 * 3600)
    assert "There is nothing to confirm" in said(walk.press("confirm", page))
    nothing_stored()


def test_only_what_the_person_saw_is_confirmed(walk, fortnox, workspace, admin):
    """A later authorization took its place: the button of the old page connects nothing."""
    walk.connect(company=SECOND)
    page = walk.see("confirm")
    third = fortnox.ask("POST", "companies", DatabaseNumber=556003, Name="Tredje AB")["id"]
    fortnox.ask("PATCH", f"users/{ANNA}", companies={FIRST: "admin", SECOND: "admin", third: "admin"})
    Walk(admin, workspace, fortnox).connect(company=third)
    assert "There is nothing to confirm" in said(walk.press("confirm", page))
    nothing_stored()
    assert PendingGrant.everywhere.get().company_id == third
    assert len(fortnox.commits("token.revoke")) == 1


def test_the_firms_own_company_is_not_asked_about(walk):
    assert walk.connect()["Location"] == walk.home
    assert Connection.everywhere.get().organisation_number == OUR_NUMBER


def test_a_workspace_without_a_number_is_asked_nothing_that_fortnox_told(walk, workspace):
    workspace.organisation_number = ""
    workspace.save()
    assert walk.connect(company=SECOND)["Location"] == walk.home
    assert Connection.everywhere.get().company_id == SECOND


def test_authorizing_the_connected_company_again_is_not_asked_about(walk):
    walk.connect(company=SECOND)
    walk.confirm()
    assert walk.connect(company=SECOND)["Location"] == walk.home


def test_one_organisation_number_with_two_databases_is_told_apart(walk, fortnox):
    """The second database of our own number is another company while the first is connected."""
    fortnox.ask("PATCH", f"companies/{SECOND}", OrganizationNumber=OUR_NUMBER)
    walk.connect()
    assert walk.connect(company=SECOND).status_code == 400
    walk.post("disconnect")
    assert walk.connect(company=SECOND)["Location"] == walk.home
    assert SECOND in texts(walk.see("overview"))


def test_two_workspaces_that_wait_for_one_company_get_it_once(walk, fortnox, workspace):
    """The first to confirm has it; the other is refused, and its grant given back."""
    second = make_workspace("tredje", make_user("t@tredje.example"))
    theirs = Walk(Membership.everywhere.get(workspace=second).user, second, fortnox)
    walk.connect(company=SECOND)
    theirs.connect(company=SECOND)
    walk.confirm()
    answer = theirs.confirm()
    assert answer.status_code == 400
    assert "Annat Företag AB is already connected to another workspace." in texts(answer)
    assert Connection.everywhere.exclude(sealed_tokens="").get().workspace == workspace
    assert (PendingGrant.everywhere.count(), len(fortnox.commits("token.revoke"))) == (0, 1)


@pytest.mark.parametrize("change", [{"plan": "free"}, None])
def test_nothing_is_connected_that_may_not_be_any_more(walk, workspace, change):
    walk.connect(company=SECOND)
    page = walk.see("confirm")
    if change:
        workspace.plan = change["plan"]
        workspace.save()
    else:
        walk.post("disable")
    assert "Fortnox is not enabled." in said(walk.press("confirm", page))
    nothing_stored()


def test_a_member_reads_what_waits_and_has_no_button(walk, fortnox, workspace, member):
    walk.connect(company=SECOND)
    theirs = Walk(member, workspace, fortnox)
    page = theirs.see("confirm")
    assert "Annat Företag AB" in texts(page)
    assert 'name="grant"' not in page.content.decode()
    grant = PendingGrant.everywhere.get().pk
    refused = [theirs.browser.post(theirs.address(n), {"grant": grant}).status_code for n in ("confirm", "decline")]
    assert refused == [403, 403]
    nothing_stored()


def test_a_process_that_dies_while_the_company_is_read_leaves_a_grant_that_the_sweep_ends(
    walk, fortnox, monkeypatch, run_jobs, move_clock
):
    from uku.integrations.fortnox.connection import complete

    def die(_fortnox):
        raise SystemExit

    back = fortnox.consent(walk.authorize_url())
    monkeypatch.setattr(complete, "read_company", die)
    with pytest.raises(SystemExit):
        walk.returned(**back)
    monkeypatch.undo()
    assert complete.read_company is not die
    assert (PendingGrant.everywhere.get().company_id, AuthorizationAttempt.everywhere.get().outcome) == ("", "")
    clear_queue()
    move_clock(seconds=180)
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert (PendingGrant.everywhere.count(), len(fortnox.commits("token.revoke"))) == (0, 1)
    nothing_stored()


def test_each_decision_is_on_record(walk, fortnox):
    walk.connect(company=SECOND)
    walk.confirm("decline")
    walk.connect(company=SECOND)
    walk.confirm()
    entries = AuditEntry.everywhere.order_by("position")
    found = [entry.action.removeprefix("fortnox.") for entry in entries if entry.action.startswith("fortnox")]
    assert found == ["enable", "authorize", "wait", "decline", "revoke", "authorize", "wait", "connect"]


def test_a_consultant_who_chose_the_wrong_client_sees_it_before_anything_is_connected(walk, fortnox):
    """Through Digital byrå the client is chosen there; the question shows which one it was."""
    fortnox.ask("PATCH", f"users/{KARIN}", clients={FIRST: "admin", SECOND: "admin"})
    answer = walk.connect(user=KARIN, company=SECOND, via="clients")
    assert answer["Location"] == walk.address("confirm")
    assert "Company Annat Företag AB" in texts(walk.see("confirm"))
    walk.confirm("decline")
    assert walk.connect(user=KARIN, company=FIRST, via="clients")["Location"] == walk.home


def test_a_consultant_who_is_no_administrator_of_the_client_is_told(walk, fortnox):
    fortnox.switch(consent_refusal="redirect")
    says(walk.connect(user=KARIN, company=SECOND, via="clients"), errors.NOT_ADMINISTRATOR)
    nothing_stored()
