"""VAT per rate on the sum of its rows, half up; whole kronor as a line of their own."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnox_sim.api.invoice_totals import TotalsBasis, add_row_totals, compute_totals
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


@dataclass(frozen=True)
class Vector:
    """An invoice worked by hand: its rows as price, rate, quantity and discount, and what they come to."""

    rows: tuple[tuple[str, str, str, str], ...]
    net: str
    vat: str
    rounding: str
    total: str
    kronor: bool = True


VECTORS = [
    # One hour at 1,200: 1,200 x 25 % = 300.
    Vector((("1200", "25", "1", "0"),), "1200.00", "300.00", "0.00", "1500.00"),
    # 25, 12 and 6 mixed, 10 % off the first: 900 + 200 + 300; 225 + 24 + 18.
    Vector(
        (("1000", "25", "1", "10"), ("100", "12", "2", "0"), ("300", "6", "1", "0")),
        "1400.00",
        "267.00",
        "0.00",
        "1667.00",
    ),
    # The same without VAT on the last: 225 + 24.
    Vector(
        (("1000", "25", "1", "10"), ("100", "12", "2", "0"), ("300", "0", "1", "0")),
        "1400.00",
        "249.00",
        "0.00",
        "1649.00",
    ),
    # A negative row takes its share of VAT back: 1,000 - 150.50 = 849.50; 212.375 is 212.38; 1,061.88 is 1,062.
    Vector((("1000", "25", "1", "0"), ("150.50", "25", "-1", "0")), "849.50", "212.38", "0.12", "1062.00"),
    # A credit of 0.125 VAT: -0.50 x 25 % = -0.125 is -0.13, away from zero.
    Vector((("0.50", "25", "-1", "0"),), "-0.50", "-0.13", "0.00", "-0.63", kronor=False),
    # In kronor -0.63 is -1.
    Vector((("0.50", "25", "-1", "0"),), "-0.50", "-0.13", "-0.37", "-1.00"),
    # Skatteverket's own: 3,500 + 720 + 247.75 = 4,467.75; 1,116.9375 is 1,116.94; 5,584.69 is 5,585.
    Vector(
        (("3500", "25", "1", "0"), ("720", "25", "1", "0"), ("247.75", "25", "1", "0")),
        "4467.75",
        "1116.94",
        "0.31",
        "5585.00",
    ),
    # Three times 33.33: 99.99 x 25 % = 24.9975 is 25.00; by row it would be 24.99.
    Vector((("33.33", "25", "1", "0"),) * 3, "99.99", "25.00", "0.01", "125.00"),
    # Seven times 19.95: 139.65; 34.9125 is 34.91; 174.56 is 175.
    Vector((("19.95", "25", "7", "0"),), "139.65", "34.91", "0.44", "175.00"),
    # 0.50: 0.125 is 0.13, where rounding half to even gives 0.12.
    Vector((("0.50", "25", "1", "0"),), "0.50", "0.13", "0.00", "0.63", kronor=False),
    # 49 öre go down, 50 up.
    Vector((("100.49", "0", "1", "0"),), "100.49", "0.00", "-0.49", "100.00"),
    Vector((("100.50", "0", "1", "0"),), "100.50", "0.00", "0.50", "101.00"),
    Vector((("100.50", "0", "-1", "0"),), "-100.50", "0.00", "-0.50", "-101.00"),
    # Euros stay as they are: 12.5 h x 89.90 = 1,123.75; 280.9375 is 280.94.
    Vector((("89.90", "25", "12.5", "0"),), "1123.75", "280.94", "0.00", "1404.69", kronor=False),
    # Reverse charge in euros: no VAT.
    Vector((("89.90", "0", "12.5", "0"),), "1123.75", "0.00", "0.00", "1123.75", kronor=False),
    # Finland: 100 x 25.5 % = 25.50, and 13.5 % of 40 = 5.40.
    Vector((("100", "25.5", "1", "0"), ("40", "13.5", "1", "0")), "140.00", "30.90", "0.00", "170.90", kronor=False),
    # 33.333 % is written as 33.33: 100 - 33.33 = 66.67; 16.6675 is 16.67.
    Vector((("100", "25", "1", "33.33"),), "66.67", "16.67", "0.00", "83.34", kronor=False),
    # Half an öre of a discounted row goes up: 0.25 h x 950.10 x 0.95 = 225.64875 is 225.65; 56.4125 is 56.41.
    Vector((("950.10", "25", "0.25", "5"),), "225.65", "56.41", "-0.06", "282.00"),
    # Everything given away costs nothing.
    Vector((("1000", "25", "3", "100"),), "0.00", "0.00", "0.00", "0.00"),
    # Food at 6 % from 1 April 2026 beside 12 % for the night: 60 + 120 = 180; 3.60 + 14.40.
    Vector((("60", "6", "1", "0"), ("120", "12", "1", "0")), "180.00", "18.00", "0.00", "198.00"),
    # 0.01 a piece at 12 %: 0.09 x 12 % = 0.0108 is 0.01.
    Vector((("0.01", "12", "9", "0"),), "0.09", "0.01", "-0.10", "0.00"),
    # Two rows that cancel each other out leave no VAT.
    Vector((("500", "25", "1", "0"), ("500", "25", "-1", "0")), "0.00", "0.00", "0.00", "0.00"),
]


@pytest.mark.parametrize("worked", VECTORS)
def test_invoices_come_to_what_was_worked_out_by_hand(worked):
    """L03, L04, L05, L06"""
    lines = [Line(Decimal(q), Decimal(price), Decimal(rate), Decimal(off)) for price, rate, q, off in worked.rows]
    found = add_up(lines, whole_kronor=worked.kronor)
    assert [str(amount) for amount in (found.net, found.vat, found.rounding, found.total)] == [
        worked.net,
        worked.vat,
        worked.rounding,
        worked.total,
    ]


def test_ten_thousand_invoices_come_to_the_same_in_the_simulated_fortnox():
    """Its arithmetic was written apart from ours; a seed makes the same invoices each time."""
    chance = random.Random(20261130)
    for _ in range(10_000):
        rows = [random_row(chance) for _ in range(chance.randint(1, 12))]
        kronor = chance.random() < 0.7
        ours = add_up([Line(*row) for row in rows], whole_kronor=kronor)
        keys = ("DeliveredQuantity", "Price", "VAT", "Discount")
        made = [{**dict(zip(keys, row, strict=True)), "DiscountType": "PERCENT"} for row in rows]
        theirs = compute_totals(
            [add_row_totals(row, vat_included=False) for row in made],
            TotalsBasis(vat_included=False, step=Decimal(1 if kronor else 0)),
        )
        assert (ours.net, ours.vat, ours.rounding, ours.total) == tuple(
            theirs[name] for name in ("Net", "TotalVAT", "RoundOff", "Total")
        ), rows


def random_row(chance: random.Random) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Give a quantity, a price, a rate and a discount as people write them, some of them negative."""
    quantity = Decimal(chance.choice([100, chance.randint(-500, 20_000)])) / 100
    price = Decimal(chance.choice([chance.randint(1, 500_000), chance.randint(1, 2_000)])) / 100
    discount = Decimal(chance.choice([0, 0, 0, chance.randint(0, 10_000)])) / 100
    return quantity, price, chance.choice(RATES), discount


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
