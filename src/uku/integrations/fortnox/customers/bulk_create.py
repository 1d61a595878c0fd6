"""Clients from all customers that wait, however many: asked for once, made in batches, taken up where it stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, require_enabled_connection
from uku.integrations.fortnox.customers.review import make_clients
from uku.integrations.fortnox.health.alerts import update_review_alert
from uku.integrations.fortnox.health.messages import grouped
from uku.integrations.fortnox.health.queries import unmatched_customers
from uku.integrations.fortnox.models import BulkCreation, CustomerRecord
from uku.integrations.fortnox.work import requests
from uku.workspaces.audit import record as audit
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.notices import News, tell
from uku.workspaces.permissions import NotAllowed, Permission, needs

BATCH: Final = 300
"""Clients a transaction, about half a second: what a person waits for goes between any two."""
AT_ONCE: Final = 200
"""So many are made while the person waits, which takes about a second; more are made by the worker."""


class AlreadyCreating(Exception):
    """Clients are being made already: a second press does nothing (B17)."""


@needs(Permission.MANAGE_INTEGRATIONS)
def create_all(*, up_to: int, actor: User, at: datetime) -> BulkCreation:
    """Make a client from each customer that waits and is not newer than `up_to`, the newest that the person saw.

    A few hundred are left to the worker: the row that is returned has ended, or goes on. Raises NotAllowed,
    ConnectionNotUsable, AlreadyCreating.
    """
    creation = _store_request(up_to=up_to, actor=actor, at=at)
    if creation.asked <= AT_ONCE:
        while continue_creation(creation_id=creation.pk, at=at):
            pass
        creation.refresh_from_db()
    return creation


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def _store_request(*, up_to: int, actor: User, at: datetime) -> BulkCreation:
    """Store the intent: if this process dies on the way, the sweep finds it."""
    connection = require_enabled_connection()
    asked = unmatched_customers(connection.company_id).filter(pk__lte=up_to).count()
    try:
        with transaction.atomic():
            creation: BulkCreation = BulkCreation.objects.create(
                company_id=connection.company_id, up_to=up_to, asked=asked, asked_by=actor, asked_at=at
            )
    except IntegrityError as error:
        if "fortnox_bulk_creation_one_at_a_time" not in str(error):
            raise
        raise AlreadyCreating from None
    summary = translate_for_workspace(
        ngettext_lazy("Add %(n)d Fortnox customer as a client", "Add %(n)d Fortnox customers as clients", asked),
        n=asked,
    )
    audit(actor=actor, action="fortnox.create_all", target=creation, summary=summary, at=at)
    requests.wake_for_clients(creation)
    return creation


def under_way() -> QuerySet[BulkCreation]:
    """The creation that has not ended, of the workspace in force; at most one."""
    return BulkCreation.objects.filter(ended_at=None)


def count_left(creation: BulkCreation) -> int:
    """How many of those that waited are still to be made."""
    return _still_waiting(creation).count()


def continue_creation(*, creation_id: int, at: datetime) -> bool:
    """Make the next batch in one transaction; say whether there is more. While the integration is off it waits."""
    try:
        return _make_batch(creation_id=creation_id, at=at)
    except ConnectionNotUsable:
        return False
    except NotAllowed as refusal:
        unended = BulkCreation.objects.filter(pk=creation_id, ended_at=None)
        unended.update(ended_at=at, text=refusal.sentence[:300])
        return False


@transaction.atomic
def _make_batch(*, creation_id: int, at: datetime) -> bool:
    """On behalf of who asked. Raises NotAllowed when they have lost the role since, ConnectionNotUsable."""
    creation = BulkCreation.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=creation_id)
    connection = require_enabled_connection()
    if creation.ended_at is not None:
        return False
    same = connection.company_id == creation.company_id
    rows = _still_waiting(creation).select_for_update(of=("self",)).order_by("pk")
    records = list(rows[:BATCH]) if same else []
    made, alike = make_clients(records, actor=creation.asked_by, at=at)
    creation.made, creation.alike = creation.made + made, creation.alike + alike
    creation.save(update_fields=["made", "alike"])
    if len(records) == BATCH:
        return True
    creation.ended_at = at
    creation.save(update_fields=["ended_at"])
    if connection.is_connected:
        requests.wake_for_details(connection)
    update_review_alert(connection, at=at)
    if creation.asked > AT_ONCE:
        news = News(
            key=f"fortnox.clients_made:{creation.pk}",
            title=_("The clients from Fortnox are added."),
            text=outcome_in_words(creation),
            url=reverse("fortnox:review", kwargs={"slug": connection.workspace.slug}),
            tone="good",
            user=creation.asked_by,
        )
        tell(news, at=at)
    return False


def _still_waiting(creation: BulkCreation) -> QuerySet[CustomerRecord]:
    return unmatched_customers(creation.company_id).filter(pk__lte=creation.up_to)


def outcome_in_words(creation: BulkCreation) -> str:
    """Say what came of it: how many were made, and how many look like a client and wait."""
    made = ngettext("%(n)s client added.", "%(n)s clients added.", creation.made)
    sentences = [made % {"n": grouped(creation.made)}]
    if creation.alike:
        words = ngettext(
            "%(n)s customer matches a client that was added in the meantime. Review it.",
            "%(n)s customers match a client that was added in the meantime. Review them.",
            creation.alike,
        )
        sentences.append(words % {"n": grouped(creation.alike)})
    return " ".join([*sentences, creation.text]).strip()
