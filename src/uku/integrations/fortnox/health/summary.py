"""How the connection stands, in words: the card's one state, each kind of data, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.error_codes import BLOCKING, CREDENTIALS, ErrorGroup, LazyText, Responsible
from uku.integrations.fortnox.health.issue_messages import CONTEXTS
from uku.integrations.fortnox.health.messages import (
    Context,
    Explanation,
    counts_in_words,
    explain,
    explain_block,
    grouped,
    run_badge,
    span_in_words,
)
from uku.integrations.fortnox.health.queries import facts_of, newest_of_each_kind, stored_facts_of
from uku.integrations.fortnox.health.rules import (
    INVOICES,
    ActiveCause,
    Cause,
    Facts,
    HealthState,
    KindFacts,
    failing_since,
    is_paused,
    most_serious_cause,
    needs_attention,
    state_of,
    state_of_kind,
)
from uku.integrations.fortnox.models import NEEDS_YOU, Connection, ExportState, RunKind, SyncRun
from uku.integrations.registry import Badge
from uku.invoices.payment_status import Tone
from uku.kit import clock
from uku.kit.scoping import workspace_in_force

_BADGES: dict[HealthState, tuple[LazyText, Tone]] = {
    HealthState.OFF: (gettext_lazy("Off"), "neutral"),
    HealthState.NOT_CONNECTED: (gettext_lazy("Not connected"), "neutral"),
    HealthState.HEALTHY: (gettext_lazy("Up to date"), "good"),
    HealthState.PAUSED: (gettext_lazy("Paused"), "neutral"),
    HealthState.DEGRADED: (gettext_lazy("Trying again"), "warning"),
    HealthState.NOT_PERMITTED: (gettext_lazy("No permission"), "bad"),
    HealthState.NEEDS_AUTHORIZATION: (gettext_lazy("Needs authorization"), "bad"),
}
TWO_HOURS = 120  # minutes; what is further off is told in hours


@dataclass(frozen=True, slots=True)
class KindHealth:
    """One kind of data: how it stands, when it last went well, when it is tried next, what it counted.

    `failed_at` is when it was last tried since then, in vain; None when the last try went well or is under way.
    """

    kind: str
    label: str
    badge: Badge
    last_success: datetime | None
    failed_at: datetime | None
    next_try: str
    counts: str
    open_issues: int
    note: str = ""
    needing: int = 0  # invoices that go on only when a person acts


@dataclass(frozen=True, slots=True)
class Overall:
    """How the connection as a whole stands: its card's state, what is wrong and what to do, or a quiet note."""

    card: Badge
    block: Explanation | None
    note: str


@dataclass(frozen=True, slots=True)
class Health(Overall):
    """All that the integration's own pages say about how a connection stands."""

    badge: Badge
    kinds: tuple[KindHealth, ...]
    open_issues: int


def overall_of(connection: Connection) -> Overall:
    """Word how a connection stands as the last review left it, for any page: two queries."""
    return _overall(connection, stored_facts_of(connection, at=clock.now()))


def _overall(connection: Connection, facts: Facts) -> Overall:
    active = most_serious_cause(facts)
    return Overall(_card(connection, facts), explain_cause(active, facts) if active else None, quiet_note(facts))


def health_of(connection: Connection) -> Health:
    """Read and word how a connection stands."""
    facts = facts_of(connection, at=clock.now())
    kinds: list[KindHealth] = []
    if facts.kinds:
        with workspace_in_force(connection.workspace_id):
            issues = sync_issues.open_issues(connection.company_id).order_by()
            open_issues = dict(issues.values_list("kind").annotate(Count("pk")))
            newest = newest_of_each_kind(SyncRun.objects.filter(company_id=connection.company_id), RunKind)
    for kind in facts.kinds:
        run, attempt, success = newest.get(kind.kind), kind.last_attempt, kind.last_success
        counts, needing = counts_in_words(run) if run else "", 0
        if kind.kind == INVOICES:
            counts, needing = _export_counts(facts), sum(facts.exports.get(state, 0) for state in NEEDS_YOU)
        failed = attempt is not None and (success is None or attempt > success) and kind.chosen and not kind.running
        kinds.append(
            KindHealth(
                kind=kind.kind,
                label=_label(kind.kind),
                badge=_kind_badge(facts, kind, run),
                last_success=success,
                failed_at=attempt if failed else None,
                next_try=_next_try(facts, kind),
                counts=counts,
                open_issues=sum(open_issues.get(each, 0) for each in sync_issues.KINDS_OF[kind.kind]),
                note=_kind_note(facts, kind),
                needing=needing,
            )
        )
    words, tone = _BADGES[state_of(facts.connection)]
    whole = _overall(connection, facts)
    return Health(
        card=whole.card,
        block=whole.block,
        note=whole.note,
        badge=Badge(str(words), tone),
        kinds=tuple(kinds),
        open_issues=sum(kind.open_issues for kind in kinds),
    )


