"""How the connection stands, in words: the card's one state, each kind of data, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uku.integrations.fortnox.health import sync_issues as problems
from uku.integrations.fortnox.health.error_codes import CREDENTIALS, Group, Who, Words
from uku.integrations.fortnox.health.figures import counts_in_words, grouped, in_words, run_badge
from uku.integrations.fortnox.health.messages import Context, Explanation, explain, explain_block
from uku.integrations.fortnox.health.queries import facts_of
from uku.integrations.fortnox.health.rules import (
    INVOICES,
    Cause,
    Facts,
    Finding,
    KindFacts,
    State,
    failing_since,
    gravest,
    is_paused,
    needs_attention,
    state_of,
    state_of_kind,
)
from uku.integrations.fortnox.models import (
    NEEDS_YOU,
    Connection,
    ExportState,
    InvoiceExport,
    RunKind,
    SyncRun,
)
from uku.integrations.fortnox.sync.sync_run import newest_of_each_kind
from uku.integrations.registry import Badge
from uku.invoices.payment_status import Tone
from uku.kit import clock
from uku.kit.scoping import workspace_in_force

__all__ = ["Health", "KindHealth", "badge", "block_of", "health_of", "in_three_parts", "kinds", "lines", "run_badge"]

_BADGES: dict[State, tuple[Words, Tone]] = {
    State.OFF: (gettext_lazy("Off"), "neutral"),
    State.NOT_CONNECTED: (gettext_lazy("Not connected"), "neutral"),
    State.HEALTHY: (gettext_lazy("Healthy"), "good"),
    State.PAUSED: (gettext_lazy("Paused"), "neutral"),
    State.DEGRADED: (gettext_lazy("Trying again"), "warning"),
    State.NOT_PERMITTED: (gettext_lazy("Not permitted"), "bad"),
    State.NEEDS_AUTHORIZATION: (gettext_lazy("Needs authorization"), "bad"),
}
_RECORD_KINDS = {
    RunKind.CUSTOMERS: (problems.CUSTOMER, RunKind.CUSTOMERS),
    RunKind.ARTICLES: (problems.ARTICLE, RunKind.ARTICLES),
    INVOICES: (problems.INVOICE,),
    RunKind.PAYMENTS: (problems.PAYMENT, RunKind.PAYMENTS),
    RunKind.STATISTICS: (RunKind.STATISTICS,),
}
TWO_HOURS = 120  # minutes; what is further off is told in hours
_CONTEXTS = {
    INVOICES: Context.INVOICE,
    RunKind.PAYMENTS: Context.PAYMENTS,
    RunKind.STATISTICS: Context.STATISTICS,
}


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
    problems: int
    note: str = ""
    needing: int = 0  # invoices that go on only when a person acts


@dataclass(frozen=True, slots=True)
class Health:
    """All that the pages say about how a connection stands."""

    badge: Badge
    card: Badge
    kinds: tuple[KindHealth, ...]
    block: Explanation | None
    note: str
    open_issues: int


def health_of(connection: Connection) -> Health:
    """Read and word how a connection stands."""
    facts = facts_of(connection, at=clock.now())
    with workspace_in_force(connection.workspace_id):
        shown = _kinds(connection, facts)
    words, tone = _BADGES[state_of(facts.connection)]
    return Health(
        badge=Badge(str(words), tone),
        card=_card(connection, facts),
        kinds=shown,
        block=_block(facts),
        note=quiet_note(facts),
        open_issues=sum(kind.problems for kind in shown),
    )


def lines(health: Health) -> list[str]:
    """Write each kind of data on a line, for a terminal: "Customers: Healthy, 12 read, next in 4 min"."""
    return [
        f"{kind.label}: "
        + ", ".join(
            words for words in (kind.badge.words, kind.counts, _needing_words(kind), _next_words(kind)) if words
        )
        for kind in health.kinds
    ]


def _needing_words(kind: KindHealth) -> str:
    return ngettext("%(n)s needs you", "%(n)s need you", kind.needing) % {"n": kind.needing} if kind.needing else ""


def _next_words(kind: KindHealth) -> str:
    return _("next %(when)s") % {"when": kind.next_try} if kind.next_try else ""


def badge(connection: Connection) -> Badge:
    """The card's one state at a glance (design.md)."""
    return _card(connection, facts_of(connection, at=clock.now()))


def block_of(connection: Connection) -> Explanation | None:
    """Say what is wrong with the connection, what it means, and the one thing to do; None when nobody is needed."""
    return _block(facts_of(connection, at=clock.now()))


def kinds(connection: Connection) -> tuple[KindHealth, ...]:
    return health_of(connection).kinds


