"""A file of clients: uploaded, mapped, confirmed, deleted. Its rows are imported by `importer`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.clients.import_files import headings, importer, tables, workbooks
from uku.clients.import_files.preview import Figures, heading_of, preview, reading_of
from uku.clients.models import ImportFile
from uku.kit.scoping import current_workspace_id, workspace_in_force
from uku.workspaces import notices
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

MOST_WAITING = 10
KEPT = timedelta(hours=24)
LONGEST_NAME = 200
UNNAMED = "clients"


class TooManyFiles(Exception):
    """The workspace has ten files that nobody has decided on."""


class WrongMapping(Exception):
    """Two columns for one field, an unknown field, or not as many columns as the file has."""


class NoNameColumn(Exception):
    """No column holds the name, without which there is no client."""


class FiguresChanged(Exception):
    """Clients were changed after the person looked, so that importing the file would now do something else."""


class AlreadyBegun(Exception):
    """Somebody has confirmed this file already, or it is imported."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The file as it is kept, and the sheets of the workbook that are not read."""

    file: ImportFile
    other_sheets: Sequence[str] = ()


def is_begun(file: ImportFile) -> bool:
    """Say whether somebody has confirmed the file."""
    return "rows" in file.counts


@needs(Permission.EDIT_CLIENTS)
def upload_file(*, actor: User, at: datetime, name: str, content: bytes) -> Upload:
    """Keep a file that can be read to its end. Raises NotAllowed, Unreadable and TooManyFiles, and keeps nothing."""
    reading = tables.guess(content)
    kept = tables.keep(content)
    tables.count(kept, reading)
    heading, _rows = tables.heading_and_rows(kept, reading)
    file = ImportFile(
        name=name.strip()[-LONGEST_NAME:] or UNNAMED,
        content=kept,
        encoding=reading.encoding,
        delimiter=reading.delimiter,
        columns=headings.recognise(heading.cells),
        uploaded_at=at,
        uploaded_by=actor,
    )
    others = workbooks.sheet_names(content)[1:] if tables.is_workbook(content) else []
    return Upload(_store(file=file, actor=actor, at=at), others)


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _store(*, file: ImportFile, actor: User, at: datetime) -> ImportFile:
    waiting = ImportFile.objects.filter(imported_at=None).count()
    if waiting >= MOST_WAITING:
        raise TooManyFiles
    file.workspace_id = current_workspace_id()
    file.save()
    summary = translate_for_workspace(gettext_lazy("Client file uploaded: %(file)s"), file=file)
    record(actor=actor, action="client.sheet_upload", target=file, summary=summary, at=at)
    return file


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def map_columns(
    *, file: ImportFile, actor: User, at: datetime, columns: Sequence[str], encoding: str, delimiter: str
) -> ImportFile:
    """Say how the file is read and which field each column fills.

    Read otherwise, its headings are recognised anew, since they may be others. Raises NotAllowed, AlreadyBegun,
    Unreadable and WrongMapping; the file then stays as it was.
    """
    file = _undecided(file)
    read_before = reading_of(file)
    if file.encoding:
        file.encoding, file.delimiter = encoding, delimiter
    heading = heading_of(file)
    if reading_of(file) != read_before:
        tables.count(bytes(file.content), reading_of(file))
        columns = headings.recognise(heading)
    if not headings.is_mapping(columns, len(heading)):
        raise WrongMapping
    before = file.columns
    file.columns = list(columns)
    file.save(update_fields=["encoding", "delimiter", "columns"])
    facts = {"encoding": file.encoding, "columns": ", ".join(field or "–" for field in file.columns)}
    summary = translate_for_workspace(gettext_lazy("%(file)s: columns chosen"), file=file)
    before_facts = {"encoding": read_before.encoding, "columns": ", ".join(field or "–" for field in before)}
    record(
        actor=actor, action="client.sheet_map", target=file, summary=summary, at=at, before=before_facts, after=facts
    )
    return file


