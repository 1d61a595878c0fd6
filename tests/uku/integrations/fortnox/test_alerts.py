"""What is wrong is told once a cause, in the bell and by one e-mail, and cleared by its cure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.uku.integrations.fortnox.standing_rows import connected, exported, failed, ran, refused

from uku.integrations.fortnox.health.alerts import review
from uku.integrations.fortnox.models import Connection, InvoiceExport, SyncIssue, SyncRun
from uku.kit import clock
from uku.kit.alarms import clear_alarm, raise_alarm
from uku.workspaces.models import Notice

IN = ("customers", "articles", "payments", "statistics")


@pytest.fixture
def living(scope):
    """A connection whose kinds of data all went well five minutes ago."""
    made = connected(statistics=["sales_invoices"])
    for kind in IN:
        ran(kind)
    return made


@pytest.fixture
def look(living):
    """Review, as the sweep does each minute, at a time so much later; return the open notices as (key, by mail)."""

    def go(**later):
        review(living, at=clock.now() + timedelta(**later))
        return sorted(Notice.objects.filter(cleared_at=None).values_list("key", "by_mail"))

    return go


def written(**facts):
    Connection.everywhere.update(**facts)


def test_a_connection_that_works_tells_nothing(look):
    assert look() == []


@pytest.mark.parametrize("block_reason", ["needs_authorization", "no_licence", "company_changed", "unreadable"])
def test_a_dead_grant_is_told_once_and_cleared_by_its_cure(look, block_reason):
    """One e-mail a cause, not one an attempt"""
    written(block_reason=block_reason, blocked_at=clock.now())
    for minutes in range(4):
        assert look(minutes=minutes) == [(f"fortnox.{block_reason}", True)]
    assert Notice.objects.count() == 1
    written(block_reason="")
    assert look() == [("fortnox.works_again", False)]
    assert Notice.objects.filter(by_mail=True).count() == 1


def test_the_notice_says_what_happened_what_it_means_and_what_to_do(living, scope):
    written(block_reason="needs_authorization")
    review(living, at=clock.now())
    notice = Notice.objects.get()
    assert notice.title == "The connection to Fortnox does not work any more."
    assert "Click Authorize on the Connect to Fortnox tab." in notice.text
    assert "subscription is active and includes the integration" in notice.text
    assert (notice.url, notice.permission) == (f"/w/{scope.slug}/settings/fortnox/connect/", "MANAGE_INTEGRATIONS")


def test_a_second_breakdown_is_told_again(look):
    for _ in range(2):
        written(block_reason="needs_authorization")
        look()
        written(block_reason="")
        look()
    assert Notice.objects.filter(key="fortnox.needs_authorization").count() == 2


def test_a_missing_licence_on_one_resource_is_told_once_a_day_and_night(look):
    """F86: that kind is off with a clear message, the others go on, and there is no hourly mail"""
    for quarter in range(8):
        refused("articles", "2001101")
        SyncRun.objects.filter(kind="customers").update(started_at=clock.now())
        assert look(minutes=15 * quarter) == [("fortnox.not_permitted:2001101", True)]
    assert Notice.objects.count() == 1


def test_a_retry_under_way_or_an_outage_between_does_not_tell_it_again(look):
    """F86: neither a running run nor a stop for another reason means that it is permitted now"""
    refused("articles")
    look()
    ran("articles", minutes_ago=1, state="running", tries=1)
    assert look() == [("fortnox.not_permitted:2000663", True)]
    SyncRun.objects.filter(state="running").update(state="stopped")
    assert look() == [("fortnox.not_permitted:2000663", True)]
    assert Notice.objects.count() == 1


def test_the_cure_of_a_permission_clears_it(look):
    refused("articles")
    look()
    ran("articles", minutes_ago=0)
    SyncIssue.objects.update(solved_at=clock.now())
    assert look() == [("fortnox.works_again", False)]


def test_one_licence_that_stops_all_kinds_is_one_e_mail(look):
    for kind in IN:
        refused(kind, "2001101")
    assert look() == [("fortnox.not_permitted:2001101", True)]


def test_passing_trouble_is_told_only_when_it_has_lasted_six_hours(look):
    """F36: degraded, retried, and nobody is asked to authorize"""
    SyncRun.objects.all().delete()
    for kind in IN:
        ran(kind, minutes_ago=0, state="stopped", text="ConnectionFailed")
    assert look() == []
    assert look(hours=5, minutes=59) == []
    assert [look(hours=hours) for hours in (6, 7, 30)] == [[("fortnox.lasting", True)]] * 3
    notice = Notice.objects.get()
    assert "the authorization is not the cause" in notice.text
    for kind in IN:
        ran(kind, minutes_ago=0)
    assert look(hours=31) == [("fortnox.works_again", False)]


def test_a_wrong_app_secret_tells_customers_that_nothing_is_needed_from_them(look):
    """F35: the operator's fault is alarmed to the operator; nobody here has to authorize"""
    raise_alarm(key="fortnox.app_credentials", text="wrong", at=clock.now())
    assert look() == [("fortnox.app_credentials", False)]
    assert "You do not need to do anything." in Notice.objects.get().text
    clear_alarm(key="fortnox.app_credentials", at=clock.now())
    assert look() == [("fortnox.works_again", False)]


