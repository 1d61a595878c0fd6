from __future__ import annotations

import ast
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.uku.invoices.papers import SELLER, lines_of, make_content, reader_of, row, tags_of

import uku.invoices
from uku.clients.models import VatType
from uku.invoices.pdf.content import AccountingRate, Language, Row, Supply
from uku.invoices.pdf.qr import draw_payment_code, payment_fields
from uku.invoices.pdf.render import render_pdf
from uku.invoices.pdf.words import VAT_SENTENCES, catalogue
from uku.invoices.totals import Totals

OTHERS = [language for language in Language if language != Language.ENGLISH]


def test_an_invoice_carries_what_the_law_asks_for():
    """L01, and ABL 28:5 for the seller."""
    content = make_content(
        row("Bookkeeping", "2", "1250.00", discount="10"),
        Row("As agreed on 3 March", is_text=True),
        row("Book", "1", "499.50", rate="6"),
        your_reference="Åke Åkerlund",
        our_reference="Olga Owner",
        remarks="Thank you.\nSee you.",
        late_interest="Interest by law.",
    )
    assert lines_of(render_pdf(content)) == [
        "Invoice 1042",
        "Seller",
        "Exempelbyrån AB",
        "Storgatan 1",
        "211 34 Malmö",
        "Organisation number 402200-0014",
        "VAT number SE402200001401",
        "Registered office Malmö",
        "Approved for F-tax",
        "Buyer",
        "Åkerlunds Bygg AB",
        "Byggvägen 2",
        "222 22 Lund",
        "Organisation number 402200-0022",
        "VAT number SE402200002201",
        "Invoice number 1042",
        "Invoice date 30 Nov 2026",
        "Due date 30 Dec 2026",
        "OCR number 10429",
        "Date of supply 30 Nov 2026",
        "Your reference Åke Åkerlund",
        "Our reference Olga Owner",
        "Rows",
        "Description Quantity Unit Price Discount VAT Amount, SEK",
        "Bookkeeping 2 h 1,250.00 10 % 25 % 2,250.00",
        "As agreed on 3 March",
        "Book 1 h 499.50 6 % 499.50",
        "Net 2,749.50",
        "VAT 6 % on 499.50 29.97",
        "VAT 25 % on 2,250.00 562.50",
        "Rounding 0.03",
        "Amount due 3,342.00 SEK",
        "Services with the VAT of the seller's country.",
        "Thank you.",
        "See you.",
        "Payment",
        "Bankgiro 5050-1055",
        "OCR number 10429",
        "Due date 30 Dec 2026",
        "Amount due 3,342.00 SEK",
        "Interest by law.",
        "Exempelbyrån AB, Invoice 1042 Page 1 of 1",
    ]


def test_a_credit_note_names_its_invoice_and_asks_for_nothing():
    content = make_content(
        row("Bookkeeping", "-2", "1250.00"), language=Language.SWEDISH, number="1043", credits="1042"
    )
    assert lines_of(render_pdf(content)) == [
        "Kreditfaktura 1043",
        "Avser faktura 1042",
        "Säljare",
        "Exempelbyrån AB",
        "Storgatan 1",
        "211 34 Malmö",
        "Organisationsnummer 402200-0014",
        "Momsregistreringsnummer SE402200001401",
        "Säte Malmö",
        "Godkänd för F-skatt",
        "Köpare",
        "Åkerlunds Bygg AB",
        "Byggvägen 2",
        "222 22 Lund",
        "Organisationsnummer 402200-0022",
        "Momsregistreringsnummer SE402200002201",
        "Kreditfakturanummer 1043",
        "Fakturadatum 2026-11-30",
        "Leveransdatum 2026-11-30",
        "Rader",
        "Benämning Antal Enhet À-pris Moms Belopp, SEK",
        "Bookkeeping -2 h 1 250,00 25 % -2 500,00",
        "Netto -2 500,00",
        "Moms 25 % på -2 500,00 -625,00",
        "Krediterat -3 125,00 SEK",
        "Tjänster med moms i säljarens land.",
        "Exempelbyrån AB, Kreditfaktura 1043 Sida 1 av 1",
    ]