def lines(health: Health) -> list[str]:
    """Write each kind of data on a line, for a terminal: "Customers: Up to date, 12 read, next in 4 min"."""
    written = []
    for kind in health.kinds:
        needing = ngettext("%(n)s needs you", "%(n)s need you", kind.needing) % {"n": kind.needing}
        coming = _("next %(when)s") % {"when": kind.next_try}
        parts = (kind.badge.words, kind.counts, needing if kind.needing else "", coming if kind.next_try else "")
        written.append(f"{kind.label}: {', '.join(part for part in parts if part)}")
    return written


def _card(connection: Connection, facts: Facts) -> Badge:
    if not connection.is_connected:
        return Badge(_("Enabled, not connected"), "neutral") if connection.enabled else Badge(_("Off"), "neutral")
    if is_paused(facts.connection):
        return Badge(_("Paused"), "neutral")
    if needs_attention(facts):
        return Badge(_("Needs attention"), "bad")
    return Badge(_("Connected to %(name)s") % {"name": connection.company_name}, "good")


def explain_cause(active: ActiveCause, facts: Facts) -> Explanation:
    """What happened, what it means, what to do, for one cause."""
    if active.cause == Cause.BLOCKED:
        return explain_block(active.detail)
    if active.cause == Cause.APP_REFUSED:
        means = _(
            "Nothing syncs until this is corrected. Queued invoices stay queued, and nobody needs to authorize again."
        )
        happened, remedy = str(CREDENTIALS.happened), str(CREDENTIALS.remedy)
        return Explanation(happened, means, remedy, Responsible.OPERATOR, ErrorGroup.OURS)
    if active.cause == Cause.RUNS_OUT:
        left = max((facts.connection.runs_out_at or facts.at) - facts.at, timedelta(0)).days
        happened = _("The connection to Fortnox has not been renewed for a month.")
        means = ngettext(
            "The connection expires in about %(n)d day. After that, someone must authorize again.",
            "The connection expires in about %(n)d days. After that, someone must authorize again.",
            left,
        )
        remedy = _(
            "Click Authorize on the Connect to Fortnox tab. Also ask the person who runs this installation to check"
            " that the worker runs (uku worker): it renews the connection each day."
        )
        return Explanation(happened, means % {"n": left}, remedy, Responsible.YOU, ErrorGroup.AUTHORIZE)
    kinds = {"kinds": ", ".join(_label(kind) for kind in active.kinds)}
    if active.cause == Cause.LASTING:
        span = span_in_words(facts.at - (failing_since(facts) or facts.at))
        happened = _("Fortnox has answered with errors, or not at all, for %(span)s.") % {"span": span}
        means = _("Not syncing now: %(kinds)s. Nothing is lost, and the authorization is not the cause.") % kinds
        remedy = _(
            "You do not need to do anything: Uku tries again automatically. See Fortnox's status page"
            " (status.fortnox.se)."
        )
        return Explanation(happened, means, remedy, Responsible.NOBODY, ErrorGroup.WAIT)
    return _explain_missing_permission(active, _("Fortnox refused part of the sync: %(kinds)s.") % kinds)


