"""Names of records that did not go through, for the Activity tab."""

from __future__ import annotations

from django import template

from uku.integrations.fortnox.health.issue_messages import title_of
from uku.integrations.fortnox.models import Problem

register = template.Library()


@register.simple_tag
def problem_title(problem: Problem) -> str:
    return title_of(problem)
