"""What a page offers to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import template

from uku.integrations.registry import Action

register = template.Library()


@register.filter
def allowed(actions: Iterable[Action], may: Mapping[str, bool]) -> list[Action]:
    """Return the actions that the member may do."""
    return [action for action in actions if may.get(action.permission.name)]
