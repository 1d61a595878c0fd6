"""Jobs of files of clients: a large one is read, a confirmed one imported, an old one deleted.

Some names are older than the others: jobs of last week must still run.
"""

from __future__ import annotations

import structlog

from uku.clients.import_files.operations import delete_old_files, enqueue_work_once, work_on
from uku.clients.models import ImportFile, ImportState
from uku.kit import clock
from uku.kit.jobs import each, job
from uku.kit.scoping import workspace_in_force

log = structlog.get_logger()


@job(name="clients.take_in_sheet")
def work_on_file(sheet_id: int) -> None:
    """Read a large file and make its preview, or import the next rows of a confirmed one."""
    if file := ImportFile.everywhere.filter(pk=sheet_id).first():
        with workspace_in_force(file.workspace_id):
            work_on(file)


@job(name="clients.read_file")
def read_file(file_id: int) -> None:
    """Do the same; jobs of last week have this name."""
    if file := ImportFile.everywhere.filter(pk=file_id).first():
        with workspace_in_force(file.workspace_id):
            work_on(file)


@each("*/5 * * * *")
@job(name="clients.take_in_due")
def import_due_files(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what waits stands in the table
    """Enqueue the files whose job was lost; one that is at work finds its rows taken, or itself read."""
    at_work = [ImportState.IMPORTING, ImportState.READING]
    for file in ImportFile.everywhere.filter(state__in=at_work).defer("content", "workbook"):
        enqueue_work_once(file)


@each("47 3 * * *")
@job(name="clients.delete_old_sheets")
def delete_old_import_files(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what is old stands in the table
    """Delete files that nobody has decided on for a day, and what was left out of those imported."""
    log.info("old files of clients deleted", count=delete_old_files(at=clock.now()))
