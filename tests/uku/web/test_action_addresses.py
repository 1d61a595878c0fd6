"""An address that takes a button only leads whoever opens or reloads it to the page the button stands on."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django.test import Client as Browser
from django.urls import get_resolver
from django.urls.resolvers import URLPattern
from tests.uku.web.conftest import AT

pytestmark = pytest.mark.django_db
COMPANY = "556001"


def patterns(resolver=None, route=""):
    """Yield the route of every address of the product, allauth's too."""
    for pattern in (resolver or get_resolver()).url_patterns:
        full = route + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLPattern):
            yield full
        else:
            yield from patterns(pattern, full)


@pytest.fixture
def integration_records(scope, owner, records):
    """One of each record that the integration's buttons are about."""
    from uku.integrations.fortnox.models import ConsentLink, CustomerRecord, InvoiceExport, Reload, SyncIssue
    from uku.invoices.delivery_models import DeliveryState, DeliveryWay, InvoiceDelivery

    seen = {"seen_at": AT, "first_seen_at": AT}
    times = {"first_at": AT, "last_at": AT}
    return SimpleNamespace(
        delivery=InvoiceDelivery.objects.create(
            invoice=records.issued, way=DeliveryWay.UKU, state=DeliveryState.UNCLEAR, asked_by=owner, asked_at=AT
        ),
        linked=CustomerRecord.objects.create(company_id=COMPANY, number="1", client=records.client, **seen),
        loose=CustomerRecord.objects.create(company_id=COMPANY, number="2", **seen),
        export=InvoiceExport.objects.create(
            invoice=records.issued, company_id=COMPANY, reference="UKU1", created_at=AT
        ),
        link=ConsentLink.objects.create(issuer=owner, token_hash="x", created_at=AT, expires_at=AT),
        reload=Reload.objects.create(company_id=COMPANY, state="done", started_at=AT, finished_at=AT),
        sync_issue=SyncIssue.objects.create(company_id=COMPANY, kind="customer", number="9", **times),
    )


@pytest.fixture
def paths(records, integration_records):
    """Every address, with records that are there."""
    known = {
        "clients": records.client,
        "import": records.file,
        "products": records.product,
        "billing": records.issued,
        "deliveries": integration_records.delivery,
        "tasks": records.task,
        "fields": records.field,
        "notices": records.task,
        "members": records.membership,
        "invitations": records.invitation,
        "customers": integration_records.linked,
        "pushes": integration_records.export,
        "links": integration_records.link,
        "reload": integration_records.reload,
        "problems": integration_records.sync_issue,
    }

    def filled(route):
        section = next((part for part in reversed(route.split("/")) if part in known), "clients")
        path = "/" + route.replace("<slug:slug>", "byran").replace("<int:pk>", str(known[section].pk))
        path = re.sub(r"\(\?P<\w+>[^)]*\)", "x", path)  # allauth's own, written as expressions
        return re.sub(r"<(?:\w+:)?\w+>", "x", path)

    return sorted({filled(route) for route in patterns()})


@pytest.fixture
def browser(owner):
    """An owner who signed in just now, so that nothing asks for a proof first."""
    from uku.workspaces.proof import note_proof

    browser = Browser()
    browser.force_login(owner)
    session = browser.session
    note_proof(session)
    session.save()
    return browser


@pytest.fixture
def actions(browser, paths):
    """The addresses that take POST and no page: they say so when they are asked what they allow."""
    allowed = {path: browser.options(path) for path in paths}
    return [path for path, answer in allowed.items() if answer.status_code == 405 and answer["Allow"] == "POST"]


def test_no_address_answers_a_person_with_an_empty_405(browser, paths):
    assert len(paths) > 100
    empty = {path: answer.status_code for path in paths if (answer := browser.get(path)).status_code == 405}
    assert empty == {}


