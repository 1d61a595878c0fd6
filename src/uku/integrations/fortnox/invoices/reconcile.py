"""After an unclear create: look for our reference before anything else is done.

Times since the first byte was sent: 5 s, 30 s, 2 min, 10 min, 12 min. Two complete negative look-ups at or
after ten minutes are what one more create needs; after that a person decides (engineering 7).
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.db.models import F

from fortnox_api import Fortnox, Invoice, InvoiceItem
from uku.integrations.fortnox.models import Push, PushState
from uku.kit.clock import database_now

SCHEDULE = (5, 30, 120, 600, 720)
LANDING_WINDOW = timedelta(minutes=10)
LATE_NEGATIVES_NEEDED = 2
MOST_SENDS = 2


def find(fortnox: Fortnox, push: Push) -> Invoice | None:
    """Return the invoice that a create made, if it can be found now; else write down what is known.

    None leaves the push waiting for its next look-up, queued for one more create, or with a person.
    """
    hits = fortnox.invoices.find_by_reference(push.reference)
    found = [hit for hit in hits if not (hit.cancelled and hit.number == push.cancelled_number)]
    standing = [hit for hit in found if not hit.cancelled]
    if len(standing) == 1 and _fits(push, standing[0]):
        return fortnox.invoices.get(standing[0].number)
    if not found:
        _note_absence(push)
    elif not standing:
        _change(push, cancelled_number=found[0].number)
        ask_person(push, f"The invoice came to Fortnox as {found[0].number} and was cancelled there.")
    else:
        numbers = ", ".join(hit.number for hit in found)
        ask_person(push, f"Fortnox has our reference {push.reference} on invoice {numbers}, which does not fit.")
    return None


def is_about(push: Push, answer: Invoice) -> bool:
    """Say whether the answer of a create can be about our invoice: it has a number and no reference but ours."""
    return answer.external_reference in {"", push.reference} and not answer.number.startswith("-")


def _fits(push: Push, hit: InvoiceItem) -> bool:
    """Somebody may have copied the invoice: adopt only one with the same customer and total (F17).

    The customer is the one in the bytes that were sent: another may be linked or chosen since.
    """
    sent = json.loads(bytes(push.payload))["Invoice"] if push.payload else {}
    return hit.customer_number == sent.get("CustomerNumber") and abs(hit.total - push.invoice.total) < 1


def _note_absence(push: Push) -> None:
    """Count a complete negative look-up; decide when enough late ones have come together."""
    late = Push.objects.filter(pk=push.pk, sent_at__lte=database_now() - LANDING_WINDOW).exists()
    negatives = push.late_negatives + (1 if late else 0)
    lookups = push.lookups + 1
    if negatives < LATE_NEGATIVES_NEEDED:
        _change(push, lookups=lookups, late_negatives=negatives, next_at=_next_time(lookups))
    elif push.attempts < MOST_SENDS:
        _change(push, state=PushState.QUEUED, lookups=0, late_negatives=0, next_at=None)
    else:
        ask_person(push, "Fortnox did not answer twice, and the invoice cannot be found there.")


def _next_time(lookups: int) -> Any:
    if lookups < len(SCHEDULE):
        return F("sent_at") + timedelta(seconds=SCHEDULE[lookups])
    return database_now() + timedelta(minutes=2)


def ask_person(push: Push, text: str) -> None:
    """Leave a push whose outcome is unknown to a person, with what is known."""
    _change(push, state=PushState.NEEDS_PERSON, next_at=None, error_text=text[:500])


def _change(push: Push, **values: Any) -> None:
    Push.objects.filter(pk=push.pk, fence=push.fence, state=PushState.UNCERTAIN).update(**values)
