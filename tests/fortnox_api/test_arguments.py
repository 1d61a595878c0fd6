"""What a call may be given: told by mypy before it runs, and at once when it does."""

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fortnox_api import (
    ArticlePayload,
    CustomerPayload,
    CustomerUpdate,
    InvoiceUpdate,
    Outcome,
    Unreadable,
    VoucherSeriesPayload,
)

TYPOS = Path(__file__).parent / "typos.txt"
NOON = datetime(2026, 1, 31, 11, 0, tzinfo=UTC)


def test_mypy_finds_each_typo_and_nothing_else(tmp_path):
    """The file marks each wrong line with the words of its error; all other lines are right."""
    script = tmp_path / "typos.py"
    script.write_text(TYPOS.read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", tmp_path / "cache", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    found = re.findall(r"^typos\.py:(\d+): error: (.*?)(?:  \[[\w-]+\])?$", done.stdout, re.MULTILINE)
    lines = script.read_text(encoding="utf-8").splitlines()
    wanted = {number: line.split("  # ")[1] for number, line in enumerate(lines, start=1) if "  # " in line}
    assert {int(number) for number, _ in found} == set(wanted)
    assert [error for number, error in found if wanted[int(number)] not in error] == []


@pytest.mark.parametrize("call", ["list", "pages", "count"])
@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ({"filtr": "active"}, TypeError, "'filtr' is none of: last_modified, "),
        ({"customernumber": "1"}, TypeError, "'customernumber' is none of: "),
        ({"filter": "activ"}, ValueError, "filter: Input should be 'active' or 'inactive'"),
        ({"last_modified": date(2026, 1, 31)}, ValueError, "last_modified: Input should be a valid datetime"),
        ({"last_modified": datetime(2026, 1, 1)}, ValueError, "last_modified: Input should have timezone"),  # noqa: DTZ001
        ({"last_modified": datetime.max.replace(tzinfo=UTC)}, ValueError, "a time at the end of the calendar"),
        ({"name": None}, ValueError, "name: Input should be a valid string"),
        ({"name": 5}, ValueError, "name: Input should be a valid string"),
        ({"customer_number": 1.0}, ValueError, "customer_number"),
    ],
)
def test_what_fortnox_might_ignore_is_refused_at_the_call(talk, call, asked, kind, words):
    made = talk()
    with pytest.raises(kind, match=re.escape(words)):
        getattr(made.fortnox.customers, call)(**asked)
    assert made.asked == []


@pytest.mark.parametrize("asked", [{"sort_by": "city"}, {"first_page": 0}, {"first_page": "1"}, {"descending": 1}])
def test_an_order_that_is_none_is_refused_at_the_call(talk, asked):
    with pytest.raises(ValueError, match=next(iter(asked))):
        talk().fortnox.customers.list(**asked)


@pytest.mark.parametrize("asked", [{"sort_by": "name"}, {"first_page": 2}, {"descending": True}])
def test_a_count_has_no_order(talk, asked):
    with pytest.raises(TypeError, match="none of"):
        talk().fortnox.customers.count(**asked)


def test_what_is_none_is_not_asked_for(talk, answer):
    made = talk(answer({"Invoices": []}))
    assert list(made.fortnox.invoices.list(filter=None, last_modified=None, sort_by=None)) == []
    assert made.asked == ["GET /3/invoices?limit=500&page=1"]


def test_a_list_without_searches_takes_a_time_and_a_page(talk, answer):
    made = talk(answer({"Units": []}))
    assert list(made.fortnox.units.list(last_modified=NOON, first_page=2, descending=True)) == []
    assert dict(made.script.requests[0].url.params) == {
        "lastmodified": "2026-01-31 12:00",
        "sortorder": "descending",
        "limit": "500",
        "page": "2",
    }
    with pytest.raises(TypeError, match="'code' is none of: last_modified, first_page, descending"):
        made.fortnox.units.list(code="h")


def test_names_and_values_are_spelled_as_fortnox_does(talk, answer):
    made = talk(answer({"Invoices": []}))
    found = made.fortnox.invoices.list(
        external_reference="A",
        external_reference2="B",
        from_final_pay_date=date(2026, 1, 1),
        sent=True,
        sort_by="total",
    )
    assert list(found) == []
    assert dict(made.script.requests[0].url.params) == {
        "externalinvoicereference1": "A",
        "externalinvoicereference2": "B",
        "fromfinalpaydate": "2026-01-01",
        "sent": "true",
        "sortby": "total",
        "limit": "500",
        "page": "1",
    }


