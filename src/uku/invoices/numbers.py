"""Our references, our own number series, and the payment reference made of a number. Pure but for chance."""

from __future__ import annotations

import secrets

from uku.kit.identifiers import luhn_digit

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which people misread
_RANDOM_LETTERS = 12
REFERENCE_WIDTH = 15


def new_reference() -> str:
    """Return a fixed-width reference with 60 random bits, so that none contains another (reliability F15)."""
    return "UKU" + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LETTERS))


def ocr_for(number: str) -> str:
    """Return the OCR reference of a number: the number, a length digit, a Luhn digit (reliability L18)."""
    with_length = f"{number}{(len(number) + 2) % 10}"
    return with_length + luhn_digit(with_length)
