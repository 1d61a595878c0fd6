"""Enable, authorize, callback, disconnect, over HTTP on both sides; the simulator's journal is the judge."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from tests.uku.conftest import make_user, make_workspace
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND

from uku.integrations.fortnox import connecting, consent
from uku.integrations.fortnox.models import Attempt, Connection, Push, PushState
from uku.integrations.fortnox.tokens import open_tokens
from uku.kit import clock
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry, Membership

SCOPES = ["invoice", "customer", "article", "companyinformation", "payment", "settings"]


class Walk:
    """One person's browser on our side."""

    def __init__(self, user, workspace, simulated) -> None:
        self.browser, self.simulated = Client(), simulated
        self.browser.force_login(user)
        self.root = f"/w/{workspace.slug}/"
        self.home = self.address("overview")

    def address(self, name, **arguments):
        from django.urls import reverse

        return reverse(f"fortnox:{name}", kwargs={"slug": self.root.split("/")[2], **arguments})

    def post(self, name, **arguments):
        return self.browser.post(self.address(name, **arguments))

    def authorize_url(self) -> str:
        self.post("enable")
        return self.post("authorize")["Location"]

    def returned(self, **query):
        return self.browser.get("/fortnox/callback", query)

    def connect(self, **choices):
        return self.returned(**self.simulated.consent(self.authorize_url(), **choices))


@pytest.fixture
def walk(fortnox, workspace, owner):
    return Walk(owner, workspace, fortnox)


def texts(answer) -> str:
    """The words of a page, without its markup."""
    found: list[str] = []
    reader = HTMLParser()
    reader.handle_data = found.append
    reader.feed(answer.content.decode())
    return " ".join(" ".join(found).split())


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def says(answer, refusal) -> None:
    """The page has status 400 and tells what happened, what it means and what to do."""
    assert answer.status_code == 400
    page = texts(answer)
    for sentence in (refusal.happened, refusal.means, refusal.remedy):
        assert " ".join(sentence.split()) in page


def nothing_stored() -> None:
    assert [c.sealed_tokens for c in Connection.everywhere.all()] in ([], [""])


def token_calls(fortnox, since=0):
    return fortnox.requests(since, prefix="/oauth-v1/token")


def test_the_authorize_address_carries_every_parameter_and_nothing_else(walk, fortnox):
    url = urlsplit(walk.authorize_url())
    query = parse_qs(url.query)
    state = query.pop("state")[0]
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{fortnox.address}/oauth-v1/auth"
    assert query == {
        "client_id": ["uku-demo"],
        "redirect_uri": ["http://localhost:8720/fortnox/callback"],
        "scope": [" ".join(SCOPES)],
        "access_type": ["offline"],
        "account_type": ["service"],
        "response_type": ["code"],
    }
    assert len(state) >= 32


def test_the_state_is_stored_by_its_hash_only(walk):
    state = parse_qs(urlsplit(walk.authorize_url()).query)["state"][0]
    attempt = Attempt.everywhere.get()
    assert state not in str(vars(attempt))
    assert state not in str(dict(walk.browser.session))


def test_an_ordinary_account_asks_for_no_service_account(walk, settings):
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": False})
    assert "account_type" not in parse_qs(urlsplit(walk.authorize_url()).query)


def test_the_way_back_stores_the_company_and_sealed_tokens(walk, fortnox, queue, workspace, owner):
    answer = walk.connect()
    assert (answer.status_code, answer["Location"]) == (302, walk.home)
    stored = Connection.everywhere.get()
    assert (stored.company_id, stored.company_name) == (FIRST, "Exempelbyrån AB")
    assert (stored.authorized_by, stored.scopes, stored.trouble) == (owner, sorted(SCOPES), "")
    assert [(name, arguments["kind"]) for name, arguments in queue()] == [
        ("fortnox.sync", "customers"),
        ("fortnox.sync", "articles"),
    ]
    with workspace_in_force(workspace.pk):
        assert AuditEntry.objects.filter(action="fortnox.connect").count() == 1
    assert "Connected to Exempelbyrån AB" in texts(walk.browser.get(walk.home))


def test_no_token_is_written_anywhere_but_under_its_seal(walk, queue, caplog, capfd):
    walk.connect()
    stored = Connection.everywhere.get()
    tokens = open_tokens(stored)
    seen = [
        str(vars(stored)),
        str(dict(walk.browser.session)),
        str(queue()),
        str([vars(entry) for entry in AuditEntry.everywhere.all()]),
        caplog.text,
        *capfd.readouterr(),
    ]
    for secret in (tokens.access_token, tokens.refresh_token, "uku-demo-secret"):
        assert [place for place in seen if secret in place] == []


