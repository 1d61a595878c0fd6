"""A reload in words: how it stands, how long it takes, how it ended and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from babel.dates import format_date
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uku.integrations.fortnox.health.error_codes import WAIT, ErrorGroup, Responsible
from uku.integrations.fortnox.health.issue_messages import explain_issue
from uku.integrations.fortnox.health.messages import Explanation, explain_block, grouped, span_in_words
from uku.integrations.fortnox.models import Reload, ReloadStop, RunState, SyncIssue, SyncRun
from uku.integrations.fortnox.reload.progress import Period
from uku.integrations.registry import Badge
from uku.kit.times import show_time

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class ReloadLine:
    """A reload on one line."""

    row: Reload
    badge: Badge
    asker: str
    took: str


def line_of(reload: Reload | None) -> ReloadLine | None:
    return ReloadLine(reload, badge(reload), asker(reload), duration(reload)) if reload else None


def asker(reload: Reload) -> str:
    return str(reload.asked_by) if reload.asked_by else _("The command line")


def runs_already(reload: Reload) -> str:
    """Tell who began the reload that runs, and when."""
    return _("Nothing was started: Reload data is already running. %(name)s started it on %(when)s.") % {
        "name": asker(reload),
        "when": show_time(reload.started_at, reload.workspace.time_zone),
    }


def badge(reload: Reload) -> Badge:
    """Return the one word for how a reload stands."""
    if reload.state == RunState.RUNNING:
        return Badge(_("Cancelling") if reload.cancel_asked_at else _("Running"), "moving")
    if reload.state != RunState.DONE:
        return Badge(_("Cancelled"), "neutral") if reload.state == RunState.CANCELLED else Badge(_("Stopped"), "bad")
    not_permitted = sum(run.state == RunState.STOPPED for run in reload.runs.all())
    failed = sums(reload.runs.all()).get("rejected", 0) + not_permitted
    if not failed:
        return Badge(_("Done"), "good")
    words = ngettext("Done with %(n)s problem", "Done with %(n)s problems", failed)
    return Badge(words % {"n": grouped(failed)}, "warning")


def sums(runs: QuerySet[SyncRun]) -> Counter[str]:
    """Add up what the runs of a reload counted."""
    return sum((Counter(run.counts) for run in runs), Counter[str]())


def about(span: timedelta) -> str:
    """Say how long something takes, no more exactly than is known: "about 3 minutes"."""
    seconds = span.total_seconds()
    if seconds < MINUTE:
        return _("less than a minute")
    if seconds < HOUR:
        minutes = ceil(seconds / MINUTE)
        return ngettext("about %(n)d minute", "about %(n)d minutes", minutes) % {"n": minutes}
    hours = ceil(seconds / HOUR * 2) / 2
    return _("about %(n)s hours") % {"n": f"{hours:g}"}


def between(span: Period) -> dict[str, str]:
    """The two dates of the window, for a sentence."""
    return {
        "first": str(format_date(span.first, "d MMMM yyyy", locale="en_GB")),
        "last": str(format_date(span.last, "d MMMM yyyy", locale="en_GB")),
    }


def address_of(reload: Reload) -> str:
    return reverse("fortnox:reload-page", kwargs={"slug": reload.workspace.slug, "pk": reload.pk})


def title_of_the_end(reload: Reload) -> str:
    if reload.state == RunState.CANCELLED:
        return _("Reload data was cancelled.")
    return _("Reload data is done.") if reload.state == RunState.DONE else _("Reload data stopped.")


def text_of_the_end(reload: Reload) -> str:
    """What it came to, in one line: the figures, or why it stopped."""
    if (why := why_stopped(reload)) is not None:
        return f"{why.happened} {why.remedy}"
    came_to = ", ".join(f"{label}: {grouped(count)}" for label, count in figures(sums(reload.runs.all())) if count)
    kept = "" if reload.state == RunState.DONE else _("All data that was read before is kept.")
    return " ".join(part for part in (kept, came_to or _("Nothing has changed.")) if part)


def figures(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """What a reload came to, in the order of the report."""
    return [
        (_("Created"), counts.get("created", 0)),
        (_("Updated"), counts.get("updated", 0)),
        (_("Linked"), counts.get("linked", 0)),
        (_("To review"), counts.get("suggested", 0) + counts.get("waiting", 0)),
        (_("Ignored by you"), counts.get("ignored", 0)),
        (_("Skipped, inactive in Fortnox"), counts.get("inactive", 0)),
        (_("Deleted in Fortnox"), counts.get("gone", 0)),
        (_("Could not be read"), counts.get("rejected", 0)),
        (_("Invoices whose paid status changed"), counts.get("changed", 0)),
        (_("Invoices created in Fortnox, counted only"), counts.get("elsewhere", 0)),
        (_("Months counted"), counts.get("months", 0)),
    ]


def duration(reload: Reload) -> str:
    return span_in_words(reload.finished_at - reload.started_at) if reload.finished_at else ""


def why_stopped(reload: Reload) -> Explanation | None:
    """Say what stopped a reload, what it means and what to do; None when it was not stopped."""
    if reload.state != RunState.STOPPED:
        return None
    means = _("All data that was read before is kept. The rest was not read. The automatic syncs continue.")
    again = _("Then click Reload data on the Settings tab again.")
    if reload.stop_reason == ReloadStop.BLOCKED:
        found = explain_block(reload.block_reason)
        return Explanation(found.happened, means, f"{found.remedy} {again}", found.who, found.group)
    if reload.stop_reason == ReloadStop.DISCONNECTED:
        happened = _("Fortnox was disconnected in the meantime.")
        remedy = _("Click Authorize on the Connect to Fortnox tab to connect it again.")
        return Explanation(happened, means, f"{remedy} {again}", Responsible.YOU, ErrorGroup.AUTHORIZE)
    if reload.stop_reason == ReloadStop.OTHER_COMPANY:
        happened = _("Another Fortnox company was connected in the meantime.")
        remedy = _("If you want the data of the company that is connected now, click Reload data on the Settings tab.")
        return Explanation(happened, means, remedy, Responsible.YOU, ErrorGroup.HERE)
    issues = SyncIssue.objects.filter(company_id=reload.company_id, kind=reload.phase, number="")
    issue = issues.filter(last_at__gte=reload.started_at).order_by("-last_at").first()
    if issue is not None:
        words = explain_issue(issue)
        return Explanation(words.happened, means, f"{words.remedy} {again}", words.who, words.group)
    happened = _("For half an hour Fortnox could not be reached, or it answered with errors.")
    return Explanation(happened, means, f"{WAIT.remedy} {again}", Responsible.NOBODY, ErrorGroup.WAIT)


def quoted(reload: Reload) -> str:
    """Fortnox's own words to the run that stopped."""
    run = reload.runs.filter(state=RunState.STOPPED).exclude(text="").order_by("-id").first()
    return run.text if run else ""
