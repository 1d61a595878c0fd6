"""References that cannot be mistaken for each other, and OCR references that banks accept."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from uku.invoices.numbers import is_reference, new_reference, ocr_for


def test_references_are_of_one_width_and_alphabet_and_never_repeat():
    """F15"""
    made = [new_reference() for _ in range(2_000)]
    assert {len(reference) for reference in made} == {15}
    assert [reference for reference in made if not re.fullmatch("UKU[0-9A-HJKMNP-TV-Z]{12}", reference)] == []
    assert len(set(made)) == 2_000
    assert [reference for reference in made if not is_reference(reference)] == []
    others = ["UKU", "UKU00000000000", "UKU0000000000000", "UKU00000000000O", "000000000000", "XYZ000000000000"]
    assert [text for text in others if is_reference(text)] == []


@pytest.mark.parametrize(("number", "ocr"), [("12345", "1234574"), ("18", "1842"), ("40", "4044"), ("1", "133")])
def test_known_ocr_references(number, ocr):
    """L18"""
    assert ocr_for(number) == ocr


@given(st.integers(min_value=1, max_value=10**20))
def test_an_ocr_reference_holds_the_number_its_length_and_a_check_digit(number):
    """L18"""
    ocr = ocr_for(str(number))
    assert ocr.startswith(str(number))
    assert int(ocr[-2]) == len(ocr) % 10
    assert luhn.is_valid(ocr)


@given(st.integers(min_value=1, max_value=10**9))
def test_one_wrong_digit_makes_another_check_digit(number):
    ocr = ocr_for(str(number))
    wrong = [ocr[:place] + str((int(ocr[place]) + 1) % 10) + ocr[place + 1 :] for place in range(len(ocr))]
    assert [reference for reference in wrong if luhn.is_valid(reference)] == []
