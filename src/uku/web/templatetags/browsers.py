"""Browsers by the names people know."""

from __future__ import annotations

from django import template

from uku.web.browsers import browser_name

register = template.Library()
register.filter(browser_name)