def test_every_action_leads_to_a_page_that_opens(browser, actions):
    assert len(actions) > 40
    ends = {path: browser.get(path, follow=True) for path in actions}
    closed = {path: (answer.status_code, answer.redirect_chain) for path, answer in ends.items() if closed_to(answer)}
    assert closed == {}


def closed_to(answer):
    return answer.status_code != 200 or b"<h1" not in answer.content


def where(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 302, path
    return browser.get(path, follow=True).redirect_chain[-1][0]


def test_an_action_leads_to_the_page_its_button_stands_on(browser, records, integration_records):
    client, fortnox = f"/w/byran/clients/{records.client.pk}/", "/w/byran/settings/fortnox/"
    linked, loose = (f"{fortnox}customers/{row.pk}/" for row in (integration_records.linked, integration_records.loose))
    export, link = integration_records.export, integration_records.link
    wanted = {
        "/w/byran/clients/bulk/": "/w/byran/clients/",
        f"{client}numbers/": client,
        f"/w/byran/clients/import/{records.file.pk}/take-in/": f"/w/byran/clients/import/{records.file.pk}/",
        f"/w/byran/products/{records.product.pk}/difference/": f"/w/byran/products/{records.product.pk}/",
        f"/w/byran/billing/{records.draft.pk}/issue/": f"/w/byran/billing/{records.draft.pk}/edit/",
        f"/w/byran/tasks/{records.task.pk}/finish/": f"/w/byran/tasks/{records.task.pk}/",
        "/w/byran/notices/7/open/": "/w/byran/notices/",
        "/w/byran/settings/audit/export/": "/w/byran/settings/audit/",
        "/w/byran/settings/company/take-over/": "/w/byran/settings/company/",
        f"/w/byran/settings/members/invitations/{records.invitation.pk}/resend/": "/w/byran/settings/members/",
        f"{fortnox}enable/": fortnox,
        f"{fortnox}connect/authorize/": f"{fortnox}connect/",
        f"{fortnox}confirm/decline/": fortnox,
        f"{fortnox}connect/links/": f"{fortnox}connect/",
        f"{fortnox}connect/links/{link.pk}/withdraw/": f"{fortnox}connect/",
        f"{fortnox}activity/problems/{integration_records.sync_issue.pk}/retry/": f"{fortnox}activity/",
        f"{fortnox}reload/{integration_records.reload.pk}/cancel/": f"{fortnox}reload/{integration_records.reload.pk}/",
        f"{fortnox}review/decide/": f"{fortnox}review/",
        f"{linked}unlink/": f"{fortnox}clients/{records.client.pk}/",
        f"{loose}link/": f"{fortnox}review/",
        f"{fortnox}pushes/{export.pk}/retry/": f"/w/byran/billing/{records.issued.pk}/",
        "/fortnox/hint": "/w/byran/clients/",
    }
    assert {path: where(browser, path) for path in wanted} == wanted


def test_whoever_may_not_press_the_button_is_told_who_can(signed_in, member, records):
    browser = signed_in(member)
    for path in ("/w/byran/clients/bulk/", "/w/byran/products/bulk/", "/w/byran/settings/fortnox/connect/authorize/"):
        answer = browser.get(path)
        assert answer.status_code == 403, path
        assert "Only a Company Owner or Company Admin can" in answer.content.decode(), path


def test_opening_an_action_does_nothing(browser, records):
    browser.get(f"/w/byran/billing/{records.draft.pk}/issue/")
    browser.head(f"/w/byran/billing/{records.draft.pk}/issue/")
    records.draft.refresh_from_db()
    assert records.draft.state == "draft"


def test_an_action_of_another_workspace_is_not_there(signed_in, stranger, records):
    assert signed_in(stranger).get(f"/w/byran/billing/{records.draft.pk}/issue/").status_code == 404


def test_another_method_is_still_refused_and_told_what_is_allowed(browser, records):
    answer = browser.put(f"/w/byran/billing/{records.draft.pk}/issue/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
