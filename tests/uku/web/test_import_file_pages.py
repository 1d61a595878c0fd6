"""The pages of a file of clients, and the export of the list."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook
from tests.uku.clients.import_files.test_importer import work_off
from tests.uku.web.conftest import AT, make_import_file

from uku.clients.import_files import operations, tables
from uku.clients.import_files.tables import Reading
from uku.clients.models import Client, ImportFile
from uku.clients.operations import archive_clients, create_client
from uku.kit import clock
from uku.kit.identifiers import luhn_digit
from uku.workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
HERE = "/w/byran/clients/import/"
EXPORT = "/w/byran/clients/export/"
PERSON = f"750231500{luhn_digit('750231500')}"
TEXT = f"Namn;Orgnr;E-post\nEk AB;556036-0793;ek@x.example\nAnna;{PERSON};\nFel;5560360794;fel\n"


@pytest.fixture
def browser(signed_in, owner, scope):
    return signed_in(owner)


@pytest.fixture
def file(scope, owner):
    return make_import_file(owner, TEXT)


def sent(text, name="kunder.csv"):
    return {"file": SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())}


def take_in(browser, file, *, follow=False, **figures):
    seen = {"new": 2, "changed": 0, "unchanged": 0, "refused": 1, **figures}
    return browser.post(f"{HERE}{file.pk}/take-in/", seen, follow=follow)


def page_of(file):
    return f"{HERE}{file.pk}/"


def test_an_uploaded_file_leads_to_its_page_and_nothing_is_a_client_yet(read, browser):
    answer = browser.post(HERE, sent(TEXT))
    kept = ImportFile.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page_of(kept))
    page = read(browser.get(page_of(kept)))
    assert (page.heading, page.facts) == (
        "kunder.csv",
        {"New": "2", "Would change": "0", "Unchanged": "0", "With errors": "1"},
    )
    assert Client.objects.get_queryset().count() == 0


def test_the_button_says_what_it_does_in_numbers(read, browser, file):
    """B20: rows with errors are left out only if the person says so."""
    assert "Import 2 clients and skip 1 row with errors" in read(browser.get(page_of(file))).all("button")


def test_the_preview_shows_rows_and_errors_and_masks_personal_numbers(read, browser, file):
    answer = browser.get(page_of(file))
    page = read(answer)
    assert ["2", "New", "Ek AB", "556036-0793", "ek@x.example"] in page.rows
    assert ["3", "New", "Anna", "750231-****", ""] in page.rows
    assert ["4", "Skipped", "Fel", "5560360794", "fel"] in page.rows
    assert ["4", "Column C “E-post”: “fel” is not an e-mail address. Write one like name@company.se."] in page.rows
    assert PERSON not in answer.content.decode()
    assert PERSON[-4:] not in answer.content.decode()


@pytest.mark.parametrize(
    ("content", "happened"),
    [
        (b"", "No file was chosen."),
        (b" \n", "The file is empty."),
        (b"Namn\n", "The file has a heading row but no other rows."),
        (b'Namn\n"A', "The file cannot be read from row 2 on"),
        (b"PK\x03\x04 broken", "The workbook is damaged and cannot be read."),
        (b"x" * (tables.MOST_BYTES + 5), "The file is larger than 10 MB."),
        (b"Namn\n" + b"A\n" * 20_001, "The file has more than 20,000 rows."),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_is_not_kept(browser, content, happened):
    """B20: in words, with status 422."""
    answer = browser.post(HERE, sent(content) if content else {})
    assert (answer.status_code, ImportFile.objects.count()) == (422, 0)
    assert happened in answer.content.decode()


def test_no_more_of_a_huge_file_is_kept_than_tells_that_it_is_one(browser, monkeypatch):
    """The rest is forgotten while it comes in."""
    lengths = []
    check = tables.check_kind
    monkeypatch.setattr(tables, "check_kind", lambda content: [lengths.append(len(content)), check(content)][1])
    assert browser.post(HERE, sent(b"x" * (3 * tables.MOST_BYTES))).status_code == 422
    assert lengths == [tables.MOST_BYTES + 1]


def test_taking_in_ends_on_a_page_that_tells_the_figures_and_offers_what_was_left_out(read, browser, file):
    answer = take_in(browser, file)
    assert (answer.status_code, answer["Location"]) == (302, page_of(file))
    page = read(browser.get(page_of(file)))
    assert page.facts == {"New": "2", "Changed": "0", "Unchanged": "0", "Skipped": "1"}
    left_out = browser.post(f"{page_of(file)}left-out/")
    assert left_out["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(left_out.content.decode("utf-8-sig")), delimiter=";"))
    assert [row[:4] for row in rows] == [
        ["Namn", "Orgnr", "E-post", "Row in the file"],
        ["Fel", "5560360794", "fel", "4"],
    ]
    assert AuditEntry.objects.latest("id").action == "client.sheet_refused"


def test_figures_that_the_person_did_not_see_are_not_confirmed(browser, file):
    answer = take_in(browser, file, refused=0)
    assert (answer.status_code, Client.objects.get_queryset().count()) == (409, 0)
    assert "The import would do something else than the page showed" in answer.content.decode()
    assert take_in(browser, file, new="many").status_code == 404


def test_pressed_twice_is_once(browser, file):
    assert [take_in(browser, file).status_code for _ in range(2)] == [302, 302]
    assert Client.objects.get_queryset().count() == 2


def test_without_a_name_column_the_page_says_why_it_cannot_go_on(read, browser, owner, scope):
    """B20: missing columns. The person picks one, and it goes on."""
    file = make_import_file(owner, "Kod;Ort\nA;Lund\n")
    answer = browser.get(page_of(file))
    assert "No column contains the name of the client." in answer.content.decode()
    assert f"{page_of(file)}take-in/" not in read(answer).values("form", "action")
    assert take_in(browser, file).status_code == 409
    chosen = {"encoding": "utf-8", "delimiter": ";", "column-0": "name", "column-1": "city"}
    assert browser.post(f"{page_of(file)}columns/", chosen).status_code == 302
    assert "Import 1 client" in read(browser.get(page_of(file))).all("button")


def test_two_columns_with_one_heading_are_named_and_one_field_is_filled_once(browser, owner, scope):
    """B20: duplicate headers."""
    file = make_import_file(owner, "Namn;Ort;Ort\nA;Lund;Malmö\n")
    words = browser.get(page_of(file)).content.decode()
    assert "City could be B “Ort” and C “Ort”." in words
    chosen = {"encoding": "utf-8", "delimiter": ";", "column-0": "name", "column-1": "city", "column-2": "city"}
    answer = browser.post(f"{page_of(file)}columns/", chosen)
    assert answer.status_code == 422
    assert "City is already chosen for B “Ort”. Choose one of the two." in answer.content.decode()
    file.refresh_from_db()
    assert file.columns == ["name", "", ""]


def test_an_encoding_that_does_not_fit_is_said_at_its_field_and_the_file_stays_as_it_was(browser, owner, scope):
    """B20: the encoding is shown and changeable."""
    file = make_import_file(owner, "Namn;Ort\nÅkerlund;Malmö\n".encode("cp1252"))
    chosen = {"encoding": "utf-8", "delimiter": ";", "column-0": "name", "column-1": "city"}
    answer = browser.post(f"{page_of(file)}columns/", chosen)
    assert (answer.status_code, "Line 2 cannot be read with this character encoding." in answer.content.decode()) == (
        422,
        True,
    )
    file.refresh_from_db()
    assert file.encoding == "windows-1252"
    assert browser.post(f"{page_of(file)}columns/", {**chosen, "encoding": "latin-1"}).status_code == 302
    file.refresh_from_db()
    assert (file.encoding, file.columns) == ("latin-1", ["name", "city"])


def test_a_hostile_file_is_shown_as_text(browser, owner, scope):
    """B04."""
    file = make_import_file(owner, "Namn;<script>alert(1)</script>\n<img src=x onerror=alert(1)>;{{7*7}}\n")
    words = browser.get(page_of(file)).content.decode()
    assert ("<script>alert" in words, "<img" in words, "{{7*7}}" in words) == (False, False, True)


def test_a_file_is_thrown_away(browser, file):
    answer = browser.post(f"{page_of(file)}throw-away/")
    assert (answer["Location"], ImportFile.objects.count()) == (HERE, 0)
    assert browser.get(page_of(file)).status_code == 404


def test_a_file_at_work_shows_how_far_it_is_and_looks_again_by_itself(read, browser, file):
    ImportFile.objects.filter(pk=file.pk).update(state="importing", rows=500, place=200)
    page = read(browser.get(page_of(file)))
    assert (page.values("progress", "value"), page.values("section", "hx-trigger")) == (["200"], ["every 2s"])


# Export


@pytest.fixture
def three(make, scope, owner):
    bygg = make.client(
        owner, "Åkerlunds Bygg AB", organisation_number="5560360793", email="a@x.example", phone="+46 40 1"
    )
    anna = make.client(owner, "Anna Ek", organisation_number=PERSON, vat_number=f"SE{PERSON}01", city="=1+1")
    gone = make.client(owner, "Borta AB")
    archive_clients(ids=[gone.pk], actor=owner, at=AT)
    return [bygg, anna, gone]


def exported(answer):
    content = b"".join(answer.streaming_content)
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def names(answer):
    return [row[0] for row in exported(answer)[1:]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Anna Ek", "Åkerlunds Bygg AB"]),
        ("?sort=-name", ["Åkerlunds Bygg AB", "Anna Ek"]),
        ("?q=bygg", ["Åkerlunds Bygg AB"]),
        ("?show=archived", ["Borta AB"]),
        ("?show=linked", ["Åkerlunds Bygg AB"]),
        ("?show=linked&q=anna", []),
    ],
)
def test_an_export_is_what_the_list_shows(browser, three, ledger, query, found):
    assert names(browser.post(EXPORT + query, {"form": "csv"})) == found


def test_an_export_is_harmless_in_a_spreadsheet(browser, three):
    """B06: formulas are text, numbers are numbers, and what nobody stated is empty."""
    Client.everywhere.filter(name="Anna Ek").update(payment_days=30)
    head, anna, bygg = exported(browser.post(EXPORT, {"form": "csv"}))
    by_name = dict(zip(head, anna, strict=True))
    assert (by_name["City"], by_name["Terms of payment, days"]) == ("'=1+1", "30")
    bygg_by_name = dict(zip(head, bygg, strict=True))
    assert (bygg_by_name["Phone"], bygg_by_name["Terms of payment, days"]) == ("'+46 40 1", "")


def test_personal_numbers_are_masked_unless_somebody_who_may_see_them_asks(signed_in, browser, member, three):
    """S51: and who had them in full stands in the audit log."""
    masked = exported(browser.post(EXPORT, {"form": "csv"}))[1]
    assert masked[1:3] == ["750231-****", "SE750231****"]
    whole = exported(browser.post(EXPORT, {"form": "csv", "whole": "1"}))[1]
    assert whole[1:3] == [f"{PERSON[:6]}-{PERSON[6:]}", f"SE{PERSON}01"]
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.summary) == ("client.export", "Clients exported: 2")
    assert entry.after == {"file": "csv", "search": "", "personal_numbers_in_full": True}
    assert signed_in(member).post(EXPORT, {"form": "csv", "whole": "1"}).status_code == 403
    assert exported(signed_in(member).post(EXPORT, {"form": "csv"}))[1][1] == "750231-****"


def test_an_exported_workbook_can_be_imported_and_changes_nothing(read, browser, three):
    answer = browser.post(EXPORT, {"form": "xlsx", "whole": "1"})
    content = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"].endswith('.xlsx"')
    assert list(tables.all_rows(tables.pack_sheet(content, 0), Reading()))[2].cells[:2] == (
        "Åkerlunds Bygg AB",
        "556036-0793",
    )
    browser.post(HERE, sent(content, "clients.xlsx"))
    page = read(browser.get(page_of(ImportFile.objects.get())))
    assert page.facts == {"New": "0", "Would change": "0", "Unchanged": "2", "With errors": "0"}


def test_an_exported_csv_can_be_imported_and_changes_nothing(read, browser, three):
    content = b"".join(browser.post(EXPORT, {"form": "csv", "whole": "1"}).streaming_content)
    browser.post(HERE, sent(content))
    page = read(browser.get(page_of(ImportFile.objects.get())))
    assert page.facts == {"New": "0", "Would change": "0", "Unchanged": "2", "With errors": "0"}


def test_the_page_says_how_many_and_refuses_what_no_file_takes(read, browser, three, monkeypatch):
    from uku.web.views import client_export

    assert "Export 2 clients" in read(browser.get(EXPORT)).all("button")
    assert browser.post(EXPORT, {"form": "pdf"}).status_code == 422
    monkeypatch.setitem(client_export.MOST_EXPORTED, "xlsx", 1)
    assert browser.post(EXPORT, {"form": "xlsx"}).status_code == 422
    assert not AuditEntry.objects.filter(action="client.export").exists()


def test_an_export_asks_no_more_for_more_clients(browser, make, owner, scope, ledger):
    asked = []
    for count in (3, 40):
        for number in range(count):
            make.client(owner, f"Bolag {count} {number}")
        with CaptureQueriesContext(connection) as queries:
            exported(browser.post(EXPORT, {"form": "csv"}))
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_the_list_offers_import_and_export_and_keeps_one_primary_action(read, signed_in, browser, member, three):
    page = read(browser.get("/w/byran/clients/?q=anna"))
    assert [text for text in page.all("a") if text.startswith(("Import", "Export"))] == ["Import", "Export 1 client"]
    assert f"{EXPORT}?q=anna" in page.values("a", "href")
    primary = [a for tag, a in page.tags if tag in {"a", "button"} and "button--primary" in (a.get("class") or "")]
    assert len(primary) == 1
    assert "Import" not in read(signed_in(member).get("/w/byran/clients/")).all("a")


# Read as the person says


def workbook_file(owner, change):
    book = Workbook()
    for row in (["Namn", "Ort"], ["Ek AB", "Lund"], ["Gran AB", "Ystad"], ["Björk AB", "Malmö"]):
        book.active.append(row)
    change(book)
    content = io.BytesIO()
    book.save(content)
    return make_import_file(owner, content.getvalue())


def read_otherwise(browser, file, **chosen):
    fields = {f"column-{place}": field for place, field in enumerate(file.columns)}
    return browser.post(f"{page_of(file)}columns/", {**fields, **chosen})


def figures_of(page):
    return page.facts["New"], page.facts["With errors"]


def test_hidden_rows_are_asked_about_and_nothing_is_imported_before(read, browser, owner, scope):
    def hide(book):
        book.active.row_dimensions[3].hidden = True

    file = workbook_file(owner, hide)
    page = read(browser.get(page_of(file)))
    question = "A filter in the workbook hides 1 row. The figures are without it. Is it imported, too?"
    assert (question in page.all("p"), figures_of(page)) == (True, ("2", "0"))
    assert [b for b in page.all("button") if "hidden" in b] == ["Skip hidden rows", "Import hidden rows, too"]
    assert take_in(browser, file, new=2, refused=0).status_code == 409
    assert Client.objects.get_queryset().count() == 0
    read_otherwise(browser, file, hidden_choice="import")
    assert figures_of(read(browser.get(page_of(file)))) == ("3", "0")
    read_otherwise(browser, file, hidden_choice="skip")
    assert figures_of(read(browser.get(page_of(file)))) == ("2", "0")
    take_in(browser, file, new=2, refused=0)
    assert sorted(client.name for client in Client.objects.get_queryset()) == ["Björk AB", "Ek AB"]


def test_another_sheet_is_read_instead(read, browser, owner, scope):
    def add(book):
        book.create_sheet("Leverantörer").append(["Företag", "Telefon"])
        book["Leverantörer"].append(["Gran AB", "040-1"])

    file = workbook_file(owner, add)
    assert "Leverantörer" in browser.get(page_of(file)).content.decode()
    read_otherwise(browser, file, sheet="1")
    page = read(browser.get(page_of(file)))
    assert (figures_of(page), ["2", "New", "Gran AB", "040-1"] in page.rows) == (("1", "0"), True)
    assert read_otherwise(browser, file, sheet="9").status_code == 422


def test_another_row_is_chosen_for_the_headings(read, browser, owner, scope):
    file = make_import_file(owner, "Namn;Ort\nKod;Företag\n1;Ek AB\n")
    assert ["3", "New", "1", "Ek AB"] in read(browser.get(page_of(file))).rows
    chosen = {"encoding": "utf-8", "delimiter": ";", "heading_row": "2"}
    assert read_otherwise(browser, file, **chosen).status_code == 302
    assert ["3", "New", "Ek AB"] in read(browser.get(page_of(file))).rows


def test_a_sum_line_is_left_out_unless_it_is_ticked(read, browser, owner, scope):
    file = make_import_file(owner, "Namn;Ort\nEk AB;Lund\nTotalt;\n")
    page = read(browser.get(page_of(file)))
    words = "Column A “Namn”: “Totalt” looks like the sum of the list, not like a client. If it is one, say so below."
    assert (["3", words] in page.rows, figures_of(page)) == (True, ("1", "1"))
    assert "The last row is a client, not a sum" in page.all("label")
    read_otherwise(browser, file, encoding="utf-8", delimiter=";", with_sum_line="on")
    assert figures_of(read(browser.get(page_of(file)))) == ("2", "0")


def test_a_guessed_code_page_is_shown_with_names(read, browser, owner, scope):
    file = make_import_file(owner, "Namn;Ort\nBjörkhaga Trädgård AB;Örebro\nEk;Lund\n".encode("cp850"))
    page = read(browser.get(page_of(file)))
    assert "Read as CP850 (DOS): Björkhaga Trädgård AB · Örebro" in page.all("p")


def test_a_column_that_looks_like_numbers_and_fills_none_is_named(read, browser, owner, scope):
    file = make_import_file(owner, "Namn;Nummer;Ort\nEk AB;556036-0793;Lund\nGran AB;402200-0014;Ystad\n")
    words = "No column is chosen for the organisation number, and B “Nummer” looks like one. Choose it below."
    assert words in read(browser.get(page_of(file))).all("p")
    read_otherwise(browser, file, encoding="utf-8", delimiter=";", **{"column-1": "organisation_number"})
    assert words not in read(browser.get(page_of(file))).all("p")


# Large files


@pytest.fixture
def in_background(monkeypatch):
    """Every file is a large one."""
    monkeypatch.setattr(operations, "READ_AT_ONCE", 0)


def large(rows=600, text="Namn;E-post;Telefon;Adress;Ort\n"):
    return text + "".join(f"Bolag {n} AB;info{n}@bolag.example;040-{n:07};Gatan {n};Malmö\n" for n in range(rows))


def test_a_large_file_is_read_by_a_job_and_its_page_says_how_far(in_background, read, browser, monkeypatch):
    browser.post(HERE, sent(large()))
    file = ImportFile.objects.get()
    page = read(browser.get(page_of(file)))
    assert (file.state, page.values("section", "hx-trigger")) == ("reading", ["every 2s"])
    assert page.values("progress", "aria-label") == ["Rows compared"]
    told = []
    make = operations.make_preview
    monkeypatch.setattr(
        operations,
        "make_preview",
        lambda file, tell: make(file, tell=lambda place: [tell(place), told.append(read(browser.get(page_of(file))))]),
    )
    work_off()
    assert [page.all("span")[-1] for page in told] == [f"{n} / 600" for n in (500,)]
    page = read(browser.get(page_of(file)))
    assert figures_of(page) == ("600", "0")
    assert browser.get(page_of(file), headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    with CaptureQueriesContext(connection) as queries:
        browser.get(page_of(file))
    assert [query for query in queries if 'uku_client"' in query["sql"]] == []  # what was found is kept
    take_in(browser, file, new=600, refused=0)
    work_off()
    assert Client.objects.get_queryset().count() == 600


def test_a_large_file_is_compared_again_when_clients_were_changed_meanwhile(in_background, read, browser, owner):
    browser.post(HERE, sent(large()))
    work_off()
    create_client(actor=owner, at=clock.now(), name="Bolag 7 AB", email="info7@bolag.example")
    file = ImportFile.objects.get()
    page = read(take_in(browser, file, new=600, refused=0, follow=True))
    words = "Clients were changed after the file was read. It is compared with them again."
    assert words in page.all("p") + page.all("li")
    work_off()
    page = read(browser.get(page_of(file)))
    assert (page.facts["New"], page.facts["Would change"]) == ("599", "1")


def test_a_large_file_that_cannot_be_read_says_why_on_its_page(in_background, read, browser):
    browser.post(HERE, sent(large() + '"Fel'))
    work_off()
    file = ImportFile.objects.get()
    page = read(browser.get(page_of(file)))
    words = "The file cannot be read from row 602 on: a quotation mark is missing or misplaced."
    assert (file.state, words in page.all("p")) == ("unreadable", True)
    browser.post(f"{page_of(file)}throw-away/")
    assert ImportFile.objects.count() == 0


def test_a_mapping_of_a_large_file_is_compared_by_a_job_too(in_background, read, browser):
    browser.post(HERE, sent(large(text="Kod;E-post;Telefon;Adress;Ort\n")))
    work_off()
    file = ImportFile.objects.get()
    assert "No column contains the name of the client." in browser.get(page_of(file)).content.decode()
    read_otherwise(browser, file, encoding="utf-8", delimiter=";", **{"column-0": "name"})
    file.refresh_from_db()
    assert file.state == "reading"
    work_off()
    assert figures_of(read(browser.get(page_of(file)))) == ("600", "0")


def test_the_page_for_other_programs_names_them(read, browser):
    page = read(browser.get("/w/byran/help/export-clients/"))
    assert page.heading == "Export from your program"
    assert [row[0].partition(" (")[0] for row in page.rows[1:]] == [
        "Fortnox", "Visma eEkonomi", "Visma Administration", "BL Administration", "Lundify", "Excel", "another program"
    ]  # fmt: skip
    assert "/w/byran/help/export-clients/" in read(browser.get(HERE)).values("a", "href")
