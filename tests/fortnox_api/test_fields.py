from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fortnox_api import Article, Customer, CustomerItem
from fortnox_api._models import code, day, exact, findings, flag, key, number, reference, text, whole

JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
READERS = [text, key, code, reference, number, exact, whole, flag, day]


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (text, None, ""),
        (text, "Åsa", "Åsa"),
        (text, 3001, "3001"),
        (text, Decimal("1.50"), "1.5"),
        (text, "a\x00b\ud800", "a\ufffdb\ufffd"),
        (key, "007", "007"),
        (key, 7, "7"),
        (key, "A/1", "A/1"),
        (code, "0", "0"),
        (reference, "0", ""),
        (reference, 0, ""),
        (reference, None, ""),
        (reference, "1043", "1043"),
        (number, None, None),
        (number, "", None),
        (number, "12,50", Decimal("12.50")),
        (number, " -1 ", Decimal(-1)),
        (number, 3, Decimal(3)),
        (number, Decimal("0.1"), Decimal("0.1")),
        (exact, "0", Decimal(0)),
        (whole, "73", 73),
        (whole, Decimal("73.0"), 73),
        (whole, None, None),
        (flag, True, True),
        (flag, "true", True),
        (flag, "FALSE", False),
        (flag, 1, True),
        (flag, "0", False),
        (flag, None, False),
        (flag, "", False),
        (day, None, None),
        (day, "", None),
        (day, "0000-00-00", None),
        (day, "2026-01-31", date(2026, 1, 31)),
        (day, "2026-01-31 23:59:59", date(2026, 1, 31)),
        (day, "2999-12-31T00:00:00+01:00", date(2999, 12, 31)),
        (day, date(2026, 1, 31), date(2026, 1, 31)),
    ],
)
def test_loose_values_become_exact_ones(reader, value, expected):
    """B34, B35: one table of coercion for each kind of field"""
    found = reader(value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (text, True),
        (text, ["a"]),
        (key, ""),
        (key, "0"),
        (code, " "),
        (key, "  "),
        (key, None),
        (number, True),
        (number, 1.5),
        (number, "1 000"),
        (number, "1.000,00"),
        (number, "NaN"),
        (number, Decimal("Infinity")),
        (number, 10**15),
        (number, Decimal("1e-13")),
        (number, "٣"),
        (exact, None),
        (whole, "1.5"),
        (flag, "yes"),
        (flag, 2),
        (flag, []),
        (day, "31/01/2026"),
        (day, "2026-02-30"),
        (day, 20260131),
        (day, []),
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
    assert (repr(found), str(found)) == ("CustomerItem(number='1')", "number='1'")


def test_a_record_cannot_be_changed():
    with pytest.raises(ValidationError):
        CustomerItem(number="1").name = "x"


def test_a_finding_names_the_field_and_no_value():
    with pytest.raises(ValidationError) as caught:
        Customer.model_validate({"CustomerNumber": "", "Active": "Anna Ek"})
    assert findings(caught.value) == (
        "CustomerNumber: Value error, not a number of a record; Active: Value error, neither true nor false"
    )


def test_what_is_no_object_is_refused():
    with pytest.raises(ValidationError):
        CustomerItem.model_validate(["1"])
