"""What the tests of the import share: runs, small pages, strange records, and what is here afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST, Simulated

from uku.clients.models import Client
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, RunKind, SyncIssue, SyncRun
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync

HOURS = 3600
CUSTOMERS, ARTICLES = RunKind.CUSTOMERS, RunKind.ARTICLES
PLACES = {CUSTOMERS: "/3/customers", ARTICLES: "/3/articles"}
BringIn = Callable[..., SyncRun]


def bring_in(connection: Any, kind: RunKind = CUSTOMERS, *, full: bool = False) -> SyncRun:
    """Run one import as its job would, and return the run it leaves behind. What it woke is forgotten."""
    run_sync(SyncRequest(connection, kind, full=full))
    clear_queue()
    return newest(kind)


def newest(kind: RunKind = CUSTOMERS) -> SyncRun:
    return SyncRun.objects.filter(kind=kind).latest("id")


def small_pages(patch: pytest.MonkeyPatch, rows: int) -> None:
    """Let the client ask for fewer rows a page than Fortnox's 500, so that a few records make many pages."""
    patch.setattr("fortnox_api._resource.PAGE_SIZE", rows)


def plant(fortnox: Simulated, number: str, kind: str = "customers", **facts: Any) -> str:
    """Put a record into the books that no interface would take, numbers included."""
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        assert company is not None
        name = {"customers": "CustomerNumber", "articles": "ArticleNumber"}[kind]
        known = company.get(kind, number) or {"Name": "Ek AB", "Description": "Bokföring", "Active": True}
        company.put(kind, number, {**known, name: number, **facts})
        fortnox.app.installation.store.commit([])
    return number


def books(path: str) -> str:
    """Return the control address of something in the first company's books."""
    return f"/_sim/companies/{FIRST}/{path}"


def meanwhile(fortnox: Simulated, page: int, *steps: dict[str, Any], kind: RunKind = CUSTOMERS, **query: Any) -> str:
    """Change the books just before a page is answered."""
    return fortnox.fault(path=PLACES[kind], query={"page": page, **query}, action="mutate", do=list(steps))


def delete(number: str) -> dict[str, Any]:
    return {"method": "DELETE", "path": books(f"customers/{number}")}


def change(number: str, **facts: Any) -> dict[str, Any]:
    return {"method": "PATCH", "path": books(f"customers/{number}"), "body": facts}


def add(**facts: Any) -> dict[str, Any]:
    return {"method": "POST", "path": books("customers"), "body": {"Name": "Nyström AB", **facts}}


def active_here(kind: RunKind = CUSTOMERS) -> list[str]:
    """The numbers of the active records, in their order of coming."""
    model: Any = CustomerRecord if kind == CUSTOMERS else ArticleRecord
    return list(model.objects.filter(active=True).order_by("pk").values_list("number", flat=True))


def skipped_records(run: SyncRun) -> list[tuple[str, str]]:
    return list(run.skipped_records.order_by("pk").values_list("number", "reason"))


def lists(fortnox: Simulated, since: int, kind: RunKind = CUSTOMERS) -> list[tuple[str, str]]:
    """Each list request as its filter and page, "changed" for one by change."""
    found = fortnox.queries(PLACES[kind], since)
    return [(query.get("filter", "changed"), query["page"]) for query in found]


def rows_here() -> dict[str, Any]:
    """Everything an import stores, without ids and without moments: two runs that agree here ended the same."""
    moments = {"id", "workspace_id", "seen_at", "first_seen_at", "detail_read_at", "client_id", "suggested_id"}

    def facts(row: Any, *more: str) -> dict[str, Any]:
        found = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname not in moments}
        return {**found, **{name: str(getattr(row, name)) for name in more}}

    customers = CustomerRecord.objects.select_related("client", "suggested").order_by("number", "company_id")
    return {
        "customers": [facts(row, "client", "suggested") for row in customers],
        "articles": [facts(row) for row in ArticleRecord.objects.order_by("number", "company_id")],
        "clients": sorted(Client.objects.values_list("name", "organisation_number", "email", "phone", "archived_at")),
        "problems": sorted(
            SyncIssue.objects.filter(solved_at=None).values_list("kind", "number", "code", "reason"), key=str
        ),
    }


def complaint(code: int | str, message: str = "Saknas") -> str:
    """The body of an error as Fortnox writes it."""
    return json.dumps({"ErrorInformation": {"error": 1, "message": message, "code": code}})
