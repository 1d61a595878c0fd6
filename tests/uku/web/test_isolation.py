"""Every address under /w/<slug>/ is closed to those outside the workspace, whatever integrations add."""

from __future__ import annotations

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLPattern

pytestmark = pytest.mark.django_db
FILE_STEPS = ("", "columns/", "take-in/", "left-out/", "throw-away/")


def workspace_patterns(resolver=None, route=""):
    """Yield the route and pattern of every address that carries a workspace's slug."""
    for pattern in (resolver or get_resolver()).url_patterns:
        full = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            if full.startswith("w/"):
                yield full, pattern
        else:
            yield from workspace_patterns(pattern, full)


def paths(slug, records):
    """Return every address of a workspace, with numbers of records that are there."""
    known = {
        "clients": records.client,
        "import": records.file,
        "products": records.product,
        "billing": records.draft,
        "invoices": records.draft,
        "tasks": records.task,
        "plans": records.task.plan,
        "fields": records.field,
        "members": records.membership,
        "invitations": records.invitation,
    }
    found = []
    for route, pattern in workspace_patterns():
        section = next(part for part in reversed(["clients", *route.split("/")]) if part in known)
        path = "/" + route.replace("<slug:slug>", slug)
        for name, converter in pattern.pattern.converters.items():
            if name == "slug":
                continue
            kind = type(converter).__name__.removesuffix("Converter").lower()
            path = path.replace(f"<{kind if kind != 'string' else 'str'}:{name}>", str(value_for(section, known)))
            path = path.replace(f"<{name}>", str(value_for(section, known)))
        assert "<" not in path, path
        found.append(path)
    return found


def value_for(section, known):
    """Return the number of a record of this kind; for the integrations' own kinds any number will do."""
    return known[section].pk


def test_the_routes_are_those_we_know_of(records):
    own = [path for path in paths("byran", records) if path.count("/settings/") == 0]
    client, draft, task = records.client.pk, records.draft.pk, records.task.pk
    product = records.product.pk
    assert sorted(own) == sorted(
        [
            "/w/byran/clients/",
            "/w/byran/clients/new/",
            "/w/byran/clients/bulk/",
            "/w/byran/clients/export/",
            "/w/byran/clients/import/",
            *(f"/w/byran/clients/import/{records.file.pk}/{step}" for step in FILE_STEPS),
            f"/w/byran/clients/{client}/",
            f"/w/byran/clients/{client}/books/",
            f"/w/byran/clients/{client}/edit/",
            f"/w/byran/clients/{client}/numbers/",
            "/w/byran/help/export-clients/",
            "/w/byran/help/personal-numbers/",
            "/w/byran/products/",
            "/w/byran/products/new/",
            "/w/byran/products/add/",
            "/w/byran/products/bulk/",
            "/w/byran/products/tax-rates/",
            f"/w/byran/products/{product}/",
            f"/w/byran/products/{product}/edit/",
            f"/w/byran/products/{product}/difference/",
            f"/w/byran/products/{product}/pieces/",
            "/w/byran/billing/",
            *(
                f"/w/byran/billing/{page}/"
                for page in (
                    *("bulk", "clients", "export", "month", "month/check", "month/export"),
                    *("new", "products", "repeat", "summary"),
                )
            ),
            f"/w/byran/billing/{draft}/",
            *(
                f"/w/byran/billing/{draft}/{step}/"
                for step in ("accept", "cancel", "copy", "credit", "delete", "edit", "hand-back", "hand-over", "issue")
            ),
            *(f"/w/byran/billing/{draft}/{step}/" for step in ("check-payment", "mark-paid", "pdf", "remind")),
            *(f"/w/byran/billing/{draft}/{step}/" for step in ("remove-mark", "send")),
            f"/w/byran/billing/{draft}/pdf/{draft}/",
            "/w/byran/billing/send/",
            *(f"/w/byran/billing/deliveries/{draft}/{step}" for step in ("", "again/", "arrived/", "withdraw/")),
            "/w/byran/tasks/",
            f"/w/byran/tasks/{task}/",
            "/w/byran/tasks/calendar/",
            "/w/byran/tasks/months/",
            "/w/byran/tasks/new/",
            f"/w/byran/tasks/plans/{records.task.plan_id}/",
            *(
                f"/w/byran/tasks/{task}/{step}/"
                for step in ("bill", "comment", "delete", "edit", "export", "finish", "late", "reopen")
            ),
            "/w/byran/notices/",
            "/w/byran/notices/read/",
            f"/w/byran/notices/{client}/open/",
            f"/w/byran/notices/{client}/read/",
        ]
    )


def test_every_view_came_through_the_one_way_in():
    loose = [
        route for route, pattern in workspace_patterns() if not getattr(pattern.callback, "is_workspace_page", False)
    ]
    assert loose == []


