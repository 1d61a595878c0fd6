"""Each form that is typed into keeps what was typed when the session ends, and opens at what was refused."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src/uku"
FORM = re.compile(r'<form(?:[^>{]|\{%.*?%\}|\{\{.*?\}\})*?method="post".*?</form>', re.DOTALL)
TYPED = re.compile(
    r'parts/field\.html|<textarea|<input[^>]*class="input"|type="text"|\{\{ field \}\}|\{\{ row\.agreed \}\}'
)
# Signing in and what stands around it: passwords and codes are typed again. The others ask for one word or choice.
LET_BE = {"account", "mfa", "members/invitation.html", "products/_differences.html", "fortnox/client.html"}


def forms():
    for page in sorted(SOURCE.rglob("templates/**/*.html")):
        name = str(page.relative_to(next(up for up in page.parents if up.name == "templates")))
        for form in FORM.findall(page.read_text(encoding="utf-8")):
            yield name, form


def test_each_form_that_is_typed_into_keeps_what_was_typed():
    found = [
        (name, form)
        for name, form in forms()
        if TYPED.search(form) and name not in LET_BE and name.split("/", 1)[0] not in LET_BE
    ]
    assert [name for name, form in found if "data-keeps" not in form] == []
    assert len(found) >= 20


def test_no_password_or_code_is_in_a_form_that_keeps():
    secret = re.compile(r'type="password"|one-time-code|_new_password\.html|_code\.html')
    asks = {name: "data-keeps" in form for name, form in forms() if secret.search(form)}
    assert set(asks.values()) == {False}
    assert len(asks) >= 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("clients/new/", {"name": ""}),
        ("settings/company/", {"name": "", "reading": ""}),
        ("settings/invoices/", {"way": "uku", "remind_after": "many", "late_interest": "Dröjsmålsränta"}),
        ("tasks/new/", {"title": "", "description": "Stäm av banken"}),
        ("products/new/", {"name": "", "unit": "tim"}),
        ("billing/new/", {"remarks": "Tack", "rows-0-quantity": "many"}),
    ],
)
@pytest.mark.usefixtures("workspace", "no_integration")
def test_what_was_refused_opens_at_the_reason_with_all_that_was_typed(signed_in, owner, path, sent):
    answer = signed_in(owner).post(f"/w/byran/{path}", sent)
    text = answer.content.decode()
    assert (answer.status_code, len(re.findall(r'role="alert" tabindex="-1" autofocus', text))) == (422, 1)
    assert [value for value in sent.values() if value not in text] == []


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ("send", {"way": "uku", "to": "anna", "cc": "chef@bygg.example", "seen": "0"}),
        ("remind", {"to": "anna", "cc": "chef@bygg.example", "seen": "0"}),
        ("credit", {"reason": "Fel antal", "quantity": "many", "seen": "0"}),
    ],
)
@pytest.mark.usefixtures("no_integration", "april", "scope")
def test_what_was_refused_of_an_invoice_opens_at_the_reason(signed_in, owner, records, place, sent):
    row = records.issued.rows.get()
    records.issued.due_date = date(2026, 3, 2)
    records.issued.save(update_fields=["due_date"])
    typed = {f"quantity-{row.pk}" if name == "quantity" else name: value for name, value in sent.items()}
    answer = signed_in(owner).post(f"/w/byran/billing/{records.issued.pk}/{place}/", typed)
    text = answer.content.decode()
    assert (answer.status_code, len(re.findall(r'role="alert" tabindex="-1" autofocus', text))) == (422, 1)
    assert [value for value in sent.values() if f'value="{value}"' not in text] == []
