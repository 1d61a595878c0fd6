"""Labels and amounts as the figures of a bar chart that the server draws. Pure.

Across, the figures are per cent of the chart's width, so that one drawing fits a phone and a desk; down, they are
pixels. The template `parts/bar_chart.html` draws them, and shows the same values as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor

from babel.numbers import format_compact_decimal

from uku.kit.money import show_quantity

HEIGHT, LABEL_HEIGHT, TOP = 160, 24, 8  # pixels of the bars' field, of the labels below it, and above the top line
FILLED = Decimal("0.62")  # of a bar's place
STEPS = (1, 2, 5, 10)  # what a line may stand for, times a power of ten
MOST_LINES = 4
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Bar:
    """A value: `label` names it in the table, `short` below the bar; `shown` is the value as people read it."""

    label: str
    short: str
    value: Decimal
    shown: str = ""


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar with the place of its rectangle and of its label."""

    bar: Bar
    left: str
    width: str
    middle: str
    top: str
    height: str

    @property
    def shown(self) -> str:
        return self.bar.shown or show_quantity(self.bar.value)


@dataclass(frozen=True, slots=True)
class Line:
    """A line across the chart, and the value that it stands for."""

    at: str
    label: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class BarChart:
    bars: Sequence[DrawnBar]
    lines: Sequence[Line]
    height: int = TOP + HEIGHT + LABEL_HEIGHT
    labels_at: int = TOP + HEIGHT + LABEL_HEIGHT - 6

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to draw: no bar, or each of them zero."""
        return not any(drawn.bar.value for drawn in self.bars)


def draw_bars(bars: Sequence[Bar]) -> BarChart:
    """Draw bars from left to right; values below zero hang from the line of zero."""
    values = [Decimal(0), *(bar.value for bar in bars)]
    step = _step(max(values) - min(values))
    lowest = floor(min(values) / step) * step
    highest = max(ceil(max(values) / step) * step, lowest + step)
    scale = HEIGHT / (highest - lowest)
    place = HUNDRED / max(len(bars), 1)

    def down(value: Decimal) -> Decimal:
        return TOP + (highest - value) * scale

    drawn = [
        DrawnBar(
            bar,
            left=f"{place * (index + (1 - FILLED) / 2):.2f}%",
            width=f"{place * FILLED:.2f}%",
            middle=f"{place * (index + Decimal('0.5')):.2f}%",
            top=f"{down(max(bar.value, Decimal(0))):.1f}",
            height=f"{abs(bar.value) * scale:.1f}",
        )
        for index, bar in enumerate(bars)
    ]
    count = int((highest - lowest) / step)
    ticks = [lowest + step * index for index in range(count + 1)]
    lines = [Line(f"{down(tick):.1f}", format_compact_decimal(tick, locale="en_GB"), tick == 0) for tick in ticks]
    return BarChart(drawn, lines)


def _step(span: Decimal) -> Decimal:
    """Return the smallest round number that parts the span into few lines."""
    if not span:
        return Decimal(1)
    power = Decimal(1).scaleb(span.adjusted() - 1)
    return next(power * step for step in (*STEPS, *(10 * step for step in STEPS)) if span <= MOST_LINES * power * step)
