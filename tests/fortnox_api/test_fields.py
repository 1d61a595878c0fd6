from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fortnox_api import Article, Customer, CustomerItem
from fortnox_api._models import (
    describe_errors,
    parse_amount,
    parse_bool,
    parse_code,
    parse_date,
    parse_integer,
    parse_key,
    parse_number,
    parse_reference,
    parse_text,
)

JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
READERS = [
    parse_text,
    parse_key,
    parse_code,
    parse_reference,
    parse_number,
    parse_amount,
    parse_integer,
    parse_bool,
    parse_date,
]


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (parse_text, None, ""),
        (parse_text, "Åsa", "Åsa"),
        (parse_text, 3001, "3001"),
        (parse_text, Decimal("1.50"), "1.5"),
        (parse_text, "a\x00b\ud800", "a\ufffdb\ufffd"),
        (parse_key, "007", "007"),
        (parse_key, 7, "7"),
        (parse_key, "A/1", "A/1"),
        (parse_code, "0", "0"),
        (parse_code, 0, "0"),
        (parse_reference, "0", ""),
        (parse_reference, 0, ""),
        (parse_reference, None, ""),
        (parse_reference, "1043", "1043"),
        (parse_number, None, None),
        (parse_number, "", None),
        (parse_number, "12,50", Decimal("12.50")),
        (parse_number, " -1 ", Decimal(-1)),
        (parse_number, 3, Decimal(3)),
        (parse_number, Decimal("0.1"), Decimal("0.1")),
        (parse_amount, "0", Decimal(0)),
        (parse_integer, "73", 73),
        (parse_integer, Decimal("73.0"), 73),
        (parse_integer, None, None),
        (parse_bool, True, True),
        (parse_bool, "true", True),
        (parse_bool, "FALSE", False),
        (parse_bool, 1, True),
        (parse_bool, "0", False),
        (parse_bool, None, False),
        (parse_bool, "", False),
        (parse_date, None, None),
        (parse_date, "", None),
        (parse_date, "0000-00-00", None),
        (parse_date, "2026-01-31", date(2026, 1, 31)),
        (parse_date, "2026-01-31 23:59:59", date(2026, 1, 31)),
        (parse_date, "2999-12-31T00:00:00+01:00", date(2999, 12, 31)),
        (parse_date, date(2026, 1, 31), date(2026, 1, 31)),
    ],
)
def test_loose_values_become_exact_ones(reader, value, expected):
    """B34, B35: one table of coercion for each kind of field"""
    found = reader(value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (parse_text, True),
        (parse_text, ["a"]),
        (parse_key, ""),
        (parse_key, "0"),
        (parse_code, " "),
        (parse_key, "  "),
        (parse_key, None),
        (parse_number, True),
        (parse_number, 1.5),
        (parse_number, "1 000"),
        (parse_number, "1.000,00"),
        (parse_number, "NaN"),
        (parse_number, Decimal("Infinity")),
        (parse_number, 10**15),
        (parse_number, Decimal("1e-13")),
        (parse_number, "٣"),
        (parse_amount, None),
        (parse_integer, "1.5"),
        (parse_bool, "yes"),
        (parse_bool, 2),
        (parse_bool, []),
        (parse_date, "31/01/2026"),
        (parse_date, "2026-02-30"),
        (parse_date, 20260131),
        (parse_date, []),
    ],
)
def test_values_outside_the_tables_are_refused(reader, value):
    """B34, B35: anything else is a reject"""
    with pytest.raises(ValueError, match=r".+"):
        reader(value)


@pytest.mark.parametrize("reader", READERS)
@given(value=JSONISH)
def test_any_value_is_read_or_refused(reader, value):
    try:
        reader(value)
    except ValueError:
        return


NAMES = st.sampled_from(["CustomerNumber", "Active", "Name", "Type", "X"])


@given(st.dictionaries(NAMES, JSONISH))
def test_any_record_is_read_or_refused(body):
    try:
        Customer.model_validate(body)
    except ValidationError:
        return


def test_what_may_not_be_seen_reads_as_unset_and_is_named():
    article = Article.model_validate({"ArticleNumber": "1", "Active": True, "SalesPrice": "API_NORIGHT"})
    assert (article.sales_price, article.no_right) == (None, frozenset({"SalesPrice"}))


def test_fields_that_fortnox_adds_later_are_kept():
    """B31: what is unknown is left alone, and can be counted"""
    found = CustomerItem.model_validate({"CustomerNumber": "1", "Moon": Decimal("1.5")})
    assert found.model_extra == {"Moon": Decimal("1.5")}


def test_a_record_shows_its_number_alone():
    found = CustomerItem.model_validate({"CustomerNumber": "1", "Name": "Anna Ek", "Email": "anna@ek.example"})
    assert (repr(found), str(found)) == ("CustomerItem(number='1')", "CustomerItem(number='1')")


def test_a_record_cannot_be_changed():
    with pytest.raises(ValidationError):
        CustomerItem(number="1").name = "x"


def test_a_finding_names_the_field_and_no_value():
    with pytest.raises(ValidationError) as caught:
        Customer.model_validate({"CustomerNumber": "", "Active": "Anna Ek"})
    assert describe_errors(caught.value) == (
        "number: Value error, no number or code; active: Value error, neither true nor false"
    )


def test_what_is_no_object_is_refused():
    with pytest.raises(ValidationError):
        CustomerItem.model_validate(["1"])


@pytest.mark.parametrize(
    ("ways", "way"),
    [({"Invoice": "EMAIL"}, "EMAIL"), ({"Invoice": None}, ""), ({}, ""), (None, ""), ("EMAIL", "")],
)
def test_how_invoices_go_out_is_told_or_not(ways, way):
    found = Customer.model_validate({"CustomerNumber": "1", "Active": True, "DefaultDeliveryTypes": ways})
    assert found.invoice_delivery == way
