"""Names for sorting and searching, the same on every PostgreSQL. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SWEDISH = {"å": "zz1", "ä": "zz2", "æ": "zz2", "ö": "zz3", "ø": "zz3"}  # behind every name in z, in any collation
_FOLDED = {"æ": "ae", "ø": "o", "ß": "ss", "đ": "d", "ł": "l"}
_LEGAL_FORMS = {
    "limited": "aktiebolaget|aktiebolag|ab|abp|publ|osakeyhtio|oyj|oy",
    "trading": "handelsbolaget|handelsbolag|hb|avoin yhtio|ay",
    "limited partnership": "kommanditbolaget|kommanditbolag|kb|kommandiittiyhtio|ky",
    "sole trader": "enskild firma|enskild naringsidkare|toiminimi|tmi",
    "association": "ekonomisk forening|ek for|ideell forening|osuuskunta",
}
_LEGAL_FORM = re.compile(rf"\b({'|'.join(_LEGAL_FORMS.values())})\b")
_FORM_OF = {word: form for form, words in _LEGAL_FORMS.items() for word in words.split("|")}
_AND = re.compile(r"\b(och|and|ja)\b")  # "&" is gone already: it is no letter
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # which a workbook would lose
_LONGEST = 1024  # characters that a name can have; what comes from outside may be megabytes


def for_sorting(name: str) -> str:
    """Return a key that puts å, ä and ö after z, as the Swedish alphabet does."""
    text = unicodedata.normalize("NFC", name[:_LONGEST]).casefold()
    kept = "".join(_SWEDISH.get(letter, letter) for letter in text)
    return _plain(kept)[:200]


def for_search(name: str) -> str:
    """Return the name without accents, case and punctuation, so that `Ökérs` is found by `okers`."""
    text = unicodedata.normalize("NFC", _CONTROL.sub("", name[:_LONGEST])).casefold()
    text = "".join(_FOLDED.get(letter, letter) for letter in text)
    return re.sub(r"[^a-z0-9]+", " ", _plain(text)).strip()[:200]


@lru_cache
def accented_letters() -> tuple[str, str]:
    """Return the accented small letters of Latin alphabets, and each without its accent: a database folds by them."""
    letters = [letter for letter in map(chr, range(0xE0, 0x180)) if letter.islower() and len(for_search(letter)) == 1]
    return "".join(letters), "".join(map(for_search, letters))


def fold_accents(text: str) -> str:
    """Return a text in small letters without their accents, and with all its other signs."""
    return unicodedata.normalize("NFC", text).casefold().translate(str.maketrans(*accented_letters()))


def for_matching(name: str) -> str:
    """Return the searchable name without the words for the legal form, and without any and, och, ja or &."""
    bare = _LEGAL_FORM.sub(" ", for_search(name))
    return re.sub(r"\s+", " ", _AND.sub(" ", bare)).strip()


def legal_forms(name: str) -> frozenset[str]:
    """Return the kinds of company that the name tells: AB, Aktiebolag, Oy and Oyj are one kind, HB another."""
    return frozenset(_FORM_OF[word] for word in _LEGAL_FORM.findall(for_search(name)))


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
