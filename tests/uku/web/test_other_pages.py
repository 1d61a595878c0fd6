from __future__ import annotations

import re

import pytest

from uku.web.templatetags.figures import full_number

pytestmark = pytest.mark.django_db


def test_home_leads_to_the_first_workspace(signed_in, owner, workspace):
    answer = signed_in(owner).get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/w/byran/clients/")


def test_home_without_a_workspace_says_so(read, signed_in, stranger):
    page = read(signed_in(stranger).get("/"))
    assert page.heading == "You are not in a workspace yet"
    assert "owner@annan.example" in " ".join(page.all("p"))


def test_the_switcher_links_to_the_persons_own_workspaces_only(
    read, signed_in, owner, workspace, other_workspace, no_integration
):
    from uku.workspaces.operations import add_member

    client = signed_in(owner)
    assert read(client.get("/w/byran/clients/")).values("a", "href").count("/w/annan/clients/") == 0
    add_member(workspace=other_workspace, user=owner, role="member")
    links = read(client.get("/w/byran/clients/")).values("a", "href")
    assert {link for link in links if link.endswith("/clients/")} == {"/w/byran/clients/", "/w/annan/clients/"}


def test_the_task_page_shows_values_and_the_books_figure_where_it_differs(
    read, signed_in, member, records, no_integration
):
    path = f"/w/byran/tasks/{records.task.pk}/"
    client = signed_in(member)
    page = read(client.get(path))
    assert page.rows == [
        ["Field", "Number", "In the books", "Since last month", "Since last year"],
        ["Vouchers", "730", "731", "–", "–"],
    ]
    assert (page.facts["Due"], page.facts["Month"]) == ("31 Mar 2026", "March 2026")
    assert "Finish" in page.all("button")
    answer = client.post(f"{path}finish/")
    assert (answer.status_code, answer["Location"]) == (302, path)
    done = read(client.get(path))
    assert "Finish" not in done.all("button")
    assert "Monthly summary March 2026 is done." in done.all("p")


def test_settings_show_cards_and_the_company(read, signed_in, member, workspace, ledger):
    page = read(signed_in(member).get("/w/byran/settings/"))
    assert page.all("h2") == ["Integrations", "Company", "Workspace"]
    assert page.all("h3") == ["Ledger"]
    assert page.facts["Organisation number"] == full_number(workspace.organisation_number)
    assert page.facts["Registered office"] == "Malmö"


def test_settings_without_integrations_say_so(read, signed_in, owner, workspace, no_integration):
    page = read(signed_in(owner).get("/w/byran/settings/"))
    assert "This installation has no integrations." in page.all("p")


def test_signing_in_and_out(client, owner, workspace):
    facts = {"login": "owner@byran.example", "password": "correct horse battery"}
    answer = client.post("/accounts/login/", facts)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/w/byran/clients/").status_code == 200
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert client.get("/w/byran/clients/").status_code == 302


def test_a_wrong_password_is_said_on_the_page(read, client, owner):
    page = read(client.post("/accounts/login/", {"login": "owner@byran.example", "password": "wrong"}))
    assert page.heading == "Sign in"
    assert "Wrong e-mail or password. Check both, or reset the password." in page.all("p")


def test_sign_up_is_closed(read, client, db):
    page = read(client.get("/accounts/signup/"))
    assert page.heading == "Your firm creates the accounts"


ACCOUNT_PAGES = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/a-b/",
    "/accounts/password/reset/key/done/",
]


@pytest.mark.parametrize("path", ACCOUNT_PAGES)
def test_account_pages_stand_in_our_frame(read, client, db, path):
    page = read(client.get(path))
    assert page.heading
    assert [src for src in page.values("link", "href") if "app" in str(src)] == ["/static/uku/app.css"]


def test_second_factor_pages_stand_in_our_frame(read, signed_in, owner, workspace):
    page = read(signed_in(owner).get("/accounts/2fa/"))
    assert page.heading == "Security"
    assert "Sign out" in page.all("button")


def test_a_failure_page_needs_nothing(rf):
    from uku.web.views.home import failed

    answer = failed(rf.get("/"))
    assert answer.status_code == 500
    assert b"An error occurred" in answer.content


