"""Pieces cost what their tier says: each its own, or all the last one's. The vector is rule 18's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.products.tiers import Part, Tier, difference, price_pieces

TWO = [Tier(1, Decimal(30)), Tier(21, Decimal(20))]


def total(parts) -> Decimal:
    return sum((part.quantity * part.price for part in parts), Decimal(0))


@pytest.mark.parametrize(
    ("all_at_last", "parts", "sum_of_all"),
    [(False, [(20, 30), (17, 20)], 940), (True, [(37, 20)], 740)],
)
def test_37_pieces_of_which_20_cost_30_and_the_rest_20(all_at_last, parts, sum_of_all):
    found = price_pieces(Decimal(37), TWO, all_at_last=all_at_last)
    assert ([(part.quantity, part.price) for part in found], total(found)) == (parts, sum_of_all)


@pytest.mark.parametrize(
    ("quantity", "each", "last"),
    [
        ("0", [], []),
        ("-3", [], []),
        ("1", [(1, 30)], [(1, 30)]),
        ("20", [(20, 30)], [(20, 30)]),
        ("20.5", [(20, 30), (Decimal("0.5"), 20)], [(Decimal("20.5"), 20)]),
        ("21", [(20, 30), (1, 20)], [(21, 20)]),
    ],
)
def test_a_tier_begins_with_its_first_piece(quantity, each, last):
    for all_at_last, parts in ((False, each), (True, last)):
        found = price_pieces(Decimal(quantity), TWO, all_at_last=all_at_last)
        assert [(part.quantity, part.price) for part in found] == parts


@pytest.mark.parametrize(
    ("all_at_last", "billed", "counted", "parts"),
    [
        (False, 18, 21, [(2, 30), (1, 20)]),
        (False, 21, 18, [(-2, 30), (-1, 20)]),
        (True, 18, 21, [(-18, 30), (21, 20)]),
        (True, 25, 27, [(2, 20)]),
        (False, 37, 37, []),
    ],
)
def test_what_comes_late_makes_what_was_billed_what_was_counted(all_at_last, billed, counted, parts):
    before, after = (price_pieces(Decimal(each), TWO, all_at_last=all_at_last) for each in (billed, counted))
    assert [(part.quantity, part.price) for part in difference(before, after)] == parts


prices = st.decimals(min_value=0, max_value=1000, places=2)
quantities = st.decimals(min_value=0, max_value=10_000, places=2)
tiers = st.lists(st.integers(min_value=2, max_value=500), unique=True, max_size=5).flatmap(
    lambda firsts: st.tuples(*[prices for _ in range(len(firsts) + 1)]).map(
        lambda costs: [Tier(first, cost) for first, cost in zip([1, *sorted(firsts)], costs, strict=True)]
    )
)


@given(quantities, quantities, tiers, st.booleans())
def test_parts_sum_to_the_quantity_and_late_parts_to_the_difference(billed, counted, steps, all_at_last):
    before, after = (price_pieces(each, steps, all_at_last=all_at_last) for each in (billed, counted))
    late = difference(before, after)
    assert sum((part.quantity for part in after), Decimal(0)) == counted
    assert all(part.quantity > 0 for part in after)
    assert sum((part.quantity for part in late), Decimal(0)) == counted - billed
    assert total(before) + total(late) == total(after)


def test_one_price_alone_is_one_part():
    assert price_pieces(Decimal(37), TWO[:1], all_at_last=False) == [Part(Decimal(37), Decimal(30))]
