"""Numbers of companies and VAT numbers, of here and of other countries: what they are, and how they are shown."""

from __future__ import annotations

import pytest

from uku.clients.normalization import identity
from uku.kit.identifiers import masked, masked_vat, normalise_any_vat, normalise_number

OTHERS = [
    ("DK", "76890943", "76890943"),
    ("EE", "11577702", "11577702"),
    ("BE", "0412742819", "0412742819"),
    ("PL", "526-025-02-74", "5260250274"),
    ("NO", "974 760 673", "974760673"),
    ("FR", "552 120 222", "552120222"),
    ("LV", "40003521600", "40003521600"),
]


@pytest.mark.parametrize(("country", "written", "digits"), OTHERS)
def test_another_countrys_number_follows_that_countrys_rule(country, written, digits):
    assert normalise_number(written, country) == digits


@pytest.mark.parametrize(
    ("country", "written"), [("DK", "76890944"), ("US", "12-3456789"), ("PL", "KRS 0000012345"), ("XX", "5560360793")]
)
def test_what_no_rule_of_its_country_knows_is_none(country, written):
    assert normalise_number(written, country) == ""


@pytest.mark.parametrize("country", ["", "SE", "FI"])
def test_here_the_rules_are_swedish_and_finnish(country):
    assert [normalise_number(number, country) for number in ("556036-0793", "0112038-9", "76890944")] == [
        "5560360793",
        "FI01120389",
        "",
    ]


@pytest.mark.parametrize(
    ("country", "written"), [(c, w) for c, w, _ in OTHERS] + [("DE", "7502315009"), ("PL", "7502315009")]
)
def test_another_countrys_number_is_shown_as_it_is_written(country, written):
    """Neither as a Finnish number nor masked as a Swedish person's."""
    assert masked(written, country=country) == written
    assert masked_vat(written, country=country) == written


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("203041234", "20304-****"),
        ("020304-1234", "020304-****"),
        ("20304-1234", "20304-****"),
        ("7502315009", "750231-****"),
        ("5560360793", "556036-0793"),
        ("556036079", "556036079"),
    ],
)
def test_a_persons_number_is_masked_also_where_a_spreadsheet_lost_its_zero(text, shown):
    assert masked(text) == shown


def test_a_private_person_of_another_country_is_masked_too():
    assert masked("31129956715", person=True, country="NO") == "3112995****"


def test_a_swedish_personal_number_is_masked_wherever_its_person_lives():
    assert masked("750231-5009", country="NO") == "750231-****"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("CHE-116.281.710 MWST", "CHE116281710MWST"),
        ("NO 974 760 673 MVA", "NO974760673MVA"),
        ("EL 094259216", "EL094259216"),
        ("nl.8212.77.456.B01", "NL821277456B01"),
        ("ATU 6238 9000", "ATU62389000"),
        ("se 556036-0793 01", "SE556036079301"),
        ("FI 0112038-9", "FI01120389"),
        ("SE556036079401", ""),
        ("FI01120388", ""),
        ("556036-0793", ""),
        ("moms saknas!", ""),
        ("saknas", ""),
        ("", ""),
    ],
)
def test_a_vat_number_has_one_rule_wherever_it_is_written(written, number):
    assert normalise_any_vat(written) == number


def test_another_countrys_number_is_an_identity_of_that_country_unless_it_could_be_one_of_here():
    """A list of customers may not tell the country: what could be Swedish or Finnish there is the same number here."""
    assert [identity("0403019261", "BE"), identity("403.019.261", "BE"), identity("0403019261")] == [
        "BE0403019261",
        "BE0403019261",
        "",
    ]
    assert [identity("76890943", "DK"), identity("76890943")] == ["FI76890943", "FI76890943"]
