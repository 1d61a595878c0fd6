"""A file as a table: encodings, delimiters, workbooks, and what is refused with words."""

from __future__ import annotations

import io
import zipfile
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from uku.clients.import_files import tables, workbooks
from uku.clients.import_files.checks import check_rows
from uku.clients.import_files.errors import NO_RESULT, FileReason, Row, RowReason, Unreadable
from uku.clients.import_files.preview import file_error_words
from uku.clients.import_files.tables import Reading
from uku.kit.spreadsheets import MARK, as_csv, as_written, as_xlsx, harmless

TABLE = "Namn;Ort\r\nÅkerlunds Bygg AB;Malmö\r\n€uro Öberg;Växjö\r\n"
CELLS = [("Namn", "Ort"), ("Åkerlunds Bygg AB", "Malmö"), ("€uro Öberg", "Växjö")]


def read(content, reading=None):
    """All rows of a file, as an upload reads them."""
    tables.check_kind(content)
    if tables.is_workbook(content):
        return list(tables.all_rows(tables.pack_sheet(content, 0), Reading()))
    return list(tables.all_rows(content, reading or tables.guess(content)))


def cells(content, reading=None):
    return [row.cells for row in read(content, reading)]


def workbook(*rows, **formats):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for name, form in formats.items():
        book.active[name].number_format = form
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rebuilt(content, changes):
    """The same zip with some parts changed by a function of their bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            change = changes.get(part.filename, lambda text: text)
            new.writestr(part.filename, change(old.read(part)))
    return file.getvalue()


def flaw_of(work):
    with pytest.raises(Unreadable) as refused:
        work()
    happened, remedy = file_error_words(refused.value)
    assert "%" not in happened + remedy
    return refused.value.reason


# Encodings


@pytest.mark.parametrize(
    ("codec", "guessed"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "windows-1252"),
    ],
)
def test_the_encoding_is_found_with_a_mark_and_without(codec, guessed):
    """B20: Latin-1, UTF-16 and a byte order mark."""
    content = TABLE.encode(codec)
    assert tables.guess(content) == Reading(guessed, ";")
    assert cells(content) == CELLS


def test_a_mark_of_big_endian_utf_16_is_known():
    content = b"\xfe\xff" + TABLE.encode("utf-16-be")
    assert (tables.guess(content).encoding, cells(content)) == ("utf-16-be", CELLS)


def test_another_encoding_reads_the_same_bytes_otherwise():
    """What was guessed is changeable: the person sees it and chooses."""
    content = TABLE.encode("utf-8")
    assert cells(content, Reading("windows-1252", ";"))[1] == ("Ã…kerlunds Bygg AB", "MalmÃ¶")


def test_an_encoding_that_does_not_fit_says_where():
    with pytest.raises(Unreadable) as refused:
        cells("Namn\nA\nÅ\n".encode("cp1252"), Reading("utf-8", ";"))
    assert (refused.value.reason, refused.value.at) == (FileReason.WRONG_ENCODING, 3)
    assert flaw_of(lambda: cells(b"Namn", Reading("utf-7", ";"))) == FileReason.WRONG_ENCODING


# Delimiters and quotes


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_what_parts_the_cells_is_found(mark):
    content = f'Namn{mark}Ort\n"Berg; Co, AB\t"{mark}Lund\nDal{mark}"Ma\nlmö"\n'.encode()
    assert tables.guess(content).delimiter == mark
    assert cells(content) == [("Namn", "Ort"), ("Berg; Co, AB", "Lund"), ("Dal", "Ma\nlmö")]


def test_the_line_that_excel_writes_of_its_delimiter_is_believed_and_no_row():
    content = b"sep=;\r\nNamn;Ort\r\nBerg, Dal, Co;Lund, Skane, SE\r\n"
    found = list(tables.all_rows(content, tables.guess(content)))
    assert [(row.number, row.cells[0]) for row in found] == [(2, "Namn"), (3, "Berg, Dal, Co")]


def test_one_column_alone_is_a_table_too():
    assert cells(b"Namn\nBerg AB\n") == [("Namn",), ("Berg AB",)]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them_and_blank_ones_are_left_out():
    content = b'\nNamn;Ort\n;;\n"A\nB";x\nC;y\n'
    assert [(row.number, row.cells[0]) for row in tables.all_rows(content, Reading("utf-8", ";"))] == [
        (2, "Namn"),
        (4, "A\nB"),
        (5, "C"),
    ]


@pytest.mark.parametrize("broken", ['Namn\n"Berg\nDal\n', 'Namn\nA\n"Berg"x\n'])
def test_a_quotation_mark_that_is_not_closed_is_told_with_its_row(broken):
    assert flaw_of(lambda: cells(broken.encode(), Reading("utf-8", ";"))) == FileReason.BROKEN_CSV


# Formulas are text on the way in, and made harmless on the way out


@pytest.mark.parametrize("text", ["=1+1", "+46 40 12", "-5", "@cmd", "=HYPERLINK(1)"])
def test_a_formula_in_csv_is_text_on_the_way_in(text):
    """B20: formula cells; nothing is calculated."""
    assert cells(f"Namn;Telefon\nBerg;{text}\n".encode())[1] == ("Berg", text)


@given(st.text(alphabet="=+-@\t\r\n' aÅ\";", max_size=6))
def test_what_is_made_harmless_is_read_back_as_it_was(text):
    """B06: no written text begins like a formula, and none is lost."""
    written = harmless(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert as_written(written) == text


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_a_written_csv_is_read_back_as_it_was(rows):
    """B06: quoted by RFC 4180, whatever stands in the cells."""
    content = b"".join(as_csv([("Name", "City"), *rows]))
    expected = [tuple(cell.strip(" \t\r\n\xa0") for cell in row) for row in rows]
    while expected and not any(expected[-1]):
        expected.pop()
    found = [row.cells for row in islice(tables.all_rows(content, Reading("utf-8", ";")), 1, None)]
    padded = [(*row, *[""] * (2 - len(row))) for row in found]
    assert padded == [row for row in expected if any(row)]


def test_a_csv_has_a_mark_semicolons_and_doubled_quotes_and_numbers_below_zero_stay_numbers():
    """B06: RFC 4180."""
    rows = [("Name", "Days"), ('Berg "Bygg"; AB', -5), ("=1+1", 30), ("a\nb", 0), ("-5", 1)]
    assert b"".join(as_csv(rows)) == MARK + (
        b'Name;Days\r\n"Berg ""Bygg""; AB";-5\r\n\'=1+1;30\r\n"a\nb";0\r\n\'-5;1\r\n'
    )


def test_a_written_workbook_keeps_zeros_numbers_and_formulas_as_text():
    """B06: 007 stays 007, and = at the beginning makes no formula."""
    with as_xlsx(
        [("Name", "Number", "Days"), ("=1+1", "007", 30), ("Å\x07", "5560360793", -5)], title="Clients"
    ) as file:
        content = file.read()
    assert cells(content) == [("Name", "Number", "Days"), ("=1+1", "007", "30"), ("Å", "5560360793", "-5")]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


# Workbooks


def test_numbers_of_a_workbook_are_read_as_people_see_them():
    from datetime import date

    content = workbook(["Namn", "Nr", "X", "Y", "Z"], ["A", 5560360793, 100, date(2026, 3, 1), 1.5], C2="00000")
    assert cells(content) == [("Namn", "Nr", "X", "Y", "Z"), ("A", "5560360793", "00100", "2026-03-01", "1.5")]


def test_a_formula_gives_its_stored_value_and_one_without_is_a_flaw_of_its_cell():
    """B20: formula cells in a workbook."""
    content = workbook(["Namn", "Ort"], ["=1+1", "Lund"], ["B", "Lund"])
    flawed = read(content)[1]
    assert flawed == Row(2, (NO_RESULT, "Lund"))
    (checked,) = check_rows([flawed], ["name", "city"])
    assert [(error.column, error.reason) for error in checked.errors] == [(0, RowReason.FORMULA)]
    sheet = "xl/worksheets/sheet1.xml"
    stored = rebuilt(
        content, {sheet: lambda text: text.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>")}
    )
    assert read(stored)[1] == Row(2, ("2", "Lund"))


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#SAKNAS!", "#NAMN?"])
def test_the_error_of_a_formula_is_an_error_of_its_cell_in_a_workbook_and_in_csv(error):
    for content in (workbook(["Namn", "Ort"], [error, "Lund"]), f"Namn;Ort\n{error};Lund\n".encode()):
        (checked,) = check_rows(read(content)[1:], ["name", "city"])
        assert [(found.column, found.reason, found.value) for found in checked.errors] == [
            (0, RowReason.ERROR_VALUE, error)
        ]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    """B20: what a workbook says of its size is looked at first, and no more than that is unpacked."""
    bomb = rebuilt(workbook(["Namn"]), {"xl/styles.xml": lambda _: b" " * (workbooks.MOST_UNPACKED + 1)})
    assert len(bomb) < 1_000_000
    monkeypatch.setattr(workbooks, "ExcelReader", lambda *_a, **_k: pytest.fail("unpacked"))
    assert flaw_of(lambda: cells(bomb)) == FileReason.XLSX_UNPACKS_TOO_LARGE


SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"


@pytest.mark.parametrize(
    ("part", "behind", "repeated"),
    [
        (STYLES, b"<cellXfs", b"<xf/>"),
        ("[Content_Types].xml", b"<Types", b'<Default Extension="a" ContentType="b"/>'),
        ("xl/_rels/workbook.xml.rels", b"<Relationships", b'<Relationship Id="a" Type="b" Target="c"/>'),
        ("xl/workbook.xml", b"<sheets", b'<sheet name="a" sheetId="9"/>'),
        (SHEET, b"<sheetViews", b"<sheetView/>"),
        (SHEET, b"<row", b"<c/>"),
        (SHEET, b"<row", b"<c><v>1</v></c>"),
    ],
)
def test_a_part_of_millions_of_elements_is_refused_before_they_are_objects(part, behind, repeated):
    """They pack to a few kilobytes, and each element would take hundreds of bytes."""

    def swollen(text):
        place = text.index(b">", text.index(behind)) + 1
        return text[:place] + repeated * (workbooks.MOST_ELEMENTS + 1) + text[place:]

    bomb = rebuilt(workbook(["Namn"], ["Ek"]), {part: swollen})
    assert len(bomb) < 100_000
    assert flaw_of(lambda: cells(bomb)) == FileReason.XLSX_UNPACKS_TOO_LARGE


def with_shared_texts(texts):
    """A workbook as Excel writes it: its cells name texts by their place in a part of their own."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    cells = b'</c><c r="B1" t="s"><v>0</v></c></row>'
    changed = rebuilt(
        workbook(["Namn"]),
        {
            SHEET: lambda text: text.replace(b"</c></row>", cells),
            "[Content_Types].xml": lambda text: text.replace(
                b"</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
            ),
        },
    )
    file = io.BytesIO(changed)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{texts}</sst>')
    return file.getvalue()


