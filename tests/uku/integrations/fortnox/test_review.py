"""What a person decides about customers lasts, has one effect, and is written down; whatever runs come after."""

from __future__ import annotations

import threading

import pytest
from django.db import connection as database
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.import_runs import bring_in
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS
from tests.uku.integrations.fortnox.standing_rows import COMPANY, connected, ran

from uku.clients.models import Client
from uku.clients.operations import ClientChanged, archive_clients, create_client, edit_client
from uku.integrations.fortnox.connection.choices import choose_new_clients
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable
from uku.integrations.fortnox.customers import bulk_create, links, review
from uku.integrations.fortnox.health.queries import customers_to_review, is_first_import
from uku.integrations.fortnox.models import BulkCreation, Connection, CustomerRecord, NewClients, SyncIssue
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry, Membership, Notice
from uku.workspaces.permissions import NotAllowed


def customer(number, **facts):
    given = {"company_id": COMPANY, "number": number, "name": f"Customer {number}", "seen_at": AT}
    return CustomerRecord.objects.create(**{**given, **facts})


def ours(owner, name="Björk Bygg AB", **facts):
    return create_client(actor=owner, at=AT, name=name, **facts)


def by(actor, **choice):
    return {"actor": actor, "at": AT, **choice}


def state(record):
    record.refresh_from_db()
    return record.client, record.suggested, record.ignored_at is not None


def noted():
    return [(entry.action, entry.summary) for entry in AuditEntry.objects.filter(action__startswith="fortnox.")]


@pytest.fixture
def working(scope):
    """A connection whose first import is still to be decided."""
    return connected()


# One customer


def test_linking_ties_fills_and_is_written_down(working, owner):
    client = ours(owner)
    record = customer("1", suggested=client, email="post@bjork.example", city="Lund")
    review.link(record=record, client=client, **by(owner))
    assert state(record) == (client, None, False)
    client.refresh_from_db()
    assert (client.email, client.city, record.evidence) == ("post@bjork.example", "Lund", f"Linked by {owner}")
    assert noted() == [("fortnox.link", "Fortnox customer 1 Customer 1: linked to Björk Bygg AB")]


def test_a_second_customer_of_a_client_does_not_undo_the_first_ones_details(working, owner):
    client = ours(owner)
    first, second = customer("1", email="first@bjork.example"), customer("2", email="second@bjork.example")
    review.link(record=first, client=client, **by(owner))
    review.link(record=second, client=client, **by(owner))
    client.refresh_from_db()
    assert (client.email, state(second)) == ("first@bjork.example", (client, None, False))


@pytest.mark.parametrize("before", ["linked", "ignored"])
def test_of_two_people_who_decide_at_once_the_second_is_told(working, owner, admin, before):
    """B17."""
    first, second = ours(owner, "Första AB"), ours(owner, "Andra AB")
    record = customer("1", name="Första AB")
    stale = CustomerRecord.objects.get()
    if before == "linked":
        review.link(record=record, client=first, **by(admin))
    else:
        review.ignore(ids=[record.pk], **by(admin))
    with pytest.raises(review.AlreadyDecided) as told:
        review.link(record=stale, client=second, **by(owner))
    with pytest.raises(review.AlreadyDecided):
        review.create_from(record=stale, **by(owner))
    assert (
        str(told.value)
        == {
            "linked": "Nothing was done: Fortnox customer 1 is already linked to Första AB.",
            "ignored": f"Nothing was done: {admin} has ignored Fortnox customer 1 in the meantime.",
        }[before]
    )
    assert state(record) == ((first, None, False) if before == "linked" else (None, None, True))
    assert Client.objects.count() == 2


def test_two_decisions_that_meet_wait_for_each_other_and_have_one_effect(working, owner, workspace):
    """B17: two processes press Create client at the same moment."""
    record = customer("1")
    outcomes = []

    def press():
        with workspace_in_force(workspace.pk):
            try:
                review.create_from(record=CustomerRecord.objects.get(pk=record.pk), **by(owner))
                outcomes.append("made")
            except review.AlreadyDecided:
                outcomes.append("told")
        database.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "told", "told", "told"]
    assert Client.objects.count() == 1


