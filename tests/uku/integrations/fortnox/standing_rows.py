"""Rows of a connection's life, written directly: what the health pages and notices are derived from."""

from __future__ import annotations

from datetime import timedelta

COMPANY = "556001"


def connected(**facts):
    """A connection that works, in the workspace in force; nothing of it is ever sent anywhere."""
    from uku.integrations.fortnox.models import Connection
    from uku.kit import clock

    given = {
        "enabled": True,
        "company_id": COMPANY,
        "company_name": "Exempelbyrån AB",
        "sealed_tokens": "sealed",
        "scopes": ["article", "companyinformation", "customer", "invoice", "payment", "settings"],
        "authorized_at": clock.now() - timedelta(days=30),
        "company_read_at": clock.now(),
    }
    return Connection.objects.create(**{**given, **facts})


def ran(kind, *, minutes_ago=5, state="done", **facts):
    """A run that began so long ago, and took a minute."""
    from uku.integrations.fortnox.models import SyncRun
    from uku.kit import clock

    begun = clock.now() - timedelta(minutes=minutes_ago)
    ended = None if state == "running" else begun + timedelta(minutes=1)
    given = {"company_id": COMPANY, "started_at": begun, "finished_at": ended, "state": state}
    return SyncRun.objects.create(kind=kind, **{**given, **facts})


def failed(kind, number, *, export=None, **facts):
    """A problem that was seen a minute ago."""
    from uku.integrations.fortnox.models import SyncIssue
    from uku.kit import clock

    at = clock.now() - timedelta(minutes=1)
    given = {"company_id": COMPANY, "first_at": at, "last_at": at, "export": export}
    return SyncIssue.objects.create(kind=kind, number=number, **{**given, **facts})


def refused(kind, code="2000663", *, minutes_ago=5):
    """A run that Fortnox refused for want of a permission or licence, with its problem."""
    run = ran(kind, minutes_ago=minutes_ago, state="stopped", stop_reason="not_permitted", text="Nej")
    from uku.integrations.fortnox.models import SyncIssue

    if not SyncIssue.objects.filter(kind=kind, number="", solved_at=None).exists():
        failed(kind, "", code=code, message="Nej")
    return run


def exported(owner, *, state="rejected", client="Björk Bygg AB", **facts):
    """An issued invoice and its push, in a state."""
    from datetime import date
    from decimal import Decimal

    from uku.clients.operations import create_client
    from uku.integrations.fortnox.models import InvoiceExport
    from uku.invoices.drafts import DraftHead, RowFacts, create_draft
    from uku.kit import clock

    address = {"address1": "Ågatan 1", "postcode": "411 03", "city": "Göteborg", "country": "SE"}
    made = create_client(actor=owner, at=clock.now(), name=client, **address)
    row = RowFacts("Bokföring", Decimal(2), Decimal(950), Decimal(25), "h", "100")
    draft = create_draft(actor=owner, at=clock.now(), head=DraftHead(made, date(2026, 3, 1)), rows=[row])
    given = {"company_id": COMPANY, "reference": f"U{draft.pk}", "created_at": clock.now(), "attempts": 1}
    return InvoiceExport.objects.create(invoice=draft, state=state, **{**given, **facts})
