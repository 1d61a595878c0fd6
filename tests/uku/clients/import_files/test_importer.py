"""A file becomes clients once: previewed, confirmed, taken in by key, and the same file again changes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.uku.conftest import AT

from uku.clients.import_files import operations
from uku.clients.import_files.errors import FileReason, Unreadable
from uku.clients.import_files.operations import (
    AlreadyBegun,
    Choices,
    NotAsSeen,
    TooManyFiles,
    choose_reading,
    confirm_import,
    delete_file,
    delete_old_files,
    upload_file,
)
from uku.clients.import_files.preview import Figures, preview_of, row_error_words
from uku.clients.import_files.tables import Reading, all_rows
from uku.clients.models import Client, ImportFile
from uku.clients.operations import archive_clients, create_client, edit_client, import_details
from uku.kit.identifiers import luhn_digit
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry, Membership, Notice

pytestmark = pytest.mark.django_db
FILE = """Namn;Orgnr;E-post;Telefon;Ort;Betalningsvillkor
Åkerlunds Bygg AB;556036-0793;info@akerlund.example;040-12 34;Malmö;20
Öberg & Co;;post@oberg.example;;Lund;
Anna Ek;750231-500{digit};;;;
Fel AB;556036-0794;;;;
""".format(digit=luhn_digit("750231500"))


@pytest.fixture
def upload(scope, owner):
    def send(text, name="kunder.csv"):
        content = text if isinstance(text, bytes) else text.encode()
        return upload_file(actor=owner, at=AT, name=name, content=content)

    return send


@pytest.fixture
def take(upload, owner):
    """Upload a file, confirm what its preview says, and return the file as it is then."""

    def do(text):
        file = upload(text)
        confirm_import(file=file, actor=owner, at=AT, seen=preview_of(file).figures)
        file.refresh_from_db()
        return file

    return do


def work_off():
    """Do what a worker would, in the test's own transaction: run the jobs that wait, and those that they ask for."""
    from procrastinate.contrib.django import app

    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs)"
                " RETURNING task_name, args"
            )
            job = cursor.fetchone()
        if job is None:
            return
        arguments = job[1] if isinstance(job[1], dict) else json.loads(job[1])
        app.tasks[job[0]].func.__wrapped__(**arguments)


def figures(file):
    found = preview_of(file).figures
    return found.new, found.changed, found.unchanged, found.refused


def clients():
    return {c.name: c for c in Client.objects.get_queryset()}


def state():
    """All there is of clients; what a second run must leave as it is."""
    return list(Client.objects.get_queryset().order_by("pk").values())


def told(file):
    return [(t.row, row_error_words(t, ["Namn"])) for t in preview_of(file).errors]


def counts(file):
    return {name: getattr(file, name) for name in ("new", "changed", "unchanged", "refused")}


# Before anybody confirms


def test_nothing_is_written_before_a_person_confirms(upload):
    """B20: preview; the figures say what would happen."""
    file = upload(FILE)
    found = preview_of(file)
    assert found.figures == Figures(new=3, changed=0, unchanged=0, refused=1)
    assert [t.row for t in found.errors] == [5]
    assert (Client.objects.get_queryset().count(), file.columns[:3]) == (0, ["name", "organisation_number", "email"])


def test_a_file_that_cannot_be_read_is_not_kept(upload):
    for content, reason in (
        ("", FileReason.EMPTY),
        ('Namn\n"A', FileReason.BROKEN_CSV),
        (b"Namn\n" + b"A\n" * 20_001, FileReason.TOO_MANY_ROWS),
    ):
        with pytest.raises(Unreadable) as refused:
            upload(content)
        assert refused.value.reason == reason
    assert ImportFile.objects.count() == 0


def test_at_most_ten_files_wait(upload):
    for _ in range(operations.MOST_WAITING):
        upload(FILE)
    with pytest.raises(TooManyFiles):
        upload(FILE)


def test_a_file_without_a_column_for_the_name_cannot_be_taken_in(upload, owner):
    """B20: missing columns."""
    file = upload("Kod;Ort\nA;Lund\n")
    with pytest.raises(NotAsSeen):
        confirm_import(file=file, actor=owner, at=AT, seen=Figures())
    choose_reading(file=file, actor=owner, at=AT, choices=Choices(["name", "city"], "utf-8", ";"))
    file.refresh_from_db()
    assert figures(file) == (1, 0, 0, 0)


