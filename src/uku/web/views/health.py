"""How the installation stands, for programs that watch it; nothing else is told to strangers (B58).

`/health/live` is for whoever restarts the web process, `/health/ready` for a load balancer, `/health` for whoever wakes
a person. Decision 19 says why a missing worker is bad health and yet no reason to take the pages away.
"""

from __future__ import annotations

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from uku.kit.heartbeats import missing_worker

OK, BAD = 200, 503


@require_safe
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django calls it so
    """Answer 200 when the web process answers at all; the database is not asked, a restart would not mend it."""
    return JsonResponse({"live": True})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django calls it so
    """Answer 200 when pages can be served, else 503; a missing worker is told and changes nothing."""
    parts = _parts()
    return _answer(parts, well=_is_ready(parts))


@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django calls it so
    """Answer 200 when every part is well, the worker too, else 503."""
    parts = _parts()
    return _answer(parts, well=all(word == "ok" for word in parts.values()))


def _parts() -> dict[str, str]:
    """One word for each part; what cannot be asked is unknown."""
    parts = dict.fromkeys(("database", "migrations", "worker"), "unknown")
    try:
        applied = _last_migrations() <= MigrationRecorder(connection).applied_migrations().keys()
        parts |= {"database": "ok", "migrations": "ok" if applied else "waiting"}
        if applied:  # else the table may not be there yet
            parts["worker"] = "missing" if missing_worker() else "ok"
    except DatabaseError:
        return {**dict.fromkeys(parts, "unknown"), "database": "away"}
    return parts


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migration of each app, from this version's files: none is applied without those before it."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def _is_ready(parts: dict[str, str]) -> bool:
    return (parts["database"], parts["migrations"]) == ("ok", "ok")


def _answer(parts: dict[str, str], *, well: bool) -> HttpResponse:
    return JsonResponse({"live": True, "ready": _is_ready(parts), "parts": parts}, status=OK if well else BAD)
