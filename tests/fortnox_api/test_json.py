import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnox_api._json import NotJsonError, dumps, format_decimal, loads

EXACT = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, places=4),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_numbers_stay_exact():
    assert loads(b'{"a": 0.1, "b": 12345678901234567890, "c": 1e2}') == {
        "a": Decimal("0.1"),
        "b": 12345678901234567890,
        "c": Decimal(100),
    }


def test_no_number_becomes_a_float():
    found = loads(b"[1, 1.0, 1e5, -0.0]")
    assert [type(each) for each in found] == [int, Decimal, Decimal, Decimal]


def test_a_byte_order_mark_is_not_content():
    assert loads(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"NaN", "not a finite number"),
        (b"-Infinity", "not a finite number"),
        (b'{"a":1,"a":2}', "a key stands twice"),
        (b'{"a":{"b":1,"b":1}}', "a key stands twice"),
        (b"", "JSONDecodeError"),
        (b"<html>", "JSONDecodeError"),
        (b"\xff\xfe", "UnicodeDecodeError"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1e99999999999999999999", "a number out of range"),
        (b"1" * 5000, "ValueError"),
    ],
)
def test_what_cannot_be_read_exactly_is_refused(raw, reason):
    """B32: a key that stands twice and numbers that are not finite are rejects"""
    with pytest.raises(NotJsonError) as caught:
        loads(raw)
    assert str(caught.value) == reason


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw):
    try:
        loads(raw)
    except NotJsonError:
        return


@given(EXACT)
def test_what_is_written_is_read_back(value):
    assert loads(dumps(value)) == value


@given(EXACT)
def test_what_is_written_is_json_to_everybody(value):
    json.loads(dumps(value))


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+2", "100"), ("1.50", "1.5"), ("-0.00", "0"), ("0", "0"), ("1E-3", "0.001"), ("100", "100")],
)
def test_a_number_has_one_spelling(number, text):
    assert format_decimal(Decimal(number)) == text


def test_a_number_that_is_not_finite_is_not_written():
    with pytest.raises(ValueError, match="not a finite number"):
        format_decimal(Decimal("NaN"))


@pytest.mark.parametrize("value", [1.5, {"a": 2.0}, {1, 2}, b"x"])
def test_what_has_no_exact_form_is_not_written(value):
    with pytest.raises(TypeError):
        dumps(value)
