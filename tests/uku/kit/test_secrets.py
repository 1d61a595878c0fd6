"""A sealed value opens only in its own place, under a key of the ring."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from uku.kit.secrets import CannotOpen, KeyRing, Place

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PLACE = Place("fortnox_connection", "sealed_tokens", "7")


@given(st.text())
def test_what_was_sealed_is_opened_and_is_not_readable_meanwhile(value):
    ring = KeyRing([NEW])
    sealed = ring.seal(value, PLACE)
    assert ring.open(sealed, PLACE) == value
    assert len(value) < 4 or value not in sealed


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("fortnox_connection", "sealed_tokens", "8"),
        Place("fortnox_connection", "sealed_key", "7"),
        Place("other_table", "sealed_tokens", "7"),
    ],
)
def test_a_copy_in_another_place_does_not_open(elsewhere):
    """S36"""
    sealed = KeyRing([NEW]).seal("hemlig", PLACE)
    with pytest.raises(CannotOpen, match=f"^{elsewhere}$"):
        KeyRing([NEW]).open(sealed, elsewhere)


def test_the_first_key_seals_and_all_keys_open():
    before = KeyRing([OLD]).seal("old", PLACE)
    both = KeyRing([NEW, OLD])
    assert both.open(before, PLACE) == "old"
    assert KeyRing([NEW]).open(both.seal("new", PLACE), PLACE) == "new"


def test_a_key_that_left_the_ring_opens_nothing():
    """S39"""
    with pytest.raises(CannotOpen):
        KeyRing([NEW]).open(KeyRing([OLD]).seal("old", PLACE), PLACE)


@pytest.mark.parametrize("damaged", ["", "rubbish", "gAAAAA=="])
def test_a_damaged_text_does_not_open(damaged):
    with pytest.raises(CannotOpen):
        KeyRing([NEW]).open(damaged, PLACE)


def test_an_empty_ring_names_the_setting_to_fill():
    with pytest.raises(ValueError, match="UKU_TOKEN_KEYS"):
        KeyRing([])


def test_a_ring_never_shows_its_keys():
    assert (repr(KeyRing([NEW])), str(KeyRing([NEW]))) == ("KeyRing(…)", "KeyRing(…)")


def test_a_sealed_value_names_its_key_and_moves_to_the_first_one():
    """S38"""
    old, both = KeyRing([OLD]), KeyRing([NEW, OLD])
    sealed = old.seal("hemlig", PLACE)
    assert both.names == [*KeyRing([NEW]).names, *old.names]
    assert (both.name_for(sealed), KeyRing([NEW]).name_for(sealed)) == (old.names[0], None)
    moved = both.reseal(sealed)
    assert (both.name_for(moved), both.open(moved, PLACE)) == (both.names[0], "hemlig")
    with pytest.raises(CannotOpen):
        old.reseal(moved)


def test_the_name_of_a_key_tells_nothing_of_it():
    [name] = KeyRing([NEW]).names
    assert len(name) == 8
    assert name not in NEW