def test_texts_that_cells_share_are_read_and_millions_of_them_refused():
    assert cells(with_shared_texts("<si><r><t>Or</t></r><r><t>t</t></r></si>")) == [("Namn", "Ort")]
    bomb = with_shared_texts("<si/>" * (workbooks.MOST_TEXT_ELEMENTS + 1))
    assert flaw_of(lambda: cells(bomb)) == FileReason.XLSX_UNPACKS_TOO_LARGE


def test_a_sheet_of_more_rows_than_any_sheet_has_is_refused():
    bomb = rebuilt(workbook(["Namn"]), {SHEET: lambda text: text.replace(b"</row>", b"</row>" + b"<row/>" * 1_100_000)})
    assert flaw_of(lambda: cells(bomb)) == FileReason.BROKEN_XLSX


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_that_declares_entities_is_refused(encoding):
    text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><styleSheet/>'.encode(encoding)
    content = rebuilt(workbook(["Namn"]), {"xl/styles.xml": lambda _: text})
    assert flaw_of(lambda: cells(content)) == FileReason.BROKEN_XLSX


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
def test_a_damaged_workbook_is_refused_with_words(part):
    content = rebuilt(workbook(["Namn"], ["A"]), {part: lambda text: text[: len(text) // 2]})
    assert flaw_of(lambda: cells(content)) == FileReason.BROKEN_XLSX
    whole = workbook(["Namn"], ["A"])
    assert flaw_of(lambda: cells(whole[: len(whole) // 2])) == FileReason.BROKEN_XLSX


def test_other_kinds_of_files_are_named():
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
    found = {
        "xls": flaw_of(lambda: cells(bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 100)),
        "ods": flaw_of(lambda: cells(other.getvalue())),
        "png": flaw_of(lambda: tables.guess(picture)),
        "gz": flaw_of(lambda: cells(b"\x1f\x8b\x08\x00abc")),
        "nothing": flaw_of(lambda: cells(b" \r\n")),
        "heading": flaw_of(lambda: tables.Table(b"Namn;Ort\n", Reading("utf-8", ";")).count()),
    }
    assert found == {
        "xls": FileReason.OLD_EXCEL,
        "ods": FileReason.OPEN_DOCUMENT,
        "png": FileReason.NO_TABLE,
        "gz": FileReason.NO_TABLE,
        "nothing": FileReason.EMPTY,
        "heading": FileReason.NO_ROWS,
    }


# Limits


def test_a_file_is_refused_above_its_bytes_its_rows_and_its_columns():
    """B20: a million rows are refused while they are counted, not kept."""
    assert flaw_of(lambda: cells(b"x" * (tables.MOST_BYTES + 1))) == FileReason.TOO_LARGE
    million = b"Namn\n" + b"A\n" * 1_000_000
    assert flaw_of(lambda: tables.Table(million, tables.guess(million)).count()) == FileReason.TOO_MANY_ROWS
    most = b"Namn\n" + b"A\n" * tables.MOST_ROWS
    assert tables.Table(most, Reading("utf-8", ";")).count() == (tables.MOST_ROWS, 0)
    assert flaw_of(lambda: tables.Table(most + b"A\n", Reading("utf-8", ";")).count()) == FileReason.TOO_MANY_ROWS
    wide = ";".join(["x"] * (tables.MOST_COLUMNS + 1)).encode()
    assert (
        flaw_of(lambda: tables.Table(wide + b"\n" + wide, Reading("utf-8", ";")).count()) == FileReason.TOO_MANY_COLUMNS
    )


def test_a_million_rows_take_no_more_memory_than_the_most_we_take():
    """B20: figures of Python's own allocator, not of a clock."""
    import tracemalloc

    def peak(rows):
        content = b"Namn;Ort\n" + b"Berg;Lund\n" * rows
        tracemalloc.start()
        try:
            sum(1 for _ in islice(tables.all_rows(content, Reading("utf-8", ";")), tables.MOST_ROWS))
            return tracemalloc.get_traced_memory()[1] / len(content)
        finally:
            tracemalloc.stop()

    assert peak(1_000_000) < 8  # times the file: its text, and nothing for each row
    assert tables.guess_delimiter("") == ";"


# Whatever is sent


def rows_or_words(content, reading=None):
    try:
        return cells(content, reading)
    except Unreadable as error:
        return file_error_words(error)


@settings(max_examples=200)
@given(
    st.binary(max_size=300),
    st.sampled_from([*tables.ENCODINGS, "utf-7", ""]),
    st.sampled_from([";", ",", "\t", ""]),
)
def test_any_bytes_are_rows_or_refused_with_words(content, encoding, delimiter):
    assert all(rows_or_words(content))
    assert all(rows_or_words(content, Reading(encoding, delimiter)))


WHOLE = workbook(["Namn", "Ort"], ["=1+1", "Lund"], ["Berg", 5560360793])


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_workbook_with_any_bytes_changed_is_rows_or_refused_with_words(changes):
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[int(place * len(content))] = byte
    assert all(found is not None for found in rows_or_words(bytes(content)))
