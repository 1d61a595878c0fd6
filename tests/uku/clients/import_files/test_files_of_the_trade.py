"""Files as programs of the trade write them: code pages, titles, hidden rows, numbers that a spreadsheet changed."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook
from openpyxl.styles import PatternFill

from uku.clients.import_files import fields, tables
from uku.clients.import_files.checks import check_rows
from uku.clients.import_files.errors import FileReason, Row, RowReason, Unreadable
from uku.clients.import_files.fields import WrongCell, parse_cell
from uku.clients.import_files.preview import file_error_words, row_error_words
from uku.clients.import_files.tables import Reading
from uku.clients.import_files.workbooks import sheet_names

CODE_PAGES = [("cp437", "cp850"), ("cp850", "cp850"), ("mac_roman", "mac-roman"), ("cp1252", "windows-1252")]
SWEDISH = "Namn;Orgnr;Ort\nBjörkhaga Trädgård AB;445734-3012;Örebro\n"
LISTS = [
    SWEDISH,
    "NAMN;ORT\nÖBERG & CO;VÄXJÖ\nÅKERLUND;SKÅNE\n",
    "Nimi;Paikkakunta\nMäkelän Sähkö Oy;Jyväskylä\n",
    "Namn;Ort\nCafé Josefine AB;Göteborg\n",
    "Navn;By\nÆrlig Rør AS;Tromsø\n",
]


def saved(book):
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(content, name, change):
    """The same workbook with one of its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part.filename, change(text) if part.filename == name else text)
    return file.getvalue()


def book_of(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book


def read(content, sheet=0):
    tables.check_kind(content)
    if tables.is_workbook(content):
        return tables.pack_sheet(content, sheet), Reading()
    return content, tables.guess(content)


def table(content, **kind):
    """The headings and the rows below, as an upload finds them."""
    kept, reading = read(content)
    found = tables.Table(kept, Reading(reading.encoding, reading.delimiter, **kind))
    return [found.heading.cells, *(row.cells for row in found.rows())]


def checked(*rows, columns=("name", "organisation_number"), **options):
    return list(check_rows([Row(number, cells) for number, cells in enumerate(rows, 2)], columns, **options))


def reasons(found):
    return [[error.reason for error in row.errors] for row in found]


# Code pages


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (text, codec, encoding)
        for text in LISTS
        for codec, encoding in CODE_PAGES
        if (codec, "ø" in text) != ("cp437", True)  # which cannot write it
    ],
)
def test_the_code_page_is_guessed_from_the_letters_it_makes(text, codec, encoding):
    content = text.encode(codec)
    guessed = tables.guess(content).encoding
    assert (guessed, tables.decode(content, guessed)) == (encoding, text)


@pytest.mark.parametrize("codec", ["cp437", "cp850", "mac_roman"])
def test_no_letter_at_an_edge_is_lost_as_a_blank(codec):
    assert table("Namn;Ort\nÖrn;Ängö á\nå;Ö\n".encode(codec)) == [("Namn", "Ort"), ("Örn", "Ängö á"), ("å", "Ö")]


@pytest.mark.parametrize("text", ["\x85rn", "Bj\x94rk", "a\x9f"])
def test_a_control_character_of_c1_is_an_error_also_at_an_edge(text):
    with pytest.raises(WrongCell) as wrong:
        parse_cell("name", text, country="")
    assert wrong.value.reason == RowReason.UNPRINTABLE


def test_old_mac_files_end_their_lines_with_a_return():
    assert table("Namn;Ort\rÖrn;Malmö\r".encode("mac_roman")) == [("Namn", "Ort"), ("Örn", "Malmö")]


# Above the headings


