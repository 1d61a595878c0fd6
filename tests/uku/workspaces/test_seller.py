"What may stand on company details: check digits, known zones and currencies, no hidden characters."

from __future__ import annotations

import pytest

from uku.workspaces.seller import CURRENCIES, FACTS, ZONES, InvalidFact, clean_fact


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        # L15: published Swedish vectors, as people write them (B14)
        ("organisation_number", "212000-0142", "2120000142"),
        ("organisation_number", "16 5560360793", "5560360793"),
        ("organisation_number", "556047 3521", "5560473521"),
        # L17: published Finnish vectors
        ("organisation_number", "1366959-8", "FI13669598"),
        ("organisation_number", "FI01120389", "FI01120389"),
        # L16
        ("vat_number", "SE 556036-0793 01", "SE556036079301"),
        ("vat_number", "fi13669598", "FI13669598"),
        ("bankgiro", "50501055", "5050-1055"),
        ("bankgiro", "991-2346", "991-2346"),
        ("plusgiro", "2865434", "28 65 43-4"),
        ("plusgiro", "410 54 68-5", "4 10 54 68-5"),
        ("iban", "se45 5000 0000 0583 9825 7466", "SE4550000000058398257466"),
        ("bic", "esse sess", "ESSESESS"),
        ("currency", "EUR", "EUR"),
        ("time_zone", "Europe/Helsinki", "Europe/Helsinki"),
        ("country", "FI", "FI"),
        ("language", "en", "en"),
        ("f_tax", "true", True),
        ("f_tax", "false", False),
        ("f_tax", True, True),
        ("payment_days", " 365 ", 365),
        ("payment_days", 0, 0),
        ("payment_days", "", None),
        ("name", "  Byrån\r\nBcc: x\u202e AB ", "Byrån Bcc: x AB"),
        ("name", "Bya\u030ar AB", "Byår AB"),
        ("bankgiro", "", ""),
    ],
)
def test_a_sound_fact_is_stored_in_one_form(name, typed, stored):
    """B14, B18, L15, L16, L17"""
    assert clean_fact(name, typed, country="SE") == stored


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("organisation_number", "556036-0794"),
        ("organisation_number", "1366959-7"),
        ("organisation_number", "0000010-2"),
        ("organisation_number", "anything"),
        ("vat_number", "SE556036079302"),
        ("vat_number", "SE556036079401"),
        ("bankgiro", "5050-1056"),
        ("bankgiro", "123"),
        ("bankgiro", "٥٠٥٠١٠٥٥"),
        ("plusgiro", "28 65 43-5"),
        ("iban", "SE4550000000058398257467"),
        ("bic", "ESSE"),
        ("name", "  \u200b "),
        ("registered_office", "M" * 101),
        ("payment_days", "366"),
        ("payment_days", "-1"),
        ("payment_days", "٣٠"),
        ("slug", "other"),
    ],
)
def test_an_unsound_fact_is_refused_in_words(name, typed):
    """B14: a wrong check digit is never stored."""
    with pytest.raises(InvalidFact) as refused:
        clean_fact(name, typed, country="SE")
    assert (refused.value.name, len(refused.value.sentence) > 20) == (name, True)


@pytest.mark.parametrize(
    ("name", "known"),
    [("currency", CURRENCIES), ("time_zone", ZONES), ("language", ("en",)), ("country", ("SE", "FI"))],
)
def test_an_unknown_choice_is_refused_with_the_list(name, known):
    """B56"""
    with pytest.raises(InvalidFact) as refused:
        clean_fact(name, "Mars/Olympus", country="SE")
    assert ", ".join(known) in refused.value.sentence


def test_another_countrys_numbers_are_kept_as_written():
    assert clean_fact("organisation_number", "12.345.678", country="DE") == "12.345.678"


def test_every_fact_is_a_field_of_the_workspace():
    from uku.workspaces.models import Workspace

    assert {field.name for field in Workspace._meta.get_fields()} >= set(FACTS)
