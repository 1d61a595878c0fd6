"""A client that can be billed, and rows to bill."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.uku.conftest import AT


@pytest.fixture
def client(scope, owner):
    return make_client(owner)


@pytest.fixture
def draft(client, owner):
    return make_draft(owner, client)


@pytest.fixture
def issued(draft, owner):
    from uku.invoices.models import Numbering
    from uku.invoices.operations import issue_invoice

    return issue_invoice(invoice=draft, actor=owner, at=AT, numbering=Numbering.ACCOUNTING)


def make_client(actor):
    from uku.clients.operations import create_client

    return create_client(
        actor=actor, at=AT, name="Åkerlunds Bygg AB", address1="Storgatan 1", city="Lund", payment_days=20
    )


def make_draft(actor, client, *prices: str):
    from uku.invoices.drafts import DraftHead, create_draft

    return create_draft(actor=actor, at=AT, head=DraftHead(client, date(2026, 3, 31)), rows=rows(*prices or ("1000",)))


def rows(*prices: str):
    from uku.invoices.drafts import RowFacts

    return [RowFacts("Bokslut", Decimal(1), Decimal(price), Decimal(25), unit="h") for price in prices]
