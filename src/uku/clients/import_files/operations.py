"""A file of clients: uploaded, mapped, confirmed, thrown away. Its rows are imported by `importer`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from uku.clients.import_files import headings, importer, tables, workbooks
from uku.clients.import_files.preview import Figures, heading_of, preview, reading_of
from uku.clients.models import ClientSheet
from uku.kit.jobs import SOON, enqueue
from uku.kit.scoping import current_workspace_id, workspace_in_force
from uku.workspaces import notices
from uku.workspaces.audit import record
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

MOST_WAITING = 10
KEPT = timedelta(hours=24)
LONGEST_NAME = 200
UNNAMED = "clients"


class TooManySheets(Exception):
    """The workspace has ten files that nobody has decided on."""


class WrongMapping(Exception):
    """Two columns for one field, an unknown field, or not as many columns as the file has."""


class NoNameColumn(Exception):
    """No column holds the name, without which there is no client."""


class FiguresChanged(Exception):
    """Clients were changed after the person looked, so that taking the file in would now do something else."""


class AlreadyBegun(Exception):
    """Somebody has confirmed this file already, or it is taken in."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The file as it is kept, and the sheets of the workbook that are not read."""

    sheet: ClientSheet
    other_sheets: Sequence[str] = ()


def is_begun(sheet: ClientSheet) -> bool:
    """Say whether somebody has confirmed the file."""
    return "rows" in sheet.counts


@needs(Permission.EDIT_CLIENTS)
def upload_sheet(*, actor: User, at: datetime, name: str, content: bytes) -> Uploaded:
    """Keep a file that can be read to its end. Raises NotAllowed, Unreadable and TooManySheets, and keeps nothing."""
    reading = tables.guess(content)
    kept = tables.keep(content)
    tables.count(kept, reading)
    heading, _rows = tables.heading_and_rows(kept, reading)
    sheet = ClientSheet(
        name=name.strip()[-LONGEST_NAME:] or UNNAMED,
        content=kept,
        encoding=reading.encoding,
        delimiter=reading.delimiter,
        columns=headings.recognise(heading.cells),
        uploaded_at=at,
        uploaded_by=actor,
    )
    others = workbooks.sheet_names(content)[1:] if tables.is_workbook(content) else []
    return Uploaded(_store(sheet=sheet, actor=actor, at=at), others)


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _store(*, sheet: ClientSheet, actor: User, at: datetime) -> ClientSheet:
    waiting = ClientSheet.objects.filter(taken_in_at=None).count()
    if waiting >= MOST_WAITING:
        raise TooManySheets
    sheet.workspace_id = current_workspace_id()
    sheet.save()
    summary = f"A file of clients was uploaded: {sheet}"
    record(actor=actor, action="client.sheet_upload", target=sheet, summary=summary, at=at)
    return sheet


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def map_sheet(
    *, sheet: ClientSheet, actor: User, at: datetime, columns: Sequence[str], encoding: str, delimiter: str
) -> ClientSheet:
    """Say how the file is read and which field each column fills.

    Read otherwise, its headings are recognised anew, since they may be others. Raises NotAllowed, AlreadyBegun,
    Unreadable and WrongMapping; the file then stays as it was.
    """
    sheet = _undecided(sheet)
    read_before = reading_of(sheet)
    if sheet.encoding:
        sheet.encoding, sheet.delimiter = encoding, delimiter
    heading = heading_of(sheet)
    if reading_of(sheet) != read_before:
        tables.count(bytes(sheet.content), reading_of(sheet))
        columns = headings.recognise(heading)
    if not headings.is_mapping(columns, len(heading)):
        raise WrongMapping
    before = sheet.columns
    sheet.columns = list(columns)
    sheet.save(update_fields=["encoding", "delimiter", "columns"])
    facts = {"encoding": sheet.encoding, "columns": ", ".join(field or "–" for field in sheet.columns)}
    summary = f"{sheet}: columns chosen"
    before_facts = {"encoding": read_before.encoding, "columns": ", ".join(field or "–" for field in before)}
    record(
        actor=actor, action="client.sheet_map", target=sheet, summary=summary, at=at, before=before_facts, after=facts
    )
    return sheet


