"""Names for sorting and searching, the same on every PostgreSQL. Pure."""

from __future__ import annotations

import re
import unicodedata

_SWEDISH = {"å": "zz1", "ä": "zz2", "æ": "zz2", "ö": "zz3", "ø": "zz3"}  # behind every name in z, in any collation
_FOLDED = {"æ": "ae", "ø": "o", "ß": "ss", "đ": "d", "ł": "l"}
_LEGAL_FORM = re.compile(r"\b(aktiebolag|ab|hb|kb|handelsbolag|kommanditbolag|oy|oyj|ek for|publ)\b")


def for_sorting(name: str) -> str:
    """Return a key that puts å, ä and ö after z, as the Swedish alphabet does."""
    text = unicodedata.normalize("NFC", name).casefold()
    kept = "".join(_SWEDISH.get(letter, letter) for letter in text)
    return _plain(kept)[:200]


def for_search(name: str) -> str:
    """Return the name without accents, case and punctuation, so that `Ökérs` is found by `okers`."""
    text = unicodedata.normalize("NFC", name).casefold()
    text = "".join(_FOLDED.get(letter, letter) for letter in text)
    return re.sub(r"[^a-z0-9]+", " ", _plain(text)).strip()[:200]


def for_matching(name: str) -> str:
    """Return the searchable name without the words for the legal form."""
    return re.sub(r"\s+", " ", _LEGAL_FORM.sub(" ", for_search(name))).strip()


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
