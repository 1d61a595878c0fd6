"""A simulator in memory, a client that went through the consent pages, and a clock that stands still."""

import random

import pytest
from tests.fortnox_sim.client_app import NOW, SHARED, Desk, Ticker

from fortnox_sim import Clock, create_app


@pytest.fixture
def ticker():
    return Ticker()


@pytest.fixture
def app(ticker):
    return create_app("empty", clock=Clock(NOW), rng=random.Random(7), monotonic=ticker)


@pytest.fixture
def stranger(app):
    """A client that has not connected."""
    return Desk(app)


@pytest.fixture
def desk(stranger):
    """A connected client, rate limit off, one customer and one article in the books."""
    stranger.connect()
    stranger.switch(rate_limit=False)
    stranger.control("companies/556001/customers", Name="Almgrens Bygg AB", CountryCode="SE")
    stranger.control(
        "companies/556001/articles", Description="Bokföring", SalesAccount=3041, SalesPrice="895", Unit="h"
    )
    return stranger


@pytest.fixture
def shared():
    """Data shared beside the checkout; tests that need it say so when it is absent."""
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not here; the shared Fortnox data lies beside the checkout")
    return SHARED
