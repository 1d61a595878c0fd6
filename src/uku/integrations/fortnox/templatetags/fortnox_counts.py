"""Whole numbers with their thousands apart, in templates."""

from __future__ import annotations

from django import template

from uku.integrations.fortnox.health.figures import grouped

register = template.Library()
register.filter("grouped", grouped)
