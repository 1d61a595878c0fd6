"""Tokens go to the two configured addresses and nowhere else, whatever an answer says."""

from __future__ import annotations

import json

import pytest
from tests.client_and_simulator.conftest import Town

from fortnox_api import FortnoxError, GrantRevoked, NotFound


@pytest.fixture
def elsewhere():
    with Town() as other:
        yield other


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(sim, elsewhere, fortnox, status):
    target = {"Location": f"{elsewhere.address}/3/customers"}
    sim.fault(path="/3/customers", action="status", status=status, headers=target, times=10)
    with pytest.raises(FortnoxError):
        fortnox.customers.count()
    assert elsewhere.sends() == []


def test_a_redirect_of_the_token_address_is_not_followed(sim, elsewhere, tokens):
    target = {"Location": f"{elsewhere.address}/oauth-v1/token"}
    sim.fault(path="/oauth-v1/token", action="status", status=307, headers=target, phase="P0")
    with pytest.raises(FortnoxError) as caught:
        sim.app_of().refresh(tokens.refresh_token)
    assert not isinstance(caught.value, GrantRevoked)
    assert elsewhere.sends() == []


def test_the_address_inside_a_record_is_not_followed(sim, elsewhere, fortnox):
    body = '{"Customer": {"@url": "%s/3/customers/1", "CustomerNumber": "1", "Name": "Ek AB", "Active": true}}'
    sim.fault(path="/3/customers/1", action="status", status=200, body=body % elsewhere.address)
    assert fortnox.customers.get("1").name == "Ek AB"
    assert elsewhere.sends() == []


@pytest.mark.parametrize("number", ["1/2", "..", "1?filter=active", "1#2", "å b", "1%2F2"])
def test_a_number_names_a_record_of_its_own_kind_and_nothing_else(sim, fortnox, number):
    with pytest.raises(NotFound) as caught:
        fortnox.customers.get(number)
    assert caught.value.code == 2000433  # the customer is missing, not the address
    assert len(sim.requests()) == 1


def test_fortnox_words_about_a_person_stay_out_of_what_is_logged(sim, fortnox):
    words = "Kunden Anna Ek 750231-1234 finns redan"
    body = json.dumps({"ErrorInformation": {"error": 1, "message": words, "code": 2000637}})
    sim.fault(path="/3/customers/1", action="status", status=400, body=body)
    with pytest.raises(FortnoxError) as caught:
        fortnox.customers.get("1")
    assert caught.value.message == words
    assert "Anna" not in f"{caught.value} {caught.value!r}"
