"""A file of clients: uploaded, read, mapped, confirmed, deleted. Its rows are imported by `importer`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from uku.clients.import_files import headings, importer, tables
from uku.clients.import_files.errors import Unreadable
from uku.clients.import_files.preview import (
    Figures,
    heading_of,
    make_preview,
    preview_of,
    read_file,
)
from uku.clients.models import Client, HiddenRows, ImportFile, ImportState
from uku.kit import clock
from uku.kit.scoping import current_workspace_id, workspace_in_force
from uku.workspaces import notices
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace, workspace_language
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

MOST_WAITING = 10
KEPT = timedelta(hours=24)
LONGEST_NAME = 200
READ_AT_ONCE = 64 * 1024  # bytes; a file of so many has about a thousand rows, which takes a fraction of a second
UNNAMED = "clients"


class TooManyFiles(Exception):
    """The workspace has ten files that nobody has decided on."""


class WrongMapping(Exception):
    """Two columns for one field, an unknown field, or not as many columns as the file has."""


class Undecided(Exception):
    """No column holds the name, or rows are hidden and nobody has said whether they are imported."""


class FiguresChanged(Exception):
    """Clients were changed after the person looked, so that importing the file would now do something else."""


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


@needs(Permission.EDIT_CLIENTS)
def upload_file(*, actor: User, at: datetime, name: str, content: bytes) -> ImportFile:
    """Keep a file. A small one is read to its end, a large one by a job.

    Raises NotAllowed, Unreadable and TooManyFiles, and keeps nothing.
    """
    tables.check_kind(content)
    file = ImportFile(name=name.strip()[-LONGEST_NAME:] or UNNAMED, content=content, uploaded_at=at, uploaded_by=actor)
    if tables.is_workbook(content):
        file.workbook, file.content = content, b""
    if is_read_at_once(file):
        read_file(file)
        file.state = ImportState.WAITING
    return _store(file=file, actor=actor, at=at)


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _store(*, file: ImportFile, actor: User, at: datetime) -> ImportFile:
    if ImportFile.objects.filter(imported_at=None).count() >= MOST_WAITING:
        raise TooManyFiles
    file.workspace_id = current_workspace_id()
    file.save()
    _record(file, actor, at, "client.sheet_upload", gettext_lazy("Client file uploaded: %(file)s"))
    if file.state == ImportState.READING:
        importer.enqueue_work(file)
    return file


def is_read_at_once(file: ImportFile) -> bool:
    return len(file.workbook or file.content) <= READ_AT_ONCE


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
    Unreadable and WrongMapping; the file then stays as it was.
    """
    file = _undecided(file)
    before = _facts(file)
    anew = _set_reading(file, choices)
    if anew:
        file.columns = []
    elif not headings.is_mapping(choices.columns, len(heading_of(file).cells)):
        raise WrongMapping
    else:
        file.columns = choices.columns
    file.hidden_choice, file.with_sum_line = choices.hidden_choice, choices.with_sum_line
    if is_read_at_once(file):
        read_file(file)
    else:
        _read_later(file)
    file.save()
    words = gettext_lazy("%(file)s: columns chosen")
    _record(file, actor, at, "client.sheet_map", words, before=before, after=_facts(file))
    return file


def _set_reading(file: ImportFile, choices: Choices) -> bool:
    """Set what makes other headings of the file, and say whether anything did."""
    before = (file.encoding, file.delimiter, file.sheet, file.heading_row)
    if file.workbook and choices.sheet != file.sheet:
        file.content, file.sheet, file.heading_row = b"", choices.sheet, 0
    elif file.encoding and (choices.encoding, choices.delimiter) != (file.encoding, file.delimiter):
        file.encoding, file.delimiter, file.heading_row = choices.encoding, choices.delimiter, 0
    elif choices.heading_row:
        file.heading_row = choices.heading_row
    return before != (file.encoding, file.delimiter, file.sheet, file.heading_row)


def _facts(file: ImportFile) -> dict[str, Any]:
    return {"encoding": file.encoding, "columns": ", ".join(field or "–" for field in file.columns)}


@needs(Permission.EDIT_CLIENTS)
def confirm_import(*, file: ImportFile, actor: User, at: datetime, seen: Figures) -> ImportFile:
    """Import the file if that does what the person saw; rows with errors are skipped.

    A short file is imported at once; a longer one by a job, and a notice tells the end. Raises NotAllowed,
    Undecided, FiguresChanged, AlreadyBegun and Unreadable.
    """
    with transaction.atomic():
        file = _undecided(file)
        if "name" not in file.columns or (file.hidden_rows and file.hidden_choice == HiddenRows.UNDECIDED):
            raise Undecided
        is_old = file.preview is not None and _clients_changed_since(file)
        if is_old:
            _read_later(file)
        elif file.state != ImportState.WAITING or preview_of(file).figures != seen:
            raise FiguresChanged
        else:
            _begin(file, actor, at, seen)
        file.save()
    if is_old:
        raise FiguresChanged
    if seen.rows <= importer.SHORT:
        importer.import_next_rows(file_id=file.pk)
    return file


def _clients_changed_since(file: ImportFile) -> bool:
    later = Q(created_at__gt=file.previewed_at) | Q(changed_at__gt=file.previewed_at)
    return Client.objects.get_queryset().filter(later).exists()


def _begin(file: ImportFile, actor: User, at: datetime, seen: Figures) -> None:
    file.state, file.rows, file.place, file.confirmed_by = ImportState.IMPORTING, seen.rows, 0, actor
    facts = {"new": seen.new, "changed": seen.changed, "unchanged": seen.unchanged, "skipped": seen.refused}
    words = gettext_lazy("%(file)s: confirmed, %(imported)d of %(rows)d rows to import")
    told = {"imported": seen.imported, "rows": seen.rows}
    _record(file, actor, at, "client.sheet_confirm", words, after=facts, told=told)
    importer.enqueue_work(file)


def _read_later(file: ImportFile) -> None:
    """Let a job read the file and compare it with the clients as they are then."""
    file.state, file.preview, file.skipped, file.rows = ImportState.READING, None, b"", 0
    importer.enqueue_work(file)


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def delete_file(*, file: ImportFile, actor: User, at: datetime) -> None:
    """Delete the file; what was imported of it stays. Raises NotAllowed, and AlreadyBegun while rows are imported."""
    file = _locked(file)
    if file.state == ImportState.IMPORTING:
        raise AlreadyBegun
    _record(file, actor, at, "client.sheet_throw_away", gettext_lazy("Client file deleted: %(file)s"))
    notices.clear(key=importer.lock_of(file), at=at)
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
            notices.clear(key=importer.lock_of(file), at=at)
    return old.delete()[0]


def _record(
    file: ImportFile, actor: User, at: datetime, action: str, words: Promise, *, told: Mapping[str, int] | None = None,
    **facts: Any,
) -> None:  # fmt: skip
    summary = translate_for_workspace(words, file=file, **(told or {}))
    record(actor=actor, action=action, target=file, summary=summary, at=at, **facts)


def _undecided(file: ImportFile) -> ImportFile:
    file = _locked(file)
    if file.is_decided:
        raise AlreadyBegun
    return file


def _locked(file: ImportFile) -> ImportFile:
    return ImportFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
