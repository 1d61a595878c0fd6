"""The sentences on VAT: written in the settings, printed from then on, and never on what is printed already."""

from __future__ import annotations

import pytest
from tests.uku.invoices.papers import lines_of

from uku.clients.models import Client
from uku.invoices.models import Invoice
from uku.invoices.pdf.content import Language
from uku.invoices.pdf.words import VAT_SENTENCES, catalogue
from uku.invoices.vat_sentences import own_sentences
from uku.workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
PAGE = "/w/byran/settings/vat-sentences/"
OURS = "Tjänster till Norge, utan moms."


@pytest.fixture
def browser(signed_in, owner, records, no_integration):
    Client.everywhere.filter(pk=records.client.pk).update(vat_type="export", country="NO", language="sv")
    return signed_in(owner)


@pytest.fixture
def printed(browser, records):
    """What the PDF of the draft, or of the issued invoice, says about VAT."""

    def read(invoice) -> list[str]:
        known = {*(catalogue(Language.SWEDISH).gettext(text) for text in VAT_SENTENCES.values()), OURS}
        return [line for line in lines_of(browser.get(f"/w/byran/billing/{invoice.pk}/pdf/").content) if line in known]

    return read


def test_each_of_the_ten_has_a_field_that_says_what_holds_while_it_is_empty(read, browser):
    page = read(browser.get(PAGE, {"language": "fi"}))
    shown = [words for words in page.all("p") if words.startswith("Empty: ")]
    assert shown == [f"Empty: {catalogue(Language.FINNISH).gettext(text)}" for text in VAT_SENTENCES.values()]
    assert page.values("input", "lang") == ["fi"] * 10
    chosen = [
        facts["href"]
        for tag, facts in page.tags
        if tag == "a" and facts.get("class") == "chip" and "aria-current" in facts
    ]
    assert chosen == ["?language=fi"]


def test_a_sentence_is_printed_in_its_language_until_it_is_emptied(browser, records, printed):
    own = catalogue(Language.SWEDISH).gettext(VAT_SENTENCES["export", "services"])
    assert printed(records.draft) == [own]
    assert browser.post(f"{PAGE}?language=sv", {"export-services": f" {OURS} "}).status_code == 302
    assert printed(records.draft) == [OURS]
    assert own_sentences_of("en") == {}
    browser.post(f"{PAGE}?language=sv", {"export-services": ""})
    assert printed(records.draft) == [own]
    assert AuditEntry.everywhere.filter(action="invoice.vat_sentences").count() == 2


def test_what_was_printed_on_an_issued_invoice_stays(browser, records, printed):
    before = printed(Invoice.everywhere.get(pk=records.issued.pk))
    browser.post(f"{PAGE}?language=sv", {"export-services": OURS})
    assert (printed(records.issued), OURS in before) == (before, False)


def test_saving_what_is_stored_changes_nothing(browser):
    browser.post(f"{PAGE}?language=sv", {"export-services": OURS})
    browser.post(f"{PAGE}?language=sv", {"export-services": OURS})
    assert AuditEntry.everywhere.filter(action="invoice.vat_sentences").count() == 1


def test_a_sentence_that_is_too_long_is_refused_and_kept_on_the_page(read, browser):
    answer = browser.post(f"{PAGE}?language=sv", {"export-services": "x" * 301})
    assert (answer.status_code, "x" * 301 in answer.content.decode()) == (422, True)


def test_a_member_and_a_stranger_write_none(signed_in, member, stranger, other_workspace, records, no_integration):
    assert signed_in(member).post(PAGE, {"export-services": OURS}).status_code == 403
    assert signed_in(stranger).post(PAGE, {"export-services": OURS}).status_code == 404


def own_sentences_of(language: str) -> dict[object, str]:
    from uku.kit.scoping import workspace_in_force
    from uku.workspaces.models import Workspace

    with workspace_in_force(Workspace.objects.get(slug="byran").pk):
        return own_sentences(Language(language))
