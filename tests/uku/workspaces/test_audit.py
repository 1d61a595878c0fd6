"""The audit log: who, what, when, from where, masked, with the change or not at all, and tampering shows."""

from __future__ import annotations

import threading
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from tests.uku.conftest import AT, make_user, make_workspace

from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import acting_from, last_link, record, verify_chain
from uku.workspaces.models import AuditEntry, Workspace
from uku.workspaces.redaction import masked, masked_text

CANARY = "cnry7f3e0a91b2d4c5e6f708192a3b4c5d6e7f8091a2"


class ThoughtBetter(Exception):
    pass


def note(workspace, actor, action="test.note", **facts):
    record(actor=actor, action=action, target=workspace, at=AT, **{"summary": "A note", **facts})


# What is written


def test_an_entry_says_who_what_when_and_from_where(scope, owner):
    """S45."""
    with acting_from("2001:db8::7"):
        note(scope, owner, summary="Bank details changed", before={"bankgiro": "1"}, after={"bankgiro": "2"})
    entry = AuditEntry.objects.latest("position")
    assert (entry.actor, entry.action, entry.target, entry.summary, entry.at, entry.address) == (
        owner,
        "test.note",
        f"Workspace:{scope.pk}",
        "Bank details changed",
        AT,
        "2001:db8::7",
    )
    assert (entry.before, entry.after) == ({"bankgiro": "1"}, {"bankgiro": "2"})


@pytest.mark.parametrize(
    ("given", "kept"),
    [("192.0.2.7", "192.0.2.7"), ("fe80::1%eth0", "fe80::1"), ("", None), (None, None), ("unix:/x", None)],
)
def test_what_is_no_address_notes_none(scope, owner, given, kept):
    with acting_from(given):
        note(scope, owner)
    note(scope, owner)
    newest = AuditEntry.objects.order_by("-position").values_list("address", flat=True)
    assert list(newest[:2]) == [None, kept]


def test_entries_are_ordered_by_the_database_and_not_by_the_clock(scope, owner):
    """S48: the second entry carries an earlier time, and still comes second."""
    note(scope, owner, action="test.first")
    record(actor=owner, action="test.second", target=scope, summary="", at=AT.replace(year=2001))
    newest = AuditEntry.objects.order_by("-position").values_list("action", "position")
    assert list(newest[:2]) == [("test.second", 3), ("test.first", 2)]


def test_a_long_summary_is_cut_and_not_refused(scope, owner):
    note(scope, owner, summary="x " * 400)
    assert len(AuditEntry.objects.latest("position").summary) == 500


# Masking


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Anna 19850314-2384 was linked", "Anna [personal number] was linked"),
        ("VAT SE850314238401", "VAT [personal number]"),
        ("VAT SE556012579001", "VAT SE556012579001"),
        ("Organisation number 556012-5790", "Organisation number 556012-5790"),
        (f"The answer held {CANARY}.", "The answer held [masked]"),
        ("access_token=abcdefgh12345678", "access_token=[masked]"),
        ("Bearer abcdefgh12345678", "Bearer [masked]"),
        ("IBAN MT84MALT011000012345MTLCAST001S", "IBAN MT84MALT011000012345MTLCAST001S"),
        ("Åkerlunds Bygg AB: address1, postcode changed", "Åkerlunds Bygg AB: address1, postcode changed"),
        ("a NUL \x00 that PostgreSQL would not store", "a NUL \\x00 that PostgreSQL would not store"),
    ],
)
def test_a_text_is_masked_by_look(text, shown):
    assert masked_text(text) == shown


def test_a_value_is_masked_by_name_and_by_look_however_deep():
    facts = {
        "refresh_token": "short",
        "client_secret": None,
        "state": "paid",
        "price": Decimal("12.50"),
        "active": True,
        "days": 30,
        "people": [{"number": "850314-2384", "password": "x"}],
        "given": (CANARY,),
    }
    assert masked(facts) == {
        "refresh_token": "[masked]",
        "client_secret": "[masked]",
        "state": "paid",
        "price": "12.50",
        "active": True,
        "days": 30,
        "people": [{"number": "[personal number]", "password": "[masked]"}],
        "given": ["[masked]"],
    }


