"The Activity tab: every run in words, every record that failed, Retry and Ignore."

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from tests.uku.integrations.fortnox.simulated import NUMBERS
from tests.uku.integrations.fortnox.standing_rows import COMPANY, connected, exported, failed, ran

from fortnox_api import Invalid
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.messages import counts_in_words, duration_in_words, run_badge
from uku.integrations.fortnox.models import (
    CustomerRecord,
    ExportState,
    RequestedRead,
    RequestedSync,
    RunKind,
    SkippedRecord,
    SyncIssue,
    SyncRun,
)
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work import issue_actions
from uku.integrations.fortnox.work.runs import run_sync
from uku.integrations.registry import Badge
from uku.kit import clock
from uku.workspaces.models import AuditEntry
from uku.workspaces.permissions import NotAllowed


@pytest.fixture
def see(signed_in, scope):
    def page(user, query="") -> str:
        answer = signed_in(user).get(reverse("fortnox:activity", kwargs={"slug": scope.slug}) + query)
        assert answer.status_code == 200
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))

    return page


@pytest.fixture
def press(signed_in, scope):
    def go(user, name, issue):
        return signed_in(user).post(reverse(f"fortnox:{name}", kwargs={"slug": scope.slug, "pk": issue.pk}))

    return go


def note(number="1042", *, kind="customer", code=2000359, message="Nej", **facts):
    """Note a failure as the import does."""
    error = Invalid(code=code, message=message, request_id="5f0e9a1b")
    sync_issues.note(company_id=COMPANY, kind=kind, number=number, error=error, at=clock.now(), **facts)
    return SyncIssue.objects.get(kind=kind, number=number, solved_at=None)


# Runs in words


@pytest.mark.parametrize(
    ("kind", "counts", "words"),
    [
        (
            "customers",
            {"seen": 1200, "created": 3, "linked": 2, "suggested": 1, "inactive": 4, "rejected": 1, "known": 1190},
            "1,200 read, 3 new, 2 linked, 1 to review, 4 inactive, skipped, 1 could not be read",
        ),
        ("articles", {"seen": 0}, "0 read"),
        ("payments", {"read": 5, "changed": 2}, "5 read, 2 changed"),
        ("statistics", {"months": 2}, "2 months counted"),
    ],
)
def test_counts_are_told_in_words(kind, counts, words):
    assert counts_in_words(SyncRun(kind=kind, counts=counts)) == words


@pytest.mark.parametrize(
    ("kind", "full", "seen", "words"),
    [
        ("customers", False, 0, "no changes"),
        ("articles", False, 0, "no changes"),
        ("articles", False, 2, "2 read"),
        ("articles", True, 0, "0 read"),
    ],
)
def test_an_import_that_asked_for_changes_and_got_none_says_so(kind, full, seen, words):
    run = SyncRun(kind=kind, counts={"seen": seen}, full=full, since=clock.now())
    assert counts_in_words(run) == words


@pytest.mark.parametrize(
    ("state", "counts", "badge"),
    [
        ("running", {"seen": 1200, "total": 10_000}, Badge("Running 1,200 of 10,000", "moving")),
        ("running", {}, Badge("Running", "moving")),
        ("done", {}, Badge("Done", "good")),
        ("done", {"rejected": 3}, Badge("Done with 3 problems", "warning")),
        ("done", {"rejected": 1}, Badge("Done with 1 problem", "warning")),
        ("stopped", {"rejected": 1}, Badge("Stopped", "bad")),
    ],
)
def test_a_run_has_one_word_for_its_state(state, counts, badge):
    assert run_badge(SyncRun(kind="customers", state=state, counts=counts)) == badge


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "under 1 s"), (59, "59 s"), (125, "2 min 5 s"), (3_725, "1 h 2 min")]
)
def test_a_duration_is_told_in_two_units(seconds, words):
    begun = clock.now()
    assert duration_in_words(SyncRun(started_at=begun, finished_at=begun + timedelta(seconds=seconds))) == words
    assert duration_in_words(SyncRun(started_at=begun)) == ""


def test_runs_are_listed_newest_first_with_who_asked(scope, owner, see):
    connected()
    ran("customers", minutes_ago=50, counts={"seen": 7})
    ran("articles", minutes_ago=9, counts={"seen": 8}, asked_by=owner)
    page = see(owner)
    assert page.index("8 read") < page.index("7 read")
    assert ("started by Olga Owner" in page, "Automatic" in page) == (True, True)


def test_the_address_filters_by_kind_and_pages(scope, owner, see):
    connected()
    for index in range(25):
        ran("customers", minutes_ago=100 - index, counts={"seen": 100 + index})
    ran("articles", counts={"seen": 7_777})
    assert "7,777 read" not in see(owner, "?kind=customers")
    assert ("124 read" in see(owner, "?kind=customers"), "100 read" in see(owner, "?kind=customers&page=2")) == (
        True,
        True,
    )
    assert "7,777 read" in see(owner, "?kind=nonsense&page=nonsense")


