"""A cause is told once: by the bell to whom it concerns, by one e-mail, and never again until it is cured."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from tests.uku.conftest import AT, make_user, make_workspace
from tests.uku.mail_servers import mail_server

from uku.kit.scoping import workspace_in_force
from uku.workspaces import notice_mail
from uku.workspaces.jobs import mail_due, mail_notice
from uku.workspaces.mail import Email, Outcome, link, send
from uku.workspaces.models import Membership, Notice, Role
from uku.workspaces.notice_mail import is_due, mail_one, mail_waiting
from uku.workspaces.notices import News, clear, mark_read, shown_to, tell, unread
from uku.workspaces.operations import add_member
from uku.workspaces.permissions import Permission

SILENT = News(key="books", title="The books wait", text="Somebody must look.", url="/w/byran/settings/")
LOUD = News(
    key="consent",
    title="Authorize again",
    text="Access was taken back.",
    url="/w/byran/settings/ledger/",
    tone="bad",
    permission=Permission.MANAGE_INTEGRATIONS,
    by_mail=True,
)


class ThoughtBetter(Exception):
    pass


def of(user, workspace):
    return Membership.everywhere.get(user=user, workspace=workspace)


def stored_jobs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args::text FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


# Telling and clearing


def test_a_cause_is_told_once_until_it_is_cleared(scope):
    assert [tell(SILENT, at=AT), tell(SILENT, at=AT)] == [True, False]
    assert clear(key="books", at=AT) is True
    assert clear(key="books", at=AT) is False
    assert tell(SILENT, at=AT) is True
    assert list(Notice.objects.order_by("id").values_list("key", "cleared_at")) == [("books", AT), ("books", None)]


def test_the_same_cause_in_two_workspaces_is_two(workspace, other_workspace):
    for place in (workspace, other_workspace):
        with workspace_in_force(place.pk):
            assert tell(SILENT, at=AT) is True


def test_a_long_text_is_cut_and_not_refused(scope):
    tell(News(key="long", title="t" * 300, text="x" * 3000), at=AT)
    assert [(len(notice.title), len(notice.text)) for notice in Notice.objects.all()] == [(200, 1000)]


def test_two_workers_that_tell_at_once_make_one_notice_one_job_and_no_broken_transaction(committed):
    """The loser's own work in the same transaction is kept."""
    workspace = make_workspace("byran", make_user("owner@byran.example"))
    together, told = threading.Barrier(2), []

    def work(number):
        with workspace_in_force(workspace.pk), transaction.atomic():
            together.wait(20)
            told.append(tell(LOUD, at=AT))
            tell(News(key=f"own work {number}", title="Kept"), at=AT)
        connection.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(told) == [False, True]
    keys = Notice.everywhere.order_by("key").values_list("key", flat=True)
    assert list(keys) == ["consent", "own work 0", "own work 1"]
    assert [name for name, _ in stored_jobs()] == ["workspaces.mail_notice"]


def test_losing_the_race_leaves_the_callers_transaction_usable(scope, monkeypatch):
    """The look before the insert saw nothing: what the database then refuses is taken for told."""
    tell(SILENT, at=AT)
    monkeypatch.setattr(Notice.objects, "filter", lambda **_: Notice.objects.none())
    with transaction.atomic():
        assert tell(SILENT, at=AT) is False
        assert Notice.objects.count() == 1


def test_the_mail_is_a_job_in_the_callers_transaction(committed):
    workspace = make_workspace("byran", make_user("owner@byran.example"))
    with pytest.raises(ThoughtBetter), workspace_in_force(workspace.pk), transaction.atomic():
        tell(LOUD, at=AT)
        assert len(stored_jobs()) == 1
        raise ThoughtBetter
    assert (Notice.everywhere.count(), stored_jobs()) == (0, [])
    with workspace_in_force(workspace.pk):
        tell(LOUD, at=AT)
    assert stored_jobs() == [("workspaces.mail_notice", f'{{"notice_id": {Notice.everywhere.get().pk}}}')]


# Who sees it


def test_a_notice_is_for_the_roles_that_have_its_permission(scope, owner, admin, member):
    tell(SILENT, at=AT)
    tell(LOUD, at=AT)
    seen = {user: sorted(n.key for n in unread(of(user, scope))) for user in (owner, admin, member)}
    assert seen == {owner: ["books", "consent"], admin: ["books", "consent"], member: ["books"]}


