"""Requests and routes, independent of what is behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from fortnox_sim.company import Company
from fortnox_sim.errors import BAD_CONTENT_TYPE, BAD_JSON, WRONG_DATA, Refusal
from fortnox_sim.fields import unwrap
from fortnox_sim.installation import World
from fortnox_sim.json_format import Answer, Record, decode, json_answer


@dataclass
class Call:
    """One API request by a known client on a known company."""

    world: World
    company: Company
    user: str | None
    scopes: frozenset[str]
    query: dict[str, str]
    body: bytes
    content_type: str
    args: tuple[str, ...] = ()
    action: str = ""
    key: str | None = None
    reference: str | None = None

    def json(self, name: str) -> Record:
        """Read the body's one wrapped object."""
        kind = self.content_type.split(";")[0].strip().lower()
        if kind and "json" not in kind:
            raise Refusal(BAD_CONTENT_TYPE)
        if not self.body.strip():
            raise Refusal(WRONG_DATA)
        try:
            body = decode(self.body)
        except ValueError:
            raise Refusal(BAD_JSON) from None
        return unwrap(body, name)

    def show(self, name: str, shown: Record, status: int = 200, **headers: str) -> Answer:
        """Answer one wrapped object; keys the company has no right to become API_NORIGHT."""
        hidden = self.company.settings.get("noright", {}).get(name, [])
        shown = shown | {key: "API_NORIGHT" for key in hidden if key in shown}
        return json_answer({name: shown}, status, **headers)

    def done(self, action: str, key: str, reference: str | None = None) -> None:
        """Name the change this call made, for the journal."""
        self.action, self.key, self.reference = action, key, reference


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """A method and a path; `{}` stands for one argument."""

    method: str
    path: str
    handler: Handler
    scope: str


def segments(raw_path: str) -> tuple[str, ...]:
    """Cut a raw path; an encoded slash stays inside its segment, a trailing one is ignored."""
    return tuple(unquote(part) for part in raw_path.split("/") if part)


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: list[Route]) -> None:
        self._tree: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            parts = segments(route.path)
            self._tree.setdefault((route.method, len(parts)), []).append((parts, route))

    def find(self, method: str, parts: tuple[str, ...]) -> tuple[Route, tuple[str, ...]] | None:
        for pattern, route in self._tree.get((method, len(parts)), ()):
            if all(want in {"{}", got} for want, got in zip(pattern, parts, strict=True)):
                args = tuple(got for want, got in zip(pattern, parts, strict=True) if want == "{}")
                return route, args
        return None


def raw_path(environ: dict[str, Any]) -> str:
    """Give the path as it was sent, percent signs included, where the server tells."""
    uri = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "")
    return urlsplit(uri).path or str(environ.get("PATH_INFO", "/"))
