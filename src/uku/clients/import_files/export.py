"""Rows as CSV that a Swedish or Finnish Excel opens as a table, and as XLSX. Pure.

UTF-8 with a byte order mark and semicolons: Excel there takes a comma for the decimal sign, so that its lists have
semicolons, and takes a file without the mark for Windows-1252. Quotes and line ends are those of RFC 4180.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO

from uku.clients.import_files import workbooks
from uku.kit.spreadsheets import harmless

MARK = b"\xef\xbb\xbf"
DELIMITER = ";"
_PIECE = 64 * 1024
Cell = str | int | Decimal


def as_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield the file in pieces. Texts that look like formulas are made harmless; numbers stay numbers, also below 0."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=DELIMITER, lineterminator="\r\n")
    yield MARK
    for row in rows:
        writer.writerow([_in_csv(cell) for cell in row])
        if out.tell() >= _PIECE:
            yield _emptied(out)
    yield _emptied(out)


def as_xlsx(rows: Iterable[Sequence[Cell]], *, title: str) -> IO[bytes]:
    """Return a workbook as an open file that is gone when it is closed. The first row is the heading."""
    walk = iter(rows)
    heading = [str(cell) for cell in next(walk)]
    file = tempfile.TemporaryFile()  # noqa: SIM115  # whoever sends it closes it
    workbooks.write(file, title=title, heading=heading, rows=walk)
    file.seek(0)
    return file


def _in_csv(cell: Cell) -> str:
    return harmless(cell) if isinstance(cell, str) else str(cell).replace(".", ",")


def _emptied(out: io.StringIO) -> bytes:
    piece = out.getvalue().encode("utf-8", "surrogatepass")
    out.seek(0)
    out.truncate()
    return piece
