"""Text as Fortnox takes it. One forbidden character anywhere refuses the whole record (code 2000359).

Allowed are all letters of any script, 0-9, line breaks, no-break space and the marks below; source:
fortnox.se/developer/guides-and-good-to-know/formats-and-encoding. That page may have lost the plain apostrophe and
quotation mark to its own typography, so both are replaced: a typographic one is safe either way.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MARKS: Final = frozenset("’\\ –:.`´,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\u00a0\n\r0123456789\u0308\u030a")
_INSTEAD: Final = {
    **dict.fromkeys("'\"‘‚‛“”„‟‹›«»′″＇＂", "’"),
    **dict.fromkeys("—―‒⸺⸻", "–"),
    **dict.fromkeys("‐‑−﹣－~", "-"),
    **dict.fromkeys("[{<", "("),
    **dict.fromkeys("]}>", ")"),
    **dict.fromkeys("|⁄∕", "/"),
    **dict.fromkeys("•·●▪", "-"),
    **dict.fromkeys("\u2028\u2029\x0b\x0c\x85", "\n"),
    "\t": " ",
    "…": "...",
    "×": "*",
}
_CLUSTER: Final = re.compile(r".[\u0300-\u036f]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TextChange:
    """What was replaced: at which place of the original text, what stood there, and what stands there now.

    `field` names the field of a payload, "" for a text by itself.
    """

    position: int
    before: str
    after: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text that Fortnox takes, and every change that was needed, so that a person can see them."""

    text: str
    changes: tuple[TextChange, ...]


def clean_text(text: str, *, longest: int | None = None, field: str = "") -> CleanText:
    """Replace what Fortnox refuses by what reads the same, drop the rest, and report each change.

    Composing letters (e + ´ to é) is no change. A text over `longest` characters is cut, and the cut reported. A clean
    text comes back as it is, so cleaning twice changes nothing.
    """
    pieces = [(match.start(), match.group(), _clean(match.group())) for match in _CLUSTER.finditer(text)]
    cleaned = "".join(piece for _, _, piece in pieces)
    changes = [
        TextChange(position, before, after, field)
        for position, before, after in pieces
        if after != unicodedata.normalize("NFC", before)
    ]
    if longest is not None and len(cleaned) > longest:
        changes.append(TextChange(len(text), cleaned[longest:], "", field))
        cleaned = cleaned[:longest]
    return CleanText(cleaned, tuple(changes))


def is_clean(text: str) -> bool:
    """Tell whether Fortnox takes this text as it is."""
    return all(map(_allowed, text))


def _allowed(character: str) -> bool:
    return character in _MARKS or unicodedata.category(character).startswith("L")


def _clean(cluster: str) -> str:
    return "".join(_replaced(unicodedata.normalize("NFC", cluster)))


def _replaced(text: str) -> Iterator[str]:
    for character in text:
        if _allowed(character):
            yield character
        else:
            yield _instead(character)


def _instead(character: str) -> str:
    if character in _INSTEAD:
        return _INSTEAD[character]
    if unicodedata.category(character) == "Zs":
        return " "
    # ① is 1, ％ is %, ½-like fractions come apart: the compatibility form, when that can be sent.
    plain = "".join(_INSTEAD.get(each, each) for each in unicodedata.normalize("NFKC", character))
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    return plain if plain != character and is_clean(plain) else ""
