"""Enable, authorize, callback, disconnect, over HTTP on both sides; the simulator's journal is the judge."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from tests.uku.conftest import make_user, make_workspace
from tests.uku.integrations.fortnox.browsers import SCOPES, Walk, nothing_stored, said, says, texts, token_calls
from tests.uku.integrations.fortnox.conftest import OUR_NUMBER, due_steps
from tests.uku.integrations.fortnox.simulated import FIRST, OLLE, SECOND

from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection import authorize as connecting
from uku.integrations.fortnox.connection import errors
from uku.integrations.fortnox.connection.scopes import FIRST_SCOPES, REASONS
from uku.integrations.fortnox.models import AuthorizationAttempt, Connection, ConsentLink, ExportState, InvoiceExport
from uku.integrations.fortnox.tokens import app_credentials
from uku.integrations.fortnox.tokens.encryption import open_tokens
from uku.kit import clock
from uku.kit.alarms import is_open
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry, Membership
from uku.workspaces.operations import add_member


@pytest.fixture
def walk(fortnox, workspace, owner):
    return Walk(owner, workspace, fortnox)


def test_the_authorize_address_carries_every_parameter_and_nothing_else(walk, fortnox):
    """B24, S31: `access_type=offline` among them, without which a refresh token does not last."""
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
    """S26"""
    state = parse_qs(urlsplit(walk.authorize_url()).query)["state"][0]
    attempt = AuthorizationAttempt.everywhere.get()
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
    assert (stored.authorized_by, stored.scopes, stored.block_reason) == (owner, sorted(SCOPES), "")
    assert queue() == [  # of Enable, and of the company that is connected now
        ("fortnox.work", {"connection_id": stored.pk, "company_id": company}) for company in ("", FIRST)
    ]
    assert due_steps(stored) == ["articles", "customers", "payments"]
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
    """B25, S26"""
    code = fortnox.consent(walk.authorize_url())["code"]
    says(walk.returned(code=code, state="wrong"), errors.STATE)
    says(walk.returned(code=code), errors.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


def test_a_code_that_comes_twice_is_exchanged_once_and_the_second_time_told_that_it_is_connected(walk, fortnox):
    """B29: the back button, two tabs, a page that is loaded twice."""
    back = fortnox.consent(walk.authorize_url())
    assert walk.returned(**back).status_code == 302
    before = Connection.everywhere.get().sealed_tokens
    again = walk.returned(**back)
    assert (again.status_code, again["Location"]) == (302, walk.home)
    assert "Fortnox is already connected." in said(again)
    assert Connection.everywhere.get().sealed_tokens == before
    assert len(token_calls(fortnox)) == 1


def test_a_used_state_in_another_browser_tells_nothing(walk, fortnox, workspace, admin):
    """B25, B26: somebody who got hold of the whole address learns nothing by it, and the log has a line."""
    back = fortnox.consent(walk.authorize_url())
    walk.returned(**back)
    says(Walk(admin, workspace, fortnox).returned(**back), errors.STATE)
    says(walk.returned(code=back["code"], state=quote(back["state"] + "%")), errors.STATE)
    assert len(token_calls(fortnox)) == 1
    assert AuditEntry.everywhere.filter(action="fortnox.refuse").count() == 1


def test_the_callback_takes_one_address_only_and_is_kept_nowhere(walk, fortnox):
    """B64: no post, no trailing path; the answer is not cached and says nothing to other sites."""
    back = fortnox.consent(walk.authorize_url())
    assert walk.browser.post("/fortnox/callback", back).status_code == 405
    assert walk.browser.get("/fortnox/callback/", back).status_code == 404
    nothing_stored()
    answer = walk.returned(**back)
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "same-origin")
    assert back["code"] not in answer["Location"]


def test_the_redirect_address_is_the_configured_one_whatever_the_host_says(walk, settings):
    """B64, S29."""
    walk.post("enable")
    url = walk.browser.post(walk.address("authorize"), headers={"host": "127.0.0.1"})["Location"]
    assert parse_qs(urlsplit(url).query)["redirect_uri"] == ["http://localhost:8720/fortnox/callback"]


@pytest.mark.parametrize("address", ["//evil.example", "https:evil.example", "javascript:alert(1)", "\\evil"])
def test_nothing_in_the_way_back_can_send_people_elsewhere(walk, fortnox, address):
    """B61: neither Authorize nor the callback takes an address to go to."""
    walk.post("enable")
    url = walk.browser.post(walk.address("authorize"), {"next": address, "redirect": address})["Location"]
    assert url.startswith(f"{fortnox.address}/oauth-v1/auth?")
    back = fortnox.consent(url)
    assert walk.returned(**back, next=address, redirect=address)["Location"] == walk.home


def token_answer(fortnox, **changes):
    """The next token answer, with changes; a name with the value None is left out."""
    whole = {"access_token": "a" * 40, "refresh_token": "r" * 40, "token_type": "bearer", "expires_in": 3600}
    body = {**whole, "scope": " ".join(SCOPES), **changes}
    text = json.dumps({name: value for name, value in body.items() if value is not None})
    fortnox.fault(path="/oauth-v1/token", action="status", status=200, body=text, times=1)


@pytest.mark.parametrize(
    "changes",
    [{"access_token": None}, {"access_token": "x" * 1_000_000}, {"token_type": "mac"}, {"refresh_token": None}],
)
def test_an_incomplete_token_answer_stores_nothing_and_is_told(walk, fortnox, changes):
    """B62."""
    back = fortnox.consent(walk.authorize_url())
    token_answer(fortnox, **changes)
    says(walk.returned(**back), errors.INCOMPLETE)
    nothing_stored()
    assert len(token_calls(fortnox)) == 1


def test_a_permission_that_fortnox_leaves_out_is_named_and_the_grant_revoked(walk, fortnox):
    """B62: stored only when complete."""
    back = fortnox.consent(walk.authorize_url())
    token_answer(fortnox, scope="invoice customer article settings")
    answer = walk.returned(**back)
    assert "Fortnox did not give permissions that Uku needs: Company information, Payments." in texts(answer)
    nothing_stored()
    assert fortnox.requests(prefix="/oauth-v1/revoke") == ["POST "]


def test_the_order_of_permissions_says_nothing(walk, fortnox):
    """B62."""
    back = fortnox.consent(walk.authorize_url())
    with fortnox.app.installation.lock:
        for grant in fortnox.app.installation.store.table("grants").rows.values():
            grant["scopes"] = list(reversed(grant["scopes"]))
    assert walk.returned(**back).status_code == 302
    assert Connection.everywhere.get().scopes == sorted(SCOPES)


@pytest.mark.parametrize(("seconds", "valid"), [(590, True), (601, False)])
def test_a_state_lives_ten_minutes(walk, fortnox, seconds, valid):
    """B25, S26"""
    back = fortnox.consent(walk.authorize_url())
    clock.move(seconds=seconds)
    answer = walk.returned(**back)
    if valid:
        assert answer.status_code == 302
    else:
        says(answer, errors.STATE)
        nothing_stored()
        assert token_calls(fortnox) == []


def test_another_users_way_back_is_refused(walk, fortnox, workspace, admin):
    """B25, S26"""
    back = fortnox.consent(walk.authorize_url())
    says(Walk(admin, workspace, fortnox).returned(**back), errors.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


def test_another_session_of_the_same_user_is_refused(walk, fortnox, workspace, owner):
    """B25, S26"""
    back = fortnox.consent(walk.authorize_url())
    says(Walk(owner, workspace, fortnox).returned(**back), errors.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


@pytest.mark.parametrize("change", [{"role": "member"}, {"is_active": False}])
def test_a_role_lost_on_the_way_is_refused(fortnox, workspace, admin, change):
    """B27"""
    walk = Walk(admin, workspace, fortnox)
    back = fortnox.consent(walk.authorize_url())
    Membership.everywhere.filter(user=admin).update(**change)
    says(walk.returned(**back), errors.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


def test_signed_out_on_the_way_is_refused(walk, fortnox):
    """B27: nothing is exchanged, and nobody is sent to the sign-in page with the code in its address."""
    back = fortnox.consent(walk.authorize_url())
    walk.browser.logout()
    says(walk.returned(**back), errors.SIGNED_OUT)
    nothing_stored()
    assert token_calls(fortnox) == []


def test_signed_in_as_another_person_on_the_way_is_refused(walk, fortnox, workspace, admin):
    """B27, B26: the same browser, and another person in it."""
    back = fortnox.consent(walk.authorize_url())
    walk.browser.logout()
    walk.browser.force_login(admin)
    says(walk.returned(**back), errors.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


def test_another_workspace_looked_at_meanwhile_gets_nothing(walk, fortnox, owner, workspace, other_workspace):
    """B27: the grant goes to the workspace that Authorize was clicked in, whatever another tab shows."""
    add_member(workspace=other_workspace, user=owner, role="admin")
    back = fortnox.consent(walk.authorize_url())
    assert walk.browser.get("/w/annan/settings/").status_code == 200
    walk.returned(**back)
    assert [row.workspace for row in Connection.everywhere.all()] == [workspace]


def test_a_membership_lost_on_the_way_is_refused(fortnox, walk, owner, other_workspace, workspace):
    """B27: moved to another firm meanwhile; being an admin there says nothing here."""
    add_member(workspace=other_workspace, user=owner, role="admin")
    back = fortnox.consent(walk.authorize_url())
    Membership.everywhere.filter(user=owner, workspace=workspace).update(is_active=False)
    says(walk.returned(**back), errors.STATE)
    nothing_stored()
    assert token_calls(fortnox) == []


def test_a_plan_lost_on_the_way_stores_nothing(walk, fortnox, workspace):
    back = fortnox.consent(walk.authorize_url())
    workspace.plan = "free"
    workspace.save()
    says(walk.returned(**back), errors.STATE)
    nothing_stored()


def test_cancelling_at_fortnox_is_told_and_stores_nothing(walk, fortnox):
    """B28"""
    says(walk.connect(press="cancel"), errors.CANCELLED)
    nothing_stored()
    assert token_calls(fortnox) == []


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ({"error": "access_denied"}, errors.CANCELLED),
        ({"error": "error_missing_system_admin_right"}, errors.NOT_ADMINISTRATOR),
        ({"error": "error_missing_license"}, errors.LICENCE),
        ({"error": "error_missing_app_license"}, errors.LICENCE),
        ({"error": "invalid_scope"}, errors.SCOPE),
        ({"error": "odd", "error_description": "<script>alert(1)</script>"}, errors.OTHER),
        ({"error": "odd", "error_description": "x" * 50_000}, errors.OTHER),
        ({"error": "access_denied", "code": "a-code"}, errors.CANCELLED),
        ({}, errors.SILENT),
        ({"code": ""}, errors.SILENT),
        ({"code": "x" * 4_001}, errors.SILENT),
    ],
)
def test_each_way_back_without_a_usable_code_is_told_in_plain_words(walk, fortnox, query, refusal):
    """B28: our own text, an error wins over a code, and nothing of the address is repeated."""
    state = parse_qs(urlsplit(walk.authorize_url()).query)["state"][0]
    answer = walk.returned(**query, state=state)
    says(answer, refusal)
    assert b"<script>alert" not in answer.content
    assert b"xxxxxxxx" not in answer.content
    nothing_stored()
    assert token_calls(fortnox) == []
    says(walk.returned(code="a-code", state=state), errors.STATE)


def test_a_code_that_fortnox_does_not_know_stores_nothing(walk, fortnox):
    state = parse_qs(urlsplit(walk.authorize_url()).query)["state"][0]
    says(walk.returned(code="invented", state=state), errors.CODE)
    nothing_stored()
    assert len(token_calls(fortnox)) == 1


def test_a_wrong_app_secret_is_the_operators_fault(walk, fortnox):
    back = fortnox.consent(walk.authorize_url())
    fortnox.ask("POST", "apps", client_id="uku-demo", client_secret="another")
    says(walk.returned(**back), errors.OPERATOR)
    nothing_stored()
    assert is_open(app_credentials.ALARM)
    fortnox.ask("POST", "apps", client_id="uku-demo", client_secret="uku-demo-secret")
    assert walk.connect().status_code == 302
    assert not is_open(app_credentials.ALARM)


def test_fortnox_without_an_answer_stores_nothing_and_does_not_repeat_the_exchange(walk, fortnox):
    back = fortnox.consent(walk.authorize_url())
    fortnox.fault(path="/oauth-v1/token", action="drop", phase="P2", times=9)
    says(walk.returned(**back), errors.FORTNOX_DOWN)
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
    assert "Uku has changed nothing about the connection to Exempelbyrån AB." in texts(answer)
    after = vars(Connection.everywhere.get())
    assert {**before, "_state": None} == {**after, "_state": None}
    assert len(fortnox.commits("token.revoke")) == 1


def test_authorizing_the_same_company_again_replaces_the_tokens_and_nothing_else(walk, fortnox):
    walk.connect()
    before = Connection.everywhere.get()
    Connection.everywhere.update(block_reason="needs_authorization", block_text="x")
    assert walk.connect().status_code == 302
    after = Connection.everywhere.get()
    assert open_tokens(after).refresh_token != open_tokens(before).refresh_token
    assert (after.pk, after.company_id, after.block_reason) == (before.pk, FIRST, "")
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
    assert AuthorizationAttempt.everywhere.count() == 0


def test_the_owner_of_a_free_workspace_is_told(walk, workspace):
    workspace.plan = "free"
    workspace.save()
    page = texts(walk.browser.get(walk.home))
    assert "Integrations are part of the Team and Elite plans. This workspace is on Free." in page
    answer = walk.post("enable")
    assert "Upgrade to enable Fortnox" in said(answer)
    assert Connection.everywhere.filter(enabled=True).count() == 0


def test_another_company_never_inherits_what_is_queued(fortnox, shop, walk, run_jobs):
    from uku.integrations.fortnox import jobs
    from uku.integrations.fortnox.invoices.export import process_export

    invoice = shop.issue()
    walk.post("disconnect")
    walk.connect(company=SECOND)
    walk.confirm()
    assert Connection.everywhere.get().company_id == SECOND
    run_jobs()
    jobs.sweep.func(timestamp=0)
    run_jobs()
    process_export(export_id=shop.export_of(invoice).pk)  # a worker that chose it before the company changed
    assert shop.export_of(invoice).state == ExportState.QUEUED
    assert shop.export_of(invoice).company_id == FIRST
    assert fortnox.creates() == {}


ACTIONS = ["enable", "disable", "authorize", "confirm", "decline", "make-consent-link", "disconnect"]
ACTIONS += ["sync", "reload", "settings"]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_member_may_not_act_and_is_told_who_can(fortnox, workspace, member, action):
    answer = Walk(member, workspace, fortnox).post(action)
    assert answer.status_code == 403
    assert "Company Owner or Company Admin" in texts(answer)
    assert Connection.everywhere.filter(enabled=True).count() == 0


def test_a_member_may_not_decide_about_records_and_exports(fortnox, shop, member, scope):
    from uku.integrations.fortnox.models import CustomerRecord

    invoice = shop.issue()
    export, record = shop.export_of(invoice), CustomerRecord.objects.get()
    walk = Walk(member, scope, fortnox)
    managers = "Only a Company Owner or Company Admin can change integrations."
    switched = "Only a Company Owner, a Company Admin or a Company Member with this permission can issue invoices."
    for action, pk, words in (
        ("retry", export.pk, switched),
        ("link", record.pk, managers),
        ("create-client", record.pk, managers),
    ):
        answer = walk.post(action, pk=pk)
        assert answer.status_code == 403
        assert texts(answer).count(words) == 1
    assert InvoiceExport.objects.get().attempts == 0


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
    theirs = Walk(third, second, fortnox)
    theirs.connect(company=SECOND)
    theirs.confirm()
    assert sorted(Connection.everywhere.values_list("company_id", flat=True)) == [FIRST, SECOND]


def test_a_person_of_both_workspaces_is_told_where_the_company_is_connected(walk, fortnox, other_workspace, owner):
    """B63: the other workspace is named only to somebody who belongs to it."""
    add_member(workspace=other_workspace, user=owner, role="admin")
    walk.connect()
    answer = Walk(owner, other_workspace, fortnox).connect()
    assert "Exempelbyrån AB is already connected to Byran. Disconnect it there first" in texts(answer)


def test_no_permission_to_grant_access_is_told_with_the_remedy_of_the_seed(walk, fortnox):
    fortnox.switch(consent_refusal="redirect")
    answer = walk.connect(user=OLLE, company=FIRST)
    says(answer, errors.NOT_ADMINISTRATOR)
    page = texts(answer)
    assert "You do not have permission to grant access" in page
    assert "Sign in with an administrator account on the Fortnox company you want to connect" in page


def choose(workspace, *statistics):
    with workspace_in_force(workspace.pk):
        connection = connecting.connection_of(workspace)
        connection.statistics = list(statistics)
        connection.save()


def asked(url):
    return parse_qs(urlsplit(url).query)["scope"][0].split()


def test_a_statistic_that_needs_more_asks_for_what_was_granted_and_what_is_new(walk, fortnox, workspace):
    """Incremental consent: the page names what is new, and the old connection works until it is given."""
    walk.connect()
    choose(workspace, "vouchers")
    page = texts(walk.see("connect"))
    assert "The chosen statistics need more permissions in Fortnox: Bookkeeping." in page
    assert "count vouchers for the monthly summary task (bookkeeping)" in page
    before = fortnox.mark()
    url = walk.post("authorize")["Location"]
    assert asked(url) == [*SCOPES, "bookkeeping"]
    with workspace_in_force(workspace.pk), open_fortnox(Connection.objects.get()) as client:
        client.customers.count()
    assert fortnox.requests(before) == ["GET customers"]
    walk.returned(**fortnox.consent(url))
    assert Connection.everywhere.get().scopes == sorted([*SCOPES, "bookkeeping"])
    assert asked(walk.post("authorize")["Location"]) == [*SCOPES, "bookkeeping"]


def test_a_missing_licence_for_something_extra_is_named_and_left_out(walk, fortnox, workspace):
    """One scope without a licence fails the whole authorization, so the page offers it without."""
    choose(workspace, "vouchers")
    walk.post("enable")
    state = parse_qs(urlsplit(walk.post("authorize")["Location"]).query)["state"][0]
    answer = walk.returned(error="error_missing_license", state=state)
    says(answer, errors.LICENCE)
    assert "Authorize without Bookkeeping" in texts(answer)
    assert 'name="without" value="bookkeeping"' in answer.content.decode()
    url = walk.browser.post(walk.address("authorize"), {"without": "bookkeeping"})["Location"]
    assert asked(url) == SCOPES
    walk.returned(**fortnox.consent(url))
    assert Connection.everywhere.get().scopes == sorted(SCOPES)


def test_no_first_permission_can_be_left_out(walk):
    """S31: the list is pinned and ordered."""
    walk.post("enable")
    url = walk.browser.post(walk.address("authorize"), {"without": ["invoice", "settings"]})["Location"]
    assert asked(url) == SCOPES == list(FIRST_SCOPES)


def test_the_page_before_the_redirect_gives_each_permission_its_reason(walk):
    walk.post("enable")
    page = texts(walk.see("connect"))
    for scope in SCOPES:
        assert f"to {REASONS[scope][1]} ({scope})" in page
    for need in (
        "A user who is an administrator of the company",
        "The licence Kundfaktura and the integration licence.",
        "sign in through Digital byrå and choose the client there, as its system administrator",
        "One organisation number can have several databases",
        "The connection belongs to the company, not to a person",
    ):
        assert need in page


def test_an_ordinary_authorization_says_whose_account_it_is(walk, settings):
    """Before the redirect and on Overview."""
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": False})
    walk.post("enable")
    assert "stops when that person loses access" in texts(walk.see("connect"))
    walk.connect()
    page = texts(walk.see("overview"))
    assert "Personal account that Olga Owner signed in with at Fortnox. The connection stops when" in page
    stored = Connection.everywhere.get()
    assert (stored.service_account, stored.source) == (False, "refresh")


def test_without_an_app_nobody_can_authorize_and_the_page_says_why(walk, settings):
    settings.UKU = settings.UKU.model_copy(update={"fortnox_client_id": ""})
    walk.post("enable")
    page = walk.see("connect")
    assert "This installation has no app in Fortnox yet" in texts(page)
    assert walk.address("authorize") not in page.content.decode()


def test_what_an_attempt_came_to_is_on_record(walk, fortnox):
    """S45: begun, refused, connected, each with who; no token, code or state among it."""
    back = fortnox.consent(walk.authorize_url(), press="cancel")
    walk.returned(**back)
    walk.connect()
    entries = AuditEntry.everywhere.order_by("position")
    found = [(entry.action, str(entry.actor)) for entry in entries if entry.action.startswith("fortnox")]
    assert found == [
        ("fortnox.enable", "Olga Owner"),
        ("fortnox.authorize", "Olga Owner"),
        ("fortnox.refuse", "Olga Owner"),
        ("fortnox.authorize", "Olga Owner"),
        ("fortnox.connect", "Olga Owner"),
    ]
    connected = entries.get(action="fortnox.connect")
    assert connected.after == {
        "company": "Exempelbyrån AB",
        "organisation_number": OUR_NUMBER,
        "database": FIRST,
        "scopes": sorted(SCOPES),
    }


@pytest.mark.parametrize("action", ["authorize", "confirm", "disconnect", "make-consent-link"])
def test_an_old_sign_in_is_asked_for_again_before_the_connection_is_touched(walk, fortnox, action):
    """S18."""
    walk.connect()
    before, stored = fortnox.mark(), Connection.everywhere.get().sealed_tokens
    session = walk.browser.session
    session["uku_proved_at"] = 0
    session.save()
    assert "/accounts/" in walk.post(action)["Location"]
    assert (fortnox.requests(before, prefix="/"), Connection.everywhere.get().sealed_tokens) == ([], stored)
    assert (AuthorizationAttempt.everywhere.count(), ConsentLink.everywhere.count()) == (1, 0)
