from __future__ import annotations

from decimal import Decimal

import pytest

from uku.web.numbers import NotANumber, parse_number, text_of_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0.00"),
        ("7", "7.00"),
        ("1234", "1234.00"),
        ("1234,5", "1234.50"),
        ("1234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1\u202f234\u2009567.89", "1234567.89"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("  12,5  ", "12.50"),
        ("-100", "-100.00"),
        ("\u2212100,25", "-100.25"),
        ("- 100", "-100.00"),
        ("-0", "0.00"),
        ("007", "7.00"),
        ("999 999 999 999,99", "999999999999.99"),
    ],
)
def test_a_number_is_read_in_swedish_and_english(text, number):
    assert str(parse_number(text)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1.234",  # 1234 or 1.234?
        "1,234",
        "1.234.567",
        "12,345",
        "1,2345",
        "1 23",
        "12 34 567",
        "1..2",
        "1,2,3",
        ",5",
        "5,",
        "1e5",
        "NaN",
        "Infinity",
        "0x10",
        "١٢",
        "12 kr",
        "25 %",
        "--5",
        "1\n2",
        "1\x00",
        "1000000000000",
        "9" * 5000,
    ],
)
def test_what_is_unclear_or_no_number_is_refused(text):
    with pytest.raises(NotANumber):
        parse_number(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [("1234.00", "1234"), ("1000000", "1000000"), ("1234.50", "1234.5"), ("-2.25", "-2.25"), ("0", "0")],
)
def test_a_number_in_a_field_reads_back_as_itself(number, text):
    assert (text_of_number(Decimal(number)), parse_number(text)) == (text, Decimal(number))
