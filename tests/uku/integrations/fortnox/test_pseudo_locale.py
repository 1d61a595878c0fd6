"""Under a language in which every translation is put in ⟦⟧, no English word stands outside them.

Looked at are all pages of an owner with what a firm has after its first weeks, every e-mail, the lines of the audit log
and each explanation of an error. The texts of the help are a folder a language, and dates follow no language yet.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.core import mail
from django.utils.translation import deactivate, override, trans_real
from tests.journeys.table import addresses
from tests.journeys.test_every_page import seeded_objects
from tests.uku.conftest import PASSWORD

WITH_A_PAGE = {200, 400, 403, 404, 410}
SHOWN = {"alt", "aria-label", "placeholder", "title", "data-label"}
HELP = {"fortnox:help", "fortnox:help-summary-tasks", "help-personal-numbers", "help-export-clients"}
# What people and Fortnox call things, and what has no translation.
DATA = set(
    re.findall(
        r"\w+",
        """
Uku Fortnox Byran Olga Owner Mia Member Exempelbyrån AB Åkerlunds Bygg Vilande Ekdungen Björk Malmö Storgatan Göteborg
Kontorsgatan Bookkeeping Monthly summary March Vouchers clients csv Namn Ort Bankgiro OCR UTF Latin Windows MacRoman
Mon Tue Wed Thu Fri Sat Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday
Jan Feb Mar Apr May Jun Jul Aug Sep Sept Oct Nov Dec January February April June July August September October November
December article companyinformation customer invoice payment settings
bookkeeping English Europe Isle of Man San Marino
""",
    )
)
"""People, companies and files of this test; names without a translation; months, for dates follow no language yet; what
Fortnox calls its permissions; and the two lists whose entries carry names of their own, languages and time zones."""


class Pseudo(trans_real.DjangoTranslation):
    """English, with each translation in ⟦⟧."""

    def gettext(self, message):
        return f"⟦{message.rpartition(chr(4))[2]}⟧"

    def ngettext(self, msgid1, msgid2, n):
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture(autouse=True)
def pseudo(monkeypatch):
    """In requests, where the middleware activates a language, and outside them."""
    monkeypatch.setitem(trans_real._translations, "en", Pseudo("en"))
    monkeypatch.setattr(trans_real, "_default", None)
    with override("en"):
        yield
    deactivate()  # else the language that was in force before, which is read anew, stays this one


class Words(HTMLParser):
    """What a page shows or reads out."""

    def __init__(self, html):
        super().__init__()
        self.texts, self._hidden = [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._hidden += tag in {"script", "style", "textarea"}
        given = dict(attrs)
        self.texts += [given[name] or "" for name in sorted(SHOWN & given.keys())]

    def handle_endtag(self, tag):
        self._hidden -= tag in {"script", "style", "textarea"}

    def handle_data(self, data):
        if not self._hidden:
            self.texts.append(data)


def untranslated(text):
    """Return the words outside ⟦⟧ that no data of the test explain."""
    while (bare := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = bare
    text = re.sub(r"https?://\S+|[\w.+-]+@[\w.-]+|\b[\dA-Z]{2,}\b|/\S+", " ", text)
    return sorted({word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in DATA})


def untranslated_on(html):
    return untranslated(" | ".join(Words(html).texts))


@pytest.fixture
def world(connection, fortnox, owner, member, read, run_jobs):
    fortnox.customer(Name="Björk AB", OrganisationNumber="455000-0006", Email="post@bjork.example")
    fortnox.customer(Name="Vilande AB", Active=False)
    fortnox.article()
    read()
    objects = seeded_objects()
    run_jobs()
    return objects


def test_no_page_of_an_owner_has_an_english_word_of_its_own(world, signed_in, owner):
    browser, found = signed_in(owner), {}
    places, lacking = addresses({**world, "invitation-open": {"secret": "none"}})
    for name, address in places.items():
        answer = browser.get(address)
        if answer.status_code in WITH_A_PAGE and "text/html" in answer["Content-Type"] and name not in HELP:
            found[name] = untranslated_on(answer.content.decode())
    assert lacking == []
    assert {name: words for name, words in found.items() if words} == {}


def test_no_email_has_an_english_word_of_its_own(world, run_jobs, signed_in, owner, settings):
    """Invitations, an alert of each block, an alarm to the operator, and three of the account's own."""
    from uku.integrations.fortnox.health import alerts
    from uku.integrations.fortnox.models import BlockReason, Connection
    from uku.integrations.fortnox.tokens.app_credentials import note_refused
    from uku.kit import alarms, clock

    for reason in BlockReason.values:
        Connection.objects.update(block_reason=reason, blocked_at=clock.now())
        alerts.review(Connection.objects.get(), at=clock.now())
        run_jobs()
    settings.UKU = settings.UKU.model_copy(update={"operator_email": "operator@byran.example"})
    note_refused(clock.now())
    alarms.mail_new_alarms(at=clock.now())
    browser, new = signed_in(owner), "another correct horse"
    browser.post("/accounts/password/reset/", {"email": owner.email})
    browser.post("/accounts/password/reset/", {"email": "nobody@byran.example"})
    browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    sent = {letter.subject: untranslated(f"{letter.subject}\n{letter.body}") for letter in mail.outbox}
    assert len(sent) == len(BlockReason.values) + 5
    assert {subject: words for subject, words in sent.items() if words} == {}


def test_no_explanation_has_an_english_word_of_its_own(world):
    from uku.integrations.fortnox.connection import errors
    from uku.integrations.fortnox.health import queries
    from uku.integrations.fortnox.health.error_codes import BY_CODE, BY_SENTENCE
    from uku.integrations.fortnox.health.messages import Context, explain, explain_block
    from uku.integrations.fortnox.health.rules import ActiveCause, Cause
    from uku.integrations.fortnox.health.summary import explain_cause
    from uku.integrations.fortnox.models import BlockReason, Connection
    from uku.kit import clock

    told = [explain(code, context=context) for code in (*BY_CODE, "unknown") for context in Context]
    told += [explain_block(reason) for reason in BlockReason.values]
    facts = queries.facts_of(Connection.objects.get(), at=clock.now())
    told += [explain_cause(ActiveCause(cause, "", ("customers", "invoices")), facts) for cause in Cause]
    texts = [f"{one.happened} {one.means} {one.remedy} {one.who.label} {one.group.label}" for one in told]
    texts += [f"{text.happened} {text.remedy}" for _pattern, text in BY_SENTENCE]
    consent = [found for found in vars(errors).values() if isinstance(found, errors.Explanation)]
    texts += [f"{found.happened} {found.means} {found.remedy}" for found in consent]
    assert (len(consent) > 10, [untranslated(text) for text in texts if untranslated(text)]) == (True, [])
