"""Paging, counting, rows that cannot be read, and lists that make no sense."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnox_api import CustomerItem, NotFound, Page, Reject, Unreadable
from fortnox_api._request import format_time, format_value

EMPTY = {"MetaInformation": {"@TotalResources": 0, "@TotalPages": 0, "@CurrentPage": 1}, "Customers": []}


def rows(first, count):
    return [{"CustomerNumber": str(number)} for number in range(first, first + count)]


def page(items, number=1, pages=1, resources=None):
    total = len(items) if resources is None else resources
    meta = {"@TotalResources": total, "@TotalPages": pages, "@CurrentPage": number}
    return {"MetaInformation": meta, "Customers": items}


def numbers(customers):
    return [each.number for each in customers]


def test_a_page_tells_where_it_stands(talk, answer):
    made = talk(answer(page(rows(1, 2), pages=1)))
    assert list(made.fortnox.customers.pages()) == [
        Page(1, 1, 2, (CustomerItem(number="1"), CustomerItem(number="2")), ())
    ]
    assert made.asked == ["GET /3/customers?limit=500&page=1"]


def test_pages_are_read_one_by_one_as_they_are_asked_for(talk, answer):
    made = talk(answer(page(rows(1, 3), 1, 2)), answer(page(rows(4, 1), 2, 2)))
    pages = made.fortnox.customers.pages()
    assert (next(pages).number, len(made.asked)) == (1, 1)
    assert (next(pages).number, len(made.asked)) == (2, 2)
    assert list(pages) == []


def test_a_list_runs_over_all_pages(talk, answer):
    made = talk(answer(page(rows(1, 3), 1, 2)), answer(page(rows(4, 1), 2, 2)))
    assert numbers(made.fortnox.customers.list()) == ["1", "2", "3", "4"]


def test_a_run_can_begin_in_the_middle(talk, answer):
    made = talk(answer(page(rows(4, 1), 3, 3)))
    assert [each.number for each in made.fortnox.customers.pages(first_page=3)] == [3]


def test_an_empty_list_is_one_request(talk, answer):
    made = talk(answer(EMPTY))
    assert list(made.fortnox.customers.list()) == []
    assert len(made.asked) == 1


def test_everything_that_can_be_asked_goes_into_the_query(talk, answer):
    made = talk(answer(EMPTY))
    pages = made.fortnox.customers.pages(
        filter="active",
        last_modified=datetime(2026, 7, 1, 10, 0, 59, tzinfo=UTC),
        sort_by="customer_number",
        descending=True,
        organisation_number="556000-0000",
        city="Å & Ö",
    )
    list(pages)
    asked = dict(made.script.requests[0].url.params)
    assert asked == {
        "organisationnumber": "556000-0000",
        "city": "Å & Ö",
        "filter": "active",
        "lastmodified": "2026-07-01 12:00",
        "sortby": "customernumber",
        "sortorder": "descending",
        "limit": "500",
        "page": "1",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (Decimal("1.50"), "1.5"),
        (date(2026, 1, 31), "2026-01-31"),
        ("a", "a"),
    ],
)
def test_values_have_one_spelling_in_a_query(value, text):
    assert format_value(value) == text


def test_a_time_is_no_value_of_a_search():
    with pytest.raises(TypeError, match="datetime"):
        format_value(datetime(2026, 1, 1, tzinfo=UTC))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)))  # noqa: DTZ001
def test_a_time_is_never_asked_for_later_than_meant(naive):
    moment = naive.replace(tzinfo=UTC)
    asked = datetime.strptime(format_time(moment), "%Y-%m-%d %H:%M")  # noqa: DTZ007
    local = moment.astimezone(ZoneInfo("Europe/Stockholm")).replace(tzinfo=None)
    assert timedelta(0) <= local - asked < timedelta(minutes=1)


def test_a_row_that_cannot_be_read_does_not_lose_its_page(talk, answer):
    poison = {"CustomerNumber": "2", "Name": ["Anna Ek"]}
    made = talk(answer(page([*rows(1, 1), poison, "x", {"Name": "no number"}], resources=4)))
    found = next(made.fortnox.customers.pages())
    assert (numbers(found.items), found.rows) == (["1"], 4)
    assert [(each.index, each.reason, each.number) for each in found.rejects] == [
        (1, "name: Value error, not a text", "2"),
        (2, "Input should be a valid dictionary or instance of CustomerItem", None),
        (3, "number: Field required", None),
    ]
    assert {len(each.digest) for each in found.rejects} == {64}
    assert "Anna" not in repr(found)


def test_the_same_row_has_the_same_digest(talk, answer):
    poison = {"CustomerNumber": "", "Name": "\ud800"}
    text = b'{"Customers": [{"CustomerNumber": "", "Name": "\\ud800"}]}'
    import httpx2

    made = talk(*[httpx2.Response(200, content=text)] * 2)
    digests = [next(made.fortnox.customers.pages()).rejects[0].digest for _ in range(2)]
    assert digests[0] == digests[1]
    assert poison


def test_a_list_stops_at_a_row_it_cannot_read(talk, answer):
    made = talk(answer(page([*rows(1, 1), {"CustomerNumber": ""}])))
    found = made.fortnox.customers.list()
    with pytest.raises(Unreadable) as caught:
        next(found)
    assert caught.value.reason == "row 1 of page 1: number: Value error, no number or code"


def test_another_page_than_the_one_asked_for_is_unreadable(talk, answer):
    made = talk(answer(page(rows(1, 1), number=2, pages=3)))
    with pytest.raises(Unreadable) as caught:
        list(made.fortnox.customers.pages())
    assert caught.value.reason == "asked for page 1, got page 2"


def test_the_same_page_twice_is_unreadable(talk, answer):
    made = talk(answer(page(rows(1, 2), 1, 3)), answer(page(rows(1, 2), 2, 3)))
    with pytest.raises(Unreadable) as caught:
        list(made.fortnox.customers.pages())
    assert (caught.value.reason, len(made.asked)) == ("page 2 repeats the page before it", 2)


def test_the_number_of_pages_may_change_on_the_way(talk, answer):
    made = talk(answer(page(rows(1, 1), 1, 5)), answer(page(rows(2, 1), 2, 3)), answer(page(rows(3, 1), 3, 3)))
    assert numbers(made.fortnox.customers.list()) == ["1", "2", "3"]


def test_an_empty_page_ends_a_list_that_promised_more(talk, answer):
    made = talk(answer(page(rows(1, 1), 1, 5)), answer(page([], 2, 5)))
    assert numbers(made.fortnox.customers.list()) == ["1"]


@pytest.mark.parametrize(
    "meta",
    [{}, {"MetaInformation": None}, {"MetaInformation": {"@TotalPages": "many", "@TotalResources": -1}}],
)
def test_without_totals_a_short_page_is_the_last(talk, answer, meta):
    made = talk(answer({**meta, "Customers": rows(1, 500)}), answer({**meta, "Customers": rows(501, 1)}))
    pages = list(made.fortnox.customers.pages())
    assert [(each.number, each.rows, each.total_pages, each.total_resources) for each in pages] == [
        (1, 500, None, None),
        (2, 1, None, None),
    ]


def test_a_list_without_end_is_given_up(talk, answer, monkeypatch):
    monkeypatch.setattr("fortnox_api._resource._MOST_PAGES", 3)
    made = talk(*[answer(page(rows(number, 1), number, 9)) for number in (1, 2, 3)])
    with pytest.raises(Unreadable) as caught:
        list(made.fortnox.customers.pages())
    assert caught.value.reason == "the list does not end"


@pytest.mark.parametrize(
    "body", [{"Customer": []}, {"customers": []}, {"Customers": {}}, {"Customers": None}, [], "x", 1, None]
)
def test_a_list_in_the_wrong_wrapper_is_unreadable(talk, answer, body):
    """B30, B31: the wrapper is required"""
    made = talk(*[answer(body)] * 3)
    with pytest.raises(Unreadable):
        list(made.fortnox.customers.pages())


def test_a_count_is_one_request(talk, answer):
    made = talk(answer(page(rows(1, 1), resources=1234, pages=1234)))
    assert made.fortnox.customers.count(filter="inactive", name="AB") == 1234
    assert made.asked == ["GET /3/customers?name=AB&filter=inactive&limit=1"]


@pytest.mark.parametrize("total", [None, -1, "many", True, 1.5])
def test_a_count_that_makes_no_sense_is_unreadable(talk, answer, total):
    made = talk(answer({"MetaInformation": {"@TotalResources": total}, "Customers": []}))
    with pytest.raises(Unreadable):
        made.fortnox.customers.count()


def test_a_missing_record_is_not_found(talk, complaint):
    with pytest.raises(NotFound):
        talk(complaint(2000433, status=404)).fortnox.customers.get("1")


def test_a_reject_shows_no_content():
    assert repr(Reject(0, "Name: Value error, not a text", "d", "1")).startswith("Reject(index=0")


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_every_row_is_given_exactly_once_however_the_pages_fall(sizes):
    import httpx2

    from fortnox_api import Clock, Fortnox, PaceLimiter, StaticAuth

    sizes = [size + 1 for size in sizes]
    starts = [1 + sum(sizes[:index]) for index in range(len(sizes))]

    def serve(request):
        number = int(request.url.params["page"])
        body = page(rows(starts[number - 1], sizes[number - 1]), number, len(sizes), sum(sizes))
        return httpx2.Response(200, json=body)

    clock = Clock(sleep=lambda _: None)
    transport = httpx2.MockTransport(serve)
    fortnox = Fortnox(auth=StaticAuth("t"), transport=transport, limiter=PaceLimiter(0, clock), clock=clock)
    assert numbers(fortnox.customers.list()) == [str(number) for number in range(1, sum(sizes) + 1)]