@needs(Permission.EDIT_CLIENTS)
def confirm_sheet(*, sheet: ClientSheet, actor: User, at: datetime, seen: Figures) -> ClientSheet:
    """Take the file in if that does what the person saw; rows with errors are left out.

    A short file is taken in at once; a longer one by a job, and a notice tells the end. Raises NotAllowed,
    NoNameColumn, FiguresChanged, AlreadyBegun and Unreadable.
    """
    if "name" not in sheet.columns:
        raise NoNameColumn
    if not is_begun(sheet) and preview(sheet).figures != seen:
        raise FiguresChanged
    sheet = _begin(sheet=sheet, actor=actor, at=at, seen=seen)
    if seen.rows <= importer.SHORT:
        importer.take_in_next(sheet_id=sheet.pk)
    return sheet


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _begin(*, sheet: ClientSheet, actor: User, at: datetime, seen: Figures) -> ClientSheet:
    looked_at = (sheet.columns, sheet.encoding, sheet.delimiter)
    sheet = _undecided(sheet)
    if (sheet.columns, sheet.encoding, sheet.delimiter) != looked_at:
        raise FiguresChanged
    sheet.counts = {"rows": seen.rows, "place": 0, "new": 0, "changed": 0, "by": actor.pk}
    sheet.save(update_fields=["counts"])
    facts = {"new": seen.new, "changed": seen.changed, "unchanged": seen.unchanged, "left out": seen.refused}
    summary = f"{sheet}: confirmed, {seen.taken_in} of {seen.rows} rows to be taken in"
    record(actor=actor, action="client.sheet_confirm", target=sheet, summary=summary, at=at, after=facts)
    enqueue("clients.take_in_sheet", lock=importer.lock_of(sheet), priority=SOON, sheet_id=sheet.pk)
    return sheet


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def resume_sheet(*, sheet: ClientSheet, actor: User, at: datetime) -> ClientSheet:
    """Go on with a file that stopped because its person may change clients no more. Raises NotAllowed."""
    sheet = _locked(sheet)
    if sheet.taken_in_at is None and sheet.counts.pop("stopped", 0):
        sheet.counts["by"] = actor.pk
        sheet.save(update_fields=["counts"])
        summary = f"{sheet}: gone on with from row {sheet.counts['place'] + 1}"
        record(actor=actor, action="client.sheet_resume", target=sheet, summary=summary, at=at)
        enqueue("clients.take_in_sheet", lock=importer.lock_of(sheet), priority=SOON, sheet_id=sheet.pk)
    return sheet


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def throw_sheet_away(*, sheet: ClientSheet, actor: User, at: datetime) -> None:
    """Delete the file; what was taken in of it stays. Raises NotAllowed, and AlreadyBegun while rows are taken in."""
    sheet = _locked(sheet)
    if is_begun(sheet) and sheet.taken_in_at is None and not sheet.counts.get("stopped"):
        raise AlreadyBegun
    summary = f"A file of clients was thrown away: {sheet}"
    record(actor=actor, action="client.sheet_throw_away", target=sheet, summary=summary, at=at)
    notices.clear(key=importer.lock_of(sheet), at=at)
    sheet.delete()


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def note_refused_rows(*, sheet: ClientSheet, actor: User, at: datetime) -> None:
    """Write down that the rows that are left out were downloaded: personal numbers stand there whole (S51)."""
    summary = f"{sheet}: rows that are left out were downloaded"
    record(actor=actor, action="client.sheet_refused", target=sheet, summary=summary, at=at)


@transaction.atomic
@needs(Permission.SEE)
def note_export(*, workspace: Workspace, actor: User, at: datetime, count: int, facts: Mapping[str, str]) -> None:
    """Write down that clients were exported: how many, by which search, as what (S45). Raises NotAllowed."""
    summary = f"Clients exported: {count}"
    record(actor=actor, action="client.export", target=workspace, summary=summary, at=at, after=facts)


@transaction.atomic
@needs(Permission.SEE_PERSONAL_NUMBERS)
def note_whole_export(*, workspace: Workspace, actor: User, at: datetime, count: int, facts: Mapping[str, str]) -> None:
    """Write down an export with personal numbers in full (S51). Raises NotAllowed."""
    note_export(workspace=workspace, actor=actor, at=at, count=count, facts={**facts, "personal numbers": "in full"})


def delete_old_sheets(*, at: datetime) -> int:
    """Delete every file that is older than a day, in all workspaces; return how many."""
    old = ClientSheet.everywhere.filter(uploaded_at__lt=at - KEPT)
    for sheet in old.defer("content"):
        with workspace_in_force(sheet.workspace_id):
            notices.clear(key=importer.lock_of(sheet), at=at)
    return old.delete()[0]


def _undecided(sheet: ClientSheet) -> ClientSheet:
    sheet = _locked(sheet)
    if is_begun(sheet) or sheet.taken_in_at is not None:
        raise AlreadyBegun
    return sheet


def _locked(sheet: ClientSheet) -> ClientSheet:
    return ClientSheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
