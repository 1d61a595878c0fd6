"""VAT per rate on the sum of its rows, half up; whole kronor as a line of their own."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.invoices.totals import Line, Totals, VatLine, add_up

RATES = [Decimal(rate) for rate in ("0", "6", "12", "25", "25.5")]
lines = st.builds(
    Line,
    quantity=st.decimals(min_value=-1000, max_value=1000, places=2),
    price=st.decimals(min_value=-100_000, max_value=100_000, places=2),
    vat_rate=st.sampled_from(RATES),
)
invoices = st.lists(lines, max_size=12)


def line(price: str, rate: str = "25", quantity: str = "1") -> Line:
    return Line(Decimal(quantity), Decimal(price), Decimal(rate))


@pytest.mark.parametrize(
    ("rows", "net", "vat"),
    [
        ([line("3500"), line("720"), line("247.75")], "4467.75", "1116.94"),
        ([line("33.33")] * 3, "99.99", "25.00"),
        ([line("33.33", quantity="3")], "99.99", "25.00"),
        ([line("19.95")] * 7, "139.65", "34.91"),
        ([line("0.50")], "0.50", "0.13"),
        ([line("-0.50")], "-0.50", "-0.13"),
        ([line("0.50", quantity="-1")], "-0.50", "-0.13"),
        ([line("100", "25.5")], "100.00", "25.50"),
        ([line("100", "0")], "100.00", "0.00"),
        ([], "0.00", "0.00"),
    ],
)
def test_vat_is_rounded_once_for_each_rate(rows, net, vat):
    """B10, L03, L04, L05"""
    totals = add_up(rows, whole_kronor=False)
    assert (str(totals.net), str(totals.vat), str(totals.rounding)) == (net, vat, "0.00")


def test_each_rate_has_its_own_line_in_order():
    totals = add_up([line("100"), line("50", "6"), line("10"), line("20", "12")], whole_kronor=False)
    assert totals.by_rate == (
        VatLine(Decimal(6), Decimal("50.00"), Decimal("3.00")),
        VatLine(Decimal(12), Decimal("20.00"), Decimal("2.40")),
        VatLine(Decimal(25), Decimal("110.00"), Decimal("27.50")),
    )


def test_the_same_rate_written_differently_is_one_rate():
    totals = add_up([line("33.33", "25"), line("33.33", "25.0"), line("33.33", "25.00")], whole_kronor=False)
    assert (len(totals.by_rate), str(totals.vat)) == (1, "25.00")


@pytest.mark.parametrize(
    ("price", "total", "rounding"),
    [
        ("100.49", "100.00", "-0.49"),
        ("100.50", "101.00", "0.50"),
        ("100.00", "100.00", "0.00"),
        ("-100.50", "-101.00", "-0.50"),
    ],
)
def test_whole_kronor_are_reached_by_a_rounding_of_their_own(price, total, rounding):
    """L06"""
    totals = add_up([line(price, "0")], whole_kronor=True)
    assert (str(totals.net), str(totals.total), str(totals.rounding)) == (
        str(Decimal(price)),
        total,
        rounding,
    )


@given(invoices, st.booleans())
def test_an_invoice_is_the_sum_of_its_parts(rows, whole_kronor):
    totals = add_up(rows, whole_kronor=whole_kronor)
    assert totals.net == sum(row.net for row in rows)
    assert totals.net + totals.vat + totals.rounding == totals.total
    assert (totals.net, totals.vat) == (sum(p.net for p in totals.by_rate), sum(p.vat for p in totals.by_rate))
    assert abs(totals.rounding) <= (Decimal("0.50") if whole_kronor else 0)
    assert {amount.as_tuple().exponent for amount in (totals.net, totals.vat, totals.rounding, totals.total)} == {-2}


@given(invoices, st.booleans())
def test_a_credit_note_mirrors_its_invoice_to_the_ore(rows, whole_kronor):
    """L05"""
    mirrored = [Line(-row.quantity, row.price, row.vat_rate) for row in rows]
    invoice, credit = (add_up(part, whole_kronor=whole_kronor) for part in (rows, mirrored))
    assert (credit.net, credit.vat, credit.rounding, credit.total) == (
        -invoice.net,
        -invoice.vat,
        -invoice.rounding,
        -invoice.total,
    )


@given(invoices, st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, chance):
    shuffled = [*rows]
    chance.shuffle(shuffled)
    assert add_up(shuffled, whole_kronor=True) == add_up(rows, whole_kronor=True)


@given(invoices)
def test_vat_differs_from_the_exact_tax_by_half_an_ore_a_rate(rows):
    totals = add_up(rows, whole_kronor=False)
    exact = sum((row.net * row.vat_rate / 100 for row in rows), Decimal(0))
    assert abs(totals.vat - exact) <= Decimal("0.005") * len(totals.by_rate)


def test_amounts_that_differ_are_named():
    ours = Totals(Decimal("100.00"), Decimal("25.00"), Decimal("0.00"), Decimal("125.00"))
    theirs = Totals(Decimal(100), Decimal("24.99"), Decimal("0.00"), Decimal("124.99"))
    assert (ours.differs_from(theirs), ours.differs_from(ours)) == (["vat", "total"], [])
