"""Every address of the product, out of the URL table itself, so that a new page cannot be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.exceptions import NoReverseMatch

# allauth's addresses for what this product does not have: open sign-up, e-mail changes, social accounts.
Given = dict[str, Any]


def routes() -> list[tuple[str, frozenset[str]]]:
    """Return each named route with its parameters."""
    return sorted(set(_walk(get_resolver().url_patterns, "", frozenset())), key=str)


def _walk(patterns: list[Any], namespace: str, taken: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for pattern in patterns:
        parameters = taken | frozenset(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, parameters)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{namespace}{pattern.name}", parameters


def addresses(objects: dict[str, Given]) -> tuple[dict[str, str], list[str]]:
    """Return the address of every route, and the routes that lack an object in `objects`."""
    from django.urls import reverse

    found, lacking = {}, []
    for name, parameters in routes():
        given = {key: value for key, value in {**objects["*"], **objects.get(name, {})}.items() if key in parameters}
        try:
            found[name] = reverse(name, kwargs=given)
        except NoReverseMatch:
            lacking.append(name)
    return found, lacking
