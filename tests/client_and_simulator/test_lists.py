"""Lists of every awkward length, changed while they are read, and searches that contain."""

from __future__ import annotations

import json

import pytest

from fortnox_api import CustomerPayload, FortnoxError, Unreadable


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (499, 1), (500, 1), (501, 2), (1_000, 2), (1_001, 3)])
def test_a_list_gives_every_record_once_in_order_and_asks_for_no_page_too_many(sim, fortnox, count, pages):
    made = sim.customers(count) if count else []
    assert [each.number for each in fortnox.customers.list()] == made
    assert [(query["page"], query["limit"]) for query in sim.queries("/3/customers")] == [
        (str(number), "500") for number in range(1, pages + 1)
    ]
    assert fortnox.customers.count() == count
    assert len(sim.requests()) == pages + 1


def test_a_page_tells_the_totals_that_the_simulator_has(sim, fortnox):
    sim.customers(501)
    first, second = fortnox.customers.pages()
    assert (first.total_pages, first.total_resources, first.rows) == (2, 501, 500)
    assert (second.number, second.rows, second.rejects) == (2, 1, ())


def test_the_simulator_clamps_a_limit_over_500_and_counts_pages_by_the_clamped_one(sim, tokens):
    import httpx2

    sim.customers(501)
    headers = {"Authorization": f"Bearer {tokens.access_token}"}
    body = httpx2.get(f"{sim.address}/3/customers", params={"limit": "1000"}, headers=headers).json()
    assert len(body["Customers"]) == 500
    assert body["MetaInformation"] == {"@TotalResources": 501, "@TotalPages": 2, "@CurrentPage": 1}


REFERENCES = ["UKU-1", "UKU-10", "uku-1", "XUKU-1", "UKU-1 ", "UKU-2"]


@pytest.mark.parametrize("how", ["contains", "exact"])
def test_a_search_by_reference_is_compared_exactly_whatever_fortnox_finds(sim, fortnox, how):
    numbers = {reference: fortnox.invoices.create(sim.invoice_payload(reference)).number for reference in REFERENCES}
    sim.switch(reference_search=how)
    hits = fortnox.invoices.count(external_reference="UKU-1")
    assert hits == (5 if how == "contains" else 1)
    assert [each.number for each in fortnox.invoices.find_by_reference("UKU-1")] == [numbers["UKU-1"]]
    assert fortnox.invoices.find_by_reference("UKU-9") == []


def test_a_search_by_reference_reads_all_pages_of_what_contains_it(sim, fortnox):
    wanted = fortnox.invoices.create(sim.invoice_payload("UKU-1-last")).number
    body = {
        "MetaInformation": {"@TotalResources": 501, "@TotalPages": 2, "@CurrentPage": 1},
        "Invoices": [
            {"DocumentNumber": str(10_000 + number), "Total": 1, "Balance": 1, "Booked": False, "Cancelled": False}
            for number in range(500)
        ],
    }
    query = {"page": 1, "limit": 500}
    sim.fault(path="/3/invoices", query=query, action="status", status=200, body=json.dumps(body))
    second = {**body, "MetaInformation": {"@TotalResources": 501, "@TotalPages": 2, "@CurrentPage": 2}}
    row = {**body["Invoices"][0], "DocumentNumber": wanted, "ExternalInvoiceReference1": "UKU-1-last"}
    second["Invoices"] = [row]
    sim.fault(path="/3/invoices", query={"page": 2}, action="status", status=200, body=json.dumps(second))
    assert [each.number for each in fortnox.invoices.find_by_reference("UKU-1-last")] == [wanted]


def test_a_name_that_contains_another_finds_both_and_the_client_says_so_by_name_only(fortnox):
    for name in ("Ek AB", "Björk AB", "ek ab & co"):
        fortnox.customers.create(CustomerPayload(name=name))
    assert [each.name for each in fortnox.customers.list(name="ek ab")] == ["Ek AB", "ek ab & co"]
    assert [each.name for each in fortnox.customers.list(name="ÖRK")] == ["Björk AB"]


# F55: pages that make no sense


def answer(number, rows, **meta):
    totals = {"@TotalResources": 1_001, "@TotalPages": 3, "@CurrentPage": number} | meta
    body = {"MetaInformation": {name: value for name, value in totals.items() if value is not None}, "Customers": rows}
    return {"action": "status", "status": 200, "body": json.dumps(body)}


def rows(begin, count=500):
    return [{"CustomerNumber": str(begin + each), "Name": "Ek AB"} for each in range(count)]


def pages_of(fortnox):
    """Read until the end or an error; give the numbers of the pages and the error."""
    seen = []
    try:
        seen.extend(page.number for page in fortnox.customers.pages())
    except FortnoxError as fault:
        return seen, fault
    return seen, None


def test_the_same_page_twice_ends_the_list(sim, fortnox):
    """F55"""
    for number in (1, 2):
        sim.fault(path="/3/customers", query={"page": number}, **answer(number, rows(1)))
    seen, fault = pages_of(fortnox)
    assert (seen, type(fault)) == ([1], Unreadable)
    assert len(sim.requests()) == 2


def test_an_echo_of_another_page_ends_the_list(sim, fortnox):
    """F55"""
    sim.fault(path="/3/customers", query={"page": 1}, **answer(1, rows(1)))
    sim.fault(path="/3/customers", query={"page": 2}, **answer(1, rows(501)))
    seen, fault = pages_of(fortnox)
    assert (seen, type(fault)) == ([1], Unreadable)


@pytest.mark.parametrize("missing", ["@TotalPages", "all"])
def test_without_totals_a_short_page_is_the_last(sim, fortnox, missing):
    """F55"""
    names = ["@TotalPages", "@TotalResources", "@CurrentPage"] if missing == "all" else [missing]
    gone = dict.fromkeys(names)
    sim.fault(path="/3/customers", query={"page": 1}, **answer(1, rows(1), **gone))
    sim.fault(path="/3/customers", query={"page": 2}, **answer(2, rows(501, 3), **gone))
    assert pages_of(fortnox) == ([1, 2], None)
    assert len(sim.requests()) == 2


def test_totals_that_shrink_to_nothing_end_the_list(sim, fortnox):
    """F55"""
    sim.fault(path="/3/customers", query={"page": 1}, **answer(1, rows(1)))
    sim.fault(path="/3/customers", query={"page": 2}, **answer(2, [], **{"@TotalPages": 0, "@TotalResources": 0}))
    assert pages_of(fortnox) == ([1, 2], None)


def test_records_that_come_while_the_list_is_read_are_read_too(sim, fortnox):
    """F55: the number of pages grows between two of them"""
    sim.customers(500 + 499)
    more = {"path": "/_sim/companies/556001/customers", "body": {"count": 2}}
    sim.fault(path="/3/customers", query={"page": 2}, action="mutate", do=more)
    seen = [each.number for each in fortnox.customers.list()]
    assert len(seen) == len(set(seen)) == 1_001
    assert len(sim.requests()) == 3
