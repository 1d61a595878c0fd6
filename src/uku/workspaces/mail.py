"""E-mail to people: plain sentences, sent by Django's mail, with one of three outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from uku.kit.mail import Outcome, send_message
from uku.workspaces.redaction import masked_text

LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Email:
    """One message to one or more people; `template` names a pair under `mail/`, one plain and one HTML."""

    to: Sequence[str]
    subject: str
    template: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def link(path: str) -> str:
    """Return the whole address of a path in this installation; "" for what is no path of ours."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return f"{settings.UKU.public_url}{path}" if ours else ""


def compose(email: Email) -> EmailMultiAlternatives:
    """Make the message. A line break in the subject cannot start a new header; personal numbers are masked."""
    subject = masked_text(" ".join(email.subject.split()))[:LONGEST_SUBJECT]
    plain = render_to_string(f"mail/{email.template}.txt", dict(email.facts))
    message = EmailMultiAlternatives(subject, plain.strip() + "\n", to=list(email.to))
    message.attach_alternative(render_to_string(f"mail/{email.template}.html", dict(email.facts)), "text/html")
    message.extra_headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office robots stay quiet
    return message


def send(email: Email) -> Outcome:
    """Send one message and say how it ended; it never raises for what a mail server does (uku.kit.mail)."""
    return send_message(compose(email))


__all__ = ["Email", "Outcome", "compose", "link", "send"]
