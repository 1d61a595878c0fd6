"""What a person edited stays; what an import brings fills the rest; the log tells who did it."""

from __future__ import annotations

import unicodedata

import pytest
from tests.uku.conftest import AT

from uku.clients.models import Client
from uku.clients.operations import IMPORTED_FIELDS, create_client, edit_client, import_details
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry


@pytest.fixture
def client(scope, owner):
    return create_client(actor=owner, at=AT, name="Åkerlunds Bygg AB", organisation_number="556036-0793", city="Lund")


def log() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("action", "summary"))[1:]


def test_making_a_client_is_written_down(client, owner):
    assert log() == [("client.create", "Åkerlunds Bygg AB was added")]
    assert (client.name_sort, client.name_search) == ("zz1kerlunds bygg ab", "akerlunds bygg ab")


def test_an_edit_is_written_down_with_both_sides_and_its_fields_are_kept(client, owner):
    edit_client(client=client, actor=owner, at=AT, changes={"city": "Malmö", "phone": "040-1", "name": client.name})
    client.refresh_from_db()
    entry = AuditEntry.objects.latest("id")
    assert (client.city, client.edited_fields) == ("Malmö", ["city", "name", "organisation_number", "phone"])
    assert entry.summary == "Åkerlunds Bygg AB was changed"
    assert (entry.before, entry.after) == ({"city": "Lund", "phone": ""}, {"city": "Malmö", "phone": "040-1"})


def test_an_edit_that_changes_nothing_is_not_written_down(client, owner):
    edit_client(client=client, actor=owner, at=AT, changes={"city": "Lund"})
    client.refresh_from_db()
    assert (client.edited_fields, len(log())) == (["city", "name", "organisation_number"], 1)


def test_a_new_name_is_found_and_sorted_at_once(client, owner):
    edit_client(client=client, actor=owner, at=AT, changes={"name": "Öbergs Bygg"})
    assert list(Client.objects.current().search("obergs").values_list("name_sort", flat=True)) == ["zz3bergs bygg"]


def test_an_import_keeps_what_a_person_edited_and_fills_the_rest(client, owner):
    edit_client(client=client, actor=owner, at=AT, changes={"city": "Malmö"})
    details = {"city": "Göteborg", "postcode": "211 34", "payment_days": 20}
    changed = import_details(client=client, details=details, source="Books 1")
    client.refresh_from_db()
    assert changed == ["postcode", "payment_days"]
    assert (client.city, client.postcode, client.payment_days) == ("Malmö", "211 34", 20)


def test_a_field_emptied_by_hand_stays_empty(client, owner):
    edit_client(client=client, actor=owner, at=AT, changes={"city": ""})
    assert import_details(client=client, details={"city": "Göteborg"}, source="Books 1") == []


@pytest.mark.parametrize("nothing", ["", None])
def test_an_empty_imported_value_does_not_empty_ours(client, nothing):
    assert import_details(client=client, details=dict.fromkeys(IMPORTED_FIELDS, nothing), source="Books 1") == []
    client.refresh_from_db()
    assert (client.name, client.city) == ("Åkerlunds Bygg AB", "Lund")


def test_terms_of_no_days_are_taken_in(client):
    assert import_details(client=client, details={"payment_days": 0}, source="Books 1") == ["payment_days"]


def test_an_import_touches_only_imported_fields(client):
    details = {"archived_at": AT, "edited_fields": ["name"], "unknown": 1}
    assert import_details(client=client, details=details, source="Books 1") == []


def test_the_list_sorts_the_swedish_way(scope, owner):
    for name in ("Öbergs", "Zeta", "Ärla", "Åby"):
        create_client(actor=owner, at=AT, name=name)
    assert list(Client.objects.order_by("name_sort").values_list("name", flat=True)) == [
        "Zeta",
        "Åby",
        "Ärla",
        "Öbergs",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("akerlunds", 1),
        ("ÅKERLUNDS bygg", 1),
        (unicodedata.normalize("NFD", "Åkerlunds"), 1),
        ("bygg maleri", 0),
        ("Åkerlunds & Bygg", 1),
        ("akerlunds – 株", 0),
        ("556036-0793", 1),
        ("5560360793", 1),
        ("556036", 1),
        ("5560360", 1),
        ("16556036-0793", 1),
        ("0793", 1),
        ("556047-3521", 0),
        ("%", 0),
        ("株", 0),
        ("", 1),
    ],
)
def test_a_client_is_found_by_every_word_of_name_number_or_e_mail(client, words, found):
    assert Client.objects.current().search(words).count() == found


def test_an_archived_client_is_not_current(client):
    client.archived_at = AT
    client.save(update_fields=["archived_at"])
    assert (Client.objects.current().count(), Client.objects.count()) == (0, 1)


def test_a_personal_number_is_masked_where_it_is_shown(scope, owner):
    numbers = ["750231-0241", "16556036-0793", "HRB 12345"]
    people = [create_client(actor=owner, at=AT, name="Ek", organisation_number=number) for number in numbers]
    assert [person.shown_number for person in people] == ["750231-****", "556036-0793", "HRB 12345"]


def test_a_personal_number_is_masked_in_the_log(client, owner):
    edit_client(client=client, actor=owner, at=AT, changes={"organisation_number": "750231-0241"})
    entry = AuditEntry.objects.latest("id")
    assert (entry.before, entry.after) == (
        {"organisation_number": "556036-0793"},
        {"organisation_number": "750231-****"},
    )


def test_many_keys_find_the_clients_that_few_keys_find_and_none_of_another_workspace(
    scope, owner, other_workspace, stranger
):
    made = [create_client(actor=owner, at=AT, name=f"Bolag {n} AB") for n in range(60)]
    with workspace_in_force(other_workspace.pk):
        create_client(actor=stranger, at=AT, name="Bolag 1 AB")
    keys = [key for client in made[::2] for key in client.match_keys]
    clients = Client.objects.get_queryset()
    each = {client.pk for key in keys for client in clients.sharing([key])}
    assert {client.pk for client in clients.sharing(keys)} == each == {client.pk for client in made[::2]}
    assert len(keys) > 20  # more than are looked up in the index


def test_whoever_shares_a_key_is_found_in_one_walk_over_the_clients_whatever_postgresql_knows_of_their_number(scope):
    """A walk for each client of a walk took a minute with 5,000 that were too new for statistics."""
    plan = Client.objects.get_queryset().sharing(range(5_000)).explain()
    assert plan.count(" on uku_client") == 1, plan