@pytest.mark.parametrize("number", [None, 1.5, True, ["1"], date(2026, 1, 1)])
def test_a_number_of_a_record_is_text_or_a_whole_number(talk, number):
    made = talk()
    for call in (
        made.fortnox.customers.get,
        made.fortnox.customers.delete,
        made.fortnox.invoices.bookkeep,
        made.fortnox.invoices.preview,
        made.fortnox.sie.open,
    ):
        with pytest.raises(TypeError, match="a number of a record"):
            call(number)
    assert made.asked == []


@pytest.mark.parametrize(
    "given", [{"name": "Ek AB"}, None, "Ek AB", CustomerUpdate(name="Ek AB"), ArticlePayload(description="Ek AB")]
)
def test_another_payload_than_the_resources_own_is_refused(talk, given):
    made = talk()
    with pytest.raises(TypeError, match="expected CustomerPayload, not"):
        made.fortnox.customers.create(given)
    with pytest.raises(TypeError, match="expected InvoiceUpdate, not"):
        made.fortnox.invoices.update(1, given)
    with pytest.raises(TypeError, match="expected VoucherPayload, not"):
        made.fortnox.vouchers.create(given, financial_year=1)
    assert made.asked == []


def test_a_payload_is_no_change_of_another_kind(talk):
    with pytest.raises(TypeError, match="expected UnitUpdate, not VoucherSeriesPayload"):
        talk().fortnox.units.update("h", VoucherSeriesPayload(code="A", description="a"))
    with pytest.raises(TypeError, match="expected VoucherSeriesPayload, not InvoiceUpdate"):
        talk().fortnox.voucher_series.create(InvoiceUpdate())


@pytest.mark.parametrize("body", ["{}", None, {}, 5])
def test_a_stored_body_is_bytes(talk, body):
    with pytest.raises(TypeError, match="bytes"):
        talk().fortnox.invoices.create_raw(body)


LISTS = [
    "customers", "articles", "invoices", "invoice_payments", "suppliers", "supplier_invoices",
    "supplier_invoice_payments", "salary_transactions", "vouchers", "voucher_series", "predefined_voucher_series",
    "financial_years", "predefined_accounts", "accounts", "units", "terms_of_payment", "modes_of_payment", "currencies",
]  # fmt: skip


def test_every_list_is_in_this_table(talk):
    assert {name for name, each in vars(talk().fortnox).items() if hasattr(each, "pages")} == set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_listed_paged_and_counted_in_its_own_words(talk, answer, name):
    resource = getattr(talk().fortnox, name)
    body = answer({resource.plural: [], "MetaInformation": {"@TotalResources": 0}})
    resource = getattr((made := talk(body, body, body)).fortnox, name)
    assert (list(resource.list(last_modified=NOON)), [page.rows for page in resource.pages()], resource.count()) == (
        [],
        [0],
        0,
    )
    assert made.asked == [
        f"GET /3/{resource.path}?lastmodified=2026-01-31%2012%3A00&limit=500&page=1",
        f"GET /3/{resource.path}?limit=500&page=1",
        f"GET /3/{resource.path}?limit=1",
    ]
    for call in (resource.list, resource.pages, resource.count):
        with pytest.raises(TypeError, match="none of"):
            call(nosuch="x")


def test_records_are_deleted(talk):
    import httpx2

    made = talk(*[httpx2.Response(204)] * 4)
    assert made.fortnox.customers.delete(6) is None
    made.fortnox.articles.delete("A/1")
    made.fortnox.units.delete("h")
    made.fortnox.terms_of_payment.delete("30")
    assert made.asked == [
        "DELETE /3/customers/6",
        "DELETE /3/articles/A%2F1",
        "DELETE /3/units/h",
        "DELETE /3/termsofpayments/30",
    ]


def test_a_delete_is_answered_with_204_and_nothing_else_that_is_empty(talk):
    import httpx2

    with pytest.raises(Unreadable) as caught:
        talk(httpx2.Response(200)).fortnox.customers.delete(6)
    assert caught.value.outcome is Outcome.UNKNOWN


def test_a_customer_payload_needs_a_name():
    with pytest.raises(ValueError, match="name"):
        CustomerPayload(number="1")