def test_word_of_the_cure_says_how_many_invoices_go_out_now(look, owner):
    """After a reconnection one wants to know what waited"""
    written(block_reason="needs_authorization")
    for _ in range(3):
        exported(owner, state="queued", attempts=0)
    look()
    written(block_reason="")
    look()
    assert Notice.objects.get(key="fortnox.works_again").text == "3 invoices were waiting and are being sent now."


def test_invoices_that_need_a_person_stand_in_the_bell_until_none_is_left(look, owner):
    export = exported(owner, state="rejected", error_code="2000429", error_text="Nej")
    failed("invoice", export.reference, export=export, code="2000429")
    assert [look(), look()] == [[("fortnox.invoices_need_you", False)]] * 2
    SyncIssue.objects.update(ignored_at=clock.now())
    assert look() == []


def test_nothing_new_is_told_while_paused_and_what_was_told_stays(look):
    written(block_reason="needs_authorization")
    look()
    written(enabled=False)
    refused("articles")
    assert look() == [("fortnox.needs_authorization", True)]
    written(block_reason="")
    refused("articles")
    assert look() == []


def test_disconnecting_ends_what_was_told(look):
    written(block_reason="needs_authorization")
    look()
    written(sealed_tokens="", company_id="", block_reason="")
    assert look() == []


def test_a_copy_of_the_installation_mails_nobody(look):
    """F44"""
    written(instance="https://production.example", block_reason="needs_authorization")
    assert look() == []


def test_waiting_invoices_that_fortnox_does_not_permit_are_a_kind_of_their_own(look, owner):
    export = exported(owner, state="queued", error_code="2001393", error_text="Nej")
    failed("invoice", export.reference, export=export, code="2001393")
    assert look() == [("fortnox.not_permitted:2001393", True)]
    InvoiceExport.objects.update(state="confirmed", document_number="7")
    SyncIssue.objects.update(solved_at=clock.now())
    assert look() == [("fortnox.works_again", False)]


def test_one_cause_is_one_e_mail_to_each_who_can_mend_it(look, owner, admin, member, run_jobs, mailoutbox):
    """F86: the attempts that follow write nobody again"""
    for quarter in range(3):
        refused("articles", "2001101")
        look(minutes=15 * quarter)
        run_jobs()
    assert sorted(address for letter in mailoutbox for address in letter.to) == [admin.email, owner.email]
    assert {letter.subject for letter in mailoutbox} == {mailoutbox[0].subject}
    assert "Fortnox refused part of the sync: Articles." in mailoutbox[0].subject + mailoutbox[0].body
