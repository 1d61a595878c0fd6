"""Rows of a file: headings recognised, cells read, what is wrong said with its column."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uku.clients.import_files.checks import check_rows
from uku.clients.import_files.errors import Row, RowReason
from uku.clients.import_files.fields import (
    FIELDS,
    HEADINGS,
    WrongCell,
    is_mapping,
    parse_cell,
    recognise,
)
from uku.clients.import_files.preview import label_of, row_error_words

NUMBER, FINNISH = "5560360793", "FI01120389"


def checked(columns, *rows):
    made = (Row(number, tuple(cells)) for number, cells in enumerate(rows, 2))
    return list(check_rows(made, columns))


def problems(found):
    return [(t.row, t.column, t.reason, t.other) for row in found for t in row.errors]


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (
            ["Namn", "Organisationsnummer", "E-post", "Telefon", "Adress", "Postnummer", "Ort", "Land"],
            ["name", "organisation_number", "email", "phone", "address1", "postcode", "city", "country"],
        ),
        (
            ["Kundnamn", "Orgnr", "Momsregistreringsnummer", "Betalningsvillkor", "Valuta", "Kundnr"],
            ["name", "organisation_number", "vat_number", "payment_days", "currency", ""],
        ),
        (
            ["Nimi", "Y-tunnus", "Sähköposti", "Puhelin", "Osoite", "Postinumero", "Postitoimipaikka", "Maa"],
            ["name", "organisation_number", "email", "phone", "address1", "postcode", "city", "country"],
        ),
        (
            ["CLIENT", "org.nr:", "e mail", "ZIP code", "", "Notes"],
            ["name", "organisation_number", "email", "postcode", "", ""],
        ),
    ],
)
def test_headings_are_recognised_in_three_languages(headings, fields):
    assert recognise(headings) == fields


def test_no_heading_means_two_fields_and_an_exports_own_are_all_known():
    words = [heading for known in HEADINGS.values() for heading in known]
    assert all(recognise([heading]) != [""] for heading in words)
    assert recognise([label_of(field) for field in FIELDS]) == list(FIELDS)


def test_two_columns_for_one_field_fill_none_until_a_person_says_which():
    """B20: duplicate headers."""
    headings = ["Namn", "E-post", "Epost", "Ort", "ort", "", ""]
    assert recognise(headings) == ["name", "", "", "", "", "", ""]


def test_a_mapping_has_known_fields_each_at_most_once():
    assert is_mapping(["name", "", ""], 3)
    assert [is_mapping(c, 2) for c in (["name"], ["name", "name"], ["name", "password"])] == [False, False, False]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("organisation_number", "556036-0793", NUMBER),
        ("organisation_number", " 16556036-0793 ", NUMBER),
        ("organisation_number", "0112038-9", FINNISH),
        ("organisation_number", "", ""),
        ("vat_number", "se556036079301", "SE556036079301"),
        ("vat_number", "DE 123 456 789", "DE123456789"),
        ("vat_number", "CHE-116.281.710 MWST", "CHE116281710MWST"),
        ("vat_number", "NO 974 760 673 MVA", "NO974760673MVA"),
        ("vat_number", "EL094259216", "EL094259216"),
        ("email", "Info@X.se; b@x.se", "Info@X.se; b@x.se"),
        ("country", "Sverige", "SE"),
        ("country", "ruotsi", "SE"),
        ("country", "fi", "FI"),
        ("country", "Tyskland", "DE"),
        ("currency", "kr", "SEK"),
        ("currency", "eur", "EUR"),
        ("payment_days", "30 dagar", 30),
        ("payment_days", "Netto 10", 10),
        ("payment_days", "0", 0),
        ("vat_type", "SEVAT", "domestic"),
        ("vat_type", "Reverse charge within the EU", "eu_reverse_charge"),
        ("address1", "Box 1\r\nStorgatan 2", "Box 1, Storgatan 2"),
        ("name", "Berg\nBygg AB", "Berg Bygg AB"),
    ],
)
def test_a_cell_is_read_as_people_write_it(field, text, value):
    assert parse_cell(field, text, country="") == value


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("organisation_number", "556036-0794", RowReason.NUMBER),
        ("organisation_number", "7", RowReason.NUMBER),
        ("organisation_number", "750231-****", RowReason.NUMBER_MASKED),
        ("organisation_number", "5555555555", RowReason.NUMBER_FILLER),
        ("vat_number", "SE556036079401", RowReason.VAT),
        ("vat_number", "556036-0793", RowReason.VAT),
        ("vat_number", "SE750231****", RowReason.NUMBER_MASKED),
        ("email", "info", RowReason.EMAIL),
        ("email", "a@x.se, b", RowReason.EMAIL),
        ("country", "Atlantis", RowReason.COUNTRY),
        ("currency", "crowns", RowReason.CURRENCY),
        ("payment_days", "soon", RowReason.DAYS),
        ("payment_days", "-30", RowReason.DAYS),
        ("payment_days", "366", RowReason.DAYS),
        ("payment_days", "10 dagar 2 %", RowReason.DAYS),
        ("vat_type", "some", RowReason.VAT_TYPE),
        ("name", "x" * 1025, RowReason.TOO_LONG),
        ("name", "a\x07b", RowReason.UNPRINTABLE),
    ],
)
def test_a_cell_that_holds_no_value_is_told_why(field, text, reason):
    with pytest.raises(WrongCell) as wrong:
        parse_cell(field, text, country="")
    assert wrong.value.reason == reason


@pytest.mark.parametrize(
    ("country", "written", "value"),
    [
        ("Norge", "974 760 673", "974760673"),
        ("DK", "DK-76890943", "76890943"),
        ("Estonia", "11577702", "11577702"),
        ("BE", "0412.742.819", "0412742819"),
        ("Polen", "526-025-02-74", "5260250274"),
        ("US", "12-3456789", "12-3456789"),
    ],
)
def test_another_countrys_number_is_read_by_its_rules_wherever_its_column_is(country, written, value):
    found = checked(["name", "organisation_number", "country"], ["Nord AS", written, country])
    assert (problems(found), found[0].values["organisation_number"]) == ([], value)


def test_each_trouble_names_row_and_column_and_says_what_to_do():
    """B20: row-level errors."""
    headings = ("Namn", "Orgnr", "E-post")
    found = checked(["name", "organisation_number", "email"], ["", "556036-0794", "info"])
    assert [row_error_words(t, headings) for t in found[0].errors] == [
        "Column A “Namn”: the name is missing. Write the name of the client.",
        (
            "Column B “Orgnr”: “556036-0794” is not an organisation number: the last digit is a"
            " check digit, and it is wrong. Swedish numbers look like 556000-4615, Finnish like"
            " 0112038-9. For a client in another country, write the country."
        ),
        "Column C “E-post”: “info” is not an e-mail address. Write one like name@company.se.",
    ]


def test_every_problem_has_words_and_no_message_repeats_a_personal_number():
    from uku.clients.import_files.errors import RowError

    for reason in RowReason:
        assert row_error_words(RowError(2, 0, reason, "value", 7), ["Namn"])
    found = checked(["name", "organisation_number"], ["Anna", "750231-5003"])
    assert "5003" not in row_error_words(found[0].errors[0], ["Namn", "Orgnr"])


def test_of_two_rows_with_one_key_the_second_is_an_error_that_names_the_first():
    """B20: idempotent by key; within the file, too."""
    columns = ["name", "organisation_number", "email"]
    found = checked(
        columns,
        ["Berg AB", "556036-0793", "a@x.se"],
        ["Dal AB", "16556036-0793", ""],  # the same number
        ["Ek AB", "", "e@x.se"],
        ["EK  ab", "", "E@X.se"],  # the same e-mail and name
        ["Ek AB", "402200-0014", "e@x.se"],  # one of the two has no number
        ["Berg AB", "402200-0014", "a@x.se"],  # two numbers are two clients
        ["Gran", "", ""],
        ["gran", "", ""],  # nothing tells them apart
    )
    assert problems(found) == [
        (3, -1, RowReason.SAME_CLIENT, 2),
        (5, -1, RowReason.SAME_CLIENT, 4),
        (6, -1, RowReason.SAME_CLIENT, 4),
        (9, -1, RowReason.SAME_NAME, 8),
    ]


def test_a_row_that_is_refused_takes_no_key_from_the_next():
    found = checked(["name", "organisation_number", "email"], ["A", "5560360793", "x"], ["B", "5560360793", ""])
    assert problems(found) == [(2, 2, RowReason.EMAIL, 0)]


def test_more_cells_than_headings_are_an_error():
    found = checked(["name", ""], ["Berg", "Lund", "", "x"])
    assert problems(found) == [(2, -1, RowReason.MORE_CELLS, 2)]


@settings(max_examples=300)
@given(
    st.lists(
        st.lists(st.text(max_size=14) | st.from_regex(r"[0-9٠-٩SEFI*, -]{0,14}", fullmatch=True), max_size=14),
        max_size=4,
    )
)
def test_any_cells_are_values_or_troubles_with_words(rows):
    headings = [label_of(field) for field in FIELDS]
    for row in checked(list(FIELDS), *rows):
        assert row.errors or row.values["name"]
        assert all(row_error_words(error, headings) for error in row.errors)
