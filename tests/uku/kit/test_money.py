"""Amounts are rounded once, half away from zero, and shown in the reader's own way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.kit.money import show_amount, show_date, show_money, show_quantity, to_krona, to_ore

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=4)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("1116.9375", "1116.94"),
        ("0.125", "0.13"),
        ("0.135", "0.14"),
        ("0.1249999", "0.12"),
        ("-0.125", "-0.13"),
        ("2", "2.00"),
    ],
)
def test_ore_are_rounded_half_up_and_a_credit_mirrors_it(exact, rounded):
    """L05"""
    assert str(to_ore(Decimal(exact))) == rounded


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("100.49", "100.00"), ("100.50", "101.00"), ("101.50", "102.00"), ("-100.50", "-101.00"), ("100.99", "101.00")],
)
def test_kronor_are_rounded_from_50_ore_upwards_and_keep_two_decimals(exact, rounded):
    """L06"""
    assert str(to_krona(Decimal(exact))) == rounded


@given(amounts)
def test_rounding_twice_changes_nothing_and_a_negative_mirrors_a_positive(amount):
    for rounded in (to_ore, to_krona):
        assert rounded(rounded(amount)) == rounded(amount)
        assert rounded(-amount) == -rounded(amount)


@given(amounts)
def test_rounding_moves_an_amount_by_half_a_step_at_the_most(amount):
    assert abs(to_ore(amount) - amount) <= Decimal("0.005")
    assert abs(to_krona(amount) - amount) <= Decimal("0.5")


def test_money_is_shown_as_its_readers_write_it():
    shown = {language: show_money(Decimal("-1234567.005"), "SEK", language) for language in ("en", "sv", "fi", "et")}
    assert shown == {
        "en": "-1,234,567.01 SEK",
        "sv": "-1\xa0234\xa0567,01 SEK",
        "fi": "-1\xa0234\xa0567,01 SEK",
        "et": "-1\xa0234\xa0567,01 SEK",
    }


def test_an_unknown_language_is_shown_in_english():
    assert (show_amount(Decimal("0.125"), "xx"), show_date(date(2026, 2, 3), "xx")) == ("0.13", "3 Feb 2026")


@pytest.mark.parametrize(("quantity", "shown"), [("100.00", "100"), ("2.50", "2.5"), ("0.00", "0"), ("-1.25", "-1.25")])
def test_a_quantity_is_shown_without_needless_decimals(quantity, shown):
    assert show_quantity(Decimal(quantity)) == shown


def test_dates_are_shown_by_language():
    day = date(2026, 3, 31)
    assert [show_date(day, language) for language in ("en", "sv", "fi")] == [
        "31 Mar 2026",
        "31 mars 2026",
        "31 maalis 2026",
    ]