def test_who_saw_that_a_customer_is_ignored_may_link_it_all_the_same(working, owner):
    client, record = ours(owner), customer("1", ignored_at=AT, ignored_by=owner)
    review.link(record=record, client=client, even_ignored=True, **by(owner))
    assert state(record) == (client, None, False)


def test_unlinking_leaves_a_suggestion_that_no_run_links_again(fortnox, connection, owner):
    fortnox.customer(OrganisationNumber=NUMBERS[0])
    bring_in(connection)
    record = CustomerRecord.objects.get()
    client = record.client
    review.unlink(record=record, **by(owner))
    bring_in(connection, full=True)
    assert state(record) == (None, client, False)
    assert Client.objects.count() == 1


def test_a_changed_identity_is_accepted_and_its_problem_solved(working, owner):
    """B44."""
    client = ours(owner)
    record = customer("1", client=client, identity_changed_at=AT)
    SyncIssue.objects.create(company_id=COMPANY, kind="customer", number="1", reason="…", first_at=AT, last_at=AT)
    review.accept_identity(record=record, **by(owner))
    record.refresh_from_db()
    assert (record.client, record.identity_changed_at) == (client, None)
    assert SyncIssue.objects.filter(solved_at=None).count() == 0
    assert noted() == [("fortnox.same_client", "Fortnox customer 1 Customer 1: is still Björk Bygg AB")]


# Taking over differences


def test_one_difference_is_taken_over_and_the_others_stay(working, owner):
    client = ours(owner, email="old@bjork.example", city="Malmö")
    edit_client(client=client, changes={"email": "hand@bjork.example"}, **by(owner))
    record = customer("1", client=client, name="Björk Bygg AB", email="post@bjork.example", city="Lund")
    changed = review.apply_values(record=record, names=["email"], version=client.version, **by(owner))
    client.refresh_from_db()
    assert (changed, client.email, client.city) == (["email"], "post@bjork.example", "Malmö")
    assert client.edited_fields == ["city", "name"]
    entry = AuditEntry.objects.latest("position")
    assert (entry.action, entry.before, entry.after) == (
        "client.take_over",
        {"email": "hand@bjork.example"},
        {"email": "post@bjork.example"},
    )


def test_what_the_client_cannot_hold_is_not_taken_over(working, owner):
    client = ours(owner)
    facts = {"detail_read_at": AT, "terms_of_payment": "AG", "vat_type": "MARTIAN", "email": ""}
    record = customer("1", client=client, name="Björk Bygg AB", **facts)
    names = ["payment_days", "vat_type", "email", "id", "workspace"]
    assert review.apply_values(record=record, names=names, **by(owner)) == []


def test_a_client_that_changed_meanwhile_is_not_taken_over(working, owner):
    """B17."""
    client = ours(owner, email="old@bjork.example")
    record, seen = customer("1", client=client, email="post@bjork.example"), client.version
    edit_client(client=client, changes={"email": "hand@bjork.example"}, **by(owner))
    with pytest.raises(ClientChanged):
        review.apply_values(record=record, names=["email"], version=seen, **by(owner))
    client.refresh_from_db()
    assert client.email == "hand@bjork.example"


# Many customers


def test_clients_are_made_from_the_chosen_with_a_record_for_each(working, owner):
    records = [customer(str(n), organisation_number=number) for n, number in enumerate(NUMBERS[:3], 1)]
    tally = review.create_clients(ids=[record.pk for record in records[:2]], **by(owner))
    assert tally == review.ReviewResult(done=2)
    assert sorted(Client.objects.values_list("name", flat=True)) == ["Customer 1", "Customer 2"]
    assert state(records[2]) == (None, None, False)
    assert [action for action, _summary in noted()] == ["fortnox.link", "fortnox.link"]


def test_of_twins_one_becomes_a_client_and_the_other_a_suggestion(working, owner):
    """Nothing is duplicated: both have the same organisation number."""
    one, two = (customer(str(n), name=f"Björk {n}", organisation_number=NUMBERS[0]) for n in (1, 2))
    assert review.create_clients(ids=[one.pk, two.pk], **by(owner)) == review.ReviewResult(done=1, alike=1)
    client = Client.objects.get()
    assert (state(one), state(two)) == ((client, None, False), (None, client, False))
    assert two.evidence.startswith("Same organisation number")


