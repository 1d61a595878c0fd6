"""Names sort by the Swedish alphabet and are found however they are typed, on every PostgreSQL."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.clients.names import for_matching, for_search, for_sorting


def test_the_swedish_letters_come_last_in_their_own_order():
    names = ["Österlen", "Zeta", "Åby", "Ärla", "Älvsbyn", "abc", "Ångström", "Alm", "Öland"]
    assert sorted(names, key=for_sorting) == [
        "abc",
        "Alm",
        "Zeta",
        "Åby",
        "Ångström",
        "Älvsbyn",
        "Ärla",
        "Öland",
        "Österlen",
    ]


def test_foreign_accents_sort_as_their_plain_letter_and_danish_letters_as_ours():
    assert [for_sorting(name) for name in ("Évry", "Müller", "Æther", "Ørsted")] == [
        for_sorting(name) for name in ("Evry", "Muller", "Äther", "Örsted")
    ]


@pytest.mark.parametrize("key", [for_sorting, for_search, for_matching])
def test_composed_and_decomposed_letters_are_the_same(key):
    composed = "Åkerlunds Bygg, Örebro"
    assert key(unicodedata.normalize("NFD", composed)) == key(composed)


@pytest.mark.parametrize(
    ("name", "found_by"),
    [
        ("Ökérs Måleri", "okers maleri"),
        ("Smörgås & Ägg HB", "smorgas agg hb"),
        ("  A.B.C.  ", "a b c"),
        ("Đorđe Łukasz Straße Ærø", "dorde lukasz strasse aero"),
        ("🎉 Fest", "fest"),
        ("株式会社", ""),
    ],
)
def test_a_name_is_found_without_accents_case_and_punctuation(name, found_by):
    assert for_search(name) == found_by


@pytest.mark.parametrize(
    "name",
    [
        "Åkerlunds Bygg AB",
        "ÅKERLUNDS BYGG Aktiebolag",
        "AB Åkerlunds Bygg",
        "Åkerlunds Bygg AB (publ)",
        "Akerlunds, Bygg",
    ],
)
def test_the_legal_form_does_not_count_when_names_are_matched(name):
    assert for_matching(name) == "akerlunds bygg"


def test_a_legal_form_inside_a_word_counts():
    assert for_matching("Abbas Kabel AB") == "abbas kabel"


@given(st.text())
def test_keys_of_any_text_are_short_and_settled(name):
    for key in (for_sorting, for_search, for_matching):
        assert len(key(name)) <= 400
    assert for_search(for_search(name)) == for_search(name)
