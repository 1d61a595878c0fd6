"""Clients from a file, as a bookkeeper does it: upload, look, confirm, see what was left out."""

from __future__ import annotations

import pytest
from tests.journeys.looking import (
    assert_keyboard_reaches_everything,
    assert_no_sideways_scroll,
    axe_violations,
    picture,
)
from tests.journeys.site import BASE

pytestmark = pytest.mark.browser
FILE = """Kundnr;Namn;Orgnr;E-post;Telefon;Adress;Postnr;Ort;Land;Betalningsvillkor
1001;Åkerlunds Bygg AB;556036-0793;info@akerlund.example;040-12 34 56;Storgatan 1;211 34;Malmö;Sverige;30 dagar
1002;Öberg & Co HB;;post@oberg.example;046-12 34;Stora Södergatan 7;222 23;Lund;SE;20
1003;Nordsjö Måleri AB;556036-0794;nordsjo@maleri.example;;Hamngatan 2;252 21;Helsingborg;SE;30
1004;Gränges Frisör;;grangesfrisor;040-98 76;Bergsgatan 12;214 22;Malmö;SE;snart
1005;Åkerlunds Bygg;556036-0793;;;;;;;
1006;Västerviks Redovisning AB;402200-0014;hej@vastervik.example;0490-123 45;Kvarngatan 3;593 30;Västervik;SE;10
"""


def uploaded(site, page, text=FILE, name="kunder 2026.csv"):
    site.open(page, "/clients/")
    page.get_by_role("link", name="Import", exact=True).click()
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": text.encode("cp1252")})
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("heading", name=name).wait_for()


def looked_at(page, name):
    picture(page, name)
    assert axe_violations(page) == []
    assert_no_sideways_scroll(page)
    assert_keyboard_reaches_everything(page)


def test_a_file_is_uploaded_looked_at_taken_in_and_exported_again(shared_site):
    site = shared_site
    page = site.sign_in()
    site.open(page, "/clients/import/")
    looked_at(page, "sheet-upload")
    uploaded(site, page)
    looked_at(page, "sheet-preview")
    page.get_by_role("button", name="Import 3 clients and skip 3 rows with errors").click()
    page.get_by_text("Imported, 3 rows skipped").wait_for()
    looked_at(page, "sheet-done")
    with page.expect_download() as left_out:
        page.get_by_role("button", name="Download skipped rows").click()
    assert left_out.value.suggested_filename.startswith("left-out-")
    page.get_by_role("link", name="Show the clients").click()
    page.wait_for_url(f"**{BASE}/clients/")
    page.get_by_role("link", name="Öberg & Co HB", exact=True).wait_for()
    looked_at(page, "sheet-list-after")
    page.get_by_role("searchbox").fill("öberg")
    page.get_by_role("link", name="Export 1 client").wait_for()
    page.get_by_role("link", name="Export 1 client").click()
    looked_at(page, "sheet-export")
    with page.expect_download() as exported:
        page.get_by_role("button", name="Export 1 client").click()
    assert exported.value.suggested_filename.endswith(".xlsx")


def test_a_file_is_taken_in_on_a_phone_without_scripts(shared_site):
    page = shared_site.sign_in(script=False, width=390)
    uploaded(shared_site, page, "Kod;Firma\n1;Ekdungen AB\n", "firmor.csv")
    assert page.locator("main h1").inner_text() == "firmor.csv"
    page.get_by_role("button", name="Import 1 client", exact=True).click()
    assert page.locator(".sheet-figures dd").first.inner_text() == "1"


def test_a_file_that_is_none_says_what_to_do(shared_site):
    page = shared_site.sign_in()
    shared_site.open(page, "/clients/import/")
    page.set_input_files(
        "input[type=file]", {"name": "x.xls", "mimeType": "", "buffer": bytes.fromhex("d0cf11e0a1b11ae1")}
    )
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("The file is an old Excel workbook (.xls), or it has a password.").wait_for()
    looked_at(page, "sheet-refused")
    uploaded(shared_site, page, "Kod;E-post;Epost\n1;a@x.example;b@x.example\n", "utan namn.csv")
    page.get_by_text("No column contains the name of the client.").wait_for()
    looked_at(page, "sheet-no-name")