def test_a_mapping_that_is_none_changes_nothing(upload, owner):
    file = upload("Namn;Ort\nA;Lund\n")
    for columns in (["name"], ["name", "name"], ["name", "password"]):
        with pytest.raises(NotAsSeen):
            choose_reading(file=file, actor=owner, at=AT, choices=Choices(columns, "utf-8", ";"))
    with pytest.raises(Unreadable):
        choose_reading(file=file, actor=owner, at=AT, choices=Choices(["name", ""], "utf-7", ";"))
    file.refresh_from_db()
    assert (file.columns, file.encoding) == (["name", "city"], "utf-8")


def test_read_otherwise_the_headings_are_recognised_anew(upload, owner):
    file = upload("Namn;Ort,Land\nA;Lund,SE\n")
    columns = list(file.columns)
    choose_reading(file=file, actor=owner, at=AT, choices=Choices(columns, "windows-1252", ","))
    file.refresh_from_db()
    assert (columns, file.columns) == (["name", ""], ["", "country"])


def test_what_changed_after_the_person_looked_is_not_done_unseen(upload, owner):
    """Between preview and confirmation somebody made one of the clients."""
    file = upload(FILE)
    seen = preview_of(file).figures
    create_client(actor=owner, at=AT, name="Åkerlunds", organisation_number="5560360793")
    with pytest.raises(NotAsSeen):
        confirm_import(file=file, actor=owner, at=AT, seen=seen)
    assert list(clients()) == ["Åkerlunds"]


# Taking in


def test_rows_become_clients_and_those_with_errors_are_left_out_with_their_reason(take):
    file = take(FILE)
    found = clients()
    assert sorted(found) == ["Anna Ek", "Åkerlunds Bygg AB", "Öberg & Co"]
    made = found["Åkerlunds Bygg AB"]
    facts = (made.organisation_number, made.email, made.phone, made.city, made.payment_days)
    assert facts == ("5560360793", "info@akerlund.example", "040-12 34", "Malmö", 20)
    assert counts(file) == {"new": 3, "changed": 0, "unchanged": 0, "refused": 1}
    left_out = list(all_rows(bytes(file.skipped), Reading("utf-8", ";")))
    assert left_out[0].cells == (
        "Namn",
        "Orgnr",
        "E-post",
        "Telefon",
        "Ort",
        "Betalningsvillkor",
        "Row in the file",
        "Why it was skipped",
    )
    assert (left_out[1].cells[:2], left_out[1].cells[-2]) == (("Fel AB", "556036-0794"), "5")
    assert (len(left_out), "not an organisation number" in left_out[1].cells[-1]) == (2, True)


def test_the_same_file_twice_changes_nothing_and_makes_nothing(take, upload):
    """B20: idempotent by key; also rows that have no key but a name."""
    text = FILE + "Bara Namn;;;;Lund;\n"
    take(text)
    before = state()
    assert figures(upload(text)) == (0, 0, 4, 1)
    file = take(text)
    assert (counts(file), state()) == ({"new": 0, "changed": 0, "unchanged": 4, "refused": 1}, before)


def test_a_known_client_is_changed_by_the_rules_of_a_hand(take, owner):
    """Filled cells count as edited by hand, so that no import changes them; empty cells empty nothing."""
    client = create_client(
        actor=owner, at=AT, name="Åkerlunds Bygg AB", organisation_number="556036-0793", phone="1", city="Lund",
        postcode="211 34",
    )  # fmt: skip
    edit_client(client=client, actor=owner, at=AT, changes={"phone": "2"})
    take("Namn;Orgnr;Telefon;Ort;Postnummer\nÅkerlunds Bygg;5560360793;;Malmö;21134\n")
    client.refresh_from_db()
    assert (client.name, client.phone, client.city, client.postcode) == ("Åkerlunds Bygg", "2", "Malmö", "211 34")
    assert client.organisation_number == "556036-0793"
    assert client.edited_fields == ["city", "name", "organisation_number", "phone", "postcode"]
    assert import_details(client=client, details={"city": "Ystad", "name": "Other"}, source="Books 1") == []
    assert AuditEntry.objects.get(action="client.edit", after__has_keys=["name", "city"]).actor == owner