def test_a_notice_for_one_person_is_for_nobody_else(scope, owner, member):
    tell(News(key="yours", title="For you", user=member), at=AT)
    assert [[n.key for n in unread(of(user, scope))] for user in (member, owner)] == [["yours"], []]


def test_reading_is_each_persons_own_and_twice_does_no_harm(scope, owner, admin):
    tell(SILENT, at=AT)
    mine, theirs = of(owner, scope), of(admin, scope)
    assert mark_read(unread(mine), membership=mine, at=AT) == 1
    assert mark_read(shown_to(mine), membership=mine, at=AT) == 1
    assert (unread(mine).count(), unread(theirs).count()) == (0, 1)
    assert [notice.is_read for notice in shown_to(mine)] == [True]


def test_a_cure_takes_it_off_the_count_and_keeps_it_in_the_list(scope, owner):
    tell(SILENT, at=AT)
    clear(key="books", at=AT)
    assert (unread(of(owner, scope)).count(), shown_to(of(owner, scope)).count()) == (0, 1)


# One e-mail a cause


@pytest.fixture
def loud(scope, owner, admin, member):
    tell(LOUD, at=AT)
    return Notice.objects.get()


def test_one_message_goes_to_all_owners_and_admins(loud):
    left = make_user("left@byran.example")
    add_member(workspace=loud.workspace, user=left, role=Role.ADMIN)
    Membership.objects.filter(user=left).update(is_active=False)
    for _ in range(3):
        mail_one(loud.pk, at=AT)
    mail_waiting(at=AT)
    (message,) = mail.outbox
    assert message.to == ["owner@byran.example", "admin@byran.example"]
    assert message.subject == "Authorize again (Byran)"
    assert message.body == (
        "Authorize again\n\nAccess was taken back.\n\nhttp://localhost:8720/w/byran/settings/ledger/\n\n"
        "You get this e-mail as a member of Byran. It is sent once. In Uku it stays under Notifications"
        " until it is solved.\n"
    )
    assert message.extra_headers == {"Auto-Submitted": "auto-generated"}
    assert Notice.objects.get().mailed_at == AT


def test_a_notice_for_one_person_is_mailed_to_that_person(scope, owner, member):
    tell(News(key="yours", title="For you", user=member, by_mail=True), at=AT)
    mail_waiting(at=AT)
    assert [message.to for message in mail.outbox] == [["member@byran.example"]]


def test_a_cause_told_a_hundred_times_is_one_message_and_a_new_one_after_the_cure(scope, owner):
    """Per cause, not per attempt."""
    for _ in range(100):
        tell(LOUD, at=AT)
        mail_waiting(at=AT)
    assert len(mail.outbox) == 1
    clear(key="consent", at=AT)
    tell(LOUD, at=AT)
    mail_waiting(at=AT)
    assert len(mail.outbox) == 2


def test_what_was_cured_before_its_turn_is_not_mailed(loud):
    clear(key="consent", at=AT)
    mail_one(loud.pk, at=AT)
    assert mail.outbox == []


def test_what_is_not_for_mail_is_not_mailed(scope, owner):
    tell(SILENT, at=AT)
    mail_one(Notice.objects.get().pk, at=AT)
    assert mail.outbox == []


def test_neither_a_new_header_nor_a_personal_number_nor_markup_gets_into_the_message(scope, owner):
    """A vendor's sentence may stand in a title."""
    title = "Refused\r\nBcc: all@firm.example\nfor 19850314-2384 <b>now</b>"
    tell(News(key="nasty", title=title, text="850314-2384 & co", by_mail=True), at=AT)
    mail_waiting(at=AT)
    (message,) = mail.outbox
    whole = message.message().as_string()
    assert message.subject == "Refused Bcc: all@firm.example for [personal number] <b>now</b> (Byran)"
    assert "2384" not in whole
    assert [line for line in whole.splitlines() if line.startswith("Bcc")] == []
    assert ("<b>now" in message.body, "<b>now" in message.alternatives[0][0]) == (True, False)


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:x", ""])
def test_only_a_path_of_ours_becomes_a_link(path):
    assert link(path) == ""


