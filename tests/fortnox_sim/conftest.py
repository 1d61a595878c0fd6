"""A simulator in memory, a client that went through the consent pages, and a clock that stands still."""

import random

import pytest
from tests.fortnox_sim.client_app import NOW, SHARED, ClientApp, Ticker

from fortnox_sim import Clock, create_app


@pytest.fixture
def ticker():
    return Ticker()


@pytest.fixture
def app(ticker):
    return create_app("empty", clock=Clock(NOW), rng=random.Random(7), monotonic=ticker)


@pytest.fixture
def new_client(app):
    """A client that has not connected."""
    return ClientApp(app)


@pytest.fixture
def client(new_client):
    """A connected client, rate limit off, one customer and one article in the books."""
    new_client.connect()
    new_client.switch(rate_limit=False)
    new_client.control("companies/556001/customers", Name="Almgrens Bygg AB", CountryCode="SE")
    new_client.control(
        "companies/556001/articles", Description="Bokföring", SalesAccount=3041, SalesPrice="895", Unit="h"
    )
    return new_client


@pytest.fixture
def shared():
    """Data shared beside the checkout; tests that need it say so when it is absent."""
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not here; the shared Fortnox data lies beside the checkout")
    return SHARED
