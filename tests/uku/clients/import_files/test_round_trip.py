"""What goes out comes back as it was: any client, as CSV and as XLSX. And readers end, whatever is sent."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.uku.conftest import AT

from uku.clients.import_files import tables
from uku.clients.import_files.errors import Unreadable
from uku.clients.import_files.fields import FIELDS
from uku.clients.import_files.operations import upload_file
from uku.clients.import_files.preview import Figures, file_error_words, preview_of, row_error_words
from uku.clients.models import Client, VatType
from uku.clients.operations import create_client
from uku.kit.spreadsheets import as_csv, as_xlsx
from uku.web.client_export import written_rows

ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
LETTERS = st.sampled_from("aÅéß北 '=+-@\";,\t\n\r\xa0\x85\x07\u2028_x000D_.0E5*")
TEXT = st.text(st.one_of(LETTERS, ANY), max_size=12)
NUMBERS = st.sampled_from(
    [
        "",
        "5560360793",
        "556036-0793",
        "FI01120389",
        "0112038-9",
        "556036-0794",
        "0000000000",
        "76890943",
        "5560360793.0",
        "750231-5009",
        "4,67E+10",
        "12-3456789",
    ]
)
VATS = st.sampled_from(
    ["", "SE556036079301", "CHE-116.281.710 MWST", "NO 974 760 673 MVA", "EL094259216", "SE1", "moms"]
)
CLIENTS = st.fixed_dictionaries(
    {
        "name": TEXT.filter(lambda text: any(letter.isprintable() and not letter.isspace() for letter in text)),
        "organisation_number": NUMBERS | st.text(ANY, max_size=20),
        "vat_number": VATS | st.text(ANY, max_size=20),
        "email": st.sampled_from(["", "a@x.example", "A@x.example; b@x.example", "fel"]) | TEXT,
        "phone": st.sampled_from(["", "+46 70-123 45 67", "21134.0", "4,67012E+10", "0701234567"]) | TEXT,
        "address1": TEXT,
        "address2": TEXT,
        "postcode": st.sampled_from(["211 34", "21134.0", "SE-211 34", "00100"]) | st.text(ANY, max_size=10),
        "city": TEXT,
        "country": st.sampled_from(["", "SE", "FI", "DK", "PL", "BE", "XX", "GB"]),
        "currency": st.sampled_from(["SEK", "EUR", "XYZ"]),
        "payment_days": st.sampled_from([0, 30, 365, 366, 32767]),
        "vat_type": st.sampled_from(["", *VatType.values]),
    }
)


def exported(client, form):
    rows = written_rows(iter([client]), {}, dict(VatType.choices), whole_numbers=True)
    if form == "csv":
        return b"".join(as_csv(rows))
    with as_xlsx(rows, title="Clients") as file:
        return file.read()


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["csv", "xlsx"])
@settings(max_examples=100)
@given(facts=CLIENTS)
def test_any_client_that_can_exist_goes_out_and_comes_back_unchanged(scope, owner, form, facts):
    with transaction.atomic():
        client = create_client(actor=owner, at=AT, **facts)
        client = Client.objects.get(pk=client.pk)
        file = upload_file(actor=owner, at=AT, name=f"clients.{form}", content=exported(client, form))
        found = preview_of(file)
        told = [row_error_words(error, FIELDS) for error in found.errors]
        changes = [{name: (getattr(client, name), row.values[name]) for name in row.changes} for row in found.rows]
        transaction.set_rollback(True)
    assert (found.figures, told, changes) == (Figures(unchanged=1), [], [{}])


# Readers end


def rows_of(content, sheet=0):
    """Read a file as an upload does; a failure has words."""
    try:
        tables.check_kind(content)
        if tables.is_workbook(content):
            content, reading = tables.pack_sheet(content, sheet), tables.Reading()
        else:
            reading = tables.guess(content)
        table = tables.Table(content, reading)
        found = [table.heading, *table.rows()]
    except Unreadable as error:
        assert all(file_error_words(error))  # noqa: PT017  # one of both is right
        return []
    return found


SHEET = "xl/worksheets/sheet1.xml"
CELLS = st.tuples(
    st.sampled_from(["A1", "B2", "XFD1048576", "CV99999", "A0", "1", "", "ZZZZ9"]),
    st.sampled_from(["", 't="s"', 't="str"', 't="b"', 't="e"', 't="d"', 't="inlineStr"', 's="99"', 's="-1"', 't="?"']),
    st.sampled_from(["<v>1</v>", "<v>x</v>", "<v>1e400</v>", "<f>1</f>", "<is><t>a</t></is>", "", "<v>-9999999</v>"]),
)
ROWS = st.tuples(
    st.sampled_from(['r="1"', 'r="2"', 'r="1048576"', 'r="x"', 'r="-1"', "", 'hidden="1"']), st.lists(CELLS)
)


def book_with(rows):
    """A workbook whose sheet is put together by hand, as no program would."""
    with as_xlsx([("Namn", "Ort")], title="Kunder") as file:
        whole = file.read()
    cells = [(row, "".join(f'<c r="{place}" {kind}>{value}</c>' for place, kind, value in some)) for row, some in rows]
    data = "".join(f"<row {row}>{some}</row>" for row, some in cells)
    text = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{data}'
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(packed, "w") as new:
        for part in old.infolist():
            content = f"{text}</sheetData></worksheet>" if part.filename == SHEET else old.read(part)
            new.writestr(part.filename, content)
    return packed.getvalue()


@settings(max_examples=200)
@given(st.lists(ROWS, max_size=5))
@example([('r="1048576"', [("XFD1048576", "", "<v>1</v>")])])
def test_no_sheet_hangs_a_reader_or_fails_without_words(rows):
    """Cells at the far end are one cell, not the rectangle before them."""
    assert len(rows_of(book_with(rows))) <= len(rows)


PIECES = st.sampled_from(
    [b"Namn", b";", b",", b"\t", b'"', b"\r", b"\n", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"sep=;"]
)


@settings(max_examples=300)
@given(st.lists(PIECES | st.binary(max_size=8), max_size=40).map(b"".join))
def test_no_text_hangs_a_reader_or_fails_without_words(content):
    rows_of(content)


@pytest.mark.parametrize(
    "content",
    [
        b'"' * 5_000_000,
        b";" * 9_000_000,
        b"\n" * 9_000_000,
        b"a;" * 4_000_000,
        b"Namn\n" + b'"' + b"x\n" * 4_000_000,
        b"orgnrpersnr" * 800_000,
    ],
    ids=["quotes", "semicolons", "line ends", "one row", "one cell", "one heading"],
)
def test_a_large_file_without_a_table_takes_no_more_than_300_mb(content):
    tracemalloc.start()
    try:
        rows_of(content)
        assert tracemalloc.get_traced_memory()[1] < 300_000_000
    finally:
        tracemalloc.stop()