@pytest.mark.parametrize(
    ("content", "heading"),
    [
        ("Kundlista\n2026-03-31\n\nNamn;Orgnr;Ort\nEk AB;;Lund\n", "Namn"),
        ("Kundlista, 2026-03-31\nNamn\tOrgnr\tOrt\nEk AB\t\tLund\n", "Namn"),
        ("Register: alla kunder\nNamn,Orgnr,Ort\nEk AB,,Lund\n", "Namn"),
        ("Kund;;Adress;\nNamn;Orgnr;Gata;Ort\nEk AB;;Storgatan 1, 2 tr;Lund\n", "Namn"),
        ("Lista\nKod;Benamning;Plats\n1;Ek;Lund\n", "Kod"),
    ],
)
def test_the_row_with_the_headings_is_found_below_titles_dates_and_groups(content, heading):
    found = table(content.encode())
    assert (found[0][0], found[1][-1]) == (heading, "Lund")


def test_another_row_can_be_chosen_for_the_headings():
    content = b"Namn;Ort\nKod;Plats\n1;Lund\n"
    assert table(content) == [("Namn", "Ort"), ("Kod", "Plats"), ("1", "Lund")]
    assert table(content, heading=2) == [("Kod", "Plats"), ("1", "Lund")]


def test_merged_headings_of_a_workbook_are_no_headings():
    book = book_of(["Kunder", None, None], ["Namn", "Orgnr", "Ort"], ["Ek AB", None, "Lund"])
    book.active.merge_cells("A1:C1")
    assert table(saved(book)) == [("Namn", "Orgnr", "Ort"), ("Ek AB", "", "Lund")]


@pytest.mark.parametrize(
    "heading",
    [
        "Corporate identity number",
        "Org.nr/Pers.nr",
        "Person-/org.nr",
        "CompanyGovNo",
        "Organisationsnummer/Personnummer",
        "Org. no.",
        "Corporate ID",
        "Persnr / Orgnr",
        "Personal identity number",
    ],
)
def test_a_heading_of_organisation_and_personal_numbers_is_recognised_however_it_is_written(heading):
    assert fields.field_of(heading) == "organisation_number"


@pytest.mark.parametrize("heading", ["Organisation", "Kundnr", "Referensperson", "Person", "Nr", "Reg.nr", "or" * 30])
def test_a_heading_that_only_resembles_one_is_not(heading):
    assert fields.field_of(heading) != "organisation_number"


# Sheets and rows that are hidden


def test_the_first_sheet_that_a_person_sees_is_read_and_another_can_be_chosen():
    book = book_of(["hidden"])
    book.active.sheet_state = "hidden"
    for title in ("Kunder", "Gamla"):
        book.create_sheet(title).append([f"Namn {title}"])
    book.create_sheet("X").sheet_state = "veryHidden"
    book.active = 1
    content = saved(book)
    assert sheet_names(content) == ["Kunder", "Gamla"]
    assert [[row.cells for row in tables.all_rows(tables.pack_sheet(content, n), Reading())] for n in (0, 1)] == [
        [("Namn Kunder",)],
        [("Namn Gamla",)],
    ]
    with pytest.raises(Unreadable):
        tables.pack_sheet(content, 2)


def test_a_workbook_whose_sheets_are_all_hidden_is_read_and_a_chart_is_no_sheet():
    book = book_of(["Namn"], ["Ek"])
    book.create_chartsheet("Diagram", 0)
    assert sheet_names(saved(book)) == ["Sheet"]
    content = with_part(saved(book), "xl/workbook.xml", lambda text: text.replace(b'"visible"', b'"hidden"'))
    assert (sheet_names(content), table(content)) == (["Sheet"], [("Namn",), ("Ek",)])


@pytest.mark.parametrize("hidden", [b'hidden="1"', b'hidden="true"', b'outlineLevel="1" hidden="1"'])
def test_a_row_is_hidden_by_a_filter_or_a_folded_group_however_that_is_written(hidden):
    content = with_part(
        saved(book_of(["Namn"], ["Ek"], ["Gran"])),
        "xl/worksheets/sheet1.xml",
        lambda text: text.replace(b'<row r="2"', b'<row r="2" ' + hidden),
    )
    assert (tables.Table(*read(content)).count(), table(content)) == ((2, 1), [("Namn",), ("Gran",)])


