import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnox_api import CleanText, TextChange, clean_text
from fortnox_api._payload import is_clean


@pytest.mark.parametrize(
    "text",
    [
        "Bokföring mars",
        "Åsa Öberg & Söner AB",
        "50 % rabatt",
        "rad ett\nrad två",
        "50\u00a0000 kr",
        "½ dag",
        "Łódź",
        "",
    ],
)
def test_what_fortnox_takes_stays_as_it_is(text):
    assert clean_text(text) == CleanText(text, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("it's", "it’s"),
        ('"Alfa"', "’Alfa’"),
        ("“Alfa”", "’Alfa’"),
        ("a — b", "a – b"),
        ("a\tb", "a b"),
        ("och så vidare…", "och så vidare..."),
        ("[1] {2} <3>", "(1) (2) (3)"),
        ("A|B", "A/B"),
        ("tack 👍", "tack "),
        ("nul\x00l", "null"),
        ("\u200bosynlig\ufeff", "osynlig"),
        ("①②", "12"),
        ("٣", "3"),
        ("¼", "1/4"),
        ("a\u2003b", "a b"),
        ("ﬁn", "ﬁn"),
        ("２０ ％", "20 %"),
    ],
)
def test_what_fortnox_refuses_is_replaced_or_dropped(before, after):
    assert clean_text(before).text == after


def test_each_change_names_its_place():
    assert clean_text('En "rad"', field="remarks").changes == (
        TextChange(3, '"', "’", "remarks"),
        TextChange(7, '"', "’", "remarks"),
    )


def test_composing_a_letter_is_no_change():
    assert clean_text("A\u030asa") == CleanText("Åsa", ())


def test_a_mark_that_cannot_be_composed_is_dropped_and_reported():
    assert clean_text("x\u0301") == CleanText("x", (TextChange(0, "x\u0301", "x"),))


def test_a_cut_is_reported():
    assert clean_text("abcdef", longest=4) == CleanText("abcd", (TextChange(6, "ef", ""),))


@given(st.text())
def test_a_cleaned_text_is_clean(text):
    assert is_clean(clean_text(text).text)


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    once = clean_text(text).text
    assert clean_text(once) == CleanText(once, ())


@given(st.text(), st.integers(0, 50))
def test_a_cut_text_fits(text, longest):
    assert len(clean_text(text, longest=longest).text) <= longest


@given(st.text())
def test_a_text_without_reported_changes_is_the_same_text(text):
    found = clean_text(text)
    if not found.changes:
        assert unicodedata.normalize("NFC", text) == unicodedata.normalize("NFC", found.text)