def test_without_a_number_e_mail_and_name_decide_and_a_number_is_filled_in(take, owner):
    client = create_client(actor=owner, at=AT, name="Öberg & Co", email="Post@Oberg.example")
    take("Namn;Orgnr;E-post\nöberg  & co;402200-0014;post@oberg.example\n")
    assert Client.objects.get_queryset().get().pk == client.pk
    client.refresh_from_db()
    assert client.organisation_number == "4022000014"


def test_two_numbers_are_two_clients_whatever_else_they_share(take, owner):
    create_client(actor=owner, at=AT, name="Berg", email="a@x.example", organisation_number="5560360793")
    file = take("Namn;Orgnr;E-post\nBerg;402200-0014;a@x.example\n")
    assert (counts(file)["new"], Client.objects.get_queryset().count()) == (1, 2)


def test_the_same_name_with_another_key_is_pointed_out(upload, owner):
    create_client(actor=owner, at=AT, name="Berg AB", organisation_number="5560360793")
    found = preview_of(upload("Namn;Orgnr\nBerg AB;402200-0014\nDal AB;\n"))
    assert (found.figures.new, found.namesakes) == (2, 1)


def test_rows_that_could_be_several_clients_or_only_a_namesake_are_left_out(upload, owner):
    for city in ("Lund", "Malmö"):
        create_client(actor=owner, at=AT, name="Berg AB", organisation_number="5560360793", city=city)
    gone = create_client(actor=owner, at=AT, name="Borta AB", email="b@x.example")
    archive_clients(ids=[gone.pk], actor=owner, at=AT)
    file = upload("Namn;Orgnr;E-post;Ort\nBerg;5560360793;;\nBorta AB;;b@x.example;\nBerg AB;;;Ystad\nBerg AB;;;Lund\n")
    assert told(file) == [
        (2, "2 clients match “556036-0793”. Give each its own number, or archive one of them."),
        (3, "The client “Borta AB” is archived. Restore the client first, or delete the row."),
        (
            4,
            (
                "Uku has a client “Berg AB” with other details. A name alone does not show that it is the same client."
                " Write an organisation number or e-mail in the row."
            ),
        ),
        (5, "“Berg AB” is also in row 4. Delete one, or write an organisation number or e-mail."),
    ]


def test_two_rows_that_are_one_client_by_different_keys_are_one(upload, owner):
    create_client(actor=owner, at=AT, name="Berg AB", email="b@x.example", organisation_number="5560360793")
    file = upload("Namn;Orgnr;E-post\nBergs Bygg AB;5560360793;\nBerg AB;;b@x.example\n")
    assert told(file) == [(3, "This row and row 2 are the same client, “Berg AB”. Keep one of the two rows.")]


def test_a_row_that_was_skipped_is_kept_with_its_reason_although_its_client_is_another_now(take, owner):
    """Row 2 gives the client another name, so that row 3 would match none afterwards."""
    create_client(actor=owner, at=AT, name="Berg AB", email="b@x.example", organisation_number="5560360793")
    file = take("Namn;Orgnr;E-post\nBergs Bygg AB;5560360793;\nBerg AB;;b@x.example\n")
    _heading, skipped = all_rows(bytes(file.skipped), Reading("utf-8", ";"))
    assert counts(file) == {"new": 0, "changed": 1, "unchanged": 0, "refused": 1}
    assert skipped.cells[2:] == (
        "b@x.example", "3", "This row and row 2 are the same client, “Berg AB”. Keep one of the two rows."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Bergs Bygg AB;5560360793;", "Berg AB;;b@x.example"),  # skipped, by the name that the first row replaces
        ("Berg AB;;b@x.example", "Bergs Bygg AB;5560360793;"),  # skipped, by the number
        ("Bergs Bygg AB;5560360793;", "Bergs Bygg AB;;b@x.example"),  # new, as nothing in Uku is called so
    ],
)
@pytest.mark.parametrize("between", [1, 150, 250])
def test_rows_for_one_client_do_what_the_preview_said_however_far_they_are_apart(upload, owner, first, last, between):
    """What the first row makes of the client decides nothing about the last one, in whatever step that is imported."""
    create_client(actor=owner, at=AT, name="Berg AB", email="b@x.example", organisation_number="5560360793")
    rows = "".join(f"Bolag {n} AB;;b{n}@x.example\n" for n in range(between))
    file = upload(f"Namn;Orgnr;E-post\n{first}\n{rows}{last}\n")
    seen = preview_of(file)
    confirm_import(file=file, actor=owner, at=AT, seen=seen.figures)
    work_off()
    file.refresh_from_db()
    assert (counts(file), Client.objects.get_queryset().count()) == (asdict(seen.figures), 1 + seen.figures.new)
    _heading, *skipped = all_rows(bytes(file.skipped), Reading("utf-8", ";"))
    assert [row.cells[0] for row in skipped] == [last.split(";")[0] for error in seen.errors]