def _explain_missing_permission(active: ActiveCause, happened: str) -> Explanation:
    """Some kinds of data stand still for want of a permission or licence; the others go on."""
    goes_on = _("Uku stops only the data that Fortnox refuses. The Overview tab lists the state of each kind of data.")
    if active.cause == Cause.LACKS_SCOPE:
        remedy = _("Click Authorize on the Connect to Fortnox tab and accept every permission.")
        means = _("The connection does not have the permission: nobody has given it yet, or it was removed in Fortnox.")
        return Explanation(happened, f"{means} {goes_on}", remedy, Responsible.YOU, ErrorGroup.PERMISSION)
    words = explain(active.detail, context=Context.CONNECTION)
    if words.group in BLOCKING:
        return Explanation(happened, f"{words.happened} {goes_on}", words.remedy, words.who, words.group)
    means = _("A permission or licence is missing in Fortnox for this data.")
    remedy = _("Check the licences in Fortnox, then click Authorize on the Connect to Fortnox tab.")
    return Explanation(happened, f"{means} {goes_on}", remedy, Responsible.FORTNOX_ADMIN, ErrorGroup.PERMISSION)


def quiet_note(facts: Facts) -> str:
    """Say what needs nobody: a pause, or errors that pass. Empty when all is well, or when somebody is needed."""
    connection = facts.connection
    if connection.connected and is_paused(connection):
        if connection.foreign:
            return _(
                "Paused: this is a copy of the connected installation, and a copy sends nothing. The"
                " person who runs it decides which of the two continues."
            )
        if not connection.plan_allows:
            return _(
                "Paused: integrations are part of the Team and Elite plans. Nothing is deleted and"
                " invoices are held. Syncing continues automatically when the plan includes integrations."
            )
        return _("Paused: Fortnox is disabled. Nothing is deleted and invoices are held. Click Enable to continue.")
    if needs_attention(facts) or not connection.connected:
        return ""
    if failing_since(facts) is not None or connection.renewal_failures:
        return _(
            "Fortnox answers with errors, or not at all, at the moment. Uku tries again automatically. Nothing is lost."
        )
    return ""


def _kind_badge(facts: Facts, kind: KindFacts, run: SyncRun | None) -> Badge:
    state = state_of_kind(facts.connection, kind)
    if state == HealthState.HEALTHY and kind.running:
        return run_badge(run) if run else Badge(_("Sending"), "moving")
    if state == HealthState.HEALTHY and kind.last_attempt is None:
        return Badge(_("Nothing sent yet") if kind.kind == INVOICES else _("Not run yet"), "neutral")
    words, tone = _BADGES[state]
    return Badge(str(words), tone)


def _kind_note(facts: Facts, kind: KindFacts) -> str:
    """Why one kind of data stands still while the connection does not."""
    if not kind.chosen:
        return _("No statistics are chosen on the Settings tab.")
    if state_of_kind(facts.connection, kind) != HealthState.NOT_PERMITTED or facts.connection.block_reason:
        return ""
    if kind.refused_code is None:
        return _("A permission is missing. Click Authorize on the Connect to Fortnox tab.")
    words = explain(kind.refused_code, context=CONTEXTS[kind.kind])
    above = most_serious_cause(facts)
    told_above = above is not None and kind.kind in above.kinds
    return words.happened if told_above else f"{words.happened} {words.remedy}"


def _export_counts(facts: Facts) -> str:
    """Say how many were sent, what waits and what is not clear."""
    connection = facts.connection
    held = not connection.enabled or not connection.plan_allows or connection.block_reason
    words = [
        (ExportState.CONFIRMED, _("%(n)s sent")),
        (ExportState.QUEUED, _("%(n)s held") if held else _("%(n)s waiting")),
        (ExportState.UNCERTAIN, _("%(n)s not confirmed by Fortnox")),
    ]
    return ", ".join(text % {"n": grouped(facts.exports[state])} for state, text in words if state in facts.exports)


def _next_try(facts: Facts, kind: KindFacts) -> str:
    """Say when it is tried next; empty when nothing is tried by itself."""
    if state_of(facts.connection) not in {HealthState.HEALTHY, HealthState.DEGRADED} or not kind.chosen:
        return ""
    if kind.next_try is None:
        return "" if kind.kind == INVOICES else _("soon")
    minutes = int((kind.next_try - facts.at).total_seconds()) // 60
    if minutes < 1:
        return _("soon")
    return _("in %(n)d min") % {"n": minutes} if minutes < TWO_HOURS else _("in %(n)d h") % {"n": minutes // 60}


def _label(kind: str) -> str:
    return _("Invoices") if kind == INVOICES else str(RunKind(kind).label)
