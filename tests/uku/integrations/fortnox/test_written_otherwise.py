"""One number written in two ways is one number: no difference, no edit, nothing for an import to overwrite."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.conftest import read_details
from tests.uku.integrations.fortnox.import_runs import bring_in

from uku.clients.import_files.plan import differences as differences_of_a_row
from uku.clients.normalization import comparable
from uku.clients.operations import edit_client, fields_to_import
from uku.integrations.fortnox.customers.differences import lines
from uku.integrations.fortnox.models import CustomerRecord
from uku.workspaces.company import differences as differences_of_the_company

WAYS = {
    "postcode": ("22233", ("222 33", "SE-222 33", "222\u00a033", "S-22233")),
    "phone": ("070-123 45 67", ("0701234567", "+46 70 123 45 67", "0046701234567", "+46 (0)70-1234567")),
    "organisation_number": ("455000-0006", ("4550000006", "455000 0006", "16455000-0006")),
    "vat_number": ("SE455000000601", ("SE 455000-0006 01", "se455000000601")),
    "email": ("post@bjork.example", ("Post@Bjork.example",)),
}
each_way = pytest.mark.parametrize(
    ("name", "one", "other"), [(name, one, other) for name, (one, others) in WAYS.items() for other in others]
)
TOLD_BY = {"phone": "Phone1", "postcode": "ZipCode", "organisation_number": "OrganisationNumber", "email": "Email"}
TOLD_BY["vat_number"] = "VATNumber"


@pytest.fixture
def linked(fortnox, connection, run_jobs):
    """A client and its customer, whose detail is read, with one detail as Fortnox has it."""

    def go(name, value):
        from uku.integrations.fortnox.sync.sync_run import SyncRequest
        from uku.integrations.fortnox.work.runs import run_sync

        number = fortnox.customer(**{TOLD_BY[name]: value})
        run_sync(SyncRequest(connection, "customers"))
        read_details(connection)
        return CustomerRecord.objects.get(number=number)

    return go


@each_way
def test_what_is_only_written_otherwise_is_no_difference_and_no_edit_and_stays(
    fortnox, connection, linked, owner, name, one, other
):
    record = linked(name, one)
    client = record.client
    edit_client(client=client, actor=owner, at=AT, changes={name: other})
    client.refresh_from_db()
    assert (getattr(client, name), client.edited_fields) == (other, [])
    assert [line.field for line in lines(client, record) if line.differs] == []
    fortnox.change_customer(record.number, City="Lund")
    bring_in(connection, full=True)
    client.refresh_from_db()
    assert (client.city, getattr(client, name)) == ("Lund", other)


@each_way
def test_a_row_of_a_file_that_writes_it_otherwise_changes_nothing(linked, name, one, other):
    assert differences_of_a_row(linked(name, one).client, {name: other}) == {}


def test_another_number_still_differs(linked, owner):
    client = linked("phone", "040-12 34 56").client
    assert fields_to_import(client, {"phone": "040-12 34 57", "postcode": "222 34"}) == ["phone", "postcode"]
    edit_client(client=client, actor=owner, at=AT + timedelta(1), changes={"phone": "040-12 34 57"})
    assert client.edited_fields == ["phone"]


def test_a_phone_number_with_words_is_compared_as_it_stands():
    assert comparable("phone", "040-12 34 56 (Anna)") == "040-12 34 56 (Anna)"
    assert comparable("phone", "1234") == comparable("phone", "12 34") != comparable("phone", "12 35")


def test_a_postcode_of_the_company_that_is_only_written_otherwise_is_no_difference(scope):
    assert scope.postcode == "211 34"
    assert differences_of_the_company(scope, {"postcode": "21134"}) == []
