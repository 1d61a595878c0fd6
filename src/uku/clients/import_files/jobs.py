"""Jobs of files of clients: a confirmed one is taken in, an old one deleted."""

from __future__ import annotations

import structlog

from uku.clients.import_files.importer import lock_of, take_in_next
from uku.clients.import_files.operations import delete_old_sheets
from uku.clients.models import ClientSheet
from uku.kit import clock
from uku.kit.jobs import SOON, each, enqueue_once, job
from uku.kit.scoping import workspace_in_force

log = structlog.get_logger()


@job(name="clients.take_in_sheet")
def take_in_sheet(sheet_id: int) -> None:
    """Take in the next rows of a file; what is left is another job, so that no one waits long for a worker."""
    sheet = ClientSheet.everywhere.filter(pk=sheet_id).defer("content").first()
    if sheet is None:
        return
    with workspace_in_force(sheet.workspace_id):
        more = take_in_next(sheet_id=sheet_id)
    if more:
        _wake(sheet)


@each("*/5 * * * *")
@job(name="clients.take_in_due")
def take_in_due(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what waits stands in the table
    """Wake the files whose job was lost; one that is at work finds its rows taken."""
    for sheet in ClientSheet.everywhere.filter(taken_in_at=None, counts__has_key="rows").defer("content"):
        if not sheet.counts.get("stopped"):
            _wake(sheet)


@each("47 3 * * *")
@job(name="clients.delete_old_sheets")
def delete_old(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what is old stands in the table
    """Delete files that nobody has decided on for a day, and what was left out of those taken in."""
    log.info("old files of clients deleted", count=delete_old_sheets(at=clock.now()))


def _wake(sheet: ClientSheet) -> None:
    enqueue_once("clients.take_in_sheet", key=lock_of(sheet), lock=lock_of(sheet), priority=SOON, sheet_id=sheet.pk)
