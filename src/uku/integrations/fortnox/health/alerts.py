"""What is wrong is told once a cause and cleared by its cure: the bell, one e-mail, and word when it works again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uku.integrations.fortnox.health import queries, sync_issues
from uku.integrations.fortnox.health.rules import BY_MAIL, ActiveCause, Cause, Facts, active_causes, is_paused
from uku.integrations.fortnox.health.summary import explain_cause
from uku.integrations.fortnox.models import BlockReason, Connection, ExportState, InvoiceExport
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record as audit
from uku.workspaces.language import translate_for_workspace, workspace_language
from uku.workspaces.models import Notice, User
from uku.workspaces.notices import News, clear, tell
from uku.workspaces.permissions import Permission, needs

PREFIX: Final = "fortnox."
WORKS_AGAIN: Final = "fortnox.works_again"
NEED_YOU: Final = "fortnox.invoices_need_you"
CUSTOMERS_WAIT: Final = "fortnox.customers_wait"
_CAUSES: Final = frozenset(BlockReason.values) | {cause.value for cause in Cause}
_TONES: Final = {Cause.LASTING: "warning", Cause.LACKS_SCOPE: "warning", Cause.RUNS_OUT: "warning"}
_ENDED_BY_AUTHORIZING: Final = frozenset({Cause.NOT_PERMITTED, Cause.LACKS_SCOPE, Cause.RUNS_OUT, Cause.BLOCKED})


def review(connection: Connection, *, at: datetime) -> None:
    """Compare the causes that hold with those that are told: open what is new, clear what is cured, store the rest.

    Cheap and repeatable: after each run, after each change of the grant, and each quarter of an hour. While paused
    nothing new is told, since nothing is tried; what was told stays until its cause is gone.
    """
    fresh = Connection.everywhere.select_related("workspace").get(pk=connection.pk)
    facts = queries.facts_of(fresh, at=at)
    with workspace_in_force(fresh.workspace_id), workspace_language():
        queries.store_failing_kinds(fresh, facts)
        active = {cause.key: cause for cause in active_causes(facts)}
        open_alerts = Notice.objects.filter(key__startswith=PREFIX, cleared_at=None).values_list("key", flat=True)
        told = {key for key in open_alerts if key.removeprefix(PREFIX).split(":")[0] in _CAUSES}
        cured = [key for key in sorted(told - active.keys()) if clear(key=key, at=at)]
        if not is_paused(facts.connection):
            for cause in active.values():
                if tell(_alert_about(fresh, cause, facts), at=at):
                    clear(key=WORKS_AGAIN, at=at)
        if cured and not active and fresh.is_connected:
            _announce_recovery(fresh, at)
        _update_invoice_alert(fresh, at)
        update_review_alert(fresh, at=at)
    Connection.everywhere.filter(pk=fresh.pk).update(reviewed_at=at)


def _alert_about(connection: Connection, active: ActiveCause, facts: Facts) -> News:
    """Word a cause, with the address of its cure: the Connect tab where authorizing ends it, else the Overview."""
    words = explain_cause(active, facts)
    authorize = active.cause in _ENDED_BY_AUTHORIZING and active.detail != BlockReason.UNREADABLE
    page = "fortnox:connect" if authorize else "fortnox:overview"
    return News(
        key=active.key,
        title=words.happened[:200],
        text=f"{words.means} {words.remedy}"[:1000],
        url=reverse(page, kwargs={"slug": connection.workspace.slug}),
        tone=_TONES.get(active.cause, "bad"),
        permission=Permission.MANAGE_INTEGRATIONS,
        by_mail=active.cause in BY_MAIL,
    )


def _announce_recovery(connection: Connection, at: datetime) -> None:
    """Say that it works again, and how many invoices go out now: queued work goes on without anyone asking."""
    clear(key=WORKS_AGAIN, at=at)
    queued = InvoiceExport.objects.filter(company_id=connection.company_id, state=ExportState.QUEUED).count()
    going = ngettext(
        "%(n)d invoice was waiting and is being sent now.",
        "%(n)d invoices were waiting and are being sent now.",
        queued,
    )
    news = News(
        key=WORKS_AGAIN,
        title=_("Fortnox works again."),
        text=going % {"n": queued} if queued else _("Syncing continues automatically."),
        url=reverse("fortnox:activity", kwargs={"slug": connection.workspace.slug}),
        tone="good",
        permission=Permission.MANAGE_INTEGRATIONS,
    )
    tell(news, at=at)


def _update_invoice_alert(connection: Connection, at: datetime) -> None:
    """Invoices that need a person stand in the bell, together, until none is left: they are no fault of the grant."""
    open_issues = sync_issues.open_issues(connection.company_id).filter(
        kind=sync_issues.INVOICE, export__state__in=(ExportState.REJECTED, ExportState.NEEDS_PERSON)
    )
    if not (connection.is_connected and open_issues.exists()):
        clear(key=NEED_YOU, at=at)
        return
    news = News(
        key=NEED_YOU,
        title=_("Some invoices need attention."),
        text=_("Each invoice says why, and what to do."),
        url=reverse("fortnox:activity", kwargs={"slug": connection.workspace.slug}) + "?show=problems",
        tone="warning",
        permission=Permission.MANAGE_INTEGRATIONS,
    )
    tell(news, at=at)


def update_review_alert(connection: Connection, *, at: datetime) -> None:
    """Bring the first import and the bell in line with the customers to review. Cheap and repeatable.

    Before the first complete import nothing is told: a customer without a client may yet find one.
    """
    company = connection.company_id
    needs_review = bool(company) and queries.customers_to_review(company).exists()
    if not needs_review:
        clear(key=CUSTOMERS_WAIT, at=at)
    if not company or not queries.has_complete_import(company):
        return
    if queries.is_first_import(connection) and not queries.unmatched_customers(company).exists():
        decide_first_import(connection, actor=None, at=at)
    if needs_review and connection.enabled and connection.workspace.may_integrate:
        news = News(
            key=CUSTOMERS_WAIT,
            title=_("There are Fortnox customers to review."),
            text=_(
                "Each customer is shown next to the clients that match it. Link the customer, create a"
                " client from it, or ignore it."
            ),
            url=reverse("fortnox:review", kwargs={"slug": connection.workspace.slug}),
            tone="warning",
            permission=Permission.MANAGE_INTEGRATIONS,
        )
        tell(news, at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def decide_first_import(connection: Connection, *, actor: User | None, at: datetime) -> None:
    """Note that the first import of the connected company is decided; twice does no harm. Raises NotAllowed."""
    company = connection.company_id
    same = Connection.objects.filter(pk=connection.pk, company_id=company).exclude(first_import_of=company)
    if same.update(first_import_of=company):
        summary = translate_for_workspace(
            gettext_lazy("First import of %(name)s, database %(database)s, completed"),
            name=connection.company_name,
            database=company,
        )
        audit(actor=actor, action="fortnox.first_import", target=connection, summary=summary, at=at)
    connection.first_import_of = company
