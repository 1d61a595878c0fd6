"""Which letters a text file is written in, and what parts its cells. Pure.

Guessed from the bytes alone, shown to the person, and changeable by the person: no guess is certain.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping

from uku.clients.import_files.errors import FileReason, Unreadable

# By the name that is stored: the codec, and what people call it. Of code pages that are as likely the first is guessed.
ENCODINGS: Mapping[str, tuple[str, str]] = {
    "utf-8": ("utf-8-sig", "UTF-8"),
    "utf-16-le": ("utf-16-le", "UTF-16 LE"),
    "utf-16-be": ("utf-16-be", "UTF-16 BE"),
    "windows-1252": ("cp1252", "Windows-1252"),
    "cp850": ("cp850", "CP850 (DOS)"),
    "cp437": ("cp437", "CP437 (DOS)"),
    "mac-roman": ("mac_roman", "MacRoman"),
    "latin-1": ("latin-1", "Latin-1 (ISO 8859-1)"),
}
_CODE_PAGES = ("windows-1252", "cp850", "cp437", "mac-roman", "latin-1")
DELIMITERS = (";", ",", "\t")
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ASCII = bytes(range(128))
_LOOKED_AT = 4096  # bytes, for what tells UTF-16 without a mark
_SAMPLE = 200_000  # characters, for what parts the cells
_SAMPLE_LINES = 30
_DECLARED = re.compile(r" *sep=([;,\t|]) *\r?", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"?')
# How much a sign speaks for the code page that makes it of a byte, in a list of Nordic companies and people.
_LIKELY = {**dict.fromkeys("åäö", 10), **dict.fromkeys("ÅÄÖ", 8)}
_LIKELY |= {**dict.fromkeys("éèüøæõáóšžß", 5), **dict.fromkeys("ÉÈÜØÆÕÁÓŠŽ", 4)}
_LIKELY |= dict.fromkeys("\xa0“”’‘–…§°´½«»·®€", 0)
_LATIN_LETTER, _OTHER_SIGN, _NO_SIGN = 1, -5, -50


def guess_encoding(content: bytes) -> str:
    """Return the likely encoding, a key of `ENCODINGS`. Raises Unreadable for what is no text at all.

    Without a mark, text of letters has a zero in every second byte in UTF-16. What is not valid UTF-8 is in the code
    page that makes most of its bytes letters as Nordic names have them.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return encoding
    if b"\0" in content:
        beginning = content[:_LOOKED_AT]
        even, odd = beginning[::2].count(0), beginning[1::2].count(0)
        most = max(even, odd)
        if most < len(beginning) // 8 or min(even, odd) > most // 4:
            raise Unreadable(FileReason.NO_TABLE)
        return "utf-16-be" if even > odd else "utf-16-le"
    try:
        content.decode()
    except UnicodeDecodeError:
        signs = Counter(content.translate(None, _ASCII))
        return max(_CODE_PAGES, key=lambda page: sum(_likelihood(sign, page) * n for sign, n in signs.items()))
    return "utf-8"


def _likelihood(byte: int, code_page: str) -> int:
    letter = bytes([byte]).decode(ENCODINGS[code_page][0], "replace")
    if letter in _LIKELY:
        return _LIKELY[letter]
    if not letter.isprintable() or letter == "\ufffd":
        return _NO_SIGN
    return _LATIN_LETTER if letter.isalpha() and letter < "ɐ" else _OTHER_SIGN


def decode(content: bytes, encoding: str) -> str:
    """Return the text without its byte order mark. Raises Unreadable when the bytes do not fit the encoding."""
    if encoding not in ENCODINGS:
        raise Unreadable(FileReason.WRONG_ENCODING, 1)
    try:
        text = content.decode(ENCODINGS[encoding][0])
    except UnicodeDecodeError as error:
        raise Unreadable(FileReason.WRONG_ENCODING, content.count(b"\n", 0, error.start) + 1) from None
    if "\0" in text:
        raise Unreadable(FileReason.WRONG_ENCODING, text.count("\n", 0, text.index("\0")) + 1)
    return text.removeprefix("\ufeff")


def split_declared_delimiter(text: str) -> tuple[str, str]:
    """Return the delimiter that Excel's own first line `sep=;` declares, or "", and the text behind that line."""
    first, _, rest = text.partition("\n")
    declared = _DECLARED.fullmatch(first)
    return (declared[1], rest) if declared else ("", text)


def guess_delimiter(text: str) -> str:
    """Return what parts the cells: what stands equally often in most of the first lines; a semicolon for one column.

    A title above the table has none, and a street may have a comma: the usual count decides, not that of a line.
    """
    declared, text = split_declared_delimiter(text)
    if declared in DELIMITERS:
        return declared
    lines = [line for line in _QUOTED.sub("", text[:_SAMPLE]).splitlines() if line.strip()][:_SAMPLE_LINES]
    usual = {mark: Counter(filter(None, (line.count(mark) for line in lines))).most_common(1) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: [(told, count) for count, told in usual[mark]])