def test_a_ticked_suggestion_becomes_a_client_of_its_own_since_its_candidate_was_seen(working, owner):
    client = ours(owner, organisation_number=NUMBERS[0])
    record = customer("1", suggested=client, organisation_number=NUMBERS[0])
    assert review.create_clients(ids=[record.pk], **by(owner)) == review.ReviewResult(done=1)
    assert Client.objects.count() == 2


def test_what_was_decided_meanwhile_is_left_alone_and_counted(working, owner):
    """B17: a list of three, one of which a colleague linked."""
    client = ours(owner)
    linked, first, second = customer("1", client=client), customer("2"), customer("3")
    ids = [linked.pk, first.pk, second.pk]
    assert review.ignore(ids=ids, **by(owner)) == review.ReviewResult(done=2, before=1)
    assert review.create_clients(ids=ids, **by(owner)) == review.ReviewResult(done=0, before=3)
    assert state(linked) == (client, None, False)


@pytest.mark.parametrize("act", [review.create_clients, review.ignore, review.stop_ignoring])
def test_one_foreign_customer_refuses_the_whole_list(working, owner, other_workspace, act):
    """B01."""
    with workspace_in_force(other_workspace.pk):
        foreign = customer("9")
    own = customer("1", ignored_at=AT if act is review.stop_ignoring else None)
    before = state(own)
    with pytest.raises(review.UnknownCustomers):
        act(ids=[own.pk, foreign.pk], **by(owner))
    assert state(own) == before
    assert noted() == []
    foreign = CustomerRecord.everywhere.get(pk=foreign.pk)
    assert (foreign.client, foreign.ignored_at) == (None, None)


def test_ignored_customers_stay_ignored_whatever_runs_come(fortnox, connection, owner):
    """Neither a full run, nor a client that matches later, undoes it."""
    fortnox.customer(OrganisationNumber=NUMBERS[0])
    connection.first_import_of = ""
    connection.save()
    bring_in(connection)
    record = CustomerRecord.objects.get()
    review.ignore(ids=[record.pk], **by(owner))
    ours(owner, organisation_number=NUMBERS[0])
    Connection.objects.update(first_import_of=FIRST, new_clients=NewClients.CREATE)
    bring_in(Connection.objects.get(), full=True)
    assert state(record) == (None, None, True)
    assert Client.objects.count() == 1


def test_an_ignored_customer_taken_back_is_compared_again_and_waits(working, owner):
    client = ours(owner, organisation_number=NUMBERS[0])
    like, unlike = (customer(n, organisation_number=NUMBERS[int(n)], ignored_at=AT) for n in ("0", "1"))
    assert review.stop_ignoring(ids=[like.pk, unlike.pk], **by(owner)) == review.ReviewResult(done=2)
    assert (state(like), state(unlike)) == ((None, client, False), (None, None, False))


