"""No request leaves for an address inside a network, whatever name led there."""

from __future__ import annotations

import pytest

from fortnox_api import FortnoxError, Outcome


@pytest.fixture
def without_the_switch(settings, fortnox):
    """The simulator stands on this machine, which is no public address."""
    settings.UKU = settings.UKU.model_copy(update={"allow_loopback_fortnox": False})
    return fortnox


def test_no_token_is_asked_for_at_an_inside_address(without_the_switch, db):
    """S34: the refusal is known to have done nothing, and not one request came."""
    from uku.integrations.fortnox.client.open import oauth_app

    before = without_the_switch.mark()
    with pytest.raises(FortnoxError) as refused, oauth_app() as app:
        app.exchange_code("a-code")
    assert refused.value.outcome is Outcome.NOT_APPLIED
    assert without_the_switch.requests(before, prefix="/") == []


def test_no_record_is_read_at_an_inside_address(connection, without_the_switch):
    """S34"""
    from uku.integrations.fortnox.client.open import open_fortnox

    before = without_the_switch.mark()
    with pytest.raises(FortnoxError), open_fortnox(connection) as fortnox:
        fortnox.customers.count()
    assert without_the_switch.requests(before, prefix="/") == []
