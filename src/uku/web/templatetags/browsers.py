"""What a person calls a browser, from what it says of itself."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

register = template.Library()
# In this order: Edge and Opera name Chrome too, Chrome names Safari, Android names Linux, an iPhone names Mac OS X.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


@register.filter
def browser_name(agent: str) -> str:
    """Return "Firefox on Windows", one of the two where the other is unknown, or the text itself, shortened."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or agent[:80]
