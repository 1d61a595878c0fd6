"""No order of forms, files, decisions and syncs changes a value that a person made, and every sync's change is logged.

The model knows which values people gave: each step by a person adds to it, no other step may differ from it.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.uku.integrations.fortnox.histories import histories
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS

from uku.clients.import_files.operations import confirm_import, upload_file
from uku.clients.import_files.preview import preview_of
from uku.clients.models import Client
from uku.clients.operations import IMPORTED_FIELDS, ClientChanged, create_client, edit_client
from uku.integrations.fortnox.customers import bulk_create, review
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.models import BulkCreation, CustomerRecord, NewClients, SyncIssue, SyncRun
from uku.kit import clock
from uku.kit.identifiers import masked
from uku.workspaces.models import AuditEntry

HOURS = 3600
BY_A_PERSON = ("create", "edit", "file", "take over")
OTHERS = ("sync", "full sync", "change", "identity", "link", "unlink", "invoice", "same client", "make", "make all")
FIELDS = ("name", "email", "phone", "address2", "city", "payment_days", "vat_type", "country")
steps = st.tuples(st.sampled_from([*BY_A_PERSON, *OTHERS, "sync", "full sync"]), st.integers(0, 63))


class World:
    """The simulated books and ours, and by client and field what people gave."""

    def __init__(self, fortnox: Any, owner: Any, read: Any, move_clock: Any) -> None:
        self.fortnox, self.owner, self.read, self.move_clock = fortnox, owner, read, move_clock
        self.made: dict[int, dict[str, Any]] = {}
        self.serial = self.hours = 0

    def clear(self) -> None:
        with self.fortnox.app.installation.lock:
            for number in list(self.fortnox.app.installation.company(FIRST).table("customers").rows):
                self.fortnox.app.installation.store.put(f"{FIRST}/customers", number, None)
            self.fortnox.app.installation.store.commit([])
        for model in (SyncIssue, BulkCreation, CustomerRecord, Client, SyncRun):
            model.objects.all().delete()
        self.made = {}
        for number in range(3):
            self.fortnox.customer(CustomerNumber=str(100 + number), **self.facts(number))

    def facts(self, at: int) -> dict[str, Any]:
        """New values of a customer, none of which was ever told before; a third of them lack some."""
        self.serial += 1
        n = self.serial
        country, vat_type = ("SE", "NO", "DK")[n % 3], ("SEVAT", "EXPORT", "EUVAT")[n % 3]
        given = {"Email": f"{n}@kund.example", "Phone1": f"08-{n}", "Address2": f"Box {n}", "City": f"Stad {n}"}
        terms = ("10", "15", "20", "30")[n % 4]
        told = {"TermsOfPayment": terms, "CountryCode": country, "VATType": vat_type}
        return {"Name": f"Kund {n} AB", "OrganisationNumber": NUMBERS[at % 3], **told, **(given if n % 3 else {})}

    def typed(self, at: int) -> dict[str, Any]:
        """What a person writes: some fields, in which others stay empty."""
        self.serial += 1
        n = self.serial
        every = {"email": f"hand-{n}@hand.example", "phone": f"040-{n}", "address2": f"Hus {n}", "city": f"Ort {n}"}
        chosen = {name: value for place, (name, value) in enumerate(every.items()) if at >> place & 1}
        return {"name": f"Hand {n} AB", **chosen, **({"payment_days": n % 60, "country": "FI"} if at & 16 else {})}

    @property
    def at(self) -> dict[str, Any]:
        return {"actor": self.owner, "at": clock.now()}

    def do(self, what: str, at: int) -> None:
        """Do one step; what the books or ours have nothing for is nothing."""
        records, clients = list(CustomerRecord.objects.order_by("pk")), list(Client.objects.order_by("pk"))
        record = records[at % len(records)] if records else None
        client = clients[at // 4 % len(clients)] if clients else None
        number = str(100 + at % 3)
        if what in {"sync", "full sync"}:
            self.hours += 3
            self.move_clock(seconds=self.hours * HOURS)
            self.read(full=what == "full sync")
        elif what in {"change", "identity"}:
            self.fortnox.change_customer(number, **self.facts(at if what == "change" else at + 1 + at // 4))
        elif what == "create":
            self.create(at)
        elif what == "file":
            self.take_file(at)
        elif what == "make all" and records:
            bulk_create.create_all(up_to=records[-1].pk, **self.at)
        elif what == "edit" and client is not None:
            self.edit(client, at)
        elif record is not None:
            self.decide(what, record, client, at)

    def decide(self, what: str, record: CustomerRecord, client: Client | None, at: int) -> None:
        try:
            if what == "link" and client is not None:
                review.link(record=record, client=client, **self.at)
            elif what == "unlink":
                review.unlink(record=record, **self.at)
            elif what == "invoice":
                review.invoice_this_one(record=record, **self.at)
            elif what == "same client":
                review.accept_identity(record=record, **self.at)
            elif what == "make":
                review.create_from(record=record, **self.at)
            elif what == "take over":
                self.take_over(record, FIELDS[at % len(FIELDS)])
        except (review.AlreadyDecided, ClientChanged):
            pass

    # What people give

    def create(self, at: int) -> None:
        values = {**self.typed(at), "organisation_number": NUMBERS[at % 3]}
        self.made[create_client(**self.at, **values).pk] = values

    def edit(self, client: Client, at: int) -> None:
        """Change a client, or empty a field of it."""
        changes = {FIELDS[at % 5]: ""} if at & 32 and at % 5 else self.typed(at)
        before = {name: getattr(client, name) for name in changes}
        edit_client(client=client, changes=changes, **self.at)
        changed = {name: value for name, value in changes.items() if before[name] != value}
        self.made.setdefault(client.pk, {}).update(changed)

    def take_file(self, at: int) -> None:
        values = self.typed(at)
        heading = {"name": "Namn", "email": "E-post", "phone": "Telefon", "address2": "Adress 2", "city": "Ort"}
        heading |= {"payment_days": "Betalningsvillkor", "country": "Land"}
        rows = [[*(heading[name] for name in values), "Orgnr"], [*map(str, values.values()), NUMBERS[at % 3]]]
        before = {client.pk: client for client in Client.objects.all()}
        content = "\n".join(";".join(row) for row in rows).encode()
        file = upload_file(name="kunder.csv", content=content, **self.at)
        confirm_import(file=file, seen=preview_of(file).figures, **self.at)
        for client in Client.objects.all():
            was = before.get(client.pk)
            if was is None:
                values["organisation_number"] = client.organisation_number
                self.made[client.pk] = values
            elif was.version != client.version:
                given = {name: value for name, value in values.items() if getattr(was, name) != value}
                self.made.setdefault(client.pk, {}).update(given)

    def take_over(self, record: CustomerRecord, field: str) -> None:
        """Applied, a value follows the customer that fills the client; another customer's is the person's choice."""
        changed = review.apply_values(record=record, names=[field], **self.at)
        record.refresh_from_db()
        for name in changed:
            made = self.made.setdefault(record.client_id, {})
            if invoiced_customer(record.client, record.company_id) == record:
                made.pop(name, None)
            else:
                made[name] = getattr(Client.objects.get(pk=record.client_id), name)

    # The promises

    def check_made(self) -> None:
        held = {client.pk: client for client in Client.objects.all()}
        found = {pk: {name: getattr(held[pk], name) for name in values} for pk, values in self.made.items()}
        assert found == self.made

    def check_log(self, before: dict[int, dict[str, str]], since: int) -> None:
        """Each change that no person made of a client that there was stands in the log with what was there before."""
        held = told_clients()
        changed = {pk: {n: (v, held[pk][n]) for n, v in was.items() if v != held[pk][n]} for pk, was in before.items()}
        assert {pk: both for pk, both in logged(since).items() if pk in before} == {
            pk: both for pk, both in changed.items() if both
        }


def told_clients() -> dict[int, dict[str, str]]:
    def told(client: Client, name: str) -> str:
        value = "" if getattr(client, name) is None else str(getattr(client, name))
        return masked(value, person=client.is_person) if name == "organisation_number" else value

    return {client.pk: {name: told(client, name) for name in IMPORTED_FIELDS} for client in Client.objects.all()}


def logged(since: int) -> dict[int, dict[str, tuple[str, str]]]:
    """By client and field, the first value before and the last one after, of all entries of imports."""
    found: dict[int, dict[str, tuple[str, str]]] = {}
    for entry in AuditEntry.objects.filter(action="client.import", position__gt=since).order_by("position"):
        fields = found.setdefault(int(entry.target.removeprefix("Client:")), {})
        for name, value in entry.after.items():
            assert fields.get(name, (None, entry.before[name]))[1] == entry.before[name]
            fields[name] = (fields[name][0] if name in fields else entry.before[name], value)
    return found


def last_position() -> int:
    return AuditEntry.objects.latest("position").position


@pytest.fixture
def world(fortnox, connection, owner, read, move_clock):
    connection.new_clients = NewClients.CREATE
    connection.save(update_fields=["new_clients"])
    return World(fortnox, owner, read, move_clock)


@pytest.mark.history
@histories(25)
@given(history=st.lists(steps, min_size=4, max_size=14))
def test_no_history_changes_a_hand_made_value_or_leaves_a_change_by_a_sync_out_of_the_log(world, history):
    world.clear()
    for what, at in history:
        before, since = told_clients(), last_position()
        world.do(what, at)
        world.check_made()
        if what not in BY_A_PERSON:
            world.check_log(before, since)
