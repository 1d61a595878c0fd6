"""Fortnox's errors in our words: every code that matters, sentences without a code, and the page made of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fortnox_api import ConnectionFailed, Invalid
from uku.integrations.fortnox.health.error_codes import (
    BY_CODE,
    BY_SENTENCE,
    UNKNOWN,
    ErrorGroup,
    Responsible,
    find_error,
)
from uku.integrations.fortnox.health.error_page import error_page
from uku.integrations.fortnox.health.messages import (
    Context,
    explain,
    explain_block,
    explain_error,
)
from uku.integrations.fortnox.models import BlockReason

ROOT = Path(__file__).parents[4]
REFERENCE = ROOT.parent / "shared/reference/fortnox-api.md"


def test_what_needs_nothing_asks_for_nothing_and_names_nobody():
    words = explain("2003055", context=Context.BOOKING)
    assert words.remedy == "You do not need to do anything: Uku reads the payment within 15 minutes."
    assert words.who == Responsible.NOBODY


def test_only_an_administrator_in_fortnox_can_grant_what_needs_one():
    words = explain("error_missing_system_admin_right", context=Context.CONNECTION)
    assert words.remedy == (
        "Click Authorize on the Connect to Fortnox tab, and let an administrator of the company sign in to Fortnox and"
        " accept every permission."
    )
    assert words.who == Responsible.FORTNOX_ADMIN


def test_what_is_cured_in_the_draft_says_where_the_draft_is():
    rest = "Shorten the texts of the invoice. Then click Issue."
    assert explain("2000107", button="Retry").remedy == f"Open the invoice and click Back to draft. {rest}"
    assert explain("2000107").remedy == f"Click Back to draft. {rest}"


@pytest.mark.parametrize("words", [*BY_CODE.values(), *(text for _pattern, text in BY_SENTENCE), UNKNOWN])
def test_no_remedy_points_at_a_place_that_only_one_page_has(words):
    assert "below" not in str(words.remedy)


def codes_of_the_reference(*, starred):
    """The first cells of the table of codes, one by one."""
    if not REFERENCE.is_file():
        pytest.skip("shared data is not here: ../shared/reference/fortnox-api.md")
    table = REFERENCE.read_text(encoding="utf-8").split("### 3.2")[1].split("Texts without a known code")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if re.match(r"\| ★?\d", line)]
    return {code for cell in cells if not starred or "★" in cell for code in re.findall(r"\d{7}", cell)}


def test_every_starred_code_has_an_entry():
    wanted = codes_of_the_reference(starred=True)
    assert len(wanted) > 20
    assert wanted - BY_CODE.keys() == set()


def test_every_other_code_of_the_reference_has_an_entry_too():
    assert codes_of_the_reference(starred=False) - BY_CODE.keys() == set()


def test_recorded_codes_have_words_of_their_own():
    codes = ("2004019", "2003151", "2000439", "2001161", "2002980", "2004021")
    assert len({str(BY_CODE[code].happened) for code in codes}) == len(codes)
    assert BY_CODE["2003151"] == BY_CODE["2003157"]


def test_an_unknown_country_is_told_in_fortnox_words_without_a_guess():
    words = explain("2000919", "Ogiltigt land: South Korea")
    assert words.happened == "Fortnox does not know the country of this customer under this name."


def test_a_customers_number_or_name_is_left_to_fortnox_words():
    words = explain("2000637", "Namn saknas")
    assert words.happened == "Fortnox did not accept the number or the name of the customer."
    assert words.remedy.startswith("The message from Fortnox says which:")


@pytest.mark.parametrize("context", list(Context))
def test_every_entry_says_what_happened_what_it_means_and_what_to_do(context):
    words = {code: explain(code, context=context) for code in BY_CODE}
    assert [code for code, w in words.items() if not (w.happened and w.means and w.remedy and w.who.label)] == []
    assert {w.group for w in words.values()} == set(ErrorGroup)


@pytest.mark.parametrize(
    ("sentence", "happened"),
    [
        ("Kunde inte hämta moms", BY_CODE["2004052"].happened),
        ("Kunde inte hitta valuta", BY_CODE["2000427"].happened),
        (
            "Kunde inte bokföra fakturanummer 7. Faktura som bokförs måste var klarmarkerad.",
            BY_CODE["2003498"].happened,
        ),
        ("Kunde inte bokföra fakturanummer. Förvalt konto för fakturaavgift saknas.", BY_CODE["2001403"].happened),
        ("OCR-numret används redan", "The OCR number is in use on another invoice in Fortnox."),
        ('Inköpskonto inte uppdaterat. Kontot "4000" existerar inte.', BY_CODE["2000423"].happened),
        (
            "Angivet betaldatum måste vara inom fakturans räkenskapsår 2026",
            "Fortnox has no financial year for this date.",
        ),
        ("Fiscal year not available", "Fortnox has no financial year for this date."),
        ("Bankuppgifter saknas", "The company's own details in Fortnox are not complete."),
        ("Värdet tolkas som null", BY_CODE["2000108"].happened),
        ("Kan inte hitta kunden.", BY_CODE["2000433"].happened),
        ("Har inte behörighet för scope", BY_CODE["2000663"].happened),
        ("Ogiltig inloggning", BY_CODE["2000310"].happened),
    ],
)
def test_a_sentence_without_a_known_code_is_understood(sentence, happened):
    """One-line messages in Swedish need interpretation"""
    assert explain("", sentence).happened == str(happened)


def test_what_nobody_knows_is_still_useful():
    """An unknown code is shown raw, and says what to do with it"""
    words = explain("9999999", "Något helt nytt")
    assert (words.happened, find_error("9999999", "Något helt nytt")) == (str(UNKNOWN.happened), UNKNOWN)
    assert "request id" in words.remedy
    assert words.means == "Nothing was created in Fortnox. The invoice waits in Uku."


def test_what_it_means_depends_on_what_was_under_way():
    means = {context: explain("2000433", context=context).means for context in (Context.INVOICE, Context.IMPORT)}
    assert means == {
        Context.INVOICE: "Nothing was created in Fortnox. The invoice waits in Uku.",
        Context.IMPORT: "This record was skipped. All other records were read.",
    }
    assert explain("2003498", context=Context.BOOKING).means == "The invoice is in Fortnox, not booked."


@pytest.mark.parametrize(
    ("context", "button", "ending"),
    [
        (Context.INVOICE, "", "Then click Send to Fortnox."),
        (Context.BOOKING, "", "Then click Book in Fortnox."),
        (Context.INVOICE, "Retry", "Then click Retry."),
    ],
)
def test_the_remedy_names_the_button_beside_it(context, button, ending):
    assert explain("2000429", context=context, button=button).remedy.endswith(ending)
    assert "Then click" not in explain("2001101", context=context, button=button).remedy


def test_our_own_fault_is_the_operators_to_look_at():
    """These codes are bugs of ours"""
    ours = {code: explain(code) for code in ("2001399", "2001392", "2002115", "2000588", "2000587", "2002649")}
    assert {(w.group, w.who) for w in ours.values()} == {(ErrorGroup.OURS, Responsible.OPERATOR)}
    assert all("request id" in w.remedy for w in ours.values())


def test_an_outage_never_looks_like_a_wrong_sign_in():
    """Every failure was worded as wrong credentials"""
    words = explain_error(ConnectionFailed("timed out"), Context.PAYMENTS)
    assert (words.happened, words.group, words.who) == (
        "Fortnox could not be reached.",
        ErrorGroup.WAIT,
        Responsible.NOBODY,
    )
    assert not re.search("authorize|sign-in|password", f"{words.happened}{words.means}{words.remedy}", re.IGNORECASE)
    refused = explain_error(Invalid(code=2000401, message="låst"), Context.INVOICE)
    assert refused == explain("2000401", "låst")


def test_each_trouble_of_the_connection_has_words_of_its_own():
    words = [explain_block(block_reason) for block_reason in BlockReason.values]
    assert len({each.happened for each in words}) == len(BlockReason.values)
    assert all(each.means and each.remedy for each in words)


@pytest.mark.parametrize(
    ("code", "happened"),
    [
        ("invalid_client", "client id or client secret is wrong"),
        ("error_missing_license", "no active licence"),
        ("error_missing_system_admin_right", "do not have permission to grant access"),
        ("invalid_scope", "does not know one of the permissions"),
        ("invalid_grant", "no longer accepts the authorization"),
    ],
)
def test_the_token_address_and_the_consent_page_are_explained_too(code, happened):
    assert happened in explain(code, context=Context.CONNECTION).happened


def test_the_page_of_errors_is_made_from_the_library():
    assert (ROOT / "docs/fortnox-errors.md").read_text(encoding="utf-8") == error_page()
    page = error_page()
    assert [code for code in BY_CODE if f"`{code}`" not in page] == []
    assert [str(entry.happened) for _, entry in BY_SENTENCE if str(entry.happened) not in page] == []
