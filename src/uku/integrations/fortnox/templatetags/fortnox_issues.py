"""Names of records that did not go through, for the Activity tab."""

from __future__ import annotations

from django import template

from uku.integrations.fortnox.health.issue_messages import title_of
from uku.integrations.fortnox.models import SyncIssue

register = template.Library()


@register.simple_tag
def issue_title(issue: SyncIssue) -> str:
    return title_of(issue)
