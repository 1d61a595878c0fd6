"""The Settings tab is one form with one Save: what was saved is what is shown, and none is a choice like any other."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.browsers import Walk, said, texts
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.grants import row
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND
from tests.uku.web.page_reader import Page

from uku.clients.models import Client
from uku.clients.operations import archive_clients, create_client
from uku.integrations.fortnox.connection import authorize
from uku.integrations.fortnox.health import summary
from uku.integrations.fortnox.models import (
    Connection,
    RunKind,
    RunState,
    SyncIssue,
    SyncRun,
    VoucherKind,
    VoucherSeries,
)
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.kit.months import first_of, next_month
from uku.tasks.models import SummaryPlan, Task, TaskField, TaskValue
from uku.tasks.summaries import fields_of, open_missing_months, own_plan
from uku.workspaces.models import AuditEntry, Notice
from uku.workspaces.operations import set_plan

BOTH = ["sales_invoices", "vouchers"]
SAVED = "Settings saved."
OFF = (
    "Settings saved. Work statistics are off: nothing is counted and no summary task is created. Tasks and their"
    " numbers are kept, and so are the title, topic, client and first month."
)


def this_month() -> date:
    return first_of(clock.today("Europe/Stockholm"))


def last_month() -> date:
    return first_of(this_month() - timedelta(days=1))


@pytest.fixture
def walk(owner, scope, fortnox):
    return Walk(owner, scope, fortnox)


class Tab:
    """The Settings tab in one browser tab: what its form holds as it was loaded, and Save with changes."""

    def __init__(self, walk) -> None:
        self.walk, self.fields, chooser = walk, {"client": "", "statistics": []}, ""
        for tag, given in Page(walk.see("settings").content.decode()).tags:
            name, value = given.get("name"), given.get("value", "")
            if tag == "select":
                chooser = name
            elif tag == "option" and "selected" in given:
                self.fields[chooser] = value
            elif name == "statistics" and "checked" in given:
                self.fields["statistics"].append(value)
            elif (
                name in {"seen", "title", "topic", "import_time", "due_days"}
                or (name or "").startswith("field_")
                or (name in {"new_clients", "client"} and "checked" in given)
            ):
                self.fields[name] = value

    def save(self, **changes):
        return self.walk.browser.post(self.walk.address("settings"), {**self.fields, **changes})


def shown(walk) -> dict[str, object]:
    """What the form holds; but for the schedule and the names of fields, which have tests of their own."""
    left_out = ("seen", "month", "field_", "series_", "import_", "due_days")
    return {name: value for name, value in Tab(walk).fields.items() if not name.startswith(left_out)}


def statistics_row():
    return next(found for found in summary.health_of(row()).kinds if found.kind == RunKind.STATISTICS)


def test_there_is_one_form_with_one_save(connection, walk):
    page = Page(walk.see("settings").content.decode())
    inside = [action for action in page.values("form", "action") if "/fortnox/" in action]
    assert inside == [walk.address("settings"), walk.address("settings") + "preview/"]  # which saves nothing


def test_what_was_saved_is_what_is_shown(connection, walk, owner):
    client = create_client(actor=owner, at=AT, name="Åkerlunds Bygg AB")
    wanted = {
        "new_clients": "ask",
        "title": "Månad",
        "topic": "Böcker",
        "client": str(client.pk),
        "first_month": last_month().isoformat(),
        "statistics": BOTH,
    }
    assert said(Tab(walk).save(**wanted)) == SAVED
    assert shown(walk) == wanted
    archive_clients(ids=[client.pk], actor=owner, at=AT)
    assert shown(walk) == wanted


# The client the company stands for


def offered(answer) -> list[tuple[str, bool]]:
    """The clients to choose from, and which of them is chosen."""
    found = [given for tag, given in Page(answer.content.decode()).tags if given.get("name") == "client"]
    names = {str(client.pk): client.name for client in Client.objects.all()} | {"": "Nobody"}
    return [(names[given["value"]], "checked" in given) for given in found]


def search(walk, words: str, chosen: str):
    """What a typed search answers, which takes the place of the choices alone."""
    typed = {"HX-Request": "true", "HX-Target": "found-clients"}
    return walk.browser.get(walk.address("settings"), {"q": words, "client": chosen}, headers=typed)


def test_a_search_finds_clients_and_keeps_the_one_that_was_chosen(connection, walk, owner):
    ids = {name: create_client(actor=owner, at=AT, name=name).pk for name in ("Alm AB", "Björk AB", "Cedergren AB")}
    answer = search(walk, "cedergren", str(ids["Björk AB"]))
    assert offered(answer) == [("Nobody", False), ("Björk AB", True), ("Cedergren AB", False)]
    assert "<form" not in answer.content.decode()
    assert offered(search(walk, "cedergren", "")) == [("Nobody", True), ("Cedergren AB", False)]
    assert "No other client has “ek” in its name" in texts(search(walk, "ek", str(ids["Alm AB"])))
    Tab(walk).save(client=str(ids["Björk AB"]))
    saved = [("Nobody", False), ("Björk AB", True), ("Alm AB", False)]
    assert offered(walk.browser.get(walk.address("settings"), {"q": "alm"})) == saved  # without script


def test_ten_clients_are_offered_and_the_page_says_that_there_are_more(connection, walk, owner):
    for number in range(12):
        create_client(actor=owner, at=AT, name=f"Klient {number:02}")
    page = walk.see("settings")
    assert [name for name, _ in offered(page)] == ["Nobody", *(f"Klient {number:02}" for number in range(10))]
    assert "The first 10 are shown. Type more of the name." in texts(page)


def test_a_choice_that_could_not_be_saved_stays_chosen(connection, walk, owner):
    client = create_client(actor=owner, at=AT, name="Alm AB")
    assert offered(Tab(walk).save(client=str(client.pk), title="")) == [("Nobody", False), ("Alm AB", True)]


@pytest.mark.parametrize("chosen", ["0", "x", "9" * 30, "1\x00"])
def test_what_is_no_client_of_theirs_is_not_offered(connection, walk, chosen):
    assert offered(search(walk, "", chosen)) == [("Nobody", True)]


@pytest.mark.parametrize("moved", [-2, -1, 1])
def test_a_changed_first_month_stays_changed(connection, walk, moved):
    month = this_month()
    Tab(walk).save(statistics=BOTH)
    for _ in range(abs(moved)):
        month = next_month(month) if moved > 0 else first_of(month - timedelta(days=1))
    Tab(walk).save(first_month=month.isoformat())
    assert (shown(walk)["first_month"], SummaryPlan.objects.get().first_month) == (month.isoformat(), month)


def test_an_earlier_first_month_is_counted_at_once(connection, walk, run_jobs):
    Tab(walk).save(statistics=["sales_invoices"])
    run_jobs()
    walk.see("settings")
    clear_queue()
    Tab(walk).save(first_month=last_month().isoformat())
    run_jobs()
    assert last_month() in set(Task.objects.values_list("month", flat=True))
    assert TaskValue.objects.filter(task__month=last_month()).count() == 1


def test_the_months_of_the_year_behind_and_the_year_ahead_are_offered_in_words(connection, walk):
    """Nobody types a date to name a month."""
    this = this_month()
    words = [this.replace(year=this.year + years).strftime("%B %Y") for years in (-1, 0, 1)]
    choices = walk.see("settings").content.decode().partition("</select>")[0]
    offered = re.findall(r">([A-Z][a-z]+ \d{4})</option>", choices)
    assert (len(offered), [offered[place] for place in (0, 12, 24)]) == (25, words)


def test_a_saved_month_of_long_ago_is_offered_still(connection, walk):
    Tab(walk).save(statistics=BOTH)
    SummaryPlan.objects.update(first_month=date(2019, 8, 1))
    assert shown(walk)["first_month"] == "2019-08-01"
    assert said(Tab(walk).save(title="Other")) == SAVED


@pytest.mark.parametrize("month", ["0001-01-01", "1999-12-01", "9999-12-01", "2026-13-01", "soon"])
def test_a_month_that_nobody_means_is_refused_in_words_and_nothing_is_saved(connection, walk, month):
    Tab(walk).save(statistics=BOTH)
    before = shown(walk)
    answer = Tab(walk).save(first_month=month, new_clients="ask", title="Other")
    assert answer.status_code == 200
    assert "Nothing was saved. One field has an error. It is marked below." in texts(answer)
    assert "First month" in texts(answer).partition("Work statistics")[2]
    assert len(re.findall(r'class="errorlist"', answer.content.decode())) == 1
    assert shown(walk) == before


def test_statistics_are_switched_off_and_say_what_stops(connection, walk, owner):
    client = create_client(actor=owner, at=AT, name="Åkerlunds Bygg AB")
    Tab(walk).save(statistics=BOTH, title="Månad", client=str(client.pk), first_month=last_month().isoformat())
    run_sync(SyncRequest(row(), RunKind.STATISTICS))
    kept = (Task.objects.count(), TaskValue.objects.count())
    walk.see("settings")
    assert said(Tab(walk).save(statistics=[])) == OFF
    assert shown(walk) | {"topic": ""} == {
        "new_clients": "create",
        "title": "Månad",
        "topic": "",
        "client": str(client.pk),
        "first_month": last_month().isoformat(),
        "statistics": [],
    }
    assert (Connection.objects.get().statistics, SummaryPlan.objects.get().active) == ([], False)
    assert (Task.objects.count(), TaskValue.objects.count()) == kept
    assert run_sync(SyncRequest(row(), RunKind.STATISTICS)) is None
    entry = AuditEntry.objects.filter(action="summaries.plan").latest("position")
    assert (entry.before["statistics"], entry.after["statistics"]) == (
        "sales_invoices: Sales invoices, vouchers: Vouchers",
        "",
    )
    assert said(Tab(walk).save(statistics=["vouchers"])).endswith(SAVED)
    assert shown(walk)["title"] == "Månad"


def test_what_is_not_chosen_is_shown_as_off(connection, walk, member, scope):
    found = statistics_row()
    assert (found.badge.words, found.next_try, found.failed_at) == ("Off", "", None)
    assert found.note == "No statistics are chosen on the Settings tab."
    assert "Work statistics: Off" in summary.lines(summary.health_of(row()))
    assert "Work statistics Off" in texts(Walk(member, scope, None).see("settings"))
    Tab(walk).save(statistics=["sales_invoices"])
    assert (statistics_row().badge.words, statistics_row().next_try) == ("Not run yet", "soon")


def test_switching_off_clears_what_stood_against_them(fortnox, connection, walk, owner):
    Tab(walk).save(statistics=BOTH, first_month=last_month().isoformat())
    denied = '{"ErrorInformation":{"error":1,"message":"Ingen licens","code":2001101}}'
    fortnox.fault(path="/3/invoices", action="status", status=403, body=denied, times=10, phase="P0")
    run_sync(SyncRequest(row(), RunKind.STATISTICS))
    SyncRun.objects.create(kind=RunKind.STATISTICS, company_id=row().company_id, started_at=clock.now())
    assert list(Notice.objects.filter(cleared_at=None).values_list("tone", flat=True)) == ["bad"]
    Tab(walk).save(statistics=[])
    assert Notice.objects.filter(cleared_at=None, tone__in=["bad", "warning"]).count() == 0
    assert SyncIssue.objects.filter(solved_at=None).count() == 0
    assert SyncRun.objects.filter(kind=RunKind.STATISTICS).latest("id").state == RunState.CANCELLED
    assert (statistics_row().badge.words, statistics_row().open_issues) == ("Off", 0)


def test_saving_what_is_there_changes_nothing(connection, walk, queue):
    Tab(walk).save(statistics=BOTH)
    clear_queue()
    before = AuditEntry.objects.count()
    assert said(Tab(walk).save()).endswith(SAVED)
    assert (AuditEntry.objects.count(), queue()) == (before, [])


def test_a_tab_that_is_older_than_what_is_saved_saves_nothing_and_says_so(connection, walk):
    first, second = Tab(walk), Tab(walk)
    first.save(statistics=BOTH)
    walk.see("settings")
    before = shown(walk)
    answer = second.save(new_clients="ask")
    assert said(answer) == (
        "Nothing was saved: these settings were changed after you opened the page. The page"
        " shows the settings as they are now. Make your change again."
    )
    assert shown(walk) == before


def test_series_that_a_count_finds_meanwhile_are_no_change_of_the_settings(connection, walk):
    tab = Tab(walk)
    series = VoucherSeries.objects.create(company_id=connection.company_id, code="A", kind=VoucherKind.MANUAL)
    assert said(tab.save(statistics=BOTH)) == SAVED
    tab = Tab(walk)
    VoucherSeries.objects.filter(pk=series.pk).update(kind=VoucherKind.OTHER)
    assert said(tab.save()).startswith("Nothing was saved")


def test_the_first_month_of_another_companys_books_is_the_one_that_was_chosen(connection, walk):
    Tab(walk).save(statistics=BOTH)
    run_sync(SyncRequest(connection, RunKind.STATISTICS))
    Connection.objects.update(company_id=SECOND)
    Tab(walk).save(statistics=BOTH, first_month=last_month().isoformat())
    connection.refresh_from_db()
    run_sync(SyncRequest(connection, RunKind.STATISTICS))
    plans = SummaryPlan.objects.order_by("id").values_list("company", "active", "first_month")
    assert list(plans) == [(FIRST, False, this_month()), (SECOND, True, last_month())]


@pytest.mark.parametrize("state", ["never enabled", "disabled"])
def test_settings_are_kept_while_the_integration_is_off(fortnox, walk, scope, owner, queue, state):
    if state == "disabled":
        walk.connect()
        authorize.disable(workspace=scope, actor=owner, at=clock.now())
        walk.see("overview")
        clear_queue()
    assert said(Tab(walk).save(statistics=BOTH, new_clients="ask")) == SAVED
    assert (shown(walk)["statistics"], shown(walk)["new_clients"], queue()) == (BOTH, "ask", [])
    assert said(Tab(walk).save(statistics=[])).endswith(OFF)
    assert shown(walk)["statistics"] == []


def test_without_a_plan_and_as_a_member_nothing_is_saved(connection, walk, scope, member):
    tab = Tab(walk)
    other = Walk(member, scope, None)
    assert other.browser.post(walk.address("settings"), {**tab.fields, "statistics": BOTH}).status_code == 403
    set_plan(workspace=scope, plan="free", at=clock.now())
    assert "Team and Elite plans" in said(tab.save(statistics=BOTH, new_clients="ask"))
    assert (SummaryPlan.objects.count(), Connection.objects.get().new_clients) == (0, "create")


def test_a_statistic_that_does_not_exist_is_refused(connection, walk):
    answer = Tab(walk).save(statistics=["vouchers", "salaries"], new_clients="ask")
    assert (answer.status_code, SummaryPlan.objects.count(), Connection.objects.get().new_clients) == (200, 0, "create")


def test_the_longest_title_still_leaves_room_for_the_month(connection, walk):
    answer = Tab(walk).save(statistics=BOTH, title="x" * 200)
    assert (answer.status_code, SummaryPlan.objects.count()) == (200, 0)
    Tab(walk).save(statistics=BOTH, title="x" * 180, first_month=last_month().isoformat())
    assert len(open_missing_months(own_plan(), at=clock.now())) in {1, 2}


def test_a_preview_changes_nothing_of_what_is_proposed_or_saved(fortnox, connection, walk, run_jobs, owner):
    client = create_client(actor=owner, at=AT, name="Byran AB", organisation_number=connection.organisation_number)
    tab = Tab(walk)
    walk.browser.post(walk.address("settings") + "preview/", {"month": last_month().isoformat()})
    run_jobs()
    assert (tab.fields["client"], shown(walk)["client"]) == (str(client.pk), str(client.pk))
    assert said(tab.save(statistics=BOTH)).endswith(SAVED)
    assert (SummaryPlan.objects.get().client, SummaryPlan.objects.count()) == (client, 1)


def test_two_statistics_for_one_field_or_a_field_of_words_are_refused(connection, walk):
    TaskField.objects.create(name="Remarks", kind="text")
    for wrong in ({"field_vouchers": "Sales INVOICES"}, {"field_vouchers": "remarks"}):
        answer = Tab(walk).save(statistics=BOTH, **wrong)
        assert (answer.status_code, "Nothing was saved." in texts(answer)) == (200, True)
    assert SummaryPlan.objects.count() == 0


def test_the_schedule_and_the_fields_are_stored_and_shown(connection, walk):
    chosen = {"import_day": "5", "import_time": "18:30", "due_days": "10", "field_vouchers": "Verifikat"}
    assert said(Tab(walk).save(statistics=BOTH, **chosen)) == SAVED
    again = {name: Tab(walk).fields[name] for name in chosen}
    assert again == chosen
    plan = SummaryPlan.objects.get()
    assert (plan.import_day, f"{plan.import_time:%H:%M}", plan.due_days) == (5, "18:30", 10)
    assert {each.statistic: each.field.name for each in fields_of(plan)} == {
        "sales_invoices": "Sales invoices",
        "vouchers": "Verifikat",
    }
