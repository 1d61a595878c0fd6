"""A bar chart that the server draws: where its bars stand, which lines cross it, and the table that tells the same."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st
from tests.uku.web.page_reader import Page

from uku.web.bar_chart import HEIGHT, MOST_LINES, TOP, Bar, draw_bars


def bars(*values):
    return [Bar(f"Month {number}", str(number), Decimal(value)) for number, value in enumerate(values, 1)]


def places(chart):
    return [(drawn.left, drawn.width, drawn.top, drawn.height) for drawn in chart.bars]


def labels(chart):
    return [line.label for line in chart.lines]


def test_bars_stand_on_zero_and_reach_as_high_as_they_are_much():
    chart = draw_bars(bars(0, 1000, 4000))
    assert places(chart) == [
        ("6.33%", "20.67%", "168.0", "0.0"),
        ("39.67%", "20.67%", "128.0", "40.0"),
        ("73.00%", "20.67%", "8.0", "160.0"),
    ]
    assert [(line.at, line.label, line.is_zero) for line in chart.lines] == [
        ("168.0", "0", True),
        ("128.0", "1K", False),
        ("88.0", "2K", False),
        ("48.0", "3K", False),
        ("8.0", "4K", False),
    ]


def test_a_value_below_zero_hangs_from_the_line_of_zero():
    chart = draw_bars(bars(-50, 100))
    assert places(chart) == [("9.50%", "31.00%", "114.7", "53.3"), ("59.50%", "31.00%", "8.0", "106.7")]
    assert labels(chart) == ["-50", "0", "50", "100"]


@pytest.mark.parametrize(
    ("highest", "shown"),
    [("1", ["0", "0.5", "1"]), ("7", ["0", "2", "4", "6", "8"]), ("731", ["0", "200", "400", "600", "800"])],
)
def test_lines_stand_at_round_numbers(highest, shown):
    assert labels(draw_bars(bars(highest))) == shown


@pytest.mark.parametrize("none", [[], bars(0, 0)])
def test_nothing_to_draw_is_said(none):
    assert draw_bars(none).is_empty
    assert not draw_bars(bars(0, "0.01")).is_empty


@given(st.lists(st.decimals(-(10**12), 10**12, places=2), max_size=40))
def test_no_bar_leaves_the_field_and_lines_are_few(values):
    chart = draw_bars(bars(*values))
    for drawn in chart.bars:
        assert Decimal(drawn.top) >= TOP
        assert Decimal(drawn.top) + Decimal(drawn.height) <= TOP + HEIGHT + Decimal("0.1")
    assert 2 <= len(chart.lines) <= MOST_LINES + 3


def test_the_table_tells_what_the_bars_show():
    """Somebody who sees no drawing, or who prints the page, reads the same values."""
    chart = draw_bars([Bar("March 2026", "Mar", Decimal("1250.50"), "1,250.50"), Bar("<April>", "Apr", Decimal(2))])
    words = {"chart": chart, "caption": "Invoiced, SEK", "of": "Month", "figures": "Invoiced"}
    page = Page(render_to_string("parts/bar_chart.html", words))
    assert page.rows == [["Month", "Invoiced"], ["March 2026", "1,250.50"], ["<April>", "2"]]
    assert page.all("title") == ["March 2026: 1,250.50", "<April>: 2"]
    assert page.values("svg", "aria-label") == ["Invoiced, SEK"]
