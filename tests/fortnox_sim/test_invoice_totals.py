"""Sums and references, by published and recorded figures."""

from decimal import Decimal

import pytest

from fortnox_sim.api.invoice_totals import (
    TotalsBasis,
    add_row_totals,
    build_ocr,
    compute_totals,
    compute_vat,
    compute_vat_by_rate,
)
from fortnox_sim.seeds.identity_numbers import make_finnish_number, make_organisation_number, make_personal_number

D = Decimal


def row(quantity, price, rate=25, discount=0, kind="PERCENT", *, included=False):
    facts = {"DeliveredQuantity": D(str(quantity)), "Price": D(str(price)), "VAT": D(rate)}
    return add_row_totals({**facts, "Discount": D(str(discount)), "DiscountType": kind}, vat_included=included)


def found(totals, *keys):
    return [totals[key] for key in keys]


@pytest.mark.parametrize(
    ("document", "reference"),
    [
        ("1", "133"),
        ("3", "331"),
        ("4", "430"),
        ("18", "1842"),
        ("40", "4044"),
        ("98", "9845"),
        ("103", "10355"),
        ("203", "20354"),
        ("12345", "1234574"),
        ("A1", ""),
    ],
)
def test_references_are_as_recorded(document, reference):
    assert build_ocr(document) == reference


def test_the_official_sample_adds_up():
    totals = compute_totals([row(10, 159)], TotalsBasis(vat_included=False, freight=D(95), fee_rate=D(25)))
    keys = ("Net", "FreightVAT", "TotalVAT", "RoundOff", "Total", "TotalToPay")
    assert found(totals, *keys) == [D(1590), D("23.75"), D("421.25"), D("-0.25"), D(2106), D(2106)]


def test_vat_is_rounded_half_away_from_zero():
    assert [compute_vat(D(amount), D(25), included=False) for amount in ("4467.75", "0.50", "-0.50")] == [
        D("1116.94"),
        D("0.13"),
        D("-0.13"),
    ]


@pytest.mark.parametrize(
    ("rows", "per_rate", "per_row"),
    [([(1, "33.33")] * 3, "25.00", "24.99"), ([(1, "19.95")] * 7, "34.91", "34.93")],
)
def test_rounding_per_rate_differs_from_rounding_per_row(rows, per_rate, per_row):
    made = [row(*one) for one in rows]
    totals = [sum(compute_vat_by_rate(made, included=False, per_row=how).values()) for how in (False, True)]
    assert totals == [D(per_rate), D(per_row)]


@pytest.mark.parametrize(("price", "total", "off"), [("80.392", "100", "-0.49"), ("80.40", "101", "0.50")])
def test_whole_kronor_from_50_ore_upwards(price, total, off):
    totals = compute_totals([row(1, price)], TotalsBasis(vat_included=False))
    assert found(totals, "Total", "RoundOff") == [D(total), D(off)]


def test_credit_notes_mirror():
    totals = compute_totals([row(-1, "80.40")], TotalsBasis(vat_included=False))
    assert found(totals, "Total", "RoundOff", "TotalVAT") == [D(-101), D("-0.50"), D("-20.10")]


def test_without_rounding_nothing_is_rounded_off():
    totals = compute_totals([row(1, "80.40")], TotalsBasis(vat_included=False, step=D(0)))
    assert found(totals, "Total", "RoundOff") == [D("100.50"), D(0)]


def test_prices_with_vat_are_taken_apart():
    totals = compute_totals([row(2, 125, included=True)], TotalsBasis(vat_included=True, freight=D(50), fee_rate=D(25)))
    keys = ("Net", "TotalVAT", "FreightVAT", "Total")
    assert found(totals, *keys) == [D(200), D(60), D(10), D(300)]


@pytest.mark.parametrize(("discount", "kind", "total"), [(10, "PERCENT", "180"), (10, "AMOUNT", "190")])
def test_discounts(discount, kind, total):
    assert row(2, 100, discount=discount, kind=kind)["Total"] == D(total)


def luhn_holds(text):
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [d * 2 if place % 2 == 0 else d for place, d in enumerate(digits)]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def test_numbers_pass_their_check_digits_and_belong_to_nobody(ticker):
    import random

    rng = random.Random(1)
    companies = [make_organisation_number(rng) for _ in range(200)]
    persons = [make_personal_number(rng) for _ in range(200)]
    assert all(luhn_holds(number) for number in companies + persons)
    assert {number[0] for number in companies} == {"4"}
    assert all(int(number[2]) >= 2 for number in companies)
    assert {number[2:6] for number in persons} <= {"0230", "0231", "0431", "0631", "0931", "1131"}


def test_finnish_numbers_pass_their_check():
    import random

    rng = random.Random(1)
    for number in (make_finnish_number(rng) for _ in range(200)):
        digits = [int(c) for c in number if c.isdigit()]
        rest = sum(d * w for d, w in zip(digits[:7], (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        assert (rest != 1, digits[7]) == (True, 0 if rest == 0 else 11 - rest)
