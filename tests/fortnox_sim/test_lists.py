"""Envelope, paging, searches, filters and sorting."""

import pytest
from tests.fortnox_sim.client_app import read_error


@pytest.fixture
def many(client):
    """1,201 customers, numbers 1 to 1201."""
    client.control("companies/556001/customers", count=1200)
    return client


def meta(answer):
    found = answer.json["MetaInformation"]
    return found["@TotalResources"], found["@TotalPages"], found["@CurrentPage"]


def numbers(answer):
    return [row["CustomerNumber"] for row in answer.json["Customers"]]


def test_the_envelope_begins_with_meta_information(client):
    assert client.get("customers").data.startswith(
        b'{"MetaInformation":{"@TotalResources":1,"@TotalPages":1,"@CurrentPage":1},"Customers":[{"@url":'
    )


def test_an_empty_list_has_no_pages(client):
    answer = client.get("customers", city="Not Found")
    expected = b'{"MetaInformation":{"@TotalResources":0,"@TotalPages":0,"@CurrentPage":1},"Customers":[]}'
    assert answer.data == expected
    assert len(answer.data) == 89


def test_a_page_has_100_items_unless_asked_and_500_at_most(many):
    sizes = [len(numbers(many.get("customers", **query))) for query in ({}, {"limit": 7}, {"limit": 500})]
    assert sizes == [100, 7, 500]
    assert meta(many.get("customers", limit=9999)) == (1201, 3, 1)


def test_a_limit_above_500_can_be_refused(many):
    many.switch(limit_over_500="refuse")
    assert read_error(many.get("customers", limit=501))[2] == 2000588


def test_all_pages_together_are_all_records_in_numeric_order(many):
    found = [number for page in (1, 2, 3) for number in numbers(many.get("customers", limit=500, page=page))]
    assert found == [str(number) for number in range(1, 1202)]


def test_offset_skips_and_leaves_totals_and_page_alone(many):
    answer = many.get("customers", limit=2, offset=2)
    assert (meta(answer), numbers(answer)) == ((1201, 601, 1), ["3", "4"])


def test_beyond_the_end_totals_are_zero(many):
    assert [meta(many.get("customers", **query)) for query in ({"offset": 10000}, {"page": 99})] == [
        (0, 0, 1),
        (0, 0, 99),
    ]


def test_a_page_beyond_the_end_can_keep_totals_or_be_refused(many):
    many.switch(page_beyond="keep")
    kept = meta(many.get("customers", page=99))
    many.switch(page_beyond="refuse")
    assert (kept, read_error(many.get("customers", page=99))[2]) == ((1201, 13, 99), 2000588)


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 499, 500, 501])
def test_page_counts_at_the_edges(new_client, size):
    new_client.connect()
    new_client.control("companies/556001/articles", count=size)
    assert meta(new_client.get("articles", limit=100)) == (size, -(-size // 100), 1)


@pytest.mark.parametrize(
    "query",
    [{"page": "x"}, {"page": "0"}, {"limit": "-1"}, {"offset": "1.5"}, {"sortby": "nix"}, {"sortorder": "up"}],
)
def test_bad_parameters_are_refused(client, query):
    assert read_error(client.get("customers", **query))[2:] == (2000588, "Ogiltig parameter i anropet.")


def test_unknown_parameters_are_ignored_or_refused(client):
    ignored = client.get("customers", nix="1").status_code
    client.switch(unknown_parameters="refuse")
    assert (ignored, client.get("customers", nix="1").status_code) == (200, 400)


def test_searches_contain_and_ignore_case_and_join(many):
    many.control("companies/556001/customers", Name="Åkerbo", City="Växjö", ZipCode="35230")
    assert numbers(many.get("customers", name="ÅKER")) == ["1202"]
    assert numbers(many.get("customers", customernumber="120")) == ["120", "1120", "1200", "1201", "1202"]
    assert numbers(many.get("customers", city="växjö", zipcode="35230")) == ["1202"]


def test_active_and_inactive_are_filters(many):
    many.control("companies/556001/customers/5", "PATCH", Active=False)
    assert numbers(many.get("customers", filter="inactive")) == ["5"]
    assert meta(many.get("customers", filter="active"))[0] == 1200


def test_sorting_goes_both_ways(many):
    assert numbers(many.get("customers", sortorder="descending", limit=2)) == ["1201", "1200"]
    assert numbers(many.get("customers", sortby="name", limit=1)) == ["1"]


def test_a_trailing_slash_is_accepted(client):
    assert client.http.get("/3/customers/?name=almgren", headers=client.headers).status_code == 200


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-03-31 12:29", ["2"]),
        ("2026-03-31 12:30:00", ["2"]),
        ("2026-03-31T12:30:01", []),
        ("2026-03-31", ["1", "2"]),
        ("2026-04-01", []),
    ],
)
def test_lastmodified_is_swedish_wall_clock_time(client, since, expected):
    client.control("clock", advance=1800)
    client.control("companies/556001/customers", Name="Senare AB")
    assert numbers(client.get("customers", lastmodified=since)) == expected


def test_change_stamps_can_know_only_minutes(client):
    client.switch(lastmodified_minutes=True)
    client.control("clock", advance=90)
    client.control("companies/556001/customers", Name="Senare AB")
    assert numbers(client.get("customers", lastmodified="2026-03-31 12:01:30")) == []


def test_lastmodified_must_be_a_time(client):
    assert read_error(client.get("customers", lastmodified="yesterday"))[2] == 2000588


def test_a_change_between_pages_shifts_the_next_page(many):
    change = {"method": "DELETE", "path": "/_sim/companies/556001/customers/3"}
    many.control("faults", path="/3/customers", query={"page": "2"}, action="mutate", do=change)
    first, second = (numbers(many.get("customers", limit=10, page=page)) for page in (1, 2))
    assert (first[-1], second[0]) == ("10", "12")


def test_registers_that_ignore_limits_give_everything(client):
    answer = client.get("predefinedaccounts", limit=1)
    assert (meta(answer), len(answer.json["PreDefinedAccounts"])) == ((48, 1, 1), 48)


def test_a_change_shows_in_the_next_list(client):
    before = client.get("customers").json["Customers"][0]["Name"]
    client.put("customers/1", Customer={"Name": "Nytt AB"})
    assert (before, client.get("customers").json["Customers"][0]["Name"]) == ("Almgrens Bygg AB", "Nytt AB")