def test_no_canary_reaches_the_table(scope, owner):
    """S45, S51: whichever field of an entry a token or a personal number comes in."""
    nasty = f"{CANARY} 19850314-2384"
    note(
        scope, owner, summary=nasty, before={"a": nasty, "b": [nasty]}, after={"access_token": nasty, "c": {"d": nasty}}
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(entry::text, ' ') FROM uku_auditentry AS entry")
        (everything,) = cursor.fetchone()
    assert (CANARY in everything, "2384" in everything) == (False, False)


# With the change, or not at all


def test_a_rolled_back_change_leaves_no_entry_and_no_gap(scope, owner):
    """S47."""
    with pytest.raises(ThoughtBetter), transaction.atomic():
        Workspace.objects.filter(pk=scope.pk).update(name="Renamed")
        note(scope, owner, action="test.gone")
        assert AuditEntry.objects.filter(action="test.gone").count() == 1
        raise ThoughtBetter
    note(scope, owner, action="test.kept")
    assert list(AuditEntry.objects.order_by("position").values_list("position", "action")) == [
        (1, "workspace.create"),
        (2, "test.kept"),
    ]
    assert Workspace.objects.get(pk=scope.pk).name == "Byran"
    assert verify_chain(scope) is None


# Append-only

CHANGES = ["UPDATE uku_auditentry SET summary = 'x'", "DELETE FROM uku_auditentry", "TRUNCATE uku_auditentry"]


@pytest.mark.parametrize("change", CHANGES)
def test_the_app_may_not_change_remove_or_empty(workspace, change):
    """S46."""
    with pytest.raises(DatabaseError, match="permission denied for table uku_auditentry"), transaction.atomic():
        connection.cursor().execute(change)


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_of_the_table_is_refused_by_the_trigger(committed, change):
    """S46: the wall of an installation with one role."""
    make_workspace("byran", make_user("owner@byran.example"))
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="the audit log is append-only")
    with psycopg.connect(committed.owner, autocommit=True) as session, refused:
        session.execute(change)
    assert AuditEntry.everywhere.count() == 1


# The chain


@pytest.fixture
def chained(committed):
    """A workspace with five entries, committed, and a way to write past the triggers as a superuser can."""
    owner = make_user("owner@byran.example")
    workspace = make_workspace("byran", owner)
    with workspace_in_force(workspace.pk):
        for number in range(2, 6):
            note(workspace, owner, action=f"test.{number}")

    def tamper(statement):
        with psycopg.connect(committed.superuser, autocommit=True) as session:
            session.execute("SET session_replication_role = replica")
            assert session.execute(statement).rowcount >= 1

    return workspace, tamper


def test_an_untouched_chain_holds(chained):
    workspace, _tamper = chained
    assert verify_chain(workspace) is None
    position, digest = last_link(workspace)
    assert (position, len(digest)) == (5, 64)


PUT_IN = (
    "INSERT INTO uku_auditentry (workspace_id, action, target, summary, before, after, at, position, hash)"
    " SELECT workspace_id, action, target, 'Put in', before, after, at, 6, hash FROM uku_auditentry WHERE position = 5"
)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE uku_auditentry SET summary = 'Nothing happened' WHERE position = 3", 3),
        ("UPDATE uku_auditentry SET before = '{\"x\": 1}' WHERE position = 1", 1),
        ("UPDATE uku_auditentry SET at = at + interval '1 second' WHERE position = 2", 2),
        ("UPDATE uku_auditentry SET address = '192.0.2.9' WHERE position = 5", 5),
        ("UPDATE uku_auditentry SET hash = repeat('0', 64) WHERE position = 4", 4),
        ("DELETE FROM uku_auditentry WHERE position = 1", 1),
        ("DELETE FROM uku_auditentry WHERE position = 3", 3),
        ("UPDATE uku_auditentry SET position = 7 - position WHERE position IN (3, 4)", 3),
        (PUT_IN, 6),
    ],
)
def test_a_superuser_who_switches_the_triggers_off_is_found(chained, statement, broken):
    """S46: a changed, a removed, a moved and an added entry, at the first position that does not fit."""
    workspace, tamper = chained
    tamper(statement)
    assert verify_chain(workspace) == broken


def test_a_cut_tail_shows_only_against_what_was_written_down_elsewhere(chained):
    """S46: the chain alone cannot tell; position and hash kept outside can."""
    workspace, tamper = chained
    noted = last_link(workspace)
    tamper("DELETE FROM uku_auditentry WHERE position >= 4")
    assert verify_chain(workspace) is None
    assert (last_link(workspace)[0], noted[0]) == (3, 5)


def test_another_workspaces_chain_is_its_own(chained):
    workspace, tamper = chained
    other = make_workspace("annan", make_user("owner@annan.example"))
    tamper(f"UPDATE uku_auditentry SET summary = '' WHERE workspace_id = {other.pk}")
    assert (verify_chain(workspace), verify_chain(other)) == (None, 1)


def test_eight_writers_at_once_give_one_chain_without_a_gap(committed):
    """S46, S48."""
    owner = make_user("owner@byran.example")
    workspace = make_workspace("byran", owner)
    together = threading.Barrier(8)

    def write(number):
        try:
            together.wait(20)
            for turn in range(5):
                with workspace_in_force(workspace.pk), transaction.atomic():
                    note(workspace, owner, action=f"test.{number}.{turn}")
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    positions = (
        AuditEntry.everywhere.filter(workspace=workspace).order_by("position").values_list("position", flat=True)
    )
    assert list(positions) == list(range(1, 42))
    assert verify_chain(workspace) is None
