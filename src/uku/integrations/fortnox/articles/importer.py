"""A page of articles: rows stored. The same page again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from fortnox_api import Article, ArticleItem
from uku.integrations.fortnox.mapping import article_fields
from uku.integrations.fortnox.models import ArticleRecord, SyncRun
from uku.integrations.fortnox.sync import details
from uku.integrations.fortnox.sync import records as rows

WRITTEN = ("description", "unit", "price", "active", "detail_read_at")


def store(run: SyncRun, items: Sequence[ArticleItem], read: Mapping[str, Article], at: datetime) -> Counter[str]:
    """Store active articles and what was read of their details; return what happened to how many.

    Every article is counted once a run, though two pages show it. The whole page or nothing: raises DataError.
    """
    told = {item.number: item for item in items}
    known = rows.held(run, told)
    counted = {number for number in told if rows.is_first_look(run, known.get(number))}
    listed = {number: _as_listed(run, item, known.get(number), at) for number, item in told.items()}
    records = [record for record, _ in listed.values()]
    rows.write(records, [record for record, news in listed.values() if news == "updated"], WRITTEN, at)
    details.take_articles(records, read, at)
    tally = Counter(listed[number][1] for number in counted)
    return tally + Counter(imported=len(counted), replaced=sum(rows.flawed(told[number]) for number in counted))


def _as_listed(
    run: SyncRun, item: ArticleItem, record: ArticleRecord | None, at: datetime
) -> tuple[ArticleRecord, str]:
    """Return the record as the list shows it now, and whether it is new, updated or unchanged."""
    fields = article_fields(item)
    if record is None:
        place = {"workspace_id": run.workspace_id, "company_id": run.company_id, "number": item.number}
        return ArticleRecord(**place, **fields, first_seen_at=at, seen_at=at), "new"
    news = rows.differing(record, {**fields, "active": True})
    if not news:
        return record, "unchanged"
    rows.renew(record, news, at)
    return record, "updated"