def test_clients_that_others_change_during_the_import_are_met_as_they_are(upload, owner):
    """One is archived and one is added between two steps: neither is changed behind a person's back nor doubled."""
    gone = create_client(actor=owner, at=AT, name="Borta AB", email="b@x.example")
    rows = "".join(f"Bolag {n} AB;b{n}@x.example;\n" for n in range(250))
    file = upload(f"Namn;E-post;Ort\n{rows}Borta AB;b@x.example;Lund\nDal AB;d@x.example;Ystad\n")
    confirm_import(file=file, actor=owner, at=AT, seen=preview_of(file).figures)
    assert operations.import_next_rows(file_id=file.pk, most=100) is True
    archive_clients(ids=[gone.pk], actor=owner, at=AT)
    create_client(actor=owner, at=AT, name="Dal AB", email="d@x.example")
    work_off()
    file.refresh_from_db()
    assert counts(file) == {"new": 250, "changed": 1, "unchanged": 0, "refused": 1}
    assert (clients()["Dal AB"].city, clients()["Borta AB"].city) == ("Ystad", "")
    _heading, skipped = all_rows(bytes(file.skipped), Reading("utf-8", ";"))
    assert skipped.cells[:3] == ("Borta AB", "b@x.example", "Lund")


def test_another_workspaces_client_is_never_met(upload, other_workspace, stranger):
    with workspace_in_force(other_workspace.pk):
        create_client(actor=stranger, at=AT, name="Åkerlunds Bygg AB", organisation_number="5560360793")
    assert figures(upload(FILE)) == (3, 0, 0, 1)


def test_confirmed_twice_it_is_taken_in_once(upload, owner):
    file = upload(FILE)
    seen = preview_of(file).figures
    confirm_import(file=file, actor=owner, at=AT, seen=seen)
    with pytest.raises(AlreadyBegun):
        confirm_import(file=ImportFile.objects.get(pk=file.pk), actor=owner, at=AT, seen=seen)
    assert Client.objects.get_queryset().count() == 3


# Long files


def long_file(count):
    return "Namn;E-post\n" + "".join(f"Bolag {n} AB;b{n}@x.example\n" for n in range(count))


def test_a_long_file_is_taken_in_by_a_job_and_a_notice_tells_the_end(take, owner):
    file = take(long_file(operations.SHORT + 1))
    assert Client.objects.get_queryset().count() == 0
    work_off()
    file.refresh_from_db()
    assert counts(file) == {"new": 201, "changed": 0, "unchanged": 0, "refused": 0}
    notice = Notice.objects.get()
    assert (notice.title, notice.text) == ("kunder.csv is imported", "201 clients are new. 0 are changed.")
    assert (notice.user, notice.url) == (owner, f"/w/byran/clients/import/{file.pk}/")
    assert bytes(file.content) == b""


def test_a_short_file_is_taken_in_at_once_and_rings_no_bell(take):
    take(FILE)
    assert (Client.objects.get_queryset().count(), Notice.objects.count()) == (3, 0)
    work_off()
    assert Client.objects.get_queryset().count() == 3


class Killed(Exception):
    pass


