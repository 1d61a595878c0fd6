"""Structured logs that carry request, workspace, run and job, and never a secret."""

from __future__ import annotations

import logging.config
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRET_NAME = re.compile(r"token|secret|authorization|password|cookie|^code$|^state$", re.IGNORECASE)
# The quotes may be escaped, as in JSON within JSON; the sign of equality may be, as in an address within an address.
_SECRET_TEXT = re.compile(
    r"(?P<name>bearer\s+|basic\s+"
    r"|(?:(?<![a-z])|(?<=%[0-9a-f]{2}))(?:access_token|refresh_token|client_secret|password|session|csrf(?:token)?|code|token)"
    r"(?:\\*[\"'])?\s*(?:[=:]|%3d)\s*b?(?:\\*[\"'])?"
    r"|(?:(?<![a-z])|(?<=%[0-9a-f]{2}))state(?:=|%3d))"
    r"[A-Za-z0-9._~+/=%-]{8,}",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?")  # a signed token, named or not
_PERSON = re.compile(r"\b(?:19|20)?\d{2}[01]\d[0-9]\d[-+]?\d{4}\b")  # a coordination number adds 60 to the day
QUIET = ("procrastinate", "httpx2", "httpcore2", "django.db.backends")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def redact(text: str) -> str:
    """Mask what looks like a token or a personal number, and keep a line a line."""
    text = _SECRET_TEXT.sub(lambda found: f"{found['name']}[masked]", text)
    text = _TOKEN.sub("[masked]", text)
    text = _PERSON.sub("[personal number]", text)
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def is_secret_name(name: str) -> bool:
    """Say whether what has this name is a secret, whatever it looks like."""
    return bool(_SECRET_NAME.search(name))


def _redact_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _masked(key, value)
    return event


def _masked(name: str, value: Any) -> Any:
    """Mask by name and by look, however deep; what the renderer would show by its repr is looked at as that."""
    if is_secret_name(name):
        return "[masked]"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _masked(str(key), part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", part) for part in value]
    return redact(value if isinstance(value, str) else repr(value))


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(options: dict[str, Any]) -> None:
    """Set up logging; one redaction processor also covers other libraries' loggers and tracebacks."""
    renderer: Any = structlog.processors.JSONRenderer() if options["json"] else structlog.processors.LogfmtRenderer()
    final = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _redact_event,
        renderer,
    ]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": [*_SHARED, structlog.stdlib.ExtraAdder()],
                    "processors": final,
                }
            },
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["out"], "level": options["level"]},
            # At DEBUG these tell every byte of headers, every statement with its values, every job with its arguments.
            "loggers": {name: {"level": "WARNING"} for name in QUIET},
        }
    )
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
