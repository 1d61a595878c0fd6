"""Our references, our own number series, and the payment reference made of a number. Pure but for chance."""

from __future__ import annotations

import secrets

from uku.kit.identifiers import luhn_digit

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which people misread
_MARK, _RANDOM_LETTERS = "UKU", 12
FIRST_NUMBER = 900_000_001
"""Our own numbers have nine digits and begin with 9, which no other series of a firm reaches by itself."""
_LAST_NUMBER = 999_999_999
_BLOCK = 100_000


def new_reference() -> str:
    """Return a fixed-width reference with 60 random bits, so that none contains another (F15)."""
    return _MARK + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LETTERS))


def is_reference(text: str) -> bool:
    """Say whether a text is a reference as we make them."""
    letters = text.removeprefix(_MARK)
    return text.startswith(_MARK) and len(letters) == _RANDOM_LETTERS and set(letters) <= set(_ALPHABET)


def first_number_beyond(number: str) -> int | None:
    """Return where our series goes on once an accounting system has a number of our range; None for any other.

    It may continue from there by itself, so we leave it the rest of the block of 100,000.
    """
    if not (number.isascii() and number.isdecimal() and FIRST_NUMBER <= int(number) <= _LAST_NUMBER):
        return None
    return (int(number) // _BLOCK + 1) * _BLOCK + 1


def ocr_for(number: str) -> str:
    """Return the OCR reference of a number: the number, a length digit, a Luhn digit (L18)."""
    with_length = f"{number}{(len(number) + 2) % 10}"
    return with_length + luhn_digit(with_length)


def finnish_reference_for(number: str) -> str:
    """Return the *viitenumero* of a number: the number, and a check digit by the weights 7, 3, 1 from the right."""
    total = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(number)))
    return f"{number}{-total % 10}"