def test_a_wrong_state_stores_nothing(walk, fortnox):
    code = fortnox.consent(walk.authorize_url())["code"]
    says(walk.returned(code=code, state="wrong"), consent.STATE)
    says(walk.returned(code=code), consent.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


def test_a_used_state_stores_nothing_and_the_code_is_exchanged_once(walk, fortnox):
    back = fortnox.consent(walk.authorize_url())
    assert walk.returned(**back).status_code == 302
    before = Connection.everywhere.get().sealed_tokens
    says(walk.returned(**back), consent.STATE)
    assert Connection.everywhere.get().sealed_tokens == before
    assert len(token_calls(fortnox)) == 1


@pytest.mark.parametrize(("seconds", "valid"), [(590, True), (601, False)])
def test_a_state_lives_ten_minutes(walk, fortnox, seconds, valid):
    back = fortnox.consent(walk.authorize_url())
    clock.move(seconds=seconds)
    answer = walk.returned(**back)
    if valid:
        assert answer.status_code == 302
    else:
        says(answer, consent.STATE)
        nothing_stored()
        assert token_calls(fortnox) == []


def test_another_users_way_back_is_refused(walk, fortnox, workspace, admin):
    back = fortnox.consent(walk.authorize_url())
    says(Walk(admin, workspace, fortnox).returned(**back), consent.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


def test_another_session_of_the_same_user_is_refused(walk, fortnox, workspace, owner):
    back = fortnox.consent(walk.authorize_url())
    says(Walk(owner, workspace, fortnox).returned(**back), consent.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


@pytest.mark.parametrize("change", [{"role": "member"}, {"is_active": False}])
def test_a_role_lost_on_the_way_is_refused(fortnox, workspace, admin, change):
    walk = Walk(admin, workspace, fortnox)
    back = fortnox.consent(walk.authorize_url())
    Membership.everywhere.filter(user=admin).update(**change)
    says(walk.returned(**back), consent.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


def test_a_plan_lost_on_the_way_stores_nothing(walk, fortnox, workspace):
    back = fortnox.consent(walk.authorize_url())
    workspace.plan = "free"
    workspace.save()
    says(walk.returned(**back), consent.STATE)
    nothing_stored()


def test_cancelling_at_fortnox_is_told_and_stores_nothing(walk, fortnox):
    says(walk.connect(press="cancel"), consent.CANCELLED)
    nothing_stored()
    assert token_calls(fortnox) == []


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ({"error": "access_denied"}, consent.CANCELLED),
        ({"error": "error_missing_system_admin_right"}, consent.NOT_ADMINISTRATOR),
        ({"error": "error_missing_license"}, consent.LICENCE),
        ({"error": "error_missing_app_license"}, consent.LICENCE),
        ({"error": "invalid_scope"}, consent.SCOPE),
        ({"error": "odd", "error_description": "<script>alert(1)</script>"}, consent.OTHER),
        ({"error": "access_denied", "code": "a-code"}, consent.CANCELLED),
        ({}, consent.SILENT),
        ({"code": ""}, consent.SILENT),
        ({"code": "x" * 4_001}, consent.SILENT),
    ],
)
def test_each_way_back_without_a_usable_code_is_told_in_plain_words(walk, fortnox, query, refusal):
    state = parse_qs(urlsplit(walk.authorize_url()).query)["state"][0]
    answer = walk.returned(**query, state=state)
    says(answer, refusal)
    assert b"<script>alert" not in answer.content
    nothing_stored()
    assert token_calls(fortnox) == []
    says(walk.returned(code="a-code", state=state), consent.STATE)


def test_a_code_that_fortnox_does_not_know_stores_nothing(walk, fortnox):
    state = parse_qs(urlsplit(walk.authorize_url()).query)["state"][0]
    says(walk.returned(code="invented", state=state), consent.CODE)
    nothing_stored()
    assert len(token_calls(fortnox)) == 1


def test_a_wrong_app_secret_is_the_operators_fault(walk, fortnox):
    back = fortnox.consent(walk.authorize_url())
    fortnox.ask("POST", "apps", client_id="uku-demo", client_secret="another")
    says(walk.returned(**back), consent.OPERATOR)
    nothing_stored()


def test_fortnox_without_an_answer_stores_nothing_and_does_not_repeat_the_exchange(walk, fortnox):
    back = fortnox.consent(walk.authorize_url())
    fortnox.fault(path="/oauth-v1/token", action="drop", phase="P2", times=9)
    says(walk.returned(**back), consent.FORTNOX_DOWN)
    nothing_stored()
    assert len(token_calls(fortnox)) == 1


def test_a_grant_whose_company_cannot_be_read_is_revoked(walk, fortnox):
    back = fortnox.consent(walk.authorize_url())
    fortnox.fault(
        path="/3/companyinformation",
        action="status",
        status=403,
        times=9,
        body='{"ErrorInformation":{"error":1,"message":"x","code":2000663}}',
    )
    assert walk.returned(**back).status_code == 400
    nothing_stored()
    assert len(fortnox.commits("token.revoke")) == 1


def test_a_company_of_another_workspace_is_refused_and_its_grant_revoked(walk, fortnox, other_workspace, stranger):
    assert walk.connect().status_code == 302
    answer = Walk(stranger, other_workspace, fortnox).connect()
    assert answer.status_code == 400
    assert "Exempelbyrån AB is already connected to another workspace." in texts(answer)
    assert "Byran" not in texts(answer)
    assert Connection.everywhere.exclude(sealed_tokens="").count() == 1
    assert len(fortnox.commits("token.revoke")) == 1


def test_another_company_while_connected_is_refused_in_the_words_of_the_seed(walk, fortnox):
    walk.connect()
    before = vars(Connection.everywhere.get())
    answer = walk.connect(company=SECOND)
    assert answer.status_code == 400
    assert (
        "This workspace is connected to Exempelbyrån AB, and you chose Annat Företag AB. Click Disconnect on the"
        " Overview tab first, then Authorize again and pick the right company."
    ) in texts(answer)
    after = vars(Connection.everywhere.get())
    assert {**before, "_state": None} == {**after, "_state": None}
    assert len(fortnox.commits("token.revoke")) == 1


def test_authorizing_the_same_company_again_replaces_the_tokens_and_nothing_else(walk, fortnox):
    walk.connect()
    before = Connection.everywhere.get()
    Connection.everywhere.update(trouble="needs_authorization", trouble_text="x")
    assert walk.connect().status_code == 302
    after = Connection.everywhere.get()
    assert open_tokens(after).refresh_token != open_tokens(before).refresh_token
    assert (after.pk, after.company_id, after.trouble) == (before.pk, FIRST, "")
    assert after.generation == before.generation + 1


def test_the_walk_from_off_to_connected_and_back(walk, fortnox):
    assert "Enable" in texts(walk.browser.get(walk.home))
    walk.post("enable")
    assert "Enabled, not connected" in texts(walk.browser.get(walk.home))
    walk.connect()
    walk.post("disable")
    paused = texts(walk.browser.get(walk.home))
    assert "Paused" in paused
    assert Connection.everywhere.get().is_connected
    walk.post("enable")
    assert "Connected to Exempelbyrån AB" in texts(walk.browser.get(walk.home))
    walk.post("disconnect")
    assert "Enabled, not connected" in texts(walk.browser.get(walk.home))
    walk.post("disable")
    assert not Connection.everywhere.get().enabled


def test_authorizing_before_enabling_sends_nobody_to_fortnox(walk, fortnox):
    answer = walk.post("authorize")
    assert answer["Location"] == walk.home
    assert "Fortnox is not enabled." in said(answer)
    assert Attempt.everywhere.count() == 0


def test_the_owner_of_a_free_workspace_is_told(walk, workspace):
    workspace.plan = "free"
    workspace.save()
    page = texts(walk.browser.get(walk.home))
    assert "Integrations are part of the Team and Elite plans. This workspace is on Free." in page
    answer = walk.post("enable")
    assert "Upgrade to enable Fortnox" in said(answer)
    assert Connection.everywhere.filter(enabled=True).count() == 0


def test_disconnect_revokes_clears_and_keeps(fortnox, shop, walk, queue, scope):
    from uku.clients.models import Client as Customer

    invoice = shop.issue()
    clear_queue()
    walk.browser.force_login(shop.owner)
    answer = walk.post("disconnect")
    assert answer["Location"] == walk.home
    gone = Connection.everywhere.get()
    assert (gone.sealed_tokens, gone.company_id, gone.company_name, gone.scopes) == ("", "", "", [])
    assert len(fortnox.commits("token.revoke")) == 1
    assert Customer.objects.count() == 1
    assert shop.push_of(invoice).state == PushState.QUEUED
    assert "1 invoice waits to be sent and is held until Fortnox is connected." in texts(walk.browser.get(walk.home))
    assert queue() == []


def test_reconnecting_the_same_company_sends_what_was_held(fortnox, shop, walk, run_jobs):
    invoice = shop.issue()
    clear_queue()
    walk.post("disconnect")
    walk.connect()
    run_jobs()
    assert shop.push_of(invoice).state == PushState.CONFIRMED
    assert fortnox.creates() == {invoice.reference: 1}


def test_another_company_never_inherits_what_is_queued(fortnox, shop, walk, run_jobs):
    from uku.integrations.fortnox import jobs

    invoice = shop.issue()
    walk.post("disconnect")
    walk.connect(company=SECOND)
    run_jobs()
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert shop.push_of(invoice).state == PushState.QUEUED
    assert shop.push_of(invoice).company_id == FIRST
    assert fortnox.creates() == {}


def test_disconnect_works_when_fortnox_does_not_answer(walk, fortnox):
    walk.connect()
    fortnox.fault(path="/oauth-v1/revoke", action="status", status=503, times=9)
    answer = walk.post("disconnect")
    assert "did not confirm that the token is revoked" in said(answer)
    assert Connection.everywhere.get().sealed_tokens == ""


def test_disconnecting_twice_is_harmless(walk, fortnox):
    walk.connect()
    assert [walk.post("disconnect").status_code for _ in range(2)] == [302, 302]
    assert len(fortnox.commits("token.revoke")) == 1


def test_a_connection_whose_key_is_gone_can_be_disconnected(walk, settings):
    from pydantic import SecretStr

    walk.connect()
    key = SecretStr("YW5vdGhlci1rZXktYW5vdGhlci1rZXktYW5vdGhlci0=")
    settings.UKU = settings.UKU.model_copy(update={"token_keys": (key,)})
    assert walk.post("disconnect").status_code == 302
    assert Connection.everywhere.get().sealed_tokens == ""


ACTIONS = ["enable", "disable", "authorize", "disconnect", "sync", "reload", "settings"]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_member_may_not_act_and_is_told_who_can(fortnox, workspace, member, action):
    answer = Walk(member, workspace, fortnox).post(action)
    assert answer.status_code == 403
    assert "Company Owner or Company Admin" in texts(answer)
    assert Connection.everywhere.filter(enabled=True).count() == 0


def test_a_member_may_not_decide_about_records_and_pushes(fortnox, shop, member, scope):
    from uku.integrations.fortnox.models import CustomerRecord

    invoice = shop.issue()
    push, record = shop.push_of(invoice), CustomerRecord.objects.get()
    walk = Walk(member, scope, fortnox)
    for action, pk in (("retry", push.pk), ("link", record.pk), ("create-client", record.pk)):
        answer = walk.post(action, pk=pk)
        assert answer.status_code == 403
        assert "Company Owner or Company Admin" in texts(answer)
    assert Push.objects.get().attempts == 0


class _Controls(HTMLParser):
    """Counts forms and buttons inside the page's main part, that is, the dialog."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.found = 0, []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.inside += tag == "main"
        if self.inside and tag in {"form", "button", "input"}:
            self.found.append((tag, given.get("action") or given.get("class")))

    def handle_endtag(self, tag):
        self.inside -= tag == "main"


def test_an_owner_sees_the_buttons_that_a_member_does_not(fortnox, workspace, owner, authorize):
    authorize(workspace, owner)
    walk, controls = Walk(owner, workspace, fortnox), _Controls()
    controls.feed(walk.browser.get(walk.home).content.decode())
    actions = [action for tag, action in controls.found if tag == "form"]
    assert walk.address("sync") in actions
    assert walk.address("disable") in actions


@pytest.mark.parametrize("tab", ["overview", "connect", "settings", "activity"])
@pytest.mark.parametrize("connected", [False, True])
def test_a_member_sees_the_dialog_without_a_button(fortnox, workspace, owner, member, tab, connected, authorize):
    if connected:
        authorize(workspace, owner)
    walk = Walk(member, workspace, fortnox)
    answer = walk.browser.get(walk.address(tab))
    assert answer.status_code == 200
    controls = _Controls()
    controls.feed(answer.content.decode())
    assert controls.found == []
    with workspace_in_force(workspace.pk):
        assert connecting.connection_of(workspace).is_connected == connected


def test_a_stranger_finds_nothing_there(fortnox, workspace, other_workspace, stranger):
    walk = Walk(stranger, workspace, fortnox)
    assert walk.browser.get(walk.home).status_code == 404
    assert [walk.post(action).status_code for action in ACTIONS] == [404] * len(ACTIONS)


def test_two_workspaces_connect_two_companies(walk, fortnox):
    second = make_workspace("tredje", make_user("t@tredje.example"))
    assert walk.connect().status_code == 302
    third = Membership.everywhere.get(workspace=second).user
    assert Walk(third, second, fortnox).connect(company=SECOND).status_code == 302
    assert sorted(Connection.everywhere.values_list("company_id", flat=True)) == [FIRST, SECOND]
