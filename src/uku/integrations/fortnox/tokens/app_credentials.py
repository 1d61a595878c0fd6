"""A wrong client id or secret: the operator's fault, told to the operator, blamed on no customer (F35)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from uku.integrations.fortnox.models import ExportState, InvoiceExport
from uku.integrations.fortnox.work import due
from uku.kit.alarms import clear_alarm, cleared_at, is_open, may_try, raise_alarm
from uku.kit.clock import database_now

ALARM = "fortnox.app_credentials"
PROBE_EVERY = timedelta(minutes=5)


def note_refused(at: datetime) -> None:
    """Fortnox refused the app itself: raise the alarm. All renewals pause; one process at a time probes."""
    text = _(
        "Fortnox does not accept this installation's client id or client secret. No connection"
        " can renew its access, and all syncs stop within an hour. Nothing is lost, and no"
        " customer needs to authorize again. Set UKU_FORTNOX_CLIENT_ID and"
        " UKU_FORTNOX_CLIENT_SECRET to the values in Fortnox's developer portal, and restart."
    )
    raise_alarm(key=ALARM, text=text, at=at)


def note_accepted(at: datetime) -> None:
    """Fortnox knew the app: clear the alarm if there is one. What waited for that in any workspace is due again."""
    if is_open(ALARM):
        clear_alarm(key=ALARM, at=at)
        waiting = InvoiceExport.everywhere.filter(state=ExportState.QUEUED, error_code="", next_at__gt=database_now())
        waiting.update(next_at=None)
        due.wake_all()


def mended_at() -> datetime | None:
    """Return when the operator last mended the app's credentials; what failed before it is explained by them."""
    return cleared_at(ALARM)


def may_ask(at: datetime) -> bool:
    """Say whether this process may ask the token address: while the alarm is open, one probe in five minutes."""
    return may_try(key=ALARM, every=PROBE_EVERY, at=at)
