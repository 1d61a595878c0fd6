"""What only the person who runs the installation can mend: one open alarm a cause, told once."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from uku.kit.mail import Outcome, send_message

log = structlog.get_logger()


class Alarm(models.Model):
    """A fault of the installation itself, open until it is cured."""

    key = models.CharField(max_length=100)
    text = models.CharField(max_length=1000)
    opened_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True, help_text="when it was last tried whether the fault is still there")

    class Meta:
        app_label = "uku"
        constraints = (
            models.UniqueConstraint(fields=["key"], condition=models.Q(cleared_at=None), name="uku_alarm_one_open"),
        )

    def __str__(self) -> str:
        return self.text


def is_open(key: str) -> bool:
    return Alarm.objects.filter(key=key, cleared_at=None).exists()


def is_any_open(prefix: str) -> bool:
    """Say whether an alarm is open whose key begins so."""
    return Alarm.objects.filter(key__startswith=prefix, cleared_at=None).exists()


def cleared_at(key: str) -> datetime | None:
    """Return when an alarm with this key was last closed; None when none ever was."""
    last: datetime | None = Alarm.objects.filter(key=key).aggregate(last=Max("cleared_at"))["last"]
    return last


def raise_alarm(*, key: str, text: str, at: datetime) -> None:
    """Open an alarm unless one with this key is open."""
    Alarm.objects.bulk_create([Alarm(key=key, text=text[:1000], opened_at=at, tried_at=at)], ignore_conflicts=True)


def clear_alarm(*, key: str, at: datetime) -> None:
    """Close the alarm: its cause is gone."""
    Alarm.objects.filter(key=key, cleared_at=None).update(cleared_at=at)


def may_try(*, key: str, every: timedelta, at: datetime) -> bool:
    """Say whether to try what the alarm is about: always without one, else one process each so often."""
    if not is_open(key):
        return True
    rested = Q(tried_at=None) | Q(tried_at__lte=at - every)
    return bool(Alarm.objects.filter(rested, key=key, cleared_at=None).update(tried_at=at))


def mail_new_alarms(*, at: datetime) -> int:
    """Send the operator what has not been sent yet; return how many. Without an address they are only logged.

    An alarm is claimed before it is sent: a process that dies in between sends nothing rather than twice. The claim
    is given back where nothing was sent, so that the next minute tries again, and no alarm holds up the others.
    """
    sent = 0
    for alarm in Alarm.objects.filter(mailed_at=None, cleared_at=None).order_by("id"):
        if not Alarm.objects.filter(pk=alarm.pk, mailed_at=None).update(mailed_at=at):
            continue
        log.error("alarm", key=alarm.key, text=alarm.text)
        if not settings.UKU.operator_email:
            continue
        subject = _("Uku at %(address)s needs attention") % {"address": settings.UKU.public_url}
        end = _("This message is sent once. The command `uku doctor` says whether the error is still there.")
        outcome = send_message(EmailMessage(subject, f"{alarm.text}\n\n{end}\n", to=[settings.UKU.operator_email]))
        if outcome == Outcome.REFUSED:
            Alarm.objects.filter(pk=alarm.pk).update(mailed_at=None)
        sent += outcome == Outcome.SENT
    return sent