@needs(Permission.EDIT_CLIENTS)
def confirm_import(*, file: ImportFile, actor: User, at: datetime, seen: Figures) -> ImportFile:
    """Import the file if that does what the person saw; rows with errors are skipped.

    A short file is imported at once; a longer one by a job, and a notice tells the end. Raises NotAllowed,
    NoNameColumn, FiguresChanged, AlreadyBegun and Unreadable.
    """
    if "name" not in file.columns:
        raise NoNameColumn
    if not is_begun(file) and preview(file).figures != seen:
        raise FiguresChanged
    file = _begin(file=file, actor=actor, at=at, seen=seen)
    if seen.rows <= importer.SHORT:
        importer.import_next_rows(file_id=file.pk)
    return file


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _begin(*, file: ImportFile, actor: User, at: datetime, seen: Figures) -> ImportFile:
    looked_at = (file.columns, file.encoding, file.delimiter)
    file = _undecided(file)
    if (file.columns, file.encoding, file.delimiter) != looked_at:
        raise FiguresChanged
    file.counts = {"rows": seen.rows, "place": 0, "new": 0, "changed": 0, "by": actor.pk}
    file.save(update_fields=["counts"])
    facts = {"new": seen.new, "changed": seen.changed, "unchanged": seen.unchanged, "skipped": seen.refused}
    summary = translate_for_workspace(
        gettext_lazy("%(file)s: confirmed, %(imported)d of %(rows)d rows to import"),
        file=file,
        imported=seen.imported,
        rows=seen.rows,
    )
    record(actor=actor, action="client.sheet_confirm", target=file, summary=summary, at=at, after=facts)
    importer.enqueue_import(file)
    return file


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def resume_import(*, file: ImportFile, actor: User, at: datetime) -> ImportFile:
    """Go on with a file that stopped because its person may change clients no more. Raises NotAllowed."""
    file = _locked(file)
    if file.imported_at is None and file.counts.pop("stopped", 0):
        file.counts["by"] = actor.pk
        file.save(update_fields=["counts"])
        summary = translate_for_workspace(
            gettext_lazy("%(file)s: continued from row %(row)d"), file=file, row=file.counts["place"] + 1
        )
        record(actor=actor, action="client.sheet_resume", target=file, summary=summary, at=at)
        importer.enqueue_import(file)
    return file


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def delete_file(*, file: ImportFile, actor: User, at: datetime) -> None:
    """Delete the file; what was imported of it stays. Raises NotAllowed, and AlreadyBegun while rows are imported."""
    file = _locked(file)
    if is_begun(file) and file.imported_at is None and not file.counts.get("stopped"):
        raise AlreadyBegun
    summary = translate_for_workspace(gettext_lazy("Client file deleted: %(file)s"), file=file)
    record(actor=actor, action="client.sheet_throw_away", target=file, summary=summary, at=at)
    notices.clear(key=importer.lock_of(file), at=at)
    file.delete()


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def note_refused_rows(*, file: ImportFile, actor: User, at: datetime) -> None:
    """Write down that the rows that are left out were downloaded: personal numbers stand there whole (S51)."""
    summary = translate_for_workspace(gettext_lazy("%(file)s: skipped rows downloaded"), file=file)
    record(actor=actor, action="client.sheet_refused", target=file, summary=summary, at=at)


@transaction.atomic
@needs(Permission.SEE)
def note_export(
    *, workspace: Workspace, actor: User, at: datetime, count: int, facts: Mapping[str, str | bool]
) -> None:
    """Write down that clients were exported: how many, by which search, as what (S45). Raises NotAllowed."""
    summary = translate_for_workspace(gettext_lazy("Clients exported: %(count)d"), count=count)
    record(actor=actor, action="client.export", target=workspace, summary=summary, at=at, after=facts)


@transaction.atomic
@needs(Permission.SEE_PERSONAL_NUMBERS)
def note_whole_export(*, workspace: Workspace, actor: User, at: datetime, count: int, facts: Mapping[str, str]) -> None:
    """Write down an export with personal numbers in full (S51). Raises NotAllowed."""
    note_export(workspace=workspace, actor=actor, at=at, count=count, facts={**facts, "personal_numbers_in_full": True})


def delete_old_files(*, at: datetime) -> int:
    """Delete every file that is older than a day, in all workspaces; return how many."""
    old = ImportFile.everywhere.filter(uploaded_at__lt=at - KEPT)
    for file in old.defer("content"):
        with workspace_in_force(file.workspace_id):
            notices.clear(key=importer.lock_of(file), at=at)
    return old.delete()[0]


def _undecided(file: ImportFile) -> ImportFile:
    file = _locked(file)
    if is_begun(file) or file.imported_at is not None:
        raise AlreadyBegun
    return file


def _locked(file: ImportFile) -> ImportFile:
    return ImportFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
