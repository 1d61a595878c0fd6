"""The whole configuration, typed, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from uku.kit.secrets import KeyRing

SHORTEST_SECRET = 32
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# Read before Django starts, by the command line and the tests.
OUTSIDE_DJANGO = frozenset({"UKU_DEMO_TODAY", "UKU_REQUIRE_BROWSER", "UKU_TEST_HOME"})
ABOVE_THE_TABLE = """# Settings

Read from the environment at start. A missing or wrong setting, or a name that is not here, ends the program with a
sentence. This page is made by `uku settings > docs/settings.md`.

| name | default | what it is |
|---|---|---|
"""
BELOW_THE_TABLE = """
A secret key: `python -c "import secrets; print(secrets.token_urlsafe(48))"`. A token key: `python -c
"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"`. To change the token key, put the new
one in front and keep the old one behind it until every connection has been renewed.
"""


class Config(BaseSettings):
    """Every setting of an installation. Names carry the prefix `UKU_`, except the two database addresses."""

    model_config = SettingsConfigDict(env_prefix="UKU_", extra="ignore", frozen=True, hide_input_in_errors=True)

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
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least that is logged: DEBUG, INFO, WARNING or ERROR."
    )

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
        return value

    @field_validator("token_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(key for part in value.split(",") if (key := part.strip())) if isinstance(value, str) else value

    @field_validator("token_keys")
    @classmethod
    def _open_a_ring(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        try:
            KeyRing([key.get_secret_value() for key in value])
        except ValueError:
            raise ValueError("must be one Fernet key or more, 32 bytes each in url-safe base64") from None
        return value

    @field_validator("public_url", "fortnox_auth_url", "fortnox_api_url")
    @classmethod
    def _plain_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or not _has_port(parts):
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
    known = {_variable(name) for name in Config.model_fields} | OUTSIDE_DJANGO
    return sorted(name for name in environment if name.startswith("UKU_") and name not in known)


def settings_page() -> str:
    """Return docs/settings.md: every setting with its name, its default and what it is."""
    rows = [
        f"| `{_variable(name)}` | {_default(field)} | {field.description} |\n"
        for name, field in Config.model_fields.items()
    ]
    return ABOVE_THE_TABLE + "".join(rows) + BELOW_THE_TABLE


def _variable(name: str) -> str:
    return str(Config.model_fields[name].validation_alias or f"UKU_{name.upper()}")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    shown = str(int(value)) if isinstance(value, bool) else str(value or "")
    return f"`{shown}`" if shown else ""


def _has_port(parts: SplitResult) -> bool:
    """A port may be missing, and is a number otherwise."""
    try:
        return parts.port != 0
    except ValueError:
        return False
