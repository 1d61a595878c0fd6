"""Handing an e-mail to the mail server, with one of three outcomes."""

from __future__ import annotations

import smtplib
from enum import StrEnum
from typing import Any

import structlog
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp

log = structlog.get_logger()
REFUSED = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError)
"""The mail server said no: nothing was sent. Any other failure after the conversation began leaves it unknown."""


class SomeRefused(smtplib.SMTPException):
    """The mail server took the message for some of its recipients, and not for others."""


class _WholeSMTP(smtplib.SMTP):
    def sendmail(self, *args: Any, **kwargs: Any) -> dict[str, tuple[int, bytes]]:
        if refused := super().sendmail(*args, **kwargs):
            raise SomeRefused(len(refused))
        return refused


class _WholeSMTPOverTLS(_WholeSMTP, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """Django's, which says nothing when a mail server refuses some of the recipients."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _WholeSMTPOverTLS if self.use_ssl else _WholeSMTP


class Outcome(StrEnum):
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


def send_message(message: EmailMessage) -> Outcome:
    """Send one message and say how it ended; it never raises for what a mail server does.

    REFUSED: the server could not be reached or said no, so nothing was sent and trying again is safe.
    UNKNOWN: the conversation broke off, or some recipients were refused, and trying again could send it twice.
    """
    server = get_connection()
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        return _failed(Outcome.REFUSED, error)
    try:
        server.send_messages([message])
    except REFUSED as error:
        return _failed(Outcome.REFUSED, error)
    except (OSError, smtplib.SMTPException) as error:
        return _failed(Outcome.UNKNOWN, error)
    finally:
        server.close()
    return Outcome.SENT


def _failed(outcome: Outcome, error: Exception) -> Outcome:
    """Log the kind of failure only: a mail server's own words can name people and addresses."""
    log.warning("mail failed", outcome=outcome, reason=type(error).__name__, status=getattr(error, "smtp_code", None))
    return outcome