CASES = [(vat_type, supply) for vat_type in VatType.values for supply in Supply]


@pytest.mark.parametrize(("vat_type", "supply"), CASES)
@pytest.mark.parametrize("credited", ["", "1041"])
def test_each_way_to_be_taxed_has_its_sentence(vat_type, supply, credited):
    content = make_content(vat_type=vat_type, supplies=frozenset({supply}), credits=credited)
    sentence = VAT_SENTENCES[vat_type, supply]
    assert [line for line in lines_of(render_pdf(content)) if line in VAT_SENTENCES.values()] == [sentence]


def test_the_ten_ways_to_be_taxed_are_told_apart():
    assert set(VAT_SENTENCES) == set(CASES)
    assert len(set(VAT_SENTENCES.values())) == 10


def test_goods_and_services_on_one_invoice_are_both_told():
    content = make_content(vat_type="eu_reverse_charge", supplies=frozenset(Supply), language=Language.SWEDISH)
    told = [line for line in lines_of(render_pdf(content)) if "direktivet" in line]
    assert told == [
        "Momsfri unionsintern försäljning av varor: artikel 138 i mervärdesskattedirektivet.",
        "Omvänd betalningsskyldighet / Reverse charge: artikel 196 i mervärdesskattedirektivet.",
    ]


def test_another_currency_is_paid_to_the_account_and_tells_its_vat_in_kronor():
    """ML 17:29, with the rate and its day."""
    totals = Totals(Decimal("100.00"), Decimal("25.00"), Decimal("0.00"), Decimal("125.00"))
    rate = AccountingRate(Decimal("11.2345"), date(2026, 11, 27))
    content = make_content(currency="EUR", totals=totals, accounting_rate=rate)
    lines = lines_of(render_pdf(content))
    assert "VAT in SEK: 280.86, at 11.2345 SEK for 1 EUR of 27 Nov 2026." in lines
    assert lines[lines.index("Payment") + 1 :][:2] == ["IBAN SE45 5000 0000 0583 9825 7466", "BIC ESSESESS"]
    assert [line for line in lines if "Bankgiro" in line] == []
    assert draw_payment_code(content) == ""


def test_a_finnish_seller_prints_what_finns_know():
    seller = make_content().seller
    finnish = type(seller)(
        "Tilitoimisto Oy", ("Katu 1", "00100 Helsinki"), "FI", "Helsinki", "0112038-9", "FI01120389", True,
        iban="FI2112345600000785", bic="NDEAFIHH",
    )  # fmt: skip
    content = make_content(seller=finnish, currency="EUR", ocr="10427", language=Language.FINNISH)
    lines = lines_of(render_pdf(content))
    for line in ("Y-tunnus 0112038-9", "Kotipaikka Helsinki", "Ennakkoperintärekisterissä", "Viitenumero 10427"):
        assert line in lines


def test_a_swedish_seller_has_no_finnish_business_id_in_whatever_language():
    words = {
        Language.FINNISH: "Organisaationumero",
        Language.ESTONIAN: "Registrikood",
        Language.ENGLISH: "Organisation number",
    }
    for language, label in words.items():
        assert f"{label} 402200-0014" in lines_of(render_pdf(make_content(language=language)))


def test_a_period_stands_in_place_of_the_day_of_supply():
    content = make_content(supply_from=date(2026, 11, 1), supply_to=date(2026, 11, 30))
    assert [line for line in lines_of(render_pdf(content)) if line.startswith(("Period", "Date of supply"))] == [
        "Period 1 Nov 2026 – 30 Nov 2026"
    ]


def test_a_draft_says_so_on_each_page_and_has_nothing_to_pay_by():
    content = make_content(*[row(f"Work {n}", "1", "10") for n in range(60)], number="", ocr="")
    lines = lines_of(render_pdf(content))
    assert "Draft, not an invoice" in lines
    assert lines.count("Draft") == len(reader_of(render_pdf(content)).pages) == 2
    assert draw_payment_code(content) == ""


