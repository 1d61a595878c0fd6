"""Numbers with their thousands apart, and names of sync issues, in templates."""

from __future__ import annotations

from django import template

from uku.integrations.fortnox.health.issue_messages import title_of
from uku.integrations.fortnox.health.messages import grouped

register = template.Library()
register.filter("grouped", grouped)
register.simple_tag(title_of, name="issue_title")
