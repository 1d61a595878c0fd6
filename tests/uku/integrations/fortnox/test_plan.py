"""A lapsed plan pauses and holds, deletes nothing, and lets all go on by itself when it is back."""

from __future__ import annotations

import pytest
from django.db import transaction
from tests.uku.integrations.fortnox.conftest import clear_queue, due_steps, end_rests
from tests.uku.integrations.fortnox.standing_rows import failed

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.models import READ_KINDS, Connection, CustomerRecord, ExportState, InvoiceExport, RunKind
from uku.integrations.registry import integrations
from uku.kit import clock
from uku.workspaces.company import differences
from uku.workspaces.operations import set_plan
from uku.workspaces.seller import clean_fact


@pytest.fixture
def plan(scope):
    return lambda name: set_plan(workspace=scope, plan=name, at=clock.now())


@pytest.fixture
def sweep(run_jobs):
    def go():
        jobs.sweep(timestamp=0)
        return run_jobs()

    return go


def card(workspace):
    (integration,) = integrations()
    workspace.refresh_from_db()
    return integration.card(workspace)


def test_a_lapsed_plan_stops_syncs_and_holds_exports(fortnox, shop, plan, sweep, queue, scope):
    """What stands, stands: the grant, the links and the invoice that waits."""
    plan("free")
    invoice = shop.issue()
    end_rests()
    before = len(fortnox.requests())
    assert sweep().count("fortnox.work") >= 1
    assert due_steps(shop.connection) == []
    assert (len(fortnox.requests()), shop.export_of(invoice).state) == (before, ExportState.QUEUED)
    connection = Connection.objects.get()
    assert (connection.is_connected, connection.enabled, connection.block_reason) == (True, True, "")
    assert CustomerRecord.objects.filter(client=shop.client).count() == 1


def test_a_lapsed_plan_is_not_asked_for_every_minute(shop, plan, queue, run_jobs):
    plan("free")
    shop.issue()
    jobs.push(push_id=InvoiceExport.objects.get().pk)
    run_jobs()
    jobs.sweep(timestamp=0)
    assert queue("fortnox") == []


def test_the_card_says_what_is_held_and_why(shop, plan, scope):
    plan("free")
    shop.issue()
    shown = card(scope)
    assert (shown.badge.words, shown.badge.tone) == ("Paused", "neutral")
    assert "Team and Elite" in shown.text
    assert "Nothing is deleted" in shown.text


def test_all_goes_on_by_itself_when_the_plan_is_back(fortnox, shop, plan, queue, run_jobs, scope):
    """The wake-ups are in the transaction that gives the plan back: no minute's sweep is waited for."""
    plan("free")
    invoice = shop.issue()
    run_jobs()
    plan("team")
    assert (len(queue("fortnox.work")), "export" in due_steps(shop.connection)) == (1, True)
    run_jobs()
    export = shop.export_of(invoice)
    assert (export.state, export.booked) == (ExportState.CONFIRMED, True)
    assert len(fortnox.commits("invoice.create")) == 1
    assert card(scope).badge.words == "Connected to Exempelbyrån AB"


def test_a_sync_that_came_due_meanwhile_runs_at_once(shop, plan, queue, move_clock):
    plan("free")
    move_clock(seconds=90 * 24 * 3600)
    plan("elite")
    assert len(queue("fortnox.work")) == 1
    kinds = set(READ_KINDS) - {RunKind.STATISTICS}  # nothing is counted without a plan for summaries
    assert set(due_steps(shop.connection)) & set(RunKind) == kinds


BUTTONS = ("sync", "reload", "retry-issue", "retry-alike", "retry", "link", "create-client")


@pytest.mark.parametrize(("state", "words"), [("free", "Team and Elite plans"), ("disabled", "Fortnox is disabled")])
def test_while_it_is_off_every_button_is_refused_in_words_and_none_is_offered(
    shop, plan, queue, scope, owner, state, words
):
    """Refused in the operation, whatever page is still open, and not on the page any more."""
    from tests.uku.integrations.fortnox.browsers import Walk, said

    invoice = shop.issue()
    export = shop.export_of(invoice)
    InvoiceExport.objects.update(state=ExportState.REJECTED, error_code="2000310", error_text="Nej")
    sync_issue = failed("invoice", export.reference, export=export, code="2000310", message="Nej")
    failed("customers", "", code="2000310", message="Nej")
    waiting = CustomerRecord.objects.get()
    CustomerRecord.objects.update(client=None, suggested=shop.client)
    pages = ("overview", "activity", "settings")
    walk = Walk(owner, scope, None)
    inside = [f"{walk.root}clients/{shop.client.pk}/", f"{walk.root}billing/{invoice.pk}/"]

    def offered():
        answers = [walk.see(page) for page in pages] + [walk.browser.get(path) for path in inside]
        assert [answer.status_code for answer in answers] == [200] * len(answers)
        found = {name: walk.address(name, **numbers(name)) for name in BUTTONS}
        return {name for name, path in found.items() if any(f'"{path}' in a.content.decode() for a in answers)}

    def numbers(name):
        return {
            "sync": {},
            "reload": {},
            "retry": {"pk": export.pk},
            "link": {"pk": waiting.pk},
            "create-client": {"pk": waiting.pk},
        }.get(name, {"pk": sync_issue.pk})

    assert offered() >= {"sync", "reload", "retry-issue", "retry"}
    if state == "free":
        plan("free")
    else:
        Connection.objects.update(enabled=False)
    clear_queue()
    before = (InvoiceExport.objects.values().get(), CustomerRecord.objects.values().get())
    assert offered() == set()
    for name in BUTTONS:
        assert words in said(walk.post(name, **numbers(name))), name
    assert (InvoiceExport.objects.values().get(), CustomerRecord.objects.values().get()) == before
    assert queue() == []


def test_a_free_workspace_saves_no_statistics(scope, plan, owner, fortnox):
    """The form is not offered, and a page that was open before saves nothing."""
    from tests.uku.integrations.fortnox.browsers import Walk, said

    plan("free")
    walk = Walk(owner, scope, fortnox)
    form = {"title": "Summary", "topic": "Books", "first_month": "2026-01-01", "statistics": ["vouchers"]}
    answer = walk.browser.post(walk.address("settings"), form)
    assert "Team and Elite plans" in said(answer)
    assert Connection.objects.count() == 0


def test_a_change_that_is_rolled_back_wakes_nothing(shop, plan, queue):
    plan("free")
    shop.issue()
    clear_queue()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        plan("team")
        raise ZeroDivisionError
    assert queue() == []


def test_from_one_good_plan_to_another_nothing_is_paused(shop, plan, scope):
    plan("elite")
    assert card(scope).badge.words == "Connected to Exempelbyrån AB"


def test_a_free_workspace_reads_what_it_would_get_and_which_plan_it_needs(scope, plan, fortnox):
    plan("free")
    shown = card(scope)
    assert shown.badge.words == "Off"
    assert shown.text == (
        "Imports clients and products, sends invoices, and reads payments. Part of the Team and"
        " Elite plans; this workspace is on Free."
    )


def test_the_company_card_is_filled_where_empty_and_else_only_proposed(connection, scope):
    (integration,) = integrations()
    proposal = integration.company_proposal(scope)
    own_name = scope.name
    scope.refresh_from_db()
    assert (scope.name, scope.registered_office) == (own_name, "Malmö")
    assert clean_fact("bankgiro", proposal["bankgiro"], country="SE") == scope.bankgiro
    assert proposal["name"]
    assert "name" in {difference.name for difference in differences(scope, proposal)}
