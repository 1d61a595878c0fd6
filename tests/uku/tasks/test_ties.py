"""A client's books in a workspace of their own: figures cross to the client's summary task, and nothing else does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from tests.uku.conftest import AT, make_user, make_workspace

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.kit.scoping import workspace_in_force
from uku.tasks.fields import FieldNotUsable
from uku.tasks.models import BooksTie, Missing, MonthFigure, PlanField, SummaryPlan, Task, TaskField, TaskValue
from uku.tasks.pauses import Pause, note_disconnected, pauses_of
from uku.tasks.summaries import Figure, Schedule, open_missing_months, plan_summaries
from uku.tasks.ties import (
    CannotTie,
    add_company_file,
    choose_fields,
    hand_over,
    tie_books,
    tie_of_books,
    tie_of_client,
    untie_books,
    workspaces_to_tie,
)
from uku.workspaces.models import AuditEntry, Workspace
from uku.workspaces.operations import add_member, set_plan
from uku.workspaces.permissions import NotAllowed

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@pytest.fixture
def client(scope, owner):
    return create_client(actor=owner, at=AT, name="Åkerlunds Bygg AB", organisation_number="556036-0793")


@pytest.fixture
def tie(scope, owner, client):
    return add_company_file(workspace=scope, client=client, actor=owner, at=AT)


@pytest.fixture
def books_plan(tie, owner):
    """Statistics switched on in the company file."""
    with workspace_in_force(tie.books_id):
        facts = {"title": "Month", "topic": "Books", "client": None, "schedule": Schedule(MARCH)}
        plan = plan_summaries(actor=owner, at=AT, fields={"vouchers": "Vouchers", "payslips": "Payslips"}, **facts)
        SummaryPlan.objects.update(company="556001")
        plan.refresh_from_db()
        return plan


def hand(plan, *, at=AT, company="", **figures):
    """Count in the company file, and hand it over."""
    with workspace_in_force(plan.workspace_id):
        if company:
            plan.company = company
        given = {name: each if isinstance(each, Figure) else Figure(each) for name, each in figures.items()}
        told = {(name, MARCH): figure for name, figure in given.items()}
        return hand_over(plan, told, at=at)


def values() -> dict[str, int]:
    found = TaskValue.objects.filter(task__month=MARCH).select_related("field")
    return {value.field.name: int(value.value) for value in found}


def test_a_tie_made_in_the_night_counts_from_the_month_that_the_firms_clock_shows(scope, owner, client):
    add_company_file(workspace=scope, client=client, actor=owner, at=datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    assert SummaryPlan.objects.get().first_month == APRIL


def test_a_company_file_is_a_workspace_under_the_firms_plan_that_its_maker_owns(scope, owner, client, tie):
    books = tie.books
    assert (books.name, books.organisation_number, books.plan, books.firm) == (
        client.name,
        "5560360793",
        scope.plan,
        scope,
    ) or books.organisation_number == client.organisation_number
    assert tie_of_client(client) == tie
    assert tie_of_books(books) == tie
    set_plan(workspace=scope, plan="elite", at=AT)
    assert Workspace.objects.get(pk=books.pk).plan == "elite"


def test_figures_come_to_the_clients_summary_task_in_fields_of_the_same_name(scope, client, tie, books_plan, owner):
    assert hand(books_plan, vouchers=37, payslips=4) is True
    task = Task.objects.get(month=MARCH)
    assert (task.client, task.assignee, values()) == (client, owner, {"Vouchers": 37, "Payslips": 4})
    hand(books_plan, vouchers=38, payslips=4)
    assert (values()["Vouchers"], Task.objects.count()) == (38, 1)


def test_each_hand_over_that_changed_something_stands_in_both_logs(scope, tie, books_plan):
    for number in (37, 37, 38):
        hand(books_plan, vouchers=number)
    told = [{"Vouchers 2026-03": "38"}, {"Vouchers 2026-03": "37"}]
    for workspace in (scope.pk, tie.books_id):
        entries = AuditEntry.everywhere.filter(workspace=workspace, action="books.hand_over").order_by("-position")
        assert [(entry.actor, entry.after) for entry in entries] == [(None, each) for each in told]


def test_only_a_month_a_company_and_its_figures_cross(scope, tie, books_plan, owner):
    """Every row of every table that the hand-over makes in the firm's workspace."""
    with workspace_in_force(tie.books_id):
        create_client(actor=owner, at=AT, name="Hemlig Kund AB")
    before = rows_of(scope.pk)
    hand(books_plan, vouchers=37)
    after = rows_of(scope.pk)
    made = {table: rows - before[table] for table, rows in after.items() if rows != before[table]}
    assert made == {
        "uku_auditentry": 1,
        "uku_monthfigure": 1,
        "uku_planfield": 2,
        "uku_task": 1,
        "uku_taskfield": 2,
        "uku_taskvalue": 1,
    }
    assert Client.objects.filter(name="Hemlig Kund AB").count() == 0