def _card(connection: Connection, facts: Facts) -> Badge:
    if not connection.is_connected:
        return Badge(_("Enabled, not connected"), "neutral") if connection.enabled else Badge(_("Off"), "neutral")
    if is_paused(facts.connection):
        return Badge(_("Paused"), "neutral")
    if needs_attention(facts):
        return Badge(_("Needs attention"), "bad")
    return Badge(_("Connected to %(name)s") % {"name": connection.company_name}, "good")


def _block(facts: Facts) -> Explanation | None:
    found = gravest(facts)
    return in_three_parts(found, facts) if found else None


def in_three_parts(finding: Finding, facts: Facts) -> Explanation:
    """What happened, what it means, what to do, for one cause."""
    if finding.cause == Cause.TROUBLE:
        return explain_block(finding.detail)
    if finding.cause == Cause.APP_REFUSED:
        means = _("Nothing syncs until then. What is queued stays queued, and nobody has to authorize again.")
        return Explanation(str(CREDENTIALS.happened), means, str(CREDENTIALS.remedy), Who.OPERATOR, Group.OURS)
    if finding.cause == Cause.RUNS_OUT:
        return _runs_out(facts)
    return _lasting(finding, facts) if finding.cause == Cause.LASTING else _refused_in_part(finding)


def _runs_out(facts: Facts) -> Explanation:
    """The grant still works, and dies soon unless something renews it (F42)."""
    left = max((facts.connection.runs_out_at or facts.at) - facts.at, timedelta(0)).days
    happened = _("Nothing has renewed the connection to Fortnox for a month.")
    means = ngettext(
        "It runs out in about %(n)d day unless it is renewed before. After that, someone has to authorize again.",
        "It runs out in about %(n)d days unless it is renewed before. After that, someone has to authorize again.",
        left,
    )
    remedy = _(
        "Click Authorize on the Connect to Fortnox tab. Ask also the person who runs this installation to see that its"
        " worker runs (uku worker): it renews each day by itself."
    )
    return Explanation(happened, means % {"n": left}, remedy, Who.YOU, Group.AUTHORIZE)


def _lasting(finding: Finding, facts: Facts) -> Explanation:
    happened = _("Fortnox has not answered as it should for %(span)s.") % {"span": _failing_for(facts)}
    means = _("Standing still: %(kinds)s. Nothing is lost, and your sign-in is not the cause.") % _names(finding)
    remedy = _("Nothing: Uku tries again by itself. See Fortnox's status page (status.fortnox.se).")
    return Explanation(happened, means, remedy, Who.NOBODY, Group.WAIT)


def _refused_in_part(finding: Finding) -> Explanation:
    """Some kinds of data stand still for want of a permission or licence; the others go on."""
    goes_on = _("Everything else goes on.")
    happened = _("Fortnox refused part of the sync: %(kinds)s.") % _names(finding)
    if finding.cause == Cause.LACKS_SCOPE:
        remedy = _("Click Authorize on the Connect to Fortnox tab and accept every permission.")
        means = _("It needs a permission that Uku has not asked for yet, or that Fortnox does not give any more.")
        return Explanation(happened, f"{means} {goes_on}", remedy, Who.YOU, Group.PERMISSION)
    words = explain(finding.detail, context=Context.CONNECTION)
    if words.group in {Group.PERMISSION, Group.LICENCE}:
        return Explanation(happened, f"{words.happened} {goes_on}", words.remedy, words.who, words.group)
    means = _("A permission or licence is missing in Fortnox for this data.")
    remedy = _("Check the licences in Fortnox, then click Authorize on the Connect to Fortnox tab.")
    return Explanation(happened, f"{means} {goes_on}", remedy, Who.FORTNOX_ADMIN, Group.PERMISSION)


def _names(finding: Finding) -> dict[str, str]:
    return {"kinds": ", ".join(_label(kind) for kind in finding.kinds)}


def quiet_note(facts: Facts) -> str:
    """Say what needs nobody: a pause, or trouble that passes. Empty when all is well, or when somebody is needed."""
    connection = facts.connection
    if connection.connected and is_paused(connection):
        return _paused_note(facts)
    if needs_attention(facts) or not connection.connected:
        return ""
    if failing_since(facts) is not None or connection.renewal_failures:
        return _("Fortnox does not answer as it should at the moment. Uku tries again by itself; nothing is lost.")
    return ""


def _paused_note(facts: Facts) -> str:
    connection = facts.connection
    if connection.foreign:
        return _(
            "Paused: this is a copy of the installation that is connected, so it sends nothing. The person who runs it"
            " decides which one goes on."
        )
    if not connection.plan_allows:
        return _(
            "Paused: integrations are part of the Team and Elite plans. Nothing is deleted, invoices are held, and all"
            " goes on by itself when the plan allows it."
        )
    return _(
        "Paused: Fortnox is disabled. Nothing is deleted, invoices are held, and Enable takes everything up again."
    )


