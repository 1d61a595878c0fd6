"""A file of clients: uploaded, read, mapped, confirmed, imported, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext

from uku.clients.import_files import fields, tables
from uku.clients.import_files.checks import CheckedRow
from uku.clients.import_files.errors import Unreadable
from uku.clients.import_files.plan import RowOutcome, follow_plan
from uku.clients.import_files.preview import (
    Figures,
    checked_rows,
    make_preview,
    preview_of,
    read_file,
    skipped_row,
    table_of,
)
from uku.clients.models import Client, HiddenRows, ImportFile, ImportState
from uku.clients.operations import create_client, edit_client
from uku.kit import clock
from uku.kit.jobs import SOON, enqueue, enqueue_once
from uku.kit.scoping import current_workspace_id, workspace_in_force
from uku.workspaces import notices
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace, workspace_language
from uku.workspaces.models import User
from uku.workspaces.permissions import NotAllowed, Permission, needs

MOST_WAITING = 10
KEPT = timedelta(hours=24)
LONGEST_NAME = 200
READ_AT_ONCE = 64 * 1024  # bytes; a file of so many has about a thousand rows, which takes a fraction of a second
SHORT = 200  # rows that a person waits for; of a longer file the end is told
ROWS_AT_ONCE = 100  # in one transaction
MOST_IN_ONE_JOB = 5_000  # rows


class TooManyFiles(Exception):
    """The workspace has ten files that nobody has decided on."""


class NotAsSeen(Exception):
    """The file, or what importing it would do, is not what the person saw, or something is still to be chosen."""


class AlreadyBegun(Exception):
    """Somebody has confirmed this file already, or it is imported."""


@dataclass(frozen=True, slots=True)
class Choices:
    """How a person wants a file read. `columns` are the fields of its columns."""

    columns: list[str]
    encoding: str = ""
    delimiter: str = ""
    sheet: int = 0
    heading_row: int = 0
    hidden_choice: str = HiddenRows.UNDECIDED
    with_sum_line: bool = False


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def upload_file(*, actor: User, at: datetime, name: str, content: bytes) -> ImportFile:
    """Keep a file. A small one is read to its end, a large one by a job.

    Raises NotAllowed, Unreadable and TooManyFiles, and keeps nothing.
    """
    tables.check_kind(content)
    if ImportFile.objects.filter(imported_at=None).count() >= MOST_WAITING:
        raise TooManyFiles
    file = ImportFile(name=name.strip()[-LONGEST_NAME:] or "clients", content=content)
    file.uploaded_at, file.uploaded_by, file.workspace_id = at, actor, current_workspace_id()
    if tables.is_workbook(content):
        file.workbook, file.content = content, b""
    _read(file)
    _record(file, actor, at, "client.sheet_upload", gettext_lazy("Client file uploaded: %(file)s"))
    return file


def _read(file: ImportFile) -> None:
    """Read a file, a large one by a job, and store it. Raises Unreadable."""
    if len(file.workbook or file.content) > READ_AT_ONCE:
        _read_later(file)
        return
    read_file(file)
    file.state = ImportState.WAITING
    file.save()


def _read_later(file: ImportFile) -> None:
    """Let a job read the file and compare it with the clients as they are then."""
    file.state, file.preview, file.skipped, file.rows = ImportState.READING, None, b"", 0
    file.save()
    _enqueue_work(file)


def work_on(file: ImportFile) -> None:
    """Do what a worker does next for a file; what is left is another job, so that no one waits long for a worker."""
    if file.state == ImportState.READING:
        read_in_background(file)
    elif import_next_rows(file_id=file.pk):
        enqueue_work_once(file)


def read_in_background(file: ImportFile) -> None:
    """Read a file and compare it with the clients, telling how far that is; what is wrong is kept for its page."""
    stored = ImportFile.objects.filter(pk=file.pk, state=ImportState.READING)
    at = clock.now()
    try:
        read_file(file)
        stored.update(rows=file.rows, place=0)
        if "name" in file.columns:
            with workspace_language():
                make_preview(file, lambda place: stored.update(place=place))
    except Unreadable as error:
        stored.update(state=ImportState.UNREADABLE, failure=error.reason.name, failed_at_row=error.at)
        return
    file.state, file.place, file.previewed_at = ImportState.WAITING, 0, at
    file.save()


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def choose_reading(*, file: ImportFile, actor: User, at: datetime, choices: Choices) -> ImportFile:
    """Say how the file is read and which field each column fills.

    Read otherwise, its headings are recognised anew, since they may be others. Raises NotAllowed, AlreadyBegun,
    Unreadable and NotAsSeen; the file then stays as it was.
    """
    file = _undecided(file)
    before = _facts(file)
    if _set_reading(file, choices):
        file.columns = []
    elif not fields.is_mapping(choices.columns, len(table_of(file).heading.cells)):
        raise NotAsSeen
    else:
        file.columns = choices.columns
    file.hidden_choice, file.with_sum_line = choices.hidden_choice, choices.with_sum_line
    _read(file)
    words = gettext_lazy("%(file)s: columns chosen")
    _record(file, actor, at, "client.sheet_map", words, before=before, after=_facts(file))
    return file


def _set_reading(file: ImportFile, choices: Choices) -> bool:
    """Set what makes other headings of the file, and say whether anything did."""
    if file.workbook and choices.sheet != file.sheet:
        file.content, file.sheet, file.heading_row = b"", choices.sheet, 0
    elif file.encoding and (choices.encoding, choices.delimiter) != (file.encoding, file.delimiter):
        file.encoding, file.delimiter, file.heading_row = choices.encoding, choices.delimiter, 0
    elif choices.heading_row not in {0, file.heading_row}:
        file.heading_row = choices.heading_row
    else:
        return False
    return True


def _facts(file: ImportFile) -> dict[str, Any]:
    return {"encoding": file.encoding, "columns": ", ".join(field or "–" for field in file.columns)}


@needs(Permission.EDIT_CLIENTS)
def confirm_import(*, file: ImportFile, actor: User, at: datetime, seen: Figures) -> ImportFile:
    """Import the file if that does what the person saw; rows with errors are skipped.

    A short file is imported at once; a longer one by a job, and a notice tells the end. Raises NotAllowed,
    NotAsSeen, AlreadyBegun and Unreadable.
    """
    with transaction.atomic():
        file = _undecided(file)
        is_undecided = file.hidden_rows and file.hidden_choice == HiddenRows.UNDECIDED
        if "name" not in file.columns or is_undecided or not seen.rows:
            raise NotAsSeen
        later = Q(created_at__gt=file.previewed_at) | Q(changed_at__gt=file.previewed_at)
        is_old = file.preview is not None and Client.objects.get_queryset().filter(later).exists()
        if is_old:
            _read_later(file)
        elif file.state != ImportState.WAITING or preview_of(file).figures != seen:
            raise NotAsSeen
        else:
            file.state, file.rows, file.place, file.confirmed_by = ImportState.IMPORTING, seen.rows, 0, actor
            told = {**asdict(seen), "imported": seen.imported, "rows": seen.rows}
            words = gettext_lazy("%(file)s: confirmed, %(imported)d of %(rows)d rows to import")
            _record(file, actor, at, "client.sheet_confirm", words, after=asdict(seen), told=told)
            file.save()
            _enqueue_work(file)
    if is_old:
        raise NotAsSeen
    if seen.rows <= SHORT:
        import_next_rows(file_id=file.pk)
    return file


def import_next_rows(*, file_id: int, most: int = MOST_IN_ONE_JOB) -> bool:
    """Import the next rows of a confirmed file of the workspace in force; say whether any are left."""
    file = ImportFile.objects.filter(pk=file_id, state=ImportState.IMPORTING).select_related("confirmed_by").first()
    if file is None or file.confirmed_by is None:
        return False
    place, actor = file.place, file.confirmed_by
    try:
        ahead = islice(checked_rows(file), place, place + most)
        plan = preview_of(file).plan
        while rows := list(islice(ahead, ROWS_AT_ONCE)):
            if not _import_rows(file_id=file_id, actor=actor, at=clock.now(), place=place, rows=rows, plan=plan):
                return False  # another worker imported them
            place += len(rows)
    except NotAllowed:
        _stop(file_id=file_id, at=clock.now())
        return False
    return place < file.rows


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _import_rows(
    *, file_id: int, actor: User, at: datetime, place: int, rows: Sequence[CheckedRow], plan: Sequence[int]
) -> bool:
    """Import rows and move the place behind them, both or neither; say whether they were still to be imported."""
    file = _importing(file_id)
    if file is None or file.place != place:
        return False
    planned = list(follow_plan(rows, plan, place))
    # Locked in one order before the first audit entry, behind which all other writers wait for us.
    ids = [one.client.pk for one in planned if one.client is not None]
    list(Client.objects.get_queryset().select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    for one in planned:
        # By the rules of a hand: a changed field counts as edited, and no import from elsewhere changes it again.
        if one.outcome == RowOutcome.NEW:
            create_client(actor=actor, at=at, by_hand=None, **one.checked.values)
        elif one.outcome == RowOutcome.CHANGED and one.client is not None:
            edit_client(client=one.client, actor=actor, at=at, changes=one.changes)
    outcomes = [one.outcome for one in planned]
    file.place += len(rows)
    file.new += outcomes.count(RowOutcome.NEW)
    file.changed += outcomes.count(RowOutcome.CHANGED)
    file.refused += outcomes.count(RowOutcome.REFUSED)
    if any(one.errors for one in planned):  # of clients that changed after the plan was made
        heading = table_of(file).heading.cells
        file.skipped = b"".join([bytes(file.skipped), *(skipped_row(one, heading) for one in planned)])
    if file.place == file.rows:
        _finish(file, actor, at)
    file.save()
    return True


def _finish(file: ImportFile, actor: User, at: datetime) -> None:
    """Keep of the file only the rows that were left out, and tell the person."""
    file.state, file.imported_at = ImportState.IMPORTED, at
    file.workbook, file.content, file.preview = b"", b"", None
    if file.rows > SHORT:
        notices.tell(_news_of_the_end(file, actor), at=at)
    facts = {name: getattr(file, name) for name in ("new", "changed", "unchanged", "refused")}
    words = gettext_lazy("%(file)s: imported, %(new)d new, %(changed)d changed, %(refused)d skipped")
    _record(file, actor, at, "client.sheet_take_in", words, after=facts, told=facts)


def _news_of_the_end(file: ImportFile, actor: User) -> notices.News:
    sentences = [
        ngettext("%(count)s client is new.", "%(count)s clients are new.", file.new) % {"count": file.new},
        ngettext("%(count)s is changed.", "%(count)s are changed.", file.changed) % {"count": file.changed},
    ]
    if file.refused:
        skipped = ngettext("%(count)s row was skipped.", "%(count)s rows were skipped.", file.refused)
        sentences.append(skipped % {"count": file.refused})
    return notices.News(
        key=lock_of(file),
        title=gettext("%(name)s is imported") % {"name": file},
        text=" ".join(sentences),
        url=reverse("import-file", kwargs={"slug": file.workspace.slug, "pk": file.pk}),
        tone="warning" if file.refused else "good",
        permission=Permission.EDIT_CLIENTS,
        user=actor,
    )


@transaction.atomic
def _stop(*, file_id: int, at: datetime) -> None:
    """Whoever confirmed may change clients no more: what is left is planned anew, for another person to confirm."""
    file = _importing(file_id)
    if file is not None:
        words = gettext_lazy(
            "%(file)s: stopped at row %(row)d. The person who confirmed it may no longer change clients"
        )
        _record(file, None, at, "client.sheet_stop", words, told={"row": file.place})
        file.place = file.new = file.changed = file.refused = 0
        file.confirmed_by = None
        _read_later(file)


def _importing(file_id: int) -> ImportFile | None:
    """Lock a file that is being imported; what takes long to load is loaded when it is needed."""
    files = ImportFile.objects.select_for_update(of=("self",)).filter(pk=file_id, state=ImportState.IMPORTING)
    return files.select_related("workspace").defer("content", "workbook", "preview", "skipped").first()


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def delete_file(*, file: ImportFile, actor: User, at: datetime) -> None:
    """Delete the file; what was imported of it stays. Raises NotAllowed, and AlreadyBegun while rows are imported."""
    file = _locked(file)
    if file.state == ImportState.IMPORTING:
        raise AlreadyBegun
    _record(file, actor, at, "client.sheet_throw_away", gettext_lazy("Client file deleted: %(file)s"))
    notices.clear(key=lock_of(file), at=at)
    file.delete()


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def note_refused_rows(*, file: ImportFile, actor: User, at: datetime) -> None:
    """Write down that the rows that are left out were downloaded: personal numbers stand there whole (S51)."""
    _record(file, actor, at, "client.sheet_refused", gettext_lazy("%(file)s: skipped rows downloaded"))


def delete_old_files(*, at: datetime) -> int:
    """Delete every file that is older than a day, in all workspaces; return how many."""
    old = ImportFile.everywhere.filter(uploaded_at__lt=at - KEPT)
    for file in old.defer("content", "workbook"):
        with workspace_in_force(file.workspace_id):
            notices.clear(key=lock_of(file), at=at)
    return old.delete()[0]


def lock_of(file: ImportFile) -> str:
    """Name a file: it is read, then its rows are imported one after the other, and its end is one notice."""
    return f"clients.sheet:{file.pk}"


def _enqueue_work(file: ImportFile) -> None:
    """Let a worker do what comes next, once the caller's transaction has ended well."""
    enqueue("clients.take_in_sheet", lock=lock_of(file), priority=SOON, sheet_id=file.pk)


def enqueue_work_once(file: ImportFile) -> None:
    """Let a worker do what comes next, unless that waits for one already."""
    key = f"{lock_of(file)}:{file.state}"
    enqueue_once("clients.take_in_sheet", key=key, lock=lock_of(file), priority=SOON, sheet_id=file.pk)


def _record(
    file: ImportFile, actor: User | None, at: datetime, action: str, words: Promise, *, told: Mapping[str, int] = {},
    **facts: Any,
) -> None:  # fmt: skip
    summary = translate_for_workspace(words, file=file, **told)
    record(actor=actor, action=action, target=file, summary=summary, at=at, **facts)


def _undecided(file: ImportFile) -> ImportFile:
    file = _locked(file)
    if file.is_decided:
        raise AlreadyBegun
    return file


def _locked(file: ImportFile) -> ImportFile:
    return ImportFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