def test_a_run_lists_ten_that_it_skipped_and_all_of_them_on_its_own_page(
    scope, owner, member, stranger, other_workspace, see, signed_in
):
    connected()
    run = ran("customers", counts={"seen": 60, "inactive": 60})
    SkippedRecord.objects.bulk_create(
        SkippedRecord(workspace_id=scope.pk, run=run, number=f"N{number}", name="Vilande AB", reason="Inactive")
        for number in range(60)
    )
    page = see(owner)
    assert [f"N{number} " in page for number in (0, 9, 10)] == [True, True, False]
    assert ("60 records skipped" in page, "Show all 60" in page) == (True, True)
    address = reverse("fortnox:run", kwargs={"slug": scope.slug, "pk": run.pk})
    first, second = (signed_in(member).get(address, {"page": number}).content.decode() for number in (1, 2))
    assert [f">N{number}<" in first for number in (0, 49, 50)] == [True, True, False]
    assert [f">N{number}<" in second for number in (49, 50, 59)] == [False, True, True]
    theirs = reverse("fortnox:run", kwargs={"slug": other_workspace.slug, "pk": run.pk})
    assert signed_in(stranger).get(theirs).status_code == 404
    run.skipped_records.all().delete()
    assert (
        "No skipped records. The list of a run is kept for 90 days." in signed_in(owner).get(address).content.decode()
    )


# Records that did not go through


def test_a_problem_is_shown_with_fortnoxs_words_ours_the_way_out_and_the_buttons(scope, owner, see):
    connected()
    note(name="Björk Bygg AB")
    page = see(owner)
    for words in (
        "Fortnox does not accept a character in one of the texts.",
        "This record was skipped. All other records were read.",
        "Then click Retry.",
        "Nej (2000359)",
        "5f0e9a1b",
        "Customer 1042 Björk Bygg AB",
        "Who can do it: a Company Owner or Company Admin in Uku.",
        "Retry",
        "Ignore",
    ):
        assert words in page


def test_a_member_reads_everything_and_has_no_buttons(scope, member, owner, see, press):
    connected()
    issue = note(name="Björk Bygg AB")
    page = see(member)
    assert ("Customer 1042 Björk Bygg AB" in page, "Nej (2000359)" in page) == (True, True)
    assert ("Retry Customer" in page, "Ignore Customer" in page) == (False, False)
    for name in ("retry-issue", "retry-alike", "ignore-issue", "show-issue-again"):
        answer = press(member, name, issue)
        assert answer.status_code == 403
        assert "Only a Company Owner or Company Admin can change integrations." in answer.content.decode()
    assert SyncIssue.objects.get().ignored_at is None


@pytest.mark.parametrize("act", ["retry", "retry_alike", "ignore", "show_again"])
def test_the_operations_refuse_members_themselves(scope, member, act):
    connected()
    issue = note()
    with pytest.raises(NotAllowed):
        getattr(issue_actions, act)(issue=issue, actor=member, at=clock.now())


def test_the_same_failure_is_one_row_with_a_count(scope):
    connected()
    first, again = note(), note()
    assert (first.pk, again.times, SyncIssue.objects.count()) == (again.pk, 2, 1)
    assert again.first_at < again.last_at


def test_what_was_ignored_stays_ignored_by_the_same_error_and_not_by_another(scope, owner, press, see):
    """A person's decision is never undone by the same error again"""
    connected()
    press(owner, "ignore-issue", note())
    assert "Customer 1042" not in see(owner)
    assert note().ignored_by == owner
    assert "Ignored by Olga Owner" in see(owner, "?show=problems")
    assert note(code=2000919).ignored_at is None
    assert "Customer 1042" in see(owner)


def test_what_was_ignored_can_be_taken_up_again(scope, owner, press, see):
    connected()
    issue = note()
    press(owner, "ignore-issue", issue)
    press(owner, "show-issue-again", issue)
    assert "Customer 1042" in see(owner)
    actions = AuditEntry.objects.filter(action__startswith="fortnox.problem").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["fortnox.problem.ignore", "fortnox.problem.take_up"]


def test_a_solved_problem_leaves_the_list_and_stays_in_the_history(scope, owner, see):
    connected()
    note()
    sync_issues.solve(company_id=COMPANY, kind="customer", numbers=["1042"], at=clock.now())
    assert ("Customer 1042" in see(owner), "Customer 1042" in see(owner, "?show=problems")) == (False, True)
    assert note().times == 1  # a new failure is a new problem


def test_records_are_grouped_by_their_cause_and_tried_again_together(scope, owner, see, press, queue):
    connected()
    for number in ("1", "2", "3"):
        note(number)
    note("4", code=2000919)
    assert "Retry all 3 of this cause" in see(owner)
    press(owner, "retry-alike", SyncIssue.objects.get(number="2"))
    assert sorted(RequestedRead.objects.values_list("kind", "number")) == [("customers", n) for n in "123"]
    assert [name for name, _ in queue()] == ["fortnox.work"]
    assert AuditEntry.objects.filter(action="fortnox.problem.retry").count() == 3


