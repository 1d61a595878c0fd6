"""The period of an invoice in its texts: a whole month by its name, other days as papers in the language write them."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from uku.invoices.period import PLACEHOLDER, name_period, restore_placeholder

START, END = date(2026, 2, 16), date(2026, 3, 15)
WRITTEN = [
    ("en", "16 Feb 2026 – 15 Mar 2026", "15 Mar 2026"),
    ("sv", "2026-02-16 – 2026-03-15", "2026-03-15"),
    ("fi", "16.2.2026 – 15.3.2026", "15.3.2026"),
    ("et", "16.02.2026 – 15.03.2026", "15.03.2026"),
]


@pytest.mark.parametrize(("language", "both", "one"), WRITTEN)
def test_days_are_written_as_papers_in_the_language_write_them(language, both, one):
    with translation.override(language):
        assert (name_period(PLACEHOLDER, START, END), name_period(PLACEHOLDER, None, END)) == (both, one)


@pytest.mark.parametrize(("language", "both", "one"), WRITTEN)
def test_the_placeholder_comes_back_from_days_in_this_form_and_in_the_form_of_before(language, both, one):
    with translation.override(language):
        texts = [f"Bokföring {days}" for days in (both, "2026-02-16 – 2026-03-15")]
        assert [restore_placeholder(text, START, END) for text in texts] == ["Bokföring {period}"] * 2
        assert restore_placeholder(f"Bokföring {one}", None, END) == "Bokföring {period}"
