"""How a connection stands, decided from facts alone; checked over many combinations of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.integrations.fortnox.health.rules import (
    BY_MAIL,
    LASTING,
    Cause,
    ConnectionFacts,
    Facts,
    HealthState,
    KindFacts,
    active_causes,
    is_paused,
    needs_attention,
    state_of,
    state_of_kind,
)

AT = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
TROUBLES = ("", "needs_authorization", "no_licence", "company_changed", "unreadable")
KINDS = ("customers", "articles", "payments", "statistics", "invoices")

connections = st.builds(
    ConnectionFacts,
    enabled=st.booleans(),
    connected=st.booleans(),
    plan_allows=st.booleans(),
    foreign=st.booleans(),
    block_reason=st.sampled_from(TROUBLES),
    app_refused=st.booleans(),
    refused=st.booleans(),
    renewal_failures=st.integers(0, 3),
)
since = st.none() | st.integers(0, 24 * 60).map(lambda minutes: AT - timedelta(minutes=minutes))


def kind(name):
    return st.builds(
        KindFacts,
        kind=st.just(name),
        refused_code=st.none() | st.sampled_from(("", "2000663", "2001101", "2001103")),
        lacks_scope=st.booleans(),
        failing_since=since,
    )


all_facts = st.builds(Facts, at=st.just(AT), connection=connections, kinds=st.tuples(*map(kind, KINDS)))


@given(all_facts)
def test_only_a_dead_grant_asks_for_authorization(facts):
    """Degraded must never look like wrong credentials: passing trouble and a wrong app secret ask nobody to sign in."""
    states = {state_of_kind(facts.connection, each) for each in facts.kinds} | {state_of(facts.connection)}
    if not facts.connection.block_reason:
        assert HealthState.NEEDS_AUTHORIZATION not in states


@given(all_facts)
def test_one_kind_that_is_not_permitted_stops_no_other(facts):
    """F86"""
    working = ConnectionFacts()
    for each in facts.kinds:
        alone = state_of_kind(working, each)
        refused = each.refused_code is not None or each.lacks_scope
        assert (alone == HealthState.NOT_PERMITTED) == refused


@given(all_facts)
def test_each_cause_is_found_once(facts):
    keys = [active.key for active in active_causes(facts)]
    assert len(keys) == len(set(keys))
    assert all(key.startswith("fortnox.") and len(key) <= 100 for key in keys)


@given(all_facts)
def test_a_paused_connection_needs_nobody(facts):
    if is_paused(facts.connection) or not facts.connection.connected:
        assert not needs_attention(facts)


@given(all_facts)
def test_passing_trouble_is_told_only_once_it_lasts(facts):
    lasting = [each for each in facts.kinds if each.failing_since and AT - each.failing_since >= LASTING]
    if not lasting:
        assert Cause.LASTING not in {active.cause for active in active_causes(facts)}


@pytest.mark.parametrize(("hours", "told"), [(5, False), (6, True), (30, True)])
def test_six_hours_without_an_answer_are_told(hours, told):
    late = KindFacts("customers", failing_since=AT - timedelta(hours=hours))
    facts = Facts(AT, ConnectionFacts(), (late,))
    assert (state_of_kind(facts.connection, late), needs_attention(facts)) == (HealthState.DEGRADED, told)


def test_one_missing_licence_is_one_cause_whatever_number_of_kinds_it_stops():
    kinds = tuple(KindFacts(name, refused_code="2001101") for name in KINDS)
    (found,) = active_causes(Facts(AT, ConnectionFacts(), kinds))
    assert (found.key, found.kinds) == ("fortnox.not_permitted:2001101", KINDS)


def test_a_wrong_app_secret_is_told_without_an_e_mail_to_customers():
    """F35: it is the operator's to mend"""
    (found,) = active_causes(Facts(AT, ConnectionFacts(app_refused=True), (KindFacts("customers"),)))
    assert (found.key, found.cause in BY_MAIL) == ("fortnox.app_credentials", False)


def test_the_integration_licence_is_not_told_twice():
    refused = (KindFacts("customers", refused_code="2001103"),)
    told = [active_causes(Facts(AT, facts, refused)) for facts in (ConnectionFacts(refused=True), ConnectionFacts())]
    assert [[active.key for active in found] for found in told] == [[], ["fortnox.not_permitted:2001103"]]


def test_a_permission_that_was_not_asked_for_yet_is_told_quietly():
    """The connection works meanwhile, so the card stays Connected and no banner stands."""
    facts = Facts(AT, ConnectionFacts(), (KindFacts("statistics", lacks_scope=True),))
    assert [active.cause for active in active_causes(facts)] == [Cause.LACKS_SCOPE]
    assert not needs_attention(facts)