def _kinds(connection: Connection, facts: Facts) -> tuple[KindHealth, ...]:
    if not facts.kinds:
        return ()
    open_ones = problems.standing_open(connection.company_id).order_by()
    failed = dict(open_ones.values_list("kind").annotate(Count("pk")))
    newest = newest_of_each_kind(SyncRun.objects.filter(company_id=connection.company_id))
    return tuple(
        KindHealth(
            kind=kind.kind,
            label=_label(kind.kind),
            badge=_kind_badge(facts, kind, newest.get(kind.kind)),
            last_success=kind.last_success,
            failed_at=_failed_at(kind),
            next_try=_next_try(facts, kind),
            counts=_export_counts(connection) if kind.kind == INVOICES else _run_counts(newest.get(kind.kind)),
            problems=sum(failed.get(name, 0) for name in _RECORD_KINDS[kind.kind]),
            note=_kind_note(facts, kind),
            needing=_needing(connection) if kind.kind == INVOICES else 0,
        )
        for kind in facts.kinds
    )


def _kind_badge(facts: Facts, kind: KindFacts, run: SyncRun | None) -> Badge:
    state = state_of_kind(facts.connection, kind)
    if state == State.HEALTHY and kind.running:
        return run_badge(run) if run else Badge(_("Sending"), "moving")
    if state == State.HEALTHY and kind.last_attempt is None:
        return Badge(_("Nothing sent yet") if kind.kind == INVOICES else _("Not run yet"), "neutral")
    words, tone = _BADGES[state]
    return Badge(str(words), tone)


def _kind_note(facts: Facts, kind: KindFacts) -> str:
    """Why one kind of data stands still while the connection does not."""
    if not kind.chosen:
        return _("Nothing is chosen on the Settings tab.")
    if state_of_kind(facts.connection, kind) != State.NOT_PERMITTED or facts.connection.block_reason:
        return ""
    if kind.refused_code is None:
        return _("A permission is missing. Click Authorize on the Connect to Fortnox tab.")
    words = explain(kind.refused_code, context=_CONTEXTS.get(kind.kind, Context.IMPORT))
    above = gravest(facts)
    told_above = above is not None and kind.kind in above.kinds
    return words.happened if told_above else f"{words.happened} {words.remedy}"


def _failed_at(kind: KindFacts) -> datetime | None:
    tried, success = kind.last_attempt, kind.last_success
    if tried is None or kind.running or not kind.chosen or (success is not None and tried <= success):
        return None
    return tried


def _next_try(facts: Facts, kind: KindFacts) -> str:
    """Say when it is tried next; empty when nothing is tried by itself."""
    if state_of(facts.connection) not in {State.HEALTHY, State.DEGRADED} or not kind.chosen:
        return ""
    if kind.next_try is None:
        return "" if kind.kind == INVOICES else _("soon")
    minutes = int((kind.next_try - facts.at).total_seconds()) // 60
    if minutes < 1:
        return _("soon")
    return _("in %(n)d min") % {"n": minutes} if minutes < TWO_HOURS else _("in %(n)d h") % {"n": minutes // 60}


def _run_counts(run: SyncRun | None) -> str:
    return counts_in_words(run) if run else ""


def _export_counts(connection: Connection) -> str:
    """Say how many were sent, what waits and what is not clear."""
    rows = InvoiceExport.objects.filter(company_id=connection.company_id).exclude(number_kept=True).order_by()
    counts = dict(rows.values_list("state").annotate(Count("pk")))
    waiting = counts.get(ExportState.QUEUED, 0)
    unclear = counts.get(ExportState.UNCERTAIN, 0)
    sent = counts.get(ExportState.CONFIRMED, 0)
    held = not (connection.enabled and connection.workspace.may_integrate and not connection.block_reason)
    words = [
        (sent, _("%(n)s sent")),
        (waiting, _("%(n)s held") if held else _("%(n)s waiting")),
        (unclear, _("%(n)s with an unknown outcome")),
    ]
    return ", ".join(text % {"n": grouped(count)} for count, text in words if count)


def _needing(connection: Connection) -> int:
    return InvoiceExport.objects.filter(company_id=connection.company_id, state__in=NEEDS_YOU).count()


def _label(kind: str) -> str:
    return _("Invoices") if kind == INVOICES else str(RunKind(kind).label)


def _failing_for(facts: Facts) -> str:
    return in_words(facts.at - (failing_since(facts) or facts.at))
