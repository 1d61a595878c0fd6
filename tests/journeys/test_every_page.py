"""Every page that the URL table knows, and the states of the Fortnox dialog: accessible, narrow enough, by keyboard."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from tests.journeys.looking import (
    assert_axe_clean,
    assert_keyboard_reaches_everything,
    assert_no_sideways_scroll,
    axe_violations,
    picture,
    sideways,
    tab_through,
    violations_by_scheme,
)
from tests.journeys.site import BASE, PEOPLE, SLUG
from tests.journeys.table import addresses
from tests.uku.web.conftest import make_records

pytestmark = pytest.mark.browser

REFUSED, FAILED = 400, 500
INVITED = "nils@byran.example"
FILE_STEPS = ("columns", "take-in", "resume", "left-out", "throw-away")
FILE_ROUTES = ("import-file", *(f"import-file-{step}" for step in FILE_STEPS))
# Answers to what is typed, shown below their field: tests/journeys/test_draft.py looks at them there.
HITS = {"client-search", "product-search"}
WITH_A_PAGE = {200, 400, 403, 404, 410}
# The controls outside the frame that every page has: two pages of one template have the same.
SHAPE = """() => [...document.querySelectorAll('main :is(a, button, input, select, textarea, summary, [tabindex])')]
  .map(stop => `${stop.localName}.${stop.className}#${stop.name || ''}`).join(' ')"""
# All that a rule of axe can go by but the words: two pages that have it alike break the same rules.
OUTLINE = """() => [...document.querySelectorAll('*')].map(each => each.localName + '.' + each.className
  + [...each.attributes].map(({name, value}) => /^(id|for|href|value|name|content|nonce|action|title|src)$|label|data-/
  .test(name) ? name : name + '=' + value)).join(' ')"""
# Pages without which the walk through the table would prove little.
FOR_OWNERS = {
    "clients",
    "client",
    "settings",
    "members",
    "company",
    "audit",
    "notices",
    "invoice-send",
    "invoice-remind",
    "invoice-settings",
    "vat-sentences",
    "fortnox:overview",
    "fortnox:review",
    "mfa_index",
}
FOR_VISITORS = {"account_login", "account_reset_password", "fortnox-consent-link"}


@pytest.fixture(scope="module")
def world(shared_site):
    """A connected workspace with one of everything, and the address of every page in it."""
    owner = shared_site.sign_in_by_form()
    shared_site.fortnox.customer(OrganisationNumber="455000-0006", Email="post@bjork.example")
    shared_site.fortnox.customer(Name="Vilande AB", Active=False)
    shared_site.fortnox.article()
    shared_site.connect(owner)
    shared_site.work()
    objects = shared_site.within(seeded_objects)
    shared_site.work()
    objects["invitation-open"] = {"secret": shared_site.do(invited_secret)}
    found, lacking = shared_site.do(lambda: addresses(objects))
    return SimpleNamespace(site=shared_site, owner=owner, addresses=found, lacking=lacking, outlines=set())


def seeded_objects():
    """The object that each route with one in its address is looked at with."""
    from uku.integrations.fortnox.connection.invite_links import make_link
    from uku.kit import clock
    from uku.workspaces.invitations import invite
    from uku.workspaces.models import Membership, User, Workspace

    workspace, actor = Workspace.objects.get(slug=SLUG), User.objects.get(email=PEOPLE["owner"])
    records, at = make_records(workspace, actor), clock.now()
    reload = make_reload(workspace, actor, at)
    member = {"pk": Membership.objects.get(user__email=PEOPLE["member"]).pk}
    link = make_link(workspace=workspace, actor=actor, at=at)
    invitation = {"pk": invite(email=INVITED, role="member", actor=actor, at=at).pk}
    return {
        "*": {"slug": SLUG, "pk": 1, "uidb36": "1", "key": "set-password"},
        "client": {"pk": records.client.pk},
        "client-edit": {"pk": records.client.pk},
        **{name: {"pk": records.file.pk} for name in FILE_ROUTES},
        "fortnox:client": {"pk": records.client.pk},
        "fortnox:documents": {"month": f"{clock.today('Europe/Stockholm'):%Y-%m}", "statistic": "sales_invoices"},
        "client-books": {"pk": records.client.pk},
        "summary-plan": {"pk": records.task.plan_id},
        "fortnox:decide": {"pk": make_undecided(records.issued, at).pk},
        "fortnox:reload-page": {"pk": reload.pk},
        "fortnox:run": {"pk": reload.runs.get().pk},
        "product": {"pk": records.product.pk},
        "product-edit": {"pk": records.product.pk},
        "product-difference": {"pk": records.product.pk},
        "invoice": {"pk": records.issued.pk},
        "invoice-issue": {"pk": records.draft.pk},
        "invoice-credit": {"pk": records.issued.pk},
        "invoice-cancel": {"pk": records.issued.pk},
        "invoice-pdf": {"pk": records.issued.pk},
        "invoice-pdf-kept": {"pk": records.issued.pk, "source": "uku"},
        "invoice-send": {"pk": records.issued.pk},
        "invoice-remind": {"pk": records.issued.pk},
        "product-pieces": {"pk": records.product.pk},
        **{name: {"pk": records.task.pk} for name in ("task", "task-delete", "task-edit", "task-finish")},
        "task-field": {"pk": records.field.pk},
        "member": member,
        "member-deactivate": member,
        "member-reactivate": member,
        "member-transfer": member,
        "invitation-resend": invitation,
        "invitation-withdraw": invitation,
        "fortnox-consent-link": {"token": link.rstrip("/").rpartition("/")[2]},
    }


def make_undecided(invoice, at):
    """An export that a person must decide about."""
    from uku.integrations.fortnox.models import ExportState, InvoiceExport

    facts = {"company_id": "556001", "reference": invoice.reference, "created_at": at, "sent_at": at}
    return InvoiceExport.objects.create(invoice=invoice, state=ExportState.NEEDS_PERSON, **facts)


def make_reload(workspace, actor, at):
    """A reload that is done, with something that it skipped."""
    from uku.integrations.fortnox.models import Reload, SkippedRecord, SkipReason, SyncRun

    place = {"workspace": workspace, "company_id": "556001", "started_at": at, "finished_at": at, "state": "done"}
    made = Reload.objects.create(**place, asked_by=actor)
    run = SyncRun.objects.create(**place, kind="customers", full=True, reload=made)
    SkippedRecord.objects.create(run=run, number="2", name="Vilande AB", reason=SkipReason.INACTIVE)
    return made


def invited_secret():
    """The secret of the invitation stands in the letter alone."""
    from django.core import mail

    letter = next(letter for letter in mail.outbox if letter.to == [INVITED])
    return re.findall(r"/invitation/([^/\s]+)/", letter.body)[0]


def pages_of(world, page):
    """Yield the name of every address that answers a person with a page of its own, with the page open.

    What leads on, as an address that only takes a button does, or answers with something else than HTML is looked at
    where it leads.
    """
    for name, address in world.addresses.items():
        if name in HITS:
            continue
        answer = page.context.request.get(world.site.address + address, max_redirects=0)
        assert answer.status < FAILED, (name, answer.text()[:2000])
        if answer.status in WITH_A_PAGE and "text/html" in answer.headers.get("content-type", ""):
            page.goto(world.site.address + address)
            yield name


def troubles_by_tab(page, walked):
    """Walk through by Tab: the first page whole, of another what is not the frame, and none that is like one before."""
    drawn = page.evaluate(SHAPE)
    if drawn in walked:
        return []
    scope = "main" if walked else "body"
    walked.add(drawn)
    passed_by, unsigned = tab_through(page, scope)
    return [f"Tab passes by: {stop}" for stop in passed_by] + [f"no sign of focus: {stop}" for stop in unsigned]


def look_at_all(world, page):
    walked = set()
    seen = {}
    for name in pages_of(world, page):
        wide = [f"sideways by {by} at {width}" for width, by in sideways(page).items()]
        seen[name] = wide + new_violations(world, page, both_schemes) + troubles_by_tab(page, walked)
    return seen


def new_violations(world, page, find):
    """What axe finds, unless it looked at a page of the same outline already."""
    outline = page.evaluate(OUTLINE)
    if outline in world.outlines:
        return []
    world.outlines.add(outline)
    return find(page)


def both_schemes(page):
    return [f"{scheme}: {each}" for scheme, some in violations_by_scheme(page).items() for each in some]


def only_troubles(seen):
    return {name: troubles for name, troubles in seen.items() if troubles}


def test_every_route_can_be_addressed(world):
    """A new page with an object in its address gets one in `seeded_objects`."""
    assert world.lacking == []


def test_every_page_of_an_owner_is_accessible_narrow_enough_and_reached_by_keyboard(world):
    seen = look_at_all(world, world.owner)
    assert only_troubles(seen) == {}
    assert set(seen) >= FOR_OWNERS


def test_every_page_of_a_visitor_is_accessible_narrow_enough_and_reached_by_keyboard(world):
    visitor = world.site.visitor()
    seen = look_at_all(world, visitor)
    assert only_troubles(seen) == {}
    assert set(seen) >= FOR_VISITORS


def test_no_page_that_a_visitor_is_meant_to_have_answers_an_error(world):
    """A link and an invitation answer alike however often and from whatever browser they are opened."""
    wrong = []
    for name in sorted(FOR_VISITORS | {"invitation-open"}):
        for _ in range(5):
            visitor = world.site.visitor()
            answer = visitor.goto(world.site.address + world.addresses[name])
            if answer.status >= REFUSED:
                wrong.append((name, answer.status, visitor.locator("body").inner_text()[:500]))
            visitor.context.close()
    assert wrong == []


def test_every_page_of_a_member_is_axe_clean(world):
    member = world.site.sign_in("member")
    member.emulate_media(reduced_motion="reduce")
    names = (name for name in pages_of(world, member) if not name.startswith(("account", "mfa")))
    seen = {name: new_violations(world, member, axe_violations) for name in names}
    assert only_troubles(seen) == {}


# The dialog, opened from its card


def open_dialog(world, page):
    world.site.open(page, "/settings/")
    page.get_by_role("link", name="Fortnox", exact=True).press("Enter")
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    dialog.locator("nav.tabs a[aria-current=page]").wait_for()
    return dialog


def test_each_tab_of_the_open_dialog_is_accessible_narrow_enough_and_reached_by_keyboard(world):
    dialog = open_dialog(world, world.owner)
    for name in ("Connect to Fortnox", "Settings", "Activity", "Overview"):
        dialog.locator("nav.tabs").get_by_role("link", name=name, exact=True).press("Enter")
        dialog.locator(f"nav.tabs a[aria-current=page]:has-text('{name}')").wait_for()
        assert_axe_clean(world.owner)
        assert_no_sideways_scroll(world.owner)
        assert_keyboard_reaches_everything(world.owner, "dialog[open]")


def test_help_opens_in_the_dialog_and_as_a_page(world):
    dialog = open_dialog(world, world.owner)
    dialog.get_by_role("link", name="Help", exact=True).press("Enter")
    dialog.get_by_role("heading", name="Connecting Fortnox").wait_for()
    assert_axe_clean(world.owner)
    assert_no_sideways_scroll(world.owner)
    world.owner.reload()
    assert world.owner.url.endswith(f"{BASE}/settings/fortnox/help/")
    world.owner.locator("main").get_by_role("link", name="Troubleshooting").click()
    assert world.owner.url.endswith("/help/#troubleshooting")
    world.owner.locator("main").get_by_role("link", name="summary tasks").click()
    assert world.owner.locator("main .prose__title").inner_text() == "Summary tasks and their data fields"


def test_escape_closes_the_dialog_and_the_focus_returns_to_the_card(world):
    open_dialog(world, world.owner)
    assert world.owner.evaluate("document.querySelector('dialog[open]').contains(document.activeElement)")
    world.owner.keyboard.press("Escape")
    world.owner.wait_for_function("!document.querySelector('dialog[open]')")
    world.owner.wait_for_url(f"**{BASE}/settings/")  # put back in an event of its own, right after
    assert world.owner.evaluate("document.activeElement.textContent") == "Fortnox"


def test_space_presses_a_button_and_enter_follows_a_link(world):
    dialog = open_dialog(world, world.owner)
    dialog.locator(".dialog__close").press("Space")
    world.owner.wait_for_function("!document.querySelector('dialog[open]')")
    dialog = open_dialog(world, world.owner)
    dialog.get_by_role("link", name="Disconnect", exact=True).press("Enter")
    dialog.get_by_role("heading", name="Disconnect Exempelbyrån AB?").wait_for()
    assert_axe_clean(world.owner)
    dialog.get_by_role("link", name="Keep the connection").press("Enter")
    dialog.get_by_role("heading", name="What syncs").wait_for()


# Pictures for a person to look at

PICTURED = (
    "settings", "members", "member", "member-invite", "company", "audit", "notices", "fortnox:connect",
    "fortnox:settings", "fortnox:review", "fortnox:activity", "fortnox:help", "fortnox:help-summary-tasks",
    "fortnox:disconnect",
    "mfa_index", "usersessions_list", "account_change_password",
)  # fmt: skip
PICTURED_FOR_VISITORS = ("account_login", "account_reset_password", "fortnox-consent-link", "invitation-open")


def test_the_pages_of_the_connection_and_of_people_are_pictured(world):
    visitor = world.site.visitor()
    for page, names in ((world.owner, PICTURED), (visitor, PICTURED_FOR_VISITORS)):
        for name in names:
            answer = page.goto(world.site.address + world.addresses[name])
            told = page.locator("body").inner_text()[:500] if answer.status >= REFUSED else ""
            assert (name, answer.status, told) == (name, 200, "")
            picture(page, f"page-{name.replace(':', '-')}")