def answers(client, every_path):
    return {
        f"{verb.__name__} {path}": verb(path).status_code for path in every_path for verb in (client.get, client.post)
    }


def test_a_member_of_another_workspace_gets_404_everywhere(signed_in, stranger, records, other_records):
    found = answers(signed_in(stranger), paths("byran", records))
    assert {key: status for key, status in found.items() if status != 404} == {}


def test_an_own_slug_does_not_open_the_records_of_another_workspace(
    signed_in, stranger, records, other_workspace, other_records
):
    """The address is mine, the record is not."""
    with_a_record = [path for path in paths("annan", records) if any(part.isdigit() for part in path.split("/"))]
    assert len(with_a_record) >= 6
    browser = signed_in(stranger)
    found = answers(browser, with_a_record)
    assert {key: status for key, status in found.items() if status not in {302, 404, 405}} == {}
    for path in (key.removeprefix("get ") for key, status in found.items() if status == 302):
        opened = browser.get(path, follow=True)  # an action leads to the page above it
        assert all(address.startswith("/w/annan/") for address, _status in opened.redirect_chain), path
        assert (records.client.name in opened.content.decode(), opened.status_code in {200, 404}) == (False, True), path
    assert records_unchanged(records)


def test_a_new_invoice_takes_nothing_of_another_workspace(signed_in, stranger, records, other_records):
    browser, new = signed_in(stranger), "/w/annan/billing/new/"
    asked = {"rows_of": records.issued.pk, "draft": records.draft.pk, "client": records.client.pk}
    asked |= {"invoice_date": "2026-03-31", "rows-0-product": records.product.pk}
    found = [browser.post(new, asked), browser.post("/w/annan/billing/summary/", asked), browser.get(new, asked)]
    found += [browser.get(f"/w/annan/billing/{kind}/", {"q": "ook"}) for kind in ("clients", "products")]
    assert [answer.status_code for answer in found] == [200] * 5
    for answer in found:
        theirs = ("Åkerlund", f'data-id="{records.product.pk}"', f'value="{records.product}"')
        assert [words for words in theirs if words in answer.content.decode()] == []


def records_unchanged(records):
    from uku.invoices.models import Invoice
    from uku.tasks.models import Task

    draft = Invoice.everywhere.get(pk=records.draft.pk)
    task = Task.everywhere.get(pk=records.task.pk)
    records.field.refresh_from_db()
    records.membership.refresh_from_db()
    records.invitation.refresh_from_db()
    people = (records.membership.role, records.membership.is_active, records.invitation.withdrawn_at)
    kept = (draft.state, task.state, task.title, records.field.name, records.field.archived_at)
    return (*kept, *people) == (
        *("draft", "open", "Monthly summary March 2026", "Vouchers", None),
        *("member", True, None),
    )


def test_a_person_who_left_gets_404(signed_in, member, workspace, records):
    from uku.workspaces.models import Membership

    Membership.everywhere.filter(user=member).update(is_active=False)
    found = answers(signed_in(member), paths("byran", records))
    assert {key: status for key, status in found.items() if status != 404} == {}


def test_a_workspace_that_is_none_answers_the_same(signed_in, stranger, records):
    client = signed_in(stranger)
    there, nowhere = client.get("/w/byran/clients/"), client.get("/w/nobody/clients/")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert b"Olga" not in there.content
    assert b"Byran" not in there.content


def test_without_signing_in_every_address_leads_to_the_sign_in(client, records):
    for path in paths("byran", records):
        for answer in (client.get(path), client.post(path)):
            assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_a_member_is_told_who_can(signed_in, member, records):
    client = signed_in(member)
    refused = {
        "/w/byran/clients/new/": "Only a Company Owner or Company Admin can change clients.",
        "/w/byran/clients/import/": "Only a Company Owner or Company Admin can change clients.",
        f"/w/byran/clients/{records.client.pk}/edit/": "Only a Company Owner or Company Admin can change clients.",
        "/w/byran/products/new/": "Only a Company Owner or Company Admin can change products.",
        f"/w/byran/billing/{records.draft.pk}/issue/": (
            "Only a Company Owner, a Company Admin or a Company Member with this permission can issue invoices."
        ),
        **{
            f"/w/byran/billing/{records.issued.pk}/{action}/": (
                "Only a Company Owner, a Company Admin or a Company Member with this permission can credit and cancel"
                " invoices."
            )
            for action in ("credit", "cancel")
        },
    }
    for path, sentence in refused.items():
        answer = client.post(path)
        assert answer.status_code == 403, path
        assert sentence in answer.content.decode(), path
    assert records_unchanged(records)


def test_a_member_may_finish_a_task(signed_in, member, records):
    from uku.tasks.models import Task

    signed_in(member).post(f"/w/byran/tasks/{records.task.pk}/finish/")
    assert Task.everywhere.get(pk=records.task.pk).state == "done"
