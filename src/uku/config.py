"""The whole configuration, typed, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SHORTEST_SECRET = 32
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# Read before Django starts, by the command line and the tests.
OUTSIDE_DJANGO = frozenset({"UKU_DEMO_TODAY", "UKU_LOG_LEVEL", "UKU_REQUIRE_BROWSER", "UKU_TEST_HOME"})


class Config(BaseSettings):
    """Every setting of an installation. Names carry the prefix `UKU_`, except the two database addresses."""

    model_config = SettingsConfigDict(env_prefix="UKU_", extra="ignore", frozen=True)

    home: Path = Field(default=Path(".uku"), description="Where data that is not in the database lives.")
    database_url: str = Field(
        default="", validation_alias="DATABASE_URL", description="PostgreSQL as the app role; empty: embedded."
    )
    migrate_database_url: str = Field(
        default="", validation_alias="MIGRATE_DATABASE_URL", description="PostgreSQL as the owner of the tables."
    )
    public_url: str = Field(
        default="http://localhost:8720", description="The address people use; links are made of it."
    )
    secret_key: SecretStr = Field(description="Signs sessions; at least 32 characters.")
    token_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        description="Fernet keys, comma separated. The first seals tokens, all of them open."
    )
    fortnox_client_id: str = Field(default="", description="Client id of your app in Fortnox's developer portal.")
    fortnox_client_secret: SecretStr = Field(default=SecretStr(""), description="Client secret of the same app.")
    fortnox_auth_url: str = Field(default="https://apps.fortnox.se", description="Where consent is given.")
    fortnox_api_url: str = Field(default="https://api.fortnox.se", description="Where the API answers.")
    fortnox_service_account: bool = Field(
        default=True, description="Ask for a service account, which does not depend on one person."
    )
    allow_loopback_fortnox: bool = Field(
        default=False, description="Accept a plain-http Fortnox on this machine (the simulator)."
    )
    debug: bool = Field(default=False, description="Show tracebacks in the browser. Never in service.")
    test_clock: bool = Field(default=False, description="Read the offset row that drills move time by.")
    email_folder: Path | None = Field(default=None, description="Write e-mail to files here, not to the console.")
    log_json: bool = Field(default=False, description="Write logs as JSON lines.")

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
        return value

    @field_validator("token_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(key for key in value.split(",") if key) if isinstance(value, str) else value

    @field_validator("public_url", "fortnox_auth_url", "fortnox_api_url")
    @classmethod
    def _plain_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise ValueError("must be an address like https://host")
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError("must have no path, query or fragment")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _outside_is_encrypted(self) -> Config:
        for address in (self.fortnox_auth_url, self.fortnox_api_url):
            parts = urlsplit(address)
            local = self.allow_loopback_fortnox and parts.hostname in LOOPBACK
            if parts.scheme != "https" and not local:
                raise ValueError(
                    f"Fortnox at {address} would be reached without encryption. Use https, or set"
                    " UKU_ALLOW_LOOPBACK_FORTNOX=1 for the simulator on this machine."
                )
        return self

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.public_url).hostname or "localhost"


@lru_cache(maxsize=1)
def config() -> Config:
    """Return the configuration. Raises pydantic's ValidationError when a setting is missing or wrong."""
    return Config()


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """Name the UKU_ variables that are no setting: a misspelt one would otherwise do nothing silently."""
    known = {f"UKU_{name.upper()}" for name in Config.model_fields} | OUTSIDE_DJANGO
    return sorted(name for name in environment if name.startswith("UKU_") and name not in known)
