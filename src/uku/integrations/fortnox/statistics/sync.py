"""Work statistics: what the books say of the last 13 months, for the months' summary tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import transaction

from fortnox_api import Forbidden, Fortnox, FortnoxError, Rejected, Unavailable, Unreadable
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.models import Connection, CountedSource, SyncRun
from uku.integrations.fortnox.statistics.counts import MONTHS_BACK, Counts, count_source, has_changed, sources_of
from uku.integrations.fortnox.statistics.definitions import SCOPES, Source
from uku.integrations.fortnox.statistics.voucher_series import read_kinds
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.kit import clock
from uku.kit.months import first_of, last_of, months_between, months_later
from uku.kit.times import local_time
from uku.tasks.models import Missing, MonthFigure, SummaryPlan
from uku.tasks.summaries import (
    Figure,
    Figures,
    fields_of,
    open_missing_months,
    own_plan,
    plan_for_company,
    stored_figures,
    take_in_figures,
)
from uku.tasks.ties import hand_over

OF_ONE_SOURCE: Final = (Forbidden, Rejected, Unavailable, Unreadable)
PASSING: Final = {Missing.NOT_PERMITTED, Missing.UNREADABLE}
"""Why a figure is missing that the next count may have, though nothing changed in the books."""
COUNTED_ANYWAY: Final = timedelta(days=7)
"""A removed payment is no change that a list tells of, so unchanged books are counted again after this."""


def read_statistics(request: SyncRequest) -> SyncRun | None:
    """Open the months that are due and count all 13 months again, as far as they may have changed.

    None while statistics are off. Each source is read once for all months and stored by itself: one that Fortnox
    refuses, or that cannot be read, takes no other with it. A reload, and whoever asks for it, has all counted again,
    whether it changed or not. Raises FortnoxError, that of one source when everything else is counted.
    """
    connection, at = request.connection, clock.now()
    plan = own_plan()
    if plan is None:
        return None
    plan = plan_for_company(plan, connection.company_id, at=at)
    builds = request.reload is not None and request.reload.builds_months
    open_missing_months(plan, at=at, since=request.again_from if builds else None)
    run = sync_run.start_or_resume(request, clock.now())
    months = months_counted(connection, at)
    sources = sources_of([each.statistic for each in fields_of(plan)])
    run.counts = {**run.counts, "seen": 0, "total": len(sources), "months": len(months)}
    anyway = request.reload is not None or request.asked_by is not None
    failed: FortnoxError | None = None
    with open_fortnox(connection, request.check) as fortnox:
        final = _locked_through(fortnox, plan)
        for source, names in sources.items():
            try:
                found = _count_or_say_why(fortnox, connection, plan, source, names, months, final=final, anyway=anyway)
            except sync_run.StaleRun:
                return SyncRun.objects.get(pk=run.pk)
            failed = failed or found
            sync_run.count(run, "seen")
            run.save(update_fields=["counts"])
    if failed is not None:
        raise failed
    sync_run.end(run, at=clock.now())
    return run


def _count_or_say_why(
    fortnox: Fortnox,
    connection: Connection,
    plan: SummaryPlan,
    source: Source,
    names: list[str],
    months: Sequence[date],
    *,
    final: date | None,
    anyway: bool,
) -> FortnoxError | None:
    """Count one source, or store why it has no figures and return the error."""
    try:
        _count(fortnox, connection, plan, source, names, months, final=final, anyway=anyway)
    except OF_ONE_SOURCE as error:
        if not error.transient:
            why = Missing.NOT_PERMITTED if isinstance(error, Forbidden) else Missing.UNREADABLE
            _store(plan, _missing(why, names, months), at=clock.now())
        return error
    return None


def _missing(why: Missing, names: Sequence[str], months: Sequence[date]) -> Figures:
    return {(name, month): Figure(None, why) for name in names for month in months}


def months_counted(connection: Connection, at: datetime) -> list[date]:
    """Return the present month and the twelve before it, by the workspace's own dates."""
    this = first_of(local_time(at, connection.workspace.time_zone).date())
    return list(months_between(months_later(this, -MONTHS_BACK), this))


