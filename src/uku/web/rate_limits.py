"""How often something may be tried, over all processes; the rates stand in the settings (S24, B22)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def throttled(action: str) -> Callable[[View], View]:
    """Count each POST to a view against ACCOUNT_RATE_LIMITS[action]; what is too much gets the page 429.

    Rates are per address ("20/m/ip") or per signed-in person ("5/m/user").
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refused: HttpResponse | None = ratelimit.consume_or_429(request, action=action)
            return refused or view(request, *args, **kwargs)

        return counted

    return decorate