def pages(records):
    client, draft, issued, task = (r.pk for r in (records.client, records.draft, records.issued, records.task))
    return [
        *(f"/w/byran/{path}" for path in ("clients/", "clients/new/", "products/", "products/new/", "billing/")),
        *(f"/w/byran/{path}" for path in ("billing/new/", "tasks/", "settings/", f"tasks/{task}/")),
        *(f"/w/byran/settings/{path}" for path in ("company/", "members/", "members/invite/")),
        *(f"/w/byran/settings/members/{records.membership.pk}/{path}" for path in ("", "deactivate/", "transfer/")),
        *(f"/w/byran/clients/{client}/{path}" for path in ("", "edit/")),
        f"/w/byran/billing/{draft}/edit/",
        f"/w/byran/billing/{issued}/",
    ]


def test_every_page_has_one_heading_and_nothing_inline(read, signed_in, owner, records, ledger):
    browser = signed_in(owner)
    for path in pages(records):
        answer = browser.get(path)
        page = read(answer)
        assert len(page.all("h1")) == 1, path
        inline = [
            (tag, name)
            for tag, attributes in page.tags
            for name in attributes
            if name == "style" or name.startswith(("on", "hx-on"))
        ]
        assert inline == [], path
        assert [a for t, a in page.tags if t == "style" or (t == "script" and "src" not in a)] == [], path
        assert answer["Content-Security-Policy"].count("unsafe") == 0
        assert answer["Cache-Control"] == "no-store"


def test_every_label_names_a_field_and_every_id_is_used_once(read, signed_in, owner, records, ledger):
    browser = signed_in(owner)
    for path in pages(records):
        page = read(browser.get(path))
        ids = [attributes["id"] for _tag, attributes in page.tags if "id" in attributes]
        once = [name for name in ids if name != "dialog-title"]
        assert len(once) == len(set(once)), path
        assert set(page.values("label", "for")) <= set(ids), path


def test_the_pages_name_no_vendor(signed_in, owner, records, no_integration):
    browser = signed_in(owner)
    for path in pages(records):
        text = re.sub(r"<(link|script|meta)[^>]*>", "", browser.get(path).content.decode())
        assert "fortnox" not in text.casefold(), path


def test_text_from_people_is_shown_as_text(make, signed_in, scope, owner, ledger):
    nasty = "<script>alert(1)</script>\"'&"
    client = make.client(owner, nasty, email=nasty, city=nasty, phone=nasty, address1=nasty)
    draft = make.draft(owner, client, description=nasty)
    task = make.task(client, owner)
    type(task).objects.filter(pk=task.pk).update(title=nasty)
    browser = signed_in(owner)
    found = [
        "clients/",
        f"clients/?q={nasty}",
        f"clients/{client.pk}/",
        f"clients/{client.pk}/edit/",
        "billing/",
        f"billing/new/?client={client.pk}",
        f"billing/{draft.pk}/edit/",
        "tasks/",
        f"tasks/{task.pk}/",
        f"products/new/?q={nasty}",
        "products/new/",
    ]
    for path in found:
        html = browser.get(f"/w/byran/{path}").content.decode()
        assert "<script>alert" not in html, path
        assert "<b>books</b>" not in html, path
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in browser.get("/w/byran/clients/").content.decode()


@pytest.mark.parametrize("path", ["clients/", "billing/", "tasks/"])
def test_a_number_too_large_for_the_database_is_404(signed_in, owner, workspace, path):
    assert signed_in(owner).get(f"/w/byran/{path}{'9' * 40}/").status_code == 404


def test_a_dialog_page_is_a_page_or_a_part(rf, owner, workspace):
    from uku.web.context import navigation

    class Details:
        target = "dialog"

        def __bool__(self):
            return True

    request = rf.get("/w/byran/settings/ledger/")
    request.user = owner
    assert navigation(request)["dialog_frame"] == "dialog_page.html"
    request.htmx = Details()
    assert navigation(request)["dialog_frame"] == "dialog_fragment.html"