def _locked_through(fortnox: Fortnox, plan: SummaryPlan) -> date | None:
    """Return through which day the books are locked, None where that is not told: no number is the last one then.

    It is not asked before there is a figure that could be the last.
    """
    if not MonthFigure.objects.filter(plan=plan).exists():
        return None
    try:
        return fortnox.settings.locked_period().end_date
    except (Forbidden, Rejected, Unreadable):
        return None


def _count(
    fortnox: Fortnox,
    connection: Connection,
    plan: SummaryPlan,
    source: Source,
    names: list[str],
    months: Sequence[date],
    *,
    final: date | None,
    anyway: bool,
) -> None:
    """Count one source, unless nothing changed in it since it was counted for the same months and statistics."""
    began, company = clock.now(), connection.company_id
    last = CountedSource.objects.filter(company_id=company, source=source).first()
    facts: dict[str, Any] = {
        "statistics": names,
        "first_month": months[0],
        "last_month": months[-1],
        "locked_through": final,
    }
    figures, counted_at = stored_figures(plan, names, months), began
    is_same = last is not None and all(getattr(last, name) == value for name, value in facts.items())
    is_known = last is not None and is_same and began - last.counted_at < COUNTED_ANYWAY
    is_known = is_known and not any(figure.missing in PASSING for figure in figures.values())
    if last is not None and is_known and not anyway and not has_changed(fortnox, source, last.looked_at, months):
        counted_at = last.counted_at
    else:
        figures = figures_of(fortnox, connection, source, names, months, final)
    with transaction.atomic():
        _store(plan, figures, at=began)
        if source_is_permitted(connection, source):
            facts |= {"counted_at": counted_at, "looked_at": began}
            CountedSource.objects.update_or_create(company_id=company, source=source, defaults=facts)


@transaction.atomic
def _store(plan: SummaryPlan, figures: Figures, *, at: datetime) -> None:
    """Store figures here, and for the client whose books these are.

    They are stored when nothing changed in them, too: a task may have been reopened, or the books tied. Raises StaleRun
    when statistics were switched off meanwhile.
    """
    if not SummaryPlan.objects.select_for_update().get(pk=plan.pk).active:
        raise sync_run.StaleRun
    take_in_figures(plan, figures, at=at)
    hand_over(plan, figures, at=at)


def source_is_permitted(connection: Connection, source: Source) -> bool:
    return SCOPES[source] in connection.scopes


def figures_of(
    fortnox: Fortnox,
    connection: Connection,
    source: Source,
    names: list[str],
    months: Sequence[date],
    final: date | None,
) -> Figures:
    """Return the figures of a source; where its permission was never granted they say so. Raises FortnoxError."""
    if not source_is_permitted(connection, source):
        return _missing(Missing.NOT_PERMITTED, names, months)
    kinds_of = partial(read_kinds, company_id=connection.company_id)
    counts = count_source(fortnox, source, months, names, kinds_of)
    return {(name, month): _figure(counts, name, month, final) for name in names for month in months}


def _figure(counts: Counts, name: str, month: date, final: date | None) -> Figure:
    missing = counts.missing.get(month)
    count = None if missing in {Missing.UNREADABLE, Missing.NO_YEAR} else counts.numbers[name, month]
    figure = Figure(count, missing)
    return replace(figure, final=True) if final is not None and last_of(month) <= final else figure


def requests_a_reload(connection: Connection) -> int:
    """Return about how many requests a count takes: one a source, for the books two files and three look-ups."""
    plan = own_plan()
    if plan is None:
        return 0
    sources = sources_of([each.statistic for each in fields_of(plan)])
    permitted = [source for source in sources if source_is_permitted(connection, source)]
    return len(permitted) + (1 if permitted else 0) + (4 if Source.BOOKS in permitted else 0)
