"""The rows of a confirmed file become clients: a hundred in one transaction, resumable, twice is once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

import structlog
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from uku.clients.import_files.checks import CheckedRow
from uku.clients.import_files.plan import RowOutcome, follow_plan
from uku.clients.import_files.preview import checked_rows, heading_of, preview_of, skipped_row
from uku.clients.models import Client, ImportFile, ImportState
from uku.clients.operations import create_client, edit_client
from uku.kit import clock
from uku.kit.jobs import SOON, enqueue, enqueue_once
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.notices import News, tell
from uku.workspaces.permissions import NotAllowed, Permission, needs

log = structlog.get_logger()
AT_ONCE = 100
MOST_IN_ONE_JOB = 5_000
SHORT = 200  # rows that a person waits for; of a longer file the end is told


def lock_of(file: ImportFile) -> str:
    """Name a file: it is read, then its rows are imported one after the other, and its end is one notice."""
    return f"clients.sheet:{file.pk}"


def enqueue_work(file: ImportFile) -> None:
    """Let a worker do what comes next, once the caller's transaction has ended well."""
    if file.state == ImportState.READING:
        enqueue("clients.read_file", lock=lock_of(file), priority=SOON, file_id=file.pk)
    else:
        enqueue("clients.take_in_sheet", lock=lock_of(file), priority=SOON, sheet_id=file.pk)


def enqueue_work_once(file: ImportFile) -> None:
    """Let a worker do what comes next, unless that waits for one already."""
    key = f"{lock_of(file)}:{file.state}"
    if file.state == ImportState.READING:
        enqueue_once("clients.read_file", key=key, lock=lock_of(file), priority=SOON, file_id=file.pk)
    else:
        enqueue_once("clients.take_in_sheet", key=key, lock=lock_of(file), priority=SOON, sheet_id=file.pk)


def import_next_rows(*, file_id: int, most: int = MOST_IN_ONE_JOB) -> bool:
    """Import the next rows of a confirmed file of the workspace in force; say whether any are left."""
    file = ImportFile.objects.filter(pk=file_id, state=ImportState.IMPORTING).select_related("confirmed_by").first()
    if file is None or file.confirmed_by is None:
        return False
    place, actor = file.place, file.confirmed_by
    try:
        ahead = islice(checked_rows(file), place, place + most)
        plan = preview_of(file).plan
        while rows := list(islice(ahead, AT_ONCE)):
            if not _import_rows(file_id=file_id, actor=actor, at=clock.now(), place=place, rows=rows, plan=plan):
                log.info("rows of a file were imported by another worker", file=file_id)
                return False
            place += len(rows)
        if place < file.rows:
            return True
        _finish(file_id=file_id, actor=actor, at=clock.now())
    except NotAllowed:
        _stop(file_id=file_id, at=clock.now())
    return False


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _import_rows(
    *, file_id: int, actor: User, at: datetime, place: int, rows: Sequence[CheckedRow], plan: Sequence[int]
) -> bool:
    """Import rows and move the place behind them, both or neither; say whether they were still to be imported."""
    file = _locked(file_id)
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
        heading = heading_of(file).cells
        file.skipped = b"".join([bytes(file.skipped), *(skipped_row(one, heading) for one in planned)])
    file.save(update_fields=["place", "new", "changed", "refused", "skipped"])
    return True


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _finish(*, file_id: int, actor: User, at: datetime) -> None:
    """Keep of the file only the rows that were left out, and tell the person."""
    file = _locked(file_id)
    if file is None or file.place < file.rows:
        return
    file.state, file.imported_at = ImportState.IMPORTED, at
    file.workbook, file.content, file.preview = b"", b"", None
    file.save(update_fields=["state", "imported_at", "workbook", "content", "preview"])
    if file.rows > SHORT:
        tell(_news_of_the_end(file, actor), at=at)
    facts = {name: getattr(file, name) for name in ("new", "changed", "unchanged", "refused")}
    words = gettext_lazy("%(file)s: imported, %(new)d new, %(changed)d changed, %(refused)d skipped")
    summary = translate_for_workspace(words, file=file, new=file.new, changed=file.changed, refused=file.refused)
    record(actor=actor, action="client.sheet_take_in", target=file, summary=summary, at=at, after=facts)


def _news_of_the_end(file: ImportFile, actor: User) -> News:
    sentences = [
        ngettext("%(count)s client is new.", "%(count)s clients are new.", file.new) % {"count": file.new},
        ngettext("%(count)s is changed.", "%(count)s are changed.", file.changed) % {"count": file.changed},
    ]
    if file.refused:
        skipped = ngettext("%(count)s row was skipped.", "%(count)s rows were skipped.", file.refused)
        sentences.append(skipped % {"count": file.refused})
    return News(
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
    file = _locked(file_id)
    if file is not None:
        words = gettext_lazy(
            "%(file)s: stopped at row %(row)d. The person who confirmed it may no longer change clients"
        )
        summary = translate_for_workspace(words, file=file, row=file.place)
        record(actor=None, action="client.sheet_stop", target=file, summary=summary, at=at)
        file.state, file.preview, file.skipped, file.confirmed_by = ImportState.READING, None, b"", None
        file.rows = file.place = file.new = file.changed = file.refused = 0
        file.save()
        enqueue_work(file)


def _locked(file_id: int) -> ImportFile | None:
    """Lock a file that is being imported; what takes long to load is loaded when it is needed."""
    files = ImportFile.objects.select_for_update(of=("self",)).select_related("workspace")
    return files.defer("content", "workbook", "preview").filter(pk=file_id, state=ImportState.IMPORTING).first()