def test_members_decide_nothing(working, owner, member):
    client, record = ours(owner), customer("1")
    acts = [
        lambda: review.link(record=record, client=client, **by(member)),
        lambda: review.create_from(record=record, **by(member)),
        lambda: review.invoice_this_one(record=record, **by(member)),
        lambda: review.create_clients(ids=[record.pk], **by(member)),
        lambda: review.ignore(ids=[record.pk], **by(member)),
        lambda: review.finish_first_import(**by(member)),
        lambda: bulk_create.create_all(up_to=record.pk, **by(member)),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert state(record) == (None, None, False)


def test_nothing_is_decided_while_the_integration_is_off(working, owner):
    record = customer("1")
    Connection.objects.update(enabled=False)
    for act in (review.create_clients, review.ignore):
        with pytest.raises(ConnectionNotUsable):
            act(ids=[record.pk], **by(owner))
    assert state(record) == (None, None, False)


def test_the_customer_that_a_person_chose_is_invoiced_and_fills_the_client(working, owner):
    client = ours(owner)
    first = customer("1", client=client, email="first@bjork.example")
    second = customer("2", client=client, email="second@bjork.example", detail_read_at=AT)
    assert links.invoiced_customer(client, COMPANY) == first
    for _ in range(2):
        review.invoice_this_one(record=second, **by(owner))
    client.refresh_from_db()
    second.refresh_from_db()
    assert links.invoiced_customer(client, COMPANY) == second
    assert links.first_customers(COMPANY, [client.pk]) == {client.pk: second.pk}
    assert (client.email, second.detail_read_at) == ("second@bjork.example", None)
    assert noted() == [("fortnox.invoiced", "Fortnox customer 2 Customer 2: is now invoiced for Björk Bygg AB")]
    review.unlink(record=second, **by(owner))
    assert links.invoiced_customer(client, COMPANY) == first


def test_a_customer_that_was_unlinked_meanwhile_is_not_chosen(working, owner):
    record = customer("1")
    with pytest.raises(review.AlreadyDecided):
        review.invoice_this_one(record=record, **by(owner))


# The first import


def test_at_the_first_import_customers_wait_and_are_told_of_once(fortnox, connection, owner):
    connection.first_import_of = ""
    connection.save()
    fortnox.customer()
    bring_in(connection)
    assert state(CustomerRecord.objects.get()) == (None, None, False)
    assert [n.title for n in Notice.objects.all()] == ["There are Fortnox customers to review."]
    bring_in(connection, full=True)
    assert Notice.objects.count() == 1
    review.create_clients(ids=[CustomerRecord.objects.get().pk], **by(owner))
    assert Notice.objects.get().cleared_at == AT
    assert Connection.objects.get().first_import_of == FIRST


def test_a_first_import_that_leaves_nobody_is_decided_by_itself_and_later_customers_follow_the_setting(
    fortnox, connection
):
    connection.first_import_of = ""
    connection.save()
    bring_in(connection)
    assert Connection.objects.get().first_import_of == FIRST
    fortnox.customer()
    bring_in(Connection.objects.get())
    assert Client.objects.count() == 1


def test_who_waits_when_the_first_import_is_finished_waits_on_and_who_comes_later_follows_the_setting(
    fortnox, connection, owner
):
    connection.first_import_of = ""
    connection.save()
    fortnox.customer()
    bring_in(connection)
    review.finish_first_import(**by(owner))
    review.finish_first_import(**by(owner))
    fortnox.customer(Name="Ny Kund AB")
    bring_in(Connection.objects.get(), full=True)
    assert [client.name for client in Client.objects.all()] == ["Ny Kund AB"]
    assert state(CustomerRecord.objects.get(name="Björk Bygg AB")) == (None, None, False)
    assert [action for action, _summary in noted()].count("fortnox.first_import") == 1


def test_another_company_has_a_first_import_of_its_own(working, owner):
    ran("customers")
    review.finish_first_import(**by(owner))
    assert not is_first_import(Connection.objects.get())
    Connection.objects.update(company_id="556002")
    assert is_first_import(Connection.objects.get())


@pytest.mark.parametrize(("choice", "clients"), [(NewClients.CREATE, 1), (NewClients.ASK, 0)])
def test_the_setting_decides_about_new_customers(fortnox, connection, workspace, owner, choice, clients):
    choose_new_clients(workspace=workspace, choice=NewClients.ASK, **by(owner))
    choose_new_clients(workspace=workspace, choice=choice, **by(owner))
    fortnox.customer()
    bring_in(Connection.objects.get())
    assert Client.objects.count() == clients
    entry = AuditEntry.objects.filter(action="fortnox.new_clients").order_by("position")[0]
    assert (entry.before, entry.after) == ({"new_clients": "create"}, {"new_clients": "ask"})


# Clients for all that wait


def some(count):
    given = {"company_id": COMPANY, "seen_at": AT}
    return CustomerRecord.objects.bulk_create(
        CustomerRecord(workspace_id=Connection.objects.get().workspace_id, number=str(n), name=f"Kund {n:05}", **given)
        for n in range(1, count + 1)
    )


def test_a_few_hundred_are_made_at_once_and_those_who_came_later_are_not(working, owner, queue):
    seen = some(120)[-1].pk
    later = customer("999")
    creation = bulk_create.create_all(up_to=seen, **by(owner))
    assert (creation.asked, creation.made, creation.alike, creation.ended_at) == (120, 120, 0, AT)
    assert Client.objects.count() == 120
    assert state(later) == (None, None, False)
    assert [name for name, _arguments in queue()] == ["fortnox.work"]  # for what a process that died would leave


def test_more_are_left_to_the_worker_and_the_bell_tells_the_end(working, owner, run_jobs, queue):
    last = some(bulk_create.AT_ONCE + 1)[-1].pk
    creation = bulk_create.create_all(up_to=last, **by(owner))
    assert (creation.ended_at, Client.objects.count()) == (None, 0)
    assert [name for name, _arguments in queue()] == ["fortnox.work"]
    with pytest.raises(bulk_create.AlreadyCreating):
        bulk_create.create_all(up_to=last, **by(owner))
    run_jobs()
    creation.refresh_from_db()
    assert (creation.made, creation.ended_at is not None) == (bulk_create.AT_ONCE + 1, True)
    assert Client.objects.count() == bulk_create.AT_ONCE + 1
    notice = Notice.objects.get(key__startswith="fortnox.clients_made")
    assert (notice.user, notice.text) == (owner, "201 clients added.")


def test_a_creation_whose_process_died_is_taken_up_by_the_sweep(working, owner, run_jobs, monkeypatch):
    """Each batch is stored whole or not at all, and nobody is made twice."""
    monkeypatch.setattr(bulk_create, "BATCH", 50)
    last = some(120)[-1].pk
    creation = bulk_create._store_request(up_to=last, actor=owner, at=AT)
    assert bulk_create.continue_creation(creation_id=creation.pk, at=AT)

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(bulk_create, "make_clients", dies)
        with pytest.raises(KeyboardInterrupt):
            bulk_create.continue_creation(creation_id=creation.pk, at=AT)
    assert (Client.objects.count(), bulk_create.count_left(creation)) == (50, 70)
    from uku.integrations.fortnox.jobs import sweep

    sweep.func(0)
    run_jobs()
    creation.refresh_from_db()
    assert (creation.made, Client.objects.count(), customers_to_review(COMPANY).count()) == (120, 120, 0)


def test_a_creation_ends_when_who_asked_may_not_any_more(working, owner, admin):
    last = some(60)[-1].pk
    creation = bulk_create._store_request(up_to=last, actor=admin, at=AT)
    Membership.objects.filter(user=admin).update(role="member")
    assert not bulk_create.continue_creation(creation_id=creation.pk, at=AT)
    creation.refresh_from_db()
    assert (creation.ended_at, creation.made, Client.objects.count()) == (AT, 0, 0)
    assert "Only a Company Owner or Company Admin can" in bulk_create.outcome_in_words(creation)


def test_a_creation_rests_while_off_and_ends_for_another_company(working, owner):
    last = some(60)[-1].pk
    creation = bulk_create._store_request(up_to=last, actor=owner, at=AT)
    Connection.objects.update(enabled=False)
    assert not bulk_create.continue_creation(creation_id=creation.pk, at=AT)
    assert BulkCreation.objects.get().ended_at is None
    Connection.objects.update(enabled=True, company_id="556002")
    assert not bulk_create.continue_creation(creation_id=creation.pk, at=AT)
    assert (BulkCreation.objects.get().ended_at, Client.objects.count()) == (AT, 0)


def test_an_archived_client_may_be_linked_and_is_said_to_be_archived(working, owner):
    from uku.integrations.fortnox.customers.matching import candidates_of

    client = ours(owner)
    archive_clients(ids=[client.pk], **by(owner))
    record = customer("1", suggested=client, linked_because="name", agreed=[["name", ""]])
    (candidate,) = candidates_of([record])[record.pk]
    assert (candidate.client, candidate.agreed) == (client, "Same name. The client is archived")
    review.link(record=record, client=client, **by(owner))
    assert state(record) == (client, None, False)
