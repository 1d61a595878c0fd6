"""From the environment to a running Django: the database first, then the settings, each problem as a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import django
from pydantic import ValidationError

from uku.config import config, unknown_settings
from uku.kit.embedded import Cluster
from uku.kit.loading import loading_what_stays


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which and where to read about it."""


def prepare_database() -> None:
    """Use DATABASE_URL, or start the embedded PostgreSQL under UKU_HOME and point both addresses at it."""
    if os.environ.get("DATABASE_URL"):
        os.environ.setdefault("MIGRATE_DATABASE_URL", os.environ["DATABASE_URL"])
        return
    addresses = Cluster(Path(os.environ.get("UKU_HOME", ".uku"))).ensure_running()
    os.environ["DATABASE_URL"], os.environ["MIGRATE_DATABASE_URL"] = addresses.app, addresses.owner


def start_django(*, as_owner: bool = False) -> None:
    """Read the configuration and start Django, as the owner of the tables if asked. Raises SettingsError."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "uku.settings")
    prepare_database()
    if as_owner:
        os.environ["DATABASE_URL"] = os.environ["MIGRATE_DATABASE_URL"]
    _check_settings()
    with loading_what_stays():
        django.setup()


def _check_settings() -> None:
    if unknown := unknown_settings(os.environ):
        raise SettingsError(f"There is no setting {', '.join(unknown)}. docs/settings.md lists them all.")
    try:
        config()
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(problem)) for problem in error.errors())) from error


def _sentence(problem: dict[str, object]) -> str:
    place = ".".join(str(part) for part in problem["loc"]) if isinstance(problem["loc"], tuple) else ""
    name = place if place.endswith("DATABASE_URL") or not place else f"UKU_{place.upper()}"
    if problem["type"] == "missing":
        return f"{name} is not set. See docs/settings.md for what it is and how to make one."
    return f"{name} {str(problem['msg']).removeprefix('Value error, ')}".strip()
