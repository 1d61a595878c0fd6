"""What is wrong is told once a cause and cleared by its cure: the bell, one e-mail, and word when it works again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uku.integrations.fortnox.health import review_queue, sync_issues
from uku.integrations.fortnox.health.queries import facts_of
from uku.integrations.fortnox.health.rules import BY_MAIL, Cause, Facts, Finding, findings, is_paused
from uku.integrations.fortnox.health.summary import in_three_parts
from uku.integrations.fortnox.models import BlockReason, Connection, ExportState, InvoiceExport
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import Notice
from uku.workspaces.notices import News, clear, tell
from uku.workspaces.permissions import Permission

PREFIX: Final = "fortnox."
WORKS_AGAIN: Final = "fortnox.works_again"
NEED_YOU: Final = "fortnox.invoices_need_you"
_CAUSES: Final = frozenset(BlockReason.values) | {cause.value for cause in Cause}
_TONES: Final = {Cause.LASTING: "warning", Cause.LACKS_SCOPE: "warning", Cause.RUNS_OUT: "warning"}


def review(connection: Connection, *, at: datetime) -> None:
    """Compare the causes that hold with those that are told: open what is new, clear what is cured.

    Cheap and repeatable: after each run, after each change of the grant, and each minute. While paused nothing
    new is told, since nothing is tried; what was told stays until its cause is gone.
    """
    fresh = Connection.everywhere.select_related("workspace").get(pk=connection.pk)
    facts = facts_of(fresh, at=at)
    with workspace_in_force(fresh.workspace_id):
        found = {finding.key: finding for finding in findings(facts)}
        told = set(_told())
        cured = [key for key in sorted(told - found.keys()) if clear(key=key, at=at)]
        if not is_paused(facts.connection):
            for finding in found.values():
                if tell(_news(fresh, finding, facts), at=at):
                    clear(key=WORKS_AGAIN, at=at)
        if cured and not found and fresh.is_connected:
            _tell_cured(fresh, at)
        _review_invoices(fresh, at)
        review_queue.settle(fresh, at=at)
    Connection.everywhere.filter(pk=fresh.pk).update(reviewed_at=at)


def _told() -> list[str]:
    """The open notices that name a cause of ours."""
    ours = Notice.objects.filter(key__startswith=PREFIX, cleared_at=None)
    return [key for key in ours.values_list("key", flat=True) if _is_cause(key)]


def _is_cause(key: str) -> bool:
    return key.removeprefix(PREFIX).split(":")[0] in _CAUSES


def _news(connection: Connection, finding: Finding, facts: Facts) -> News:
    words = in_three_parts(finding, facts)
    return News(
        key=finding.key,
        title=words.happened[:200],
        text=f"{words.means} {words.remedy}"[:1000],
        url=address_of(connection, finding),
        tone=_TONES.get(finding.cause, "bad"),
        permission=Permission.MANAGE_INTEGRATIONS,
        by_mail=finding.cause in BY_MAIL,
    )


def address_of(connection: Connection, finding: Finding) -> str:
    """Where the cure is: the Connect tab where authorizing helps, else the Overview."""
    helps = finding.cause in {Cause.NOT_PERMITTED, Cause.LACKS_SCOPE, Cause.RUNS_OUT} or (
        finding.cause == Cause.TROUBLE and finding.detail != "unreadable"
    )
    page = "fortnox:connect" if helps else "fortnox:overview"
    return reverse(page, kwargs={"slug": connection.workspace.slug})


def _tell_cured(connection: Connection, at: datetime) -> None:
    """Say that it works again, and how many invoices go out now: queued work goes on without anyone asking."""
    clear(key=WORKS_AGAIN, at=at)
    queued = InvoiceExport.objects.filter(company_id=connection.company_id, state=ExportState.QUEUED).count()
    one = "%(n)d invoice was waiting and is being sent now."
    going = ngettext(one, "%(n)d invoices were waiting and are being sent now.", queued)
    news = News(
        key=WORKS_AGAIN,
        title=_("Fortnox works again."),
        text=going % {"n": queued} if queued else _("Everything goes on by itself."),
        url=reverse("fortnox:activity", kwargs={"slug": connection.workspace.slug}),
        tone="good",
        permission=Permission.MANAGE_INTEGRATIONS,
    )
    tell(news, at=at)


def _review_invoices(connection: Connection, at: datetime) -> None:
    """Invoices that need a person stand in the bell, together, until none is left: they are no fault of the grant."""
    open_ones = sync_issues.standing_open(connection.company_id).filter(
        kind=sync_issues.INVOICE, export__state__in=(ExportState.REJECTED, ExportState.NEEDS_PERSON)
    )
    if not (connection.is_connected and open_ones.exists()):
        clear(key=NEED_YOU, at=at)
        return
    news = News(
        key=NEED_YOU,
        title=_("Fortnox did not take some of your invoices."),
        text=_("Each one says why, and what to do about it."),
        url=reverse("fortnox:activity", kwargs={"slug": connection.workspace.slug}) + "?show=problems",
        tone="warning",
        permission=Permission.MANAGE_INTEGRATIONS,
    )
    tell(news, at=at)
