"""A run in words: its state, what it counted, how long it took, who asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from uku.integrations.fortnox.models import RunKind, RunState, SyncRun
from uku.integrations.registry import Badge
from uku.kit.money import show_quantity


def run_badge(run: SyncRun | None) -> Badge:
    """Return the one word for how a run stands."""
    if run is None:
        return Badge(_("Not run yet"), "neutral")
    if run.state == RunState.RUNNING:
        return Badge(_running(run.counts), "moving")
    if run.state == RunState.STOPPED:
        return Badge(_("Stopped"), "bad")
    if run.state == RunState.CANCELLED:
        return Badge(_("Cancelled"), "neutral")
    failed = run.counts.get("rejected", 0)
    if failed:
        words = ngettext("Done with %(n)s problem", "Done with %(n)s problems", failed) % {"n": grouped(failed)}
        return Badge(words, "warning")
    return Badge(_("Done"), "good")


def _running(counts: Mapping[str, int]) -> str:
    seen, total = counts.get("seen", 0), counts.get("total", 0)
    if total <= 0:
        return _("Running")
    return _("Running %(seen)s of %(total)s") % {"seen": grouped(seen), "total": grouped(max(seen, total))}


def counts_in_words(run: SyncRun) -> str:
    """Say what a run did: "1,200 read, 3 new, 4 inactive passed over". Empty when it counted nothing."""
    return ", ".join(words for words in _counted(run.kind, run.counts) if words)


def _counted(kind: str, counts: Mapping[str, int]) -> list[str]:
    def n(name: str) -> int:
        return counts.get(name, 0)

    if kind == RunKind.STATISTICS:
        return [_several(n("months"), ngettext("%(n)s month counted", "%(n)s months counted", n("months")))]
    if kind == RunKind.PAYMENTS:
        return [
            _("%(n)s read") % {"n": grouped(n("read"))} if "read" in counts else "",
            _several(n("changed"), _("%(n)s changed")),
            _several(n("elsewhere"), _("%(n)s made in Fortnox, counted only")),
            _several(n("rejected"), _("%(n)s could not be read")),
        ]
    undecided = n("suggested") + n("waiting")
    return [
        _("%(n)s read") % {"n": grouped(n("seen"))} if "seen" in counts else "",
        _several(n("created"), _("%(n)s new")),
        _several(n("updated"), _("%(n)s updated")),
        _several(n("linked"), _("%(n)s linked")),
        _several(undecided, ngettext("%(n)s waits for you", "%(n)s wait for you", undecided)),
        _several(n("ignored"), _("%(n)s ignored, as you decided")),
        _several(n("inactive"), _("%(n)s inactive passed over")),
        _several(n("gone"), _("%(n)s gone from Fortnox")),
        _several(n("rejected"), _("%(n)s could not be read")),
    ]


def _several(count: int, words: str) -> str:
    return words % {"n": grouped(count)} if count else ""


def duration(run: SyncRun) -> str:
    """Say how long a run took: "3 s", "2 min 5 s". Empty while it runs."""
    if run.finished_at is None:
        return ""
    return in_words(run.finished_at - run.started_at)


def in_words(span: timedelta) -> str:
    """Return a span in its two largest units, down to seconds."""
    seconds = max(int(span.total_seconds()), 0)
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": grouped(hours), "minutes": minutes % 60}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds % 60}
    return _("%(seconds)s s") % {"seconds": seconds} if seconds else _("under 1 s")


def grouped(number: int) -> str:
    """Show a whole number with its thousands apart, by the language in force."""
    return show_quantity(Decimal(number), (get_language() or "en")[:2])