def test_a_stopped_run_is_asked_for_again_once(scope, owner, press, queue):
    connected()
    press(owner, "retry-issue", failed("payments", "", code="1000003", message="System exception"))
    asked = RequestedSync.objects.get()
    assert (asked.kind, asked.asked_by, [name for name, _ in queue()]) == ("payments", owner, ["fortnox.work"])


def test_an_invoice_is_sent_again_by_its_own_rule(scope, owner, press, queue):
    connected()
    export = exported(owner, state="rejected", error_code="2000429", error_text="Nej")
    press(owner, "retry-issue", failed("invoice", export.reference, export=export, code="2000429"))
    export.refresh_from_db()
    assert (export.state, [job["company_id"] for _, job in queue("work")]) == (ExportState.QUEUED, [COMPANY])


def test_an_invoice_that_needs_a_decision_is_looked_for_again_and_not_sent(scope, owner, press):
    connected()
    export = exported(owner, state="needs_person", error_text="Cannot be found", lookups=5, sent_at=clock.now())
    press(owner, "retry-issue", failed("invoice", export.reference, export=export, reason="Cannot be found"))
    export.refresh_from_db()
    assert (export.state, export.lookups) == (ExportState.UNCERTAIN, 0)


@pytest.mark.parametrize("facts", [{"enabled": False}, {"block_reason": "needs_authorization"}])
def test_nothing_is_tried_while_the_connection_rests(scope, owner, press, queue, facts):
    connected(**facts)
    issue = note()
    with pytest.raises(ConnectionNotUsable):
        issue_actions.retry(issue=issue, actor=owner, at=clock.now())
    assert press(owner, "retry-issue", issue).status_code == 302
    assert (RequestedRead.objects.count(), queue()) == (0, [])


# Over HTTP, with the simulated Fortnox


def test_a_row_that_cannot_be_read_is_a_problem_until_it_can(fortnox, connection, see, owner, press, run_jobs):
    """F54: the poison row is listed with its reason, the others are stored, and Retry reads it again"""
    good = fortnox.customer(OrganisationNumber=NUMBERS[0])
    bad = fortnox.customer(Name="Östlund AB", OrganisationNumber=NUMBERS[1])
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(COMPANY)
        whole = company.get("customers", bad)
        company.put("customers", bad, {**whole, "Email": {"not": "a text"}})
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    issue = SyncIssue.objects.get()
    assert (issue.kind, issue.number, SyncRun.objects.latest("id").counts["rejected"]) == ("customer", bad, 1)
    assert "A record in Fortnox could not be read" in see(owner)
    with fortnox.app.installation.lock:
        company.put("customers", bad, whole)
    press(owner, "retry-issue", issue)
    run_jobs()
    issue.refresh_from_db()
    assert issue.solved_at is not None
    assert sorted(CustomerRecord.objects.values_list("name", flat=True)) == ["Björk Bygg AB", "Östlund AB"]
    assert CustomerRecord.objects.get(number=good).client is not None
    assert SyncRun.objects.count() == 1  # reading one record again moves no watermark


def test_one_refused_kind_lets_the_others_go_on_and_recovers_by_itself(fortnox, connection, see, owner):
    """F86, over HTTP: articles are refused, customers and payments are not"""
    body = '{"ErrorInformation":{"error":1,"message":"Det finns ingen aktiv licens","code":2001101}}'
    fault = fortnox.fault(path="/3/articles", action="status", status=403, body=body, times=2)
    for _ in range(2):
        for kind in (RunKind.CUSTOMERS, RunKind.ARTICLES, RunKind.PAYMENTS):
            run_sync(SyncRequest(connection, kind))
    assert fortnox.struck(fault) == 2
    latest = {run.kind: run.state for run in SyncRun.objects.order_by("id")}
    assert latest == {"customers": "done", "articles": "stopped", "payments": "done"}
    issue = SyncIssue.objects.get()
    assert (issue.kind, issue.code, issue.times) == ("articles", "2001101", 2)
    assert "The company has no active licence in Fortnox for this." in see(owner)
    run_sync(SyncRequest(connection, RunKind.ARTICLES))
    assert SyncIssue.objects.filter(solved_at=None).count() == 0


def test_invoices_wait_without_a_permission_and_go_by_themselves_afterwards(fortnox, shop, run_jobs, scope, owner):
    """Not permitted stops that kind only, and queued work continues without anyone asking"""
    from uku.integrations.fortnox.models import InvoiceExport
    from uku.integrations.fortnox.work import requests

    body = '{"ErrorInformation":{"error":1,"message":"Har inte behörighet för scope","code":2000663}}'
    fortnox.fault(method="POST", path="/3/invoices", action="status", status=403, body=body)
    invoices = [shop.issue() for _ in range(3)]
    run_jobs()
    assert {export.state for export in InvoiceExport.objects.all()} == {ExportState.QUEUED}
    assert fortnox.requests().count("POST invoices") == 1  # one asked; the others were spared
    requests.wake_held(shop.connection)
    run_jobs()
    assert {export.state for export in InvoiceExport.objects.all()} == {ExportState.CONFIRMED}
    assert fortnox.creates() == {invoice.reference: 1 for invoice in invoices}
    assert SyncIssue.objects.filter(solved_at=None).count() == 0
