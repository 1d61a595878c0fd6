"""What a handler gets, and how it is found by method and path."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import unquote, urlsplit

from fortnox_sim.company import Company
from fortnox_sim.errors import BAD_CONTENT_TYPE, BAD_JSON, WRONG_DATA, ApiError
from fortnox_sim.fields import unwrap_object
from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Record, Response, decode, json_response

API_URL = "https://api.fortnox.se/3"


@dataclass
class ApiRequest:
    """One API request by a known client on a known company."""

    installation: Installation
    company: Company
    user: str | None
    query: dict[str, str]
    body: bytes
    content_type: str
    args: tuple[str, ...] = ()
    action: str = ""
    key: str | None = None
    reference: str | None = None

    def read_object(self, name: str) -> Record:
        """Read the body's one wrapped object."""
        kind = self.content_type.split(";")[0].strip().lower()
        if kind and "json" not in kind:
            raise ApiError(BAD_CONTENT_TYPE)
        if not self.body.strip():
            raise ApiError(WRONG_DATA)
        try:
            body = decode(self.body)
        except ValueError:
            raise ApiError(BAD_JSON) from None
        return unwrap_object(body, name)

    def respond(self, name: str, shown: Record, status: int = 200, **headers: str) -> Response:
        """Respond with one wrapped object; keys the company has no right to become API_NORIGHT."""
        hidden = self.company.settings.get("noright", {}).get(name, [])
        shown = shown | {key: "API_NORIGHT" for key in hidden if key in shown}
        return json_response({name: shown}, status, **headers)

    def record_change(self, action: str, key: str, reference: str | None = None) -> None:
        """Name the change this request made, for the journal."""
        self.action, self.key, self.reference = action, key, reference


@dataclass(frozen=True)
class ControlRequest:
    """One request under /_sim/: the arguments in its path, its JSON object, its query."""

    installation: Installation
    args: tuple[str, ...]
    body: Record
    query: dict[str, str]


Handler = Callable[[ApiRequest], Response]


@dataclass(frozen=True)
class Route:
    """A method and a path; `{}` stands for one argument."""

    method: str
    path: str
    handler: Handler
    scope: str


def split_path(raw_path: str) -> tuple[str, ...]:
    """Cut a raw path; an encoded slash stays inside its segment, a trailing one is ignored."""
    return tuple(unquote(part) for part in raw_path.split("/") if part)


Target = TypeVar("Target")


class Router(Generic[Target]):
    """Finds what stands behind a method and a path."""

    def __init__(self, targets: Iterable[tuple[str, str, Target]]) -> None:
        self._targets: dict[tuple[str, int], list[tuple[tuple[str, ...], Target]]] = {}
        for method, path, target in targets:
            pattern = split_path(path)
            self._targets.setdefault((method, len(pattern)), []).append((pattern, target))

    def find(self, method: str, parts: tuple[str, ...]) -> tuple[Target, tuple[str, ...]] | None:
        """Find a target, and the arguments that stand in its path."""
        for pattern, target in self._targets.get((method, len(parts)), ()):
            if all(want in {"{}", got} for want, got in zip(pattern, parts, strict=True)):
                return target, tuple(got for want, got in zip(pattern, parts, strict=True) if want == "{}")
        return None


def read_raw_path(environ: dict[str, Any]) -> str:
    """Give the path as it was sent, percent signs included, where the server tells."""
    uri = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "")
    return urlsplit(uri).path or str(environ.get("PATH_INFO", "/"))