def test_a_sheet_with_headings_alone_has_no_rows():
    with pytest.raises(Unreadable) as refused:
        tables.Table(*read(saved(book_of(["Kunder"], ["Namn", "Ort"])))).count()
    assert refused.value.reason == FileReason.NO_ROWS


def test_a_date_cell_is_a_date_and_three_hundred_columns_are_too_many():
    assert table(saved(book_of(["Namn", "Sedan"], ["Ek", date(2026, 3, 1)])))[1] == ("Ek", "2026-03-01")
    with pytest.raises(Unreadable) as refused:
        table(saved(book_of([f"K{n}" for n in range(300)], ["Ek"])))
    assert (refused.value.reason, refused.value.at) == (FileReason.TOO_MANY_COLUMNS, 1)


def test_rows_that_a_filter_hides_are_counted_and_read_only_when_asked_for():
    book = book_of(["Namn"], ["Ek"], ["Gran"], ["Björk"], ["Asp"])
    for number in (3, 4):
        book.active.row_dimensions[number].hidden = True
    content = saved(book)
    kept, reading = read(content)
    assert tables.Table(kept, reading).count() == (4, 2)
    assert table(content) == [("Namn",), ("Ek",), ("Asp",)]
    assert table(content, with_hidden=True) == [("Namn",), ("Ek",), ("Gran",), ("Björk",), ("Asp",)]


def test_blank_rows_with_colours_do_not_count_and_a_stray_cell_is_named():
    """110,000 of them below two clients: neither too many rows, nor work."""
    book = book_of(["Namn", "Ort"], ["Ek", "Lund"], ["Gran", "Malmö"])
    fill = PatternFill("solid", fgColor="FFFF00")
    for number in range(4, 110_004):
        book.active.cell(number, 1).fill = fill
    book.active.cell(110_004, 6).value = "x"
    kept, reading = read(saved(book))
    found = tables.Table(kept, reading)
    *clients, stray = check_rows(found.rows(), ["name", "city"])
    assert [row.values["name"] for row in clients] == ["Ek", "Gran"]
    assert [row_error_words(error, found.heading.cells) for error in stray.errors] == [
        "Column F: “x” is the only cell of its row. Delete it, or write the name of the client."
    ]
    assert stray.row.number == 110_004


def test_a_cell_at_the_far_end_of_a_sheet_costs_nothing():
    book = book_of(["Namn"], ["Ek"])
    book.active["CV1048576"] = "x"
    assert [row.number for row in tables.all_rows(*read(saved(book)))] == [1, 2, 1_048_576]


# Numbers as Excel shows them


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (203041234, "000000-0000", "020304-1234"),
        (1234, "000 00", "012 34"),
        (5560360793, "000000\\-0000", "556036-0793"),
        (21134, "### ##", "211 34"),
        (701234567, '"0"##-#######', "070-1234567"),
        (46701234567, "General", "46701234567"),
        (30, "#,##0", "30"),
        (7, "0", "7"),
        (-5, "0;[Red]-0", "-5"),
        (5560360793.0, "0.00", "5560360793"),
    ],
)
def test_a_number_is_read_as_its_format_shows_it(value, number_format, shown):
    book = book_of(["Nr"], [value])
    book.active["A2"].number_format = number_format
    assert table(saved(book))[1] == (shown,)


def test_a_persons_number_that_is_wrong_is_masked_in_its_message():
    for text in ("020304-1234", "20304-1234", "203041234", "19020304-1234"):
        (found,) = checked(("Anna", text))
        assert "1234" not in row_error_words(found.errors[0], ["Namn", "Orgnr"]), text


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("postcode", "21134.0", "21134"),
        ("organisation_number", "5560360793.0", "5560360793"),
        ("organisation_number", "5560360793,0", "5560360793"),
        ("phone", "46701234567.0", "46701234567"),
        ("phone", "040-12.0 34", "040-12.0 34"),
        ("address1", "21134.0", "21134.0"),
    ],
)
def test_decimals_that_a_spreadsheet_added_are_taken_off(field, text, value):
    assert parse_cell(field, text, country="") == value


