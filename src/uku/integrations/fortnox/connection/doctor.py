"""What the operator of an installation should know about Fortnox, in sentences for `uku doctor`."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.tokens import installation, renewal, spool
from uku.integrations.registry import Finding
from uku.kit import clock


def findings() -> Iterator[Finding]:
    """Look at the settings, at tokens that wait in files, and at each connection."""
    simulated = settings.UKU.allow_loopback_fortnox
    yield Finding(ok=True, text=f"Fortnox at {settings.UKU.fortnox_api_url}{' (simulated)' if simulated else ''}")
    configured = bool(settings.UKU.fortnox_client_id and settings.UKU.fortnox_client_secret.get_secret_value())
    missing = "Fortnox client id or secret missing"
    yield Finding(configured, "Fortnox client id and secret are set" if configured else missing)
    if waiting := len(list(spool.all_spooled())):
        yield Finding(ok=False, text=f"{waiting} renewed tokens wait in files for the database to take them")
    for connection in Connection.everywhere.exclude(sealed_tokens="").select_related("workspace"):
        slug = connection.workspace.slug
        if installation.is_foreign(connection):
            text = f"{slug}: its Fortnox connection belongs to {connection.instance}; nothing is sent."
            yield Finding(ok=False, text=f"{text} See `uku fortnox adopt`")
        if renewal.grows_old(connection, clock.now()):
            yield Finding(ok=False, text=f"{slug}: nothing has renewed its Fortnox tokens for 30 days; they live 45")
