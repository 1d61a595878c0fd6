"""The rows of a confirmed file become clients: a hundred in one transaction, resumable, twice is once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

import structlog
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from uku.clients.import_files.checks import Checked
from uku.clients.import_files.export import as_csv
from uku.clients.import_files.plan import Fate, Plan
from uku.clients.import_files.preview import checked_rows, refused_rows
from uku.clients.models import Client, ClientSheet
from uku.clients.operations import create_client, edit_client
from uku.kit import clock
from uku.workspaces.audit import record
from uku.workspaces.models import User
from uku.workspaces.notices import News, tell
from uku.workspaces.permissions import NotAllowed, Permission, needs

log = structlog.get_logger()
AT_ONCE = 100
MOST_IN_ONE_JOB = 5_000
SHORT = 200  # rows that a person waits for; of a longer file the end is told


def lock_of(sheet: ClientSheet) -> str:
    """Name a file: its rows are taken in one after the other, and its end is one notice."""
    return f"clients.sheet:{sheet.pk}"


class _Overtaken(Exception):
    """The file is gone or finished, or somebody else has taken these rows in."""


def take_in_next(*, sheet_id: int, most: int = MOST_IN_ONE_JOB) -> bool:
    """Take in the next rows of a confirmed file of the workspace in force; say whether any are left."""
    sheet = ClientSheet.objects.filter(pk=sheet_id, taken_in_at=None).first()
    if sheet is None or "rows" not in sheet.counts or sheet.counts.get("stopped"):
        return False
    place, actor = sheet.counts["place"], User.objects.get(pk=sheet.counts["by"])
    try:
        ahead = islice(checked_rows(sheet), place, place + most)
        while rows := list(islice(ahead, AT_ONCE)):
            _take_in_rows(sheet_id=sheet_id, actor=actor, at=clock.now(), place=place, rows=rows)
            place += len(rows)
        if place < sheet.counts["rows"]:
            return True
        _finish(sheet_id=sheet_id, actor=actor, at=clock.now())
    except _Overtaken:
        log.info("rows of a file were taken in by another worker", sheet=sheet_id)
    except NotAllowed:
        _stop(sheet_id=sheet_id, at=clock.now())
    return False


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _take_in_rows(*, sheet_id: int, actor: User, at: datetime, place: int, rows: Sequence[Checked]) -> None:
    """Take in rows and move the place behind them, both or neither."""
    sheet = _locked(sheet_id)
    if sheet is None or sheet.counts["place"] != place:
        raise _Overtaken
    planned = list(Plan().of(rows))
    # Locked in one order before the first audit entry, behind which all other writers wait for us.
    ids = [one.client.pk for one in planned if one.client is not None]
    list(Client.objects.get_queryset().select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    for one in planned:
        # By the rules of a hand: a changed field counts as edited, and no import from elsewhere changes it again.
        if one.fate == Fate.NEW:
            create_client(actor=actor, at=at, by_hand=None, **one.checked.values)
        elif one.fate == Fate.CHANGED and one.client is not None:
            edit_client(client=one.client, actor=actor, at=at, changes=one.changes)
    fates = [one.fate for one in planned]
    sheet.counts["place"] += len(rows)
    sheet.counts["new"] += fates.count(Fate.NEW)
    sheet.counts["changed"] += fates.count(Fate.CHANGED)
    sheet.save(update_fields=["counts"])


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def _finish(*, sheet_id: int, actor: User, at: datetime) -> None:
    """Keep of the file only the rows that were left out, as CSV, and tell the person."""
    sheet = _locked(sheet_id)
    if sheet is None or sheet.counts["place"] < sheet.counts["rows"]:
        raise _Overtaken
    refused = list(refused_rows(sheet))
    counts = sheet.counts
    counts["refused"] = len(refused) - 1
    counts["unchanged"] = counts["rows"] - counts["new"] - counts["changed"] - counts["refused"]
    sheet.content = b"".join(as_csv(refused)) if counts["refused"] else b""
    sheet.taken_in_at = at
    sheet.save(update_fields=["content", "taken_in_at", "counts"])
    if counts["rows"] > SHORT:
        _tell(sheet, actor, at)
    facts = {name: counts[name] for name in ("new", "changed", "unchanged", "refused")}
    summary = f"{sheet}: taken in, {counts['new']} new, {counts['changed']} changed, {counts['refused']} left out"
    record(actor=actor, action="client.sheet_take_in", target=sheet, summary=summary, at=at, after=facts)


@transaction.atomic
def _stop(*, sheet_id: int, at: datetime) -> None:
    """Whoever confirmed may change clients no more; another person may go on."""
    sheet = _locked(sheet_id)
    if sheet is not None:
        sheet.counts["stopped"] = 1
        sheet.save(update_fields=["counts"])
        summary = f"{sheet}: stopped at row {sheet.counts['place']}, its person may change clients no more"
        record(actor=None, action="client.sheet_stop", target=sheet, summary=summary, at=at)


def _tell(sheet: ClientSheet, actor: User, at: datetime) -> None:
    counts = sheet.counts
    parts = [
        ngettext("%(count)s client is new.", "%(count)s clients are new.", counts["new"]) % {"count": counts["new"]},
        ngettext("%(count)s is changed.", "%(count)s are changed.", counts["changed"]) % {"count": counts["changed"]},
    ]
    if counts["refused"]:
        left_out = ngettext("%(count)s row was left out.", "%(count)s rows were left out.", counts["refused"])
        parts.append(left_out % {"count": counts["refused"]})
    news = News(
        key=lock_of(sheet),
        title=gettext("%(name)s is taken in") % {"name": sheet},
        text=" ".join(parts),
        url=reverse("client-sheet", kwargs={"slug": sheet.workspace.slug, "pk": sheet.pk}),
        tone="warning" if counts["refused"] else "good",
        permission=Permission.EDIT_CLIENTS,
        user=actor,
    )
    tell(news, at=at)


def _locked(sheet_id: int) -> ClientSheet | None:
    rows = ClientSheet.objects.select_for_update(of=("self",)).select_related("workspace")
    return rows.filter(pk=sheet_id, taken_in_at=None).first()
