"""Numbers as people type them, in Swedish or English; what could mean two things is refused. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

MOST_DIGITS = 12
_SPACES = re.compile("[\u0020\u00a0\u2009\u202f]")
_FORMS = (
    re.compile(r"(?P<whole>[0-9]+)(?:[.,](?P<part>[0-9]{1,2}))?"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?: [0-9]{3})+)(?:[.,](?P<part>[0-9]{1,2}))?"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+),(?P<part>[0-9]{1,2})"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+)\.(?P<part>[0-9]{1,2})"),
)


class NotANumber(ValueError):
    """The text is no number, or could be two different ones (`1.234`)."""


def parse_number(text: str) -> Decimal:
    """Return the number that `text` means: `1 234,50`, `1234.50` and `1.234,50` are the same one.

    One separator with three digits after it could group thousands or begin decimals, so it is refused,
    and so are more than two decimals. Raises NotANumber.
    """
    plain = _SPACES.sub(" ", text).strip().replace("\u2212", "-")
    sign, digits = ("-", plain[1:].lstrip()) if plain.startswith("-") else ("", plain)
    for form in _FORMS:
        if found := form.fullmatch(digits):
            whole = re.sub("[^0-9]", "", found["whole"]).lstrip("0") or "0"
            if len(whole) > MOST_DIGITS:
                break
            part = (found["part"] or "").ljust(2, "0")
            return Decimal(f"{sign}{whole}.{part}") + 0
    raise NotANumber(text)


def text_of_number(number: Decimal) -> str:
    """Return a number as it stands in a field, where `parse_number` reads it back: without a grouped thousand."""
    return f"{number.normalize():f}"