TABLES = """
    SELECT table_name FROM information_schema.columns WHERE column_name = 'workspace_id' AND table_schema = 'public'
"""


def rows_of(workspace_id: int) -> dict[str, int]:
    """Count the rows of each table that belong to a workspace."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        counts = {}
        for (table,) in cursor.fetchall():
            question = f"SELECT count(*) FROM {table} WHERE workspace_id = %s"
            cursor.execute(question, [workspace_id])
            counts[table] = cursor.fetchone()[0]
    return counts


def test_figures_of_another_company_than_the_tied_one_do_not_cross(scope, tie, books_plan):
    hand(books_plan, vouchers=37)
    assert BooksTie.objects.get().company == "556001"
    assert hand(books_plan, company="556002", vouchers=99) is False
    assert values() == {"Vouchers": 37}


def test_a_figure_that_is_missing_is_said_on_the_other_side_too(scope, tie, books_plan):
    hand(books_plan, vouchers=Figure(None, Missing.NOT_PERMITTED))
    assert [(row.count, row.missing) for row in MonthFigure.objects.all()] == [(None, "not_permitted")]
    assert values() == {}


@pytest.mark.parametrize("side", ["firm", "books"])
def test_untied_on_either_side_nothing_comes_any_more_and_what_came_stays(scope, tie, books_plan, owner, side):
    hand(books_plan, vouchers=37)
    workspace = scope if side == "firm" else tie.books
    with workspace_in_force(workspace.pk):
        untie_books(workspace=workspace, tie=tie, actor=owner, at=AT)
    assert hand(books_plan, vouchers=99) is False
    assert (values(), tie_of_books(tie.books)) == ({"Vouchers": 37}, None)
    actors = {entry.workspace_id: entry.actor for entry in AuditEntry.everywhere.filter(action="books.untie")}
    other = tie.books_id if side == "firm" else scope.pk
    assert actors == {workspace.pk: owner, other: None}


def test_tied_again_the_same_task_goes_on(scope, client, tie, books_plan, owner):
    hand(books_plan, vouchers=37)
    untie_books(workspace=scope, tie=tie, actor=owner, at=AT)
    tie_books(workspace=scope, client=client, books=tie.books, actor=owner, at=AT)
    hand(books_plan, vouchers=38)
    assert (values(), Task.objects.count(), BooksTie.objects.count()) == ({"Vouchers": 38}, 1, 1)


def test_who_does_not_manage_both_sides_ties_nothing(scope, owner, client):
    other_owner = make_user("other@annan.example")
    other = make_workspace("annan", other_owner)
    for person in (owner, other_owner):
        with pytest.raises(NotAllowed):
            tie_books(workspace=scope, client=client, books=other, actor=person, at=AT)
    add_member(workspace=other, user=owner, role="member")
    with pytest.raises(NotAllowed):
        tie_books(workspace=scope, client=client, books=other, actor=owner, at=AT)
    assert (BooksTie.everywhere.count(), workspaces_to_tie(owner)) == (0, [])


def test_a_stranger_on_neither_side_unties_nothing(scope, tie):
    stranger = make_user("stranger@tredje.example")
    third = make_workspace("tredje", stranger)
    with workspace_in_force(third.pk), pytest.raises(CannotTie):
        untie_books(workspace=third, tie=tie, actor=stranger, at=AT)
    assert BooksTie.objects.get().untied_at is None


def test_books_have_one_tie_and_a_client_has_one(scope, owner, client, tie):
    other = create_client(actor=owner, at=AT, name="Björkhaga Trädgård AB")
    with pytest.raises(CannotTie):
        tie_books(workspace=scope, client=other, books=tie.books, actor=owner, at=AT)
    second = make_workspace("second", owner)
    with pytest.raises(CannotTie):
        tie_books(workspace=scope, client=client, books=second, actor=owner, at=AT)
    with pytest.raises(CannotTie):
        tie_books(workspace=scope, client=other, books=scope, actor=owner, at=AT)
    assert workspaces_to_tie(owner) == [second]


def test_the_database_holds_no_tie_to_another_workspaces_client(scope, owner, tie):
    with workspace_in_force(tie.books_id):
        theirs = create_client(actor=owner, at=AT, name="Kund i boken AB")
    with pytest.raises(IntegrityError, match="bookstie_client_id_same_workspace"), transaction.atomic():
        BooksTie.objects.create(client=theirs, books=make_workspace("b", owner), tied_at=AT, tied_by=owner)
        connection.check_constraints()


def test_the_firm_chooses_its_own_fields_and_from_which_month_on(scope, tie, books_plan, owner):
    hand(books_plan, vouchers=37, payslips=4)
    chosen = {"vouchers": "Verifikationer", "payslips": ""}
    choose_fields(tie=tie, fields=chosen, first_month=MARCH, actor=owner, at=AT)
    assert values() == {"Vouchers": 37, "Payslips": 4, "Verifikationer": 37}
    hand(books_plan, vouchers=40, payslips=5)
    assert values() == {"Vouchers": 37, "Payslips": 4, "Verifikationer": 40}
    with pytest.raises(FieldNotUsable):
        same = {"vouchers": "Antal", "payslips": "antal"}
        choose_fields(tie=tie, fields=same, first_month=MARCH, actor=owner, at=AT)


def test_a_field_that_cannot_take_a_figure_leaves_it_without_one(scope, tie, books_plan):
    TaskField.objects.create(name="Vouchers", kind="text")
    hand(books_plan, vouchers=37, payslips=4)
    assert values() == {"Payslips": 4}
    assert PlanField.objects.get(statistic="vouchers").field is None


def test_tied_again_the_company_is_still_the_one_that_was_tied(scope, client, tie, books_plan, owner):
    hand(books_plan, vouchers=37)
    untie_books(workspace=scope, tie=tie, actor=owner, at=AT)
    tie_books(workspace=scope, client=client, books=tie.books, actor=owner, at=AT)
    assert hand(books_plan, company="556002", vouchers=99) is False
    assert (hand(books_plan, company="556001", vouchers=38), values()) == (True, {"Vouchers": 38})


def test_books_that_are_not_connected_make_no_task_for_the_client(scope, tie, books_plan):
    with workspace_in_force(tie.books_id):
        note_disconnected(at=AT)
    plan = SummaryPlan.objects.get(tie=tie)
    assert (pauses_of([plan]), open_missing_months(plan, at=AT)) == ({plan.pk: Pause.DISCONNECTED}, [])


@pytest.mark.parametrize("clients", [1, 2])
def test_of_two_who_add_a_company_file_at_once_each_gets_one_or_a_sentence(committed, clients):
    """For one client the second is told; for two of the same name each file has an address of its own."""
    actor = make_user("owner@byran.example")
    workspace = make_workspace("byran", actor)
    with workspace_in_force(workspace.pk):
        made = [create_client(actor=actor, at=AT, name="Åkerlunds Bygg AB") for _ in range(clients)]
    start = Barrier(2)

    def add(turn: int) -> str:
        with workspace_in_force(workspace.pk):
            start.wait(10)
            try:
                client = made[turn % clients]
                return add_company_file(workspace=workspace, client=client, actor=actor, at=AT).books.slug
            except CannotTie as error:
                return error.sentence
            finally:
                connection.close()

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(add, range(2)))
    second = "akerlunds-bygg-ab-2" if clients == 2 else TIED_ALREADY
    assert told == sorted(["akerlunds-bygg-ab", second])


TIED_ALREADY = "This client's books are counted in another workspace already. Unlink it first."