@pytest.mark.parametrize("die_at", [1, 2, 3])
def test_a_worker_killed_anywhere_is_gone_on_from_with_the_same_end(take, owner, monkeypatch, die_at):
    """Each hundred rows and their place are stored together, or not at all."""
    file = take(long_file(250))
    steps = iter(range(1, 100))

    def dying(**kwargs):
        if next(steps) == die_at:
            raise Killed
        return record(**kwargs)

    record = operations.create_client
    made = iter(range(1000))
    monkeypatch.setattr(operations, "create_client", lambda **f: dying(**f) if next(made) % 90 == 60 else record(**f))
    with pytest.raises(Killed):
        operations.import_next_rows(file_id=file.pk)
    monkeypatch.undo()
    file.refresh_from_db()
    assert file.place == Client.objects.get_queryset().count() == file.new
    assert file.place < 250
    assert operations.import_next_rows(file_id=file.pk) is False
    file.refresh_from_db()
    assert (counts(file)["new"], Client.objects.get_queryset().count()) == (250, 250)


def test_a_second_worker_takes_no_row_again(take):
    file = take(long_file(250))
    assert operations.import_next_rows(file_id=file.pk, most=100) is True
    first = list(all_rows(bytes(file.content), Reading("utf-8", ";")))[1:3]
    from uku.clients.import_files.checks import check_rows

    again = list(check_rows(first, file.columns))
    facts = {"file_id": file.pk, "actor": file.uploaded_by, "at": AT, "place": 0, "rows": again}
    assert operations._import_rows(**facts, plan=[0, 0]) is False
    assert Client.objects.get_queryset().count() == 100


def test_a_lost_wake_up_is_found_by_the_sweep(take):
    from uku.clients.import_files.jobs import import_due_files

    take(long_file(250))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    import_due_files.func.__wrapped__(0)
    work_off()
    assert Client.objects.get_queryset().count() == 250


def test_when_whoever_confirmed_may_change_clients_no_more_another_confirms_what_is_left(take, owner, admin):
    file = take(long_file(250))
    ImportFile.objects.filter(pk=file.pk).update(confirmed_by=admin)
    operations.import_next_rows(file_id=file.pk, most=100)
    Membership.everywhere.filter(user=admin).update(role="member")
    work_off()
    file.refresh_from_db()
    assert (file.state, Client.objects.get_queryset().count()) == ("waiting", 100)
    assert figures(file) == (150, 0, 100, 0)
    confirm_import(file=file, actor=owner, at=AT, seen=preview_of(file).figures)
    work_off()
    file.refresh_from_db()
    assert counts(file) == {"new": 150, "changed": 0, "unchanged": 100, "refused": 0}
    assert Client.objects.get_queryset().count() == 250


def test_the_number_of_queries_of_a_preview_does_not_grow_with_the_rows(upload, scope):
    short, long = upload(long_file(20)), upload(long_file(400))
    asked = []
    for file in (short, long):
        with CaptureQueriesContext(connection) as queries:
            preview_of(file)
        asked.append(len(queries))
    assert asked == [1, 1]


# Ends


def test_a_file_is_thrown_away_and_what_it_made_stays(take, upload, owner):
    delete_file(file=upload(FILE), actor=owner, at=AT)
    file = take(FILE)
    delete_file(file=file, actor=owner, at=AT)
    assert (ImportFile.objects.count(), Client.objects.get_queryset().count()) == (0, 3)


def test_a_file_whose_rows_are_being_taken_in_is_not_thrown_away(take, owner):
    file = take(long_file(250))
    with pytest.raises(AlreadyBegun):
        delete_file(file=file, actor=owner, at=AT)


def test_files_older_than_a_day_are_deleted_with_their_notice(take, upload):
    """Personal data of a file nobody decided on does not lie about."""
    take(long_file(201))
    work_off()
    assert delete_old_files(at=AT + timedelta(hours=24)) == 0
    assert delete_old_files(at=AT + timedelta(hours=24, seconds=1)) == 1
    assert (ImportFile.everywhere.count(), Notice.objects.filter(cleared_at=None).count()) == (0, 0)


def test_every_step_is_written_down(upload, owner):
    """S45: who brought which file in, and what became of it."""
    file = upload("Namn\nBerg\n")
    choose_reading(file=file, actor=owner, at=AT, choices=Choices(["name"], "windows-1252", ";"))
    file.refresh_from_db()
    confirm_import(file=file, actor=owner, at=AT, seen=preview_of(file).figures)
    delete_file(file=file, actor=owner, at=AT)
    found = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))[1:]
    assert found == [
        "client.sheet_upload",
        "client.sheet_map",
        "client.sheet_confirm",
        "client.create",
        "client.sheet_take_in",
        "client.sheet_throw_away",
    ]
