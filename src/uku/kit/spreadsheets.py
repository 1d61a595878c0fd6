"""Texts that a spreadsheet program may take for formulas. Pure (B06; OWASP, CSV Injection)."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula: an apostrophe before it makes it plain text."""
    return f"'{text}" if _looks_like_one(text) else text


def as_written(text: str) -> str:
    """Take off the apostrophe that `harmless` put before a text."""
    return text[1:] if text.startswith("'") and _looks_like_one(text[1:]) else text


def _looks_like_one(text: str) -> bool:
    """Apostrophes that stand there already count as nothing, so that what is written can be read back as it was."""
    return text.lstrip(" '").startswith(FORMULA)