@pytest.mark.parametrize(
    ("field", "text"),
    [("phone", "4,67012E+10"), ("organisation_number", "5.56036E+09"), ("postcode", "2E+4"), ("vat_number", "1,2e+11")],
)
def test_digits_that_a_spreadsheet_dropped_are_an_error_that_says_so(field, text):
    with pytest.raises(WrongCell) as wrong:
        parse_cell(field, text, country="")
    assert wrong.value.reason == RowReason.SPOILT


@pytest.mark.parametrize(
    ("cell", "text"), [('="0701234567"', "0701234567"), ('"=""007"""', "007"), ('=""', ""), ("'=1+1", "=1+1")]
)
def test_a_text_that_is_written_as_a_formula_is_that_text(cell, text):
    assert tables.guess(b"a;b\n").delimiter == ";"
    assert table(f"Namn;Telefon;Ort\nEk;{cell};Lund\n".encode())[1] == ("Ek", text, "Lund")


# Files of other kinds


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'#FLAGGA 0\n#PROGRAM "Visma" 1\n#SIETYP 4\n#KONTO 1910 "Kassa"\n', FileReason.SIE),
        ("\ufeff#FLAGGA 0\r\n#FORMAT PC8\r\n".encode(), FileReason.SIE),
        (b'#PROGRAM "BL" 1\n#FLAGGA 1\n', FileReason.SIE),
        (b"<html><body><table><tr><td>Namn</td></tr></table>", FileReason.MARKUP),
        (b"\r\n  <!DOCTYPE html>\n", FileReason.MARKUP),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', FileReason.MARKUP),
        ("<table>".encode("utf-16"), FileReason.MARKUP),
    ],
)
def test_a_file_that_is_no_table_is_named_for_what_it_is(content, reason):
    with pytest.raises(Unreadable) as refused:
        tables.check_kind(content)
    assert refused.value.reason == reason
    assert all(file_error_words(refused.value))


@pytest.mark.parametrize("content", [b"Namn;Ort\n#1 Bil AB;Lund\n", b"#FORMAT;Namn\n1;Ek\n", b"Namn;<b>\nEk;x\n"])
def test_a_table_that_only_resembles_one_is_read(content):
    assert len(table(content)) == 2


def test_a_workbook_of_strict_open_xml_is_read():
    names = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }
    book = book_of(["Namn", "Nr"], ["Ek", 1234])
    book.active["B2"].number_format = "000 00"
    strict = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(book))) as old, zipfile.ZipFile(strict, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            for name, other in names.items():
                text = text.replace(name, other)
            new.writestr(part.filename, text)
    assert table(strict.getvalue()) == [("Namn", "Nr"), ("Ek", "012 34")]


# The sum below a list


@pytest.mark.parametrize(
    "text", ["Totalt", "Summa", "SUMMA:", "Totalt 118 kunder", "Total: 1 234,50 kr", "Yhteensä", "Delsumma"]
)
def test_the_sum_below_a_list_is_no_client_unless_a_person_says_so(text):
    assert reasons(checked(("Ek AB", ""), (text, ""))) == [[], [RowReason.SUM_LINE]]
    assert reasons(checked(("Ek AB", ""), (text, ""), with_sum_line=True)) == [[], []]


@pytest.mark.parametrize(
    "rows",
    [
        [("Ek AB", ""), ("Total Bygg AB", "")],
        [("Ek AB", ""), ("Summa Redovisning HB", "")],
        [("Total", ""), ("Ek AB", "")],
        [("Ek AB", ""), ("Total", "556036-0793")],
    ],
)
def test_a_client_whose_name_resembles_a_sum_is_one(rows):
    assert reasons(checked(*rows)) == [[], []]
