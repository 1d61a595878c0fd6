"""The whole configuration, typed, read once from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from uku.kit.secrets import KeyRing
from uku.mail_server import MailServer, has_valid_port, mail_server, sender

SHORTEST_SECRET = 32
FEWEST_DIFFERENT = 8  # characters: a row of the same letter is long, and no secret
PLACEHOLDER = re.compile(r"change.?me|your.?secret|django-insecure|secret.?key|placeholder|example", re.IGNORECASE)
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
"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"`. To change the token key: put
the new one behind the old one and restart everything; put it in front and restart; run `uku rotate-keys`; take the old
one away when that says that nothing is sealed under it.
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
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Networks of the proxies in front, comma separated, like 10.0.0.0/24. Only theirs are the"
        " X-Forwarded-For and X-Forwarded-Proto that are believed.",
    )
    session_idle_hours: int = Field(
        default=14 * 24, ge=1, description="A sign-in that is not used for so many hours ends."
    )
    session_hours: int = Field(default=30 * 24, ge=1, description="A sign-in ends after so many hours, used or not.")
    fresh_minutes: int = Field(
        default=30,
        ge=1,
        description="How old a sign-in may be to change a password, a second factor, bank details or a connection.",
    )
    instance: str = Field(
        default="",
        description="Name of this installation; empty: its public address. A copy with another name sends nothing.",
    )
    operator_email: str = Field(default="", description="Who is told by e-mail what only the operator can mend.")
    debug: bool = Field(default=False, description="Show tracebacks in the browser. Never in service.")
    test_clock: bool = Field(default=False, description="Read the offset row that drills move time by.")
    email_folder: Path | None = Field(default=None, description="Write e-mail to files here, not to the console.")
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465`.",
    )
    email_from: str = Field(default="", description="Sender of all e-mail; empty: no-reply at the public address.")
    log_json: bool = Field(default=False, description="Write logs as JSON lines.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least that is logged: DEBUG, INFO, WARNING or ERROR."
    )

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
        if len(set(value.get_secret_value())) < FEWEST_DIFFERENT or PLACEHOLDER.search(value.get_secret_value()):
            raise ValueError("is a placeholder; make one of your own, as docs/settings.md says at its end")
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_proxies(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ip_network(part)) for part in value)
        except ValueError:
            raise ValueError("must be networks like 10.0.0.0/24 or addresses, comma separated") from None

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

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr) -> SecretStr:
        mail_server(value.get_secret_value())
        return value

    @field_validator("email_from")
    @classmethod
    def _one_sender(cls, value: str) -> str:
        return sender(value)

    @field_validator("public_url", "fortnox_auth_url", "fortnox_api_url")
    @classmethod
    def _plain_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or "@" in parts.netloc
            or not has_valid_port(parts)
        ):
            raise ValueError("must be an address like https://host")
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError("must have no path, query or fragment")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _outside_is_encrypted(self) -> Config:
        for address in (self.fortnox_auth_url, self.fortnox_api_url):
            parts = urlsplit(address)
            if self.allow_loopback_fortnox and parts.hostname in LOOPBACK:
                continue
            if parts.scheme != "https":
                raise ValueError(
                    f"Fortnox at {address} would be reached without encryption. Use https, or set"
                    " UKU_ALLOW_LOOPBACK_FORTNOX=1 for the simulator on this machine."
                )
            if _is_internal(parts.hostname or ""):
                raise ValueError(
                    f"Fortnox at {address} is an internal address. Use Fortnox's public address, or set"
                    " UKU_ALLOW_LOOPBACK_FORTNOX=1 for the simulator on this machine."
                )
        return self

    @model_validator(mode="after")
    def _one_secret_one_purpose(self) -> Config:
        """A secret that leaks in one place must not open another (B53)."""
        held = {"UKU_SECRET_KEY": {self.secret_key.get_secret_value()}}
        held["UKU_TOKEN_KEYS"] = {key.get_secret_value() for key in self.token_keys}
        held["UKU_FORTNOX_CLIENT_SECRET"] = {self.fortnox_client_secret.get_secret_value()} - {""}
        for first, second in combinations(held, 2):
            if held[first] & held[second]:
                raise ValueError(f"{first} and {second} hold the same value. Make a secret of its own for each.")
        return self

    @model_validator(mode="after")
    def _no_debugging_in_service(self) -> Config:
        if self.debug and self.secure:
            raise ValueError(
                "UKU_DEBUG shows tracebacks and settings to everybody who meets a fault, and UKU_PUBLIC_URL is an"
                " https address, as in service. Turn UKU_DEBUG off, or use an http address on your own machine."
            )
        return self

    @model_validator(mode="after")
    def _mail_goes_one_way(self) -> Config:
        if self.email_folder and self.smtp:
            raise ValueError("UKU_EMAIL_FOLDER and UKU_SMTP_URL are both set. E-mail goes one way: unset one of them.")
        return self

    @property
    def smtp(self) -> MailServer | None:
        """The mail server, or None when e-mail goes to files or to the console."""
        return mail_server(self.smtp_url.get_secret_value())

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


def _is_internal(host: str) -> bool:
    """An address inside a network, or a name that only means something there. What a public name leads to is looked
    at when it is resolved, by the client.
    """
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." not in host.strip(".") or host.lower().endswith((".local", ".internal", ".localhost", ".lan"))