def test_the_payment_code_tells_a_bank_what_to_pay():
    assert payment_fields(make_content()) == {
        "uqr": 1, "tp": 1, "nme": "Exempelbyrån AB", "cc": "SE", "cid": "402200-0014", "iref": "10429",
        "idt": "20261130", "ddt": "20261230", "due": 3125.0, "vat": 625.0, "cur": "SEK", "pt": "BG", "acc": "5050-1055",
    }  # fmt: skip


def test_only_what_can_be_paid_by_giro_has_a_payment_code():
    assert draw_payment_code(make_content()).startswith("<svg")
    for none in (make_content(credits="1041"), make_content(row("Work", "0", "1")), make_content(currency="EUR")):
        assert draw_payment_code(none) == ""


def test_the_paper_is_tagged_and_read_in_its_order():
    paper = render_pdf(make_content())
    root = reader_of(paper).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data().decode()
    assert tags_of(paper) == ["H1", "H2", "H2", "H2", "Table", *["TH"] * 6, *["TD"] * 6, "H2", "Figure"]
    assert reader_of(paper).metadata.title == "Invoice 1042"


def test_a_long_invoice_repeats_its_headings_and_numbers_its_pages():
    lines = lines_of(render_pdf(make_content(*[row(f"Work {n}", "1", "10") for n in range(40)])))
    assert [line for line in lines if line.startswith("Exempelbyrån AB, ")] == [
        "Exempelbyrån AB, Invoice 1042 Page 1 of 2",
        "Exempelbyrån AB, Invoice 1042 Page 2 of 2",
    ]
    assert lines.count("Description Quantity Unit Price VAT Amount, SEK") == 2


def test_what_a_person_wrote_is_printed_and_never_run():
    written = '#emph[a] *b* $x^2$ \\ #read("/etc/hostname") </script> "q"'
    lines = lines_of(render_pdf(make_content(row(written, "1", "1"))))
    assert f"{written} 1 h 1.00 25 % 1.00" in lines


def test_the_same_values_make_the_same_bytes():
    assert render_pdf(make_content()) == render_pdf(make_content())


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_of_the_paper_is_translated_with_the_same_blanks(language):
    translated = catalogue(language).gettext
    blanks = re.compile(r"%\(\w+\)s|%%")
    for text in printed_texts():
        told = catalogue(language)._catalog.get(text, "")  # gettext returns the English where there is none
        assert told, text
        assert sorted(blanks.findall(translated(text))) == sorted(blanks.findall(text))


def printed_texts() -> set[str]:
    """The texts that the modules of the paper and of its e-mail mark for translation."""
    folder = Path(uku.invoices.__file__).parent
    calls = [
        node
        for path in [*sorted((folder / "pdf").glob("*.py")), folder / "delivery_mail.py"]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"_", "gettext", "gettext_noop"}
    ]
    texts = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
    assert len(texts) > 40  # the pattern finds them
    return texts


def test_a_seller_who_is_not_approved_for_f_tax_says_nothing_of_it():
    seller = type(SELLER)(**{**{name: getattr(SELLER, name) for name in SELLER.__slots__}, "f_tax": False})
    assert [line for line in lines_of(render_pdf(make_content(seller=seller))) if "F-tax" in line] == []


def test_a_credit_note_without_vat_has_no_zero_below_zero():
    facts = {"vat_type": "eu_reverse_charge", "currency": "EUR", "number": "1043", "credits": "1042"}
    lines = lines_of(render_pdf(make_content(row("Bookkeeping", "-12.5", "95", rate="0"), **facts)))
    assert [line for line in lines if line.startswith("VAT 0 %")] == ["VAT 0 % on -1,187.50 0.00"]


def test_another_currency_is_paid_by_the_invoice_number_and_has_no_ocr():
    lines = lines_of(render_pdf(make_content(currency="EUR")))
    after = lines[lines.index("Payment") :]
    assert [line for line in lines if line.startswith("OCR")] == []
    assert [line for line in after if line.startswith("Invoice number")] == ["Invoice number 1042"]
