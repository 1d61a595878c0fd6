"""Each field of the contact details in its one comparable form: e-mail lists, phones, postcodes, names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uku.clients.names import for_matching, legal_forms
from uku.clients.normalization import split_emails, split_phones
from uku.kit.identifiers import postcode_digits


@pytest.mark.parametrize(
    ("field", "valid", "invalid"),
    [
        ("", [], []),
        ("Info@Ek.example", ["info@ek.example"], []),
        ("mailto:info@ek.example?subject=Hej", ["info@ek.example"], []),
        ("a@ek.example; B@ek.example,a@ek.example", ["a@ek.example", "b@ek.example"], []),
        ("a@ek.example b@ek.example", ["a@ek.example", "b@ek.example"], []),
        ("Maja Ek <maja@ek.example>", ["maja@ek.example"], []),
        ("a@ek.example; saknas; b@ek", ["a@ek.example"], ["saknas", "b@ek"]),
        ("@; a@@ek.example", [], ["@", "a@@ek.example"]),
    ],
)
def test_an_e_mail_field_is_split_and_its_invalid_parts_are_reported(field, valid, invalid):
    """B43"""
    assert split_emails(field) == (valid, invalid)


@pytest.mark.parametrize(
    ("field", "country", "phones"),
    [
        ("040-12 34 56", "", ["+4640123456"]),
        ("+46 (0)40-12 34 56", "", ["+4640123456"]),
        ("0046 40 123456", "FI", ["+4640123456"]),
        ("040 123 4567", "FI", ["+358401234567"]),
        ("+358 40 123 4567", "SE", ["+358401234567"]),
        ("040-12 34 56 / 070-123 45 67", "", ["+4640123456", "+46701234567"]),
        ("112", "", []),
        ("0", "", []),
        ("anknytning 12", "", []),
        ("٠٤٠١٢٣٤٥٦٧", "", []),
        ("", "", []),
    ],
)
def test_a_phone_is_the_same_however_it_is_written(field, country, phones):
    assert split_phones(field, country) == phones


@pytest.mark.parametrize("text", ["211 34", "21134", "SE-211 34", "s 21134", " 211-34 "])
def test_a_postcode_is_its_digits(text):
    assert postcode_digits(text) == "21134"


@pytest.mark.parametrize(
    ("name", "folded", "forms"),
    [
        ("Ek & Berg AB", "ek berg", {"limited"}),
        ("Ek och Berg Aktiebolag (publ)", "ek berg", {"limited"}),
        ("Ek and Berg", "ek berg", set()),
        ("Mäkinen ja Pojat Oyj Abp", "makinen pojat", {"limited"}),
        ("Oy Mäkinen Ab", "makinen", {"limited"}),
        ("Ek Handelsbolag", "ek", {"trading"}),
        ("Ek KB", "ek", {"limited partnership"}),
        ("Tmi Mäkinen", "makinen", {"sole trader"}),
        ("Brf Granen ek. för.", "brf granen", {"association"}),
        ("Jakob Abbas", "jakob abbas", set()),
    ],
)
def test_a_name_is_folded_and_tells_its_legal_form(name, folded, forms):
    assert (for_matching(name), legal_forms(name)) == (folded, forms)


@given(st.text(), st.text(max_size=3))
def test_folding_never_fails_and_settles(text, country):
    valid, _ = split_emails(text)
    assert split_emails(";".join(valid)) == (valid, [])
    phones = split_phones(text, country)
    assert split_phones(" / ".join(phones)) == phones
