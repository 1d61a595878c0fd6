"""Which client a customer gets by itself: the same as among all clients, and only where nobody is to be asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.uku.clients.pairs import make_town
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.simulated import NUMBERS

from uku.clients.candidates import FEW
from uku.clients.matching import ContactDetails, Index, match_keys
from uku.clients.models import Client, VatType
from uku.clients.operations import archive_clients, create_client, create_imported_clients
from uku.integrations.fortnox.customers import matching
from uku.integrations.fortnox.mapping import VAT_TYPES
from uku.integrations.fortnox.models import CustomerRecord, NewClients, RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.workspaces.audit import verify_chain
from uku.workspaces.models import AuditEntry

PAGE = 500


@pytest.fixture
def town(scope):
    """A made town, a chain of branches more numerous than a search weighs, and some archived clients."""
    made = make_town(11, 600)
    branch = ContactDetails(key="", name="Kedjan AB", email="post@kedjan.example", postcode="211 34", country="SE")
    branches = [replace(branch, postcode=f"2{number:04}") for number in range(70)]
    clients = [Client(workspace_id=scope.pk, **_fields(each)) for each in [*made.clients, *branches]]
    create_imported_clients(clients=clients, actor=None, at=AT)
    Client.objects.filter(pk__in=[client.pk for client in clients[::17]]).update(archived_at=AT)
    return [*made.customers, branch, replace(branch, email="")]


def _fields(details: ContactDetails) -> dict[str, str]:
    names = ("name", "organisation_number", "email", "postcode", "vat_number", "phone", "country")
    return {name: getattr(details, name) for name in names}


@pytest.mark.parametrize("size", [1, 7, PAGE])
def test_a_page_finds_the_same_as_an_index_of_all_clients(scope, town, size):
    """Few customers are looked up through the index of the database, many by one pass over the keys."""
    whole = Index(client.details for client in Client.objects.current().order_by("id"))
    pages = [town[start : start + size] for start in range(0, len(town), max(size, len(town) // 40))]
    found = 0
    for page in pages:
        keys = {key for customer in page for key in match_keys(scope.pk, customer)}
        assert (len(keys) > FEW) == (size == PAGE and len(page) > 100)
        pool = matching.client_pool(scope.pk, "556001", page)
        for customer in page:
            matches = whole.find(customer)
            assert pool.current.find(customer) == matches
            found += bool(matches)
    assert found > len(pages) * size // 4


def test_many_clients_stored_at_once_leave_an_entry_each_in_a_chain_that_holds(scope, town):
    made = AuditEntry.objects.filter(action="client.create")
    assert made.count() == Client.objects.count()
    assert made.values("target").distinct().count() == Client.objects.count()
    assert verify_chain(scope) is None


def test_an_archived_client_that_fits_is_suggested_and_neither_linked_nor_doubled(fortnox, connection, owner):
    ours = create_client(actor=owner, at=AT, name="Annat namn", organisation_number=NUMBERS[0])
    archive_clients(ids=[ours.pk], actor=owner, at=AT)
    fortnox.customer(OrganisationNumber=NUMBERS[0])
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    record = CustomerRecord.objects.get()
    assert (record.client, record.suggested, Client.objects.count()) == (None, ours, 1)
    assert record.evidence.endswith("The client is archived")


def test_who_waits_is_linked_by_one_strong_match_and_by_nothing_else(fortnox, connection, owner, move_clock):
    """A setting changed to "create" is about new customers: somebody may have left the others waiting on purpose."""
    connection.new_clients = NewClients.ASK
    connection.save(update_fields=["new_clients"])
    strong = fortnox.customer(Name="Ett AB", OrganisationNumber=NUMBERS[0])
    weak = fortnox.customer(Name="Två AB")
    none = fortnox.customer(Name="Tre AB")
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    connection.new_clients = NewClients.CREATE
    connection.save(update_fields=["new_clients"])
    ours = create_client(actor=owner, at=AT, name="Annat", organisation_number=NUMBERS[0])
    create_client(actor=owner, at=AT, name="Två AB")
    move_clock(seconds=3 * 3600)
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
    rows = CustomerRecord.objects.order_by("pk").values_list("number", "client", "suggested")
    assert list(rows) == [(strong, ours.pk, None), (weak, None, None), (none, None, None)]
    assert Client.objects.count() == 2


def test_each_vat_type_of_fortnox_is_one_of_ours():
    assert set(VAT_TYPES.values()) == set(VatType.values)
