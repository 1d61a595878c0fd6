"""Faults of the installation: one alarm a cause, one message to the operator, one process that tries again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.uku.conftest import AT

from uku.kit.alarms import Alarm, clear_alarm, is_open, mail_new_alarms, may_try, raise_alarm

KEY, TEXT = "fortnox.app_credentials", "The client secret is wrong."
MINUTES = timedelta(minutes=1)


@pytest.fixture
def raised(db):
    raise_alarm(key=KEY, text=TEXT, at=AT)


@pytest.fixture
def operator(settings):
    settings.UKU = settings.UKU.model_copy(update={"operator_email": "drift@byran.example"})


def test_a_cause_is_one_alarm_until_it_is_cured(raised):
    raise_alarm(key=KEY, text="again", at=AT)
    assert list(Alarm.objects.values_list("key", "text")) == [(KEY, TEXT)]
    clear_alarm(key=KEY, at=AT + MINUTES)
    assert (is_open(KEY), Alarm.objects.get().cleared_at) == (False, AT + MINUTES)
    raise_alarm(key=KEY, text=TEXT, at=AT + 2 * MINUTES)
    assert (is_open(KEY), Alarm.objects.count()) == (True, 2)


def test_the_operator_gets_one_message_a_cause(raised, operator, mailoutbox):
    assert [mail_new_alarms(at=AT), mail_new_alarms(at=AT + MINUTES)] == [1, 0]
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["drift@byran.example"], "Uku at http://localhost:8720 needs attention")
    assert mail.body.startswith(TEXT)
    assert Alarm.objects.get().mailed_at == AT


def test_without_an_address_an_alarm_is_only_logged(raised, mailoutbox):
    assert (mail_new_alarms(at=AT), mailoutbox, Alarm.objects.get().mailed_at) == (0, [], AT)


def test_an_alarm_that_was_cured_before_anybody_was_told_is_not_sent(raised, operator, mailoutbox):
    clear_alarm(key=KEY, at=AT)
    assert (mail_new_alarms(at=AT), mailoutbox) == (0, [])


def test_one_process_at_a_time_tries_whether_the_fault_is_still_there(raised):
    every = 5 * MINUTES
    tried = [may_try(key=KEY, every=every, at=AT + minutes * MINUTES) for minutes in (1, 4, 5, 5, 6, 10)]
    assert tried == [False, False, True, False, False, True]


def test_without_an_alarm_everybody_may_try(db):
    assert [may_try(key=KEY, every=MINUTES, at=AT) for _ in range(2)] == [True, True]


def test_a_mail_server_that_refuses_loses_no_alarm_and_holds_none_up(raised, operator, settings, mailoutbox):
    """The claim is given back, the second alarm is tried too, and both go out once the server answers."""
    raise_alarm(key="other", text="The disk is full.", at=AT)
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert (mail_new_alarms(at=AT), list(Alarm.objects.values_list("mailed_at", flat=True))) == (0, [None, None])
    settings.EMAIL_BACKEND = backend
    assert [mail_new_alarms(at=AT + MINUTES), mail_new_alarms(at=AT + 2 * MINUTES)] == [2, 0]
    assert [mail.body.splitlines()[0] for mail in mailoutbox] == [TEXT, "The disk is full."]