def test_two_workers_with_the_same_job_send_one_message(committed):
    workspace = make_workspace("byran", make_user("owner@byran.example"))
    with workspace_in_force(workspace.pk):
        tell(LOUD, at=AT)
    notice, together = Notice.everywhere.get(), threading.Barrier(2)

    def work():
        together.wait(20)
        mail_one(notice.pk, at=AT)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert len(mail.outbox) == 1


# A mail server's refusals, over a socket


@pytest.fixture
def server(settings):
    with mail_server(settings) as server:
        yield server


EMAIL = Email(["owner@byran.example"], "Hej å", "notice", {"title": "Å", "link": "", "workspace": "Byrån"})


def test_a_message_goes_to_a_mail_server(server):
    assert send(EMAIL) == Outcome.SENT
    (text,) = server.received
    assert "To: owner@byran.example" in text
    assert "From: Uku <no-reply@localhost>" in text


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_no_from_the_server_is_refused(server, step):
    server.refuses_at = step
    assert (send(EMAIL), server.received) == (Outcome.REFUSED, [])


def test_a_server_that_is_not_there_is_refused(server, settings):
    server.shutdown()
    server.server_close()
    assert send(EMAIL) == Outcome.REFUSED


@pytest.mark.parametrize("step", ["MAIL", "AFTER"])
def test_a_conversation_that_breaks_off_is_unknown(server, step):
    server.breaks_at = step
    assert send(EMAIL) == Outcome.UNKNOWN


def test_a_refused_message_is_tried_again_and_sent_once(server, loud):
    server.refuses_at = "MAIL"
    mail_one(loud.pk, at=AT)
    assert (Notice.objects.get().mailed_at, Notice.objects.get().mail_attempts) == (None, 1)
    server.refuses_at = ""
    mail_waiting(at=AT)
    assert server.received == []
    for _ in range(3):
        mail_waiting(at=AT + timedelta(minutes=5))
    assert (len(server.received), Notice.objects.get().mail_attempts) == (1, 2)


def test_after_nine_refusals_it_is_let_be(server, loud):
    server.refuses_at = "MAIL"
    for hour in range(40):
        for _ in range(3):
            mail_waiting(at=AT + timedelta(hours=hour))
    assert Notice.objects.get().mail_attempts == 9


def test_an_unknown_end_is_not_tried_again(server, loud):
    """It may have been sent; the bell and the banner say it anyway."""
    server.breaks_at = "AFTER"
    mail_one(loud.pk, at=AT)
    server.breaks_at = ""
    mail_waiting(at=AT + timedelta(hours=1))
    assert (len(server.received), Notice.objects.get().mailed_at) == (1, AT)


def test_a_worker_that_dies_while_sending_sends_nothing_twice(loud, monkeypatch):
    """The claim was committed before (decision 11)."""

    def die(email):
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(notice_mail, "send", die)
        mail_one(loud.pk, at=AT)
    mail_waiting(at=AT + timedelta(hours=1))
    assert (mail.outbox, Notice.objects.get().mailed_at) == ([], AT)


def test_what_a_server_said_is_not_logged(server, capsys):
    server.refuses_at = "MAIL"
    send(EMAIL)
    assert "2384" not in "".join(capsys.readouterr())


def test_the_waits_grow_from_five_minutes_to_eleven_hours():
    minutes = [
        next(minute for minute in range(10_000) if is_due(opened_at=AT, attempts=n, now=AT + timedelta(minutes=minute)))
        for n in range(9)
    ]
    assert minutes == [0, 5, 10, 20, 40, 80, 160, 320, 640]
    assert is_due(opened_at=AT, attempts=9, now=AT + timedelta(days=400)) is False


def test_the_jobs_do_the_same(committed):
    workspace = make_workspace("byran", make_user("owner@byran.example"))
    with workspace_in_force(workspace.pk):
        tell(LOUD, at=AT)
        tell(News(key="second", title="Second", by_mail=True), at=AT)
    mail_notice.func(notice_id=Notice.everywhere.get(key="consent").pk)
    assert [message.subject for message in mail.outbox] == ["Authorize again (Byran)"]
    mail_due.func(timestamp=0)
    assert [message.subject for message in mail.outbox] == ["Authorize again (Byran)", "Second (Byran)"]
