"""Countries by name, as pages show them. Pure but for the language in force."""

from __future__ import annotations

from babel import Locale
from django.utils.translation import gettext_lazy as _

COUNTRIES = [
    ("SE", _("Sweden")),
    ("FI", _("Finland")),
    ("NO", _("Norway")),
    ("DK", _("Denmark")),
    ("EE", _("Estonia")),
    ("LV", _("Latvia")),
    ("LT", _("Lithuania")),
    ("AT", _("Austria")),
    ("BE", _("Belgium")),
    ("CH", _("Switzerland")),
    ("DE", _("Germany")),
    ("ES", _("Spain")),
    ("FR", _("France")),
    ("IE", _("Ireland")),
    ("IS", _("Iceland")),
    ("IT", _("Italy")),
    ("NL", _("Netherlands")),
    ("PL", _("Poland")),
    ("GB", _("United Kingdom")),
    ("US", _("United States")),
]
"""What a person chooses among, nearest first."""


def country_name(code: str) -> str:
    """Return what a country is called; its English name where nobody chooses it, the code itself for an unknown one."""
    offered = dict(COUNTRIES)
    return str(offered[code]) if code in offered else str(Locale("en").territories.get(code, code))
