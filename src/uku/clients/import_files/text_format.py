"""Which letters a text file is written in, and what parts its cells. Pure.

Guessed from the bytes alone, shown to the person, and changeable by the person: no guess is certain.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from contextlib import suppress

from uku.clients.import_files.errors import FileReason, Unreadable

# By the name that is stored: the codec, and what people call it.
ENCODINGS: Mapping[str, tuple[str, str]] = {
    "utf-8": ("utf-8-sig", "UTF-8"),
    "utf-16-le": ("utf-16-le", "UTF-16 LE"),
    "utf-16-be": ("utf-16-be", "UTF-16 BE"),
    "windows-1252": ("cp1252", "Windows-1252"),
    "latin-1": ("latin-1", "Latin-1 (ISO 8859-1)"),
}
DELIMITERS = (";", ",", "\t")
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_LOOKED_AT = 4096  # bytes, for what tells UTF-16 without a mark
_SAMPLE_LINES = 30


def guess_encoding(content: bytes) -> str:
    """Return the likely encoding, a key of `ENCODINGS`. Raises Unreadable for what is no text at all.

    Without a mark, text of letters has a zero in every second byte in UTF-16. What is not valid UTF-8 is
    Windows-1252, which is Latin-1 with printable characters where that has controls; five bytes mean nothing in it.
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
    for encoding in ("utf-8", "windows-1252"):
        with suppress(UnicodeDecodeError):
            content.decode(ENCODINGS[encoding][0])
            return encoding
    return "latin-1"


def decode(content: bytes, encoding: str) -> str:
    """Return the text without its byte order mark. Raises Unreadable when the bytes do not fit the encoding."""
    if encoding not in ENCODINGS:
        raise Unreadable(FileReason.NO_ENCODING)
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
    declared = first.strip("\r ").lower()
    if declared.startswith("sep=") and first.strip("\r ")[4:] in {*DELIMITERS, "|"}:
        return first.strip("\r ")[4:], rest
    return "", text


def guess_delimiter(text: str) -> str:
    """Return what parts the cells: what stands equally often in most of the first lines; a semicolon for one column."""
    declared, text = split_declared_delimiter(text)
    if declared in DELIMITERS:
        return declared
    lines = list(_outside_quotes(text))
    scored = dict.fromkeys(DELIMITERS, (0, 0))  # how many lines have as many as the first, and how many that is
    for mark in DELIMITERS:
        counts = [line.count(mark) for line in lines]
        if counts and counts[0]:
            scored[mark] = (counts.count(counts[0]), counts[0])
    return max(scored, key=lambda mark: scored[mark])


def _outside_quotes(text: str) -> Iterator[str]:
    """Yield the first lines, line by line of the table, without what stands in quotation marks."""
    line: list[str] = []
    quoted = False
    told = 0
    for letter in text[:200_000]:
        if letter == '"':
            quoted = not quoted
        elif letter == "\n" and not quoted:
            if any(piece.strip() for piece in line):
                yield "".join(line)
                told += 1
            if told == _SAMPLE_LINES:
                return
            line = []
        elif not quoted:
            line.append(letter)
    if any(piece.strip("\r ") for piece in line):
        yield "".join(line)
